import asyncio
import time


async def inlined(yields):
    for _ in range(yields):
        await asyncio.sleep(0)


async def pause():
    await asyncio.sleep(0)


async def helped(yields):
    for _ in range(yields):
        await pause()


async def all_yield(tasks, yields, body):
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(body(yields)) for _ in range(tasks)]
    # So that they have started.
    await asyncio.sleep(0)
    start = time.perf_counter()
    for task in tasks:
        await task
    return time.perf_counter() - start


def parse(case):
    tasks, body = case.partition("=")[2].split()
    tasks = int(tasks)
    # Fewer than the others do: it would take too long.
    return tasks, max(2000 // tasks, 20), helped if body == "helper" else inlined


def contestant(case):
    loop = new_event_loop()
    work = parse(case)

    def run(count):
        return sum(loop.run_until_complete(all_yield(*work)) for _ in range(count))

    return run


def rate(case, nanoseconds):
    tasks, yields, _ = parse(case)
    return nanoseconds / (tasks * yields)
