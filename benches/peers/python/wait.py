import asyncio


async def waits(size, count):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(size)]
    for turn in range(count):
        at = turn % size
        loop.call_soon(futures[at].set_result, None)
        done, pending = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1
        futures[at] = loop.create_future()


def contestant(case):
    loop = new_event_loop()
    size = int(case.split("=")[1])
    return lambda count: loop.run_until_complete(waits(size, count))
