# What is taken in turn is made by `make`, defined above.
import asyncio

TIMES = 20


async def takes(shared):
    for _ in range(TIMES):
        async with shared:
            await asyncio.sleep(0)


async def all_take(size, count):
    for _ in range(count):
        shared = make()
        loop = asyncio.get_running_loop()
        for task in [loop.create_task(takes(shared)) for _ in range(size)]:
            await task


def contestant(case):
    loop = new_event_loop()
    size = int(case.split("=")[1])
    return lambda count: loop.run_until_complete(all_take(size, count))


def rate(case, nanoseconds):
    return nanoseconds / int(case.split("=")[1]) / TIMES
