import asyncio

BATCH = 1000


async def trivial():
    pass


async def batch(count):
    loop = asyncio.get_running_loop()
    for _ in range(count):
        for task in [loop.create_task(trivial()) for _ in range(BATCH)]:
            await task


async def one_by_one(count):
    loop = asyncio.get_running_loop()
    for _ in range(count):
        await loop.create_task(trivial())


def contestant(case):
    loop = new_event_loop()
    main = one_by_one if case == "one-by-one" else batch
    return lambda count: loop.run_until_complete(main(count))


def rate(case, nanoseconds):
    return nanoseconds if case == "one-by-one" else nanoseconds / BATCH
