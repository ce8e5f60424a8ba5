import asyncio


async def stream(messages):
    queue = asyncio.Queue(128)

    async def produce():
        for i in range(messages):
            await queue.put(i)

    async def consume():
        for _ in range(messages):
            await queue.get()

    await together(produce(), consume())


async def ping_pong(rounds):
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def serve():
        for i in range(rounds):
            await there.put(i)
            await back.get()

    async def answer():
        for _ in range(rounds):
            await back.put(await there.get())

    await together(serve(), answer())


async def together(*coroutines):
    loop = asyncio.get_running_loop()
    for task in [loop.create_task(coroutine) for coroutine in coroutines]:
        await task


def contestant(case):
    loop = new_event_loop()
    main = stream if case == "stream" else ping_pong
    return lambda count: loop.run_until_complete(main(count))


def rate(case, nanoseconds):
    # Each round is two messages.
    return nanoseconds if case == "stream" else nanoseconds / 2
