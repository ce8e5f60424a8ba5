import asyncio
import time


async def round(size):
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(asyncio.sleep(3600)) for _ in range(size)]
    await asyncio.sleep(0)
    start = time.perf_counter()
    for task in tasks:
        task.cancel()
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            pass
    return time.perf_counter() - start


def contestant(case):
    loop = new_event_loop()
    size = int(case.split("=")[1])
    return lambda count: sum(loop.run_until_complete(round(size)) for _ in range(count))


def rate(case, nanoseconds):
    return nanoseconds / int(case.split("=")[1])
