import asyncio
import os

HOUR = 3600


def memory():
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return sum(int(lines[name].split()[0]) for name in ("VmRSS", "VmPTE")) * 1024


async def grown(n):
    loop = asyncio.get_running_loop()
    started = 0

    async def idle():
        nonlocal started
        started += 1
        await asyncio.sleep(HOUR)

    # Filled, so that the list itself is resident before, and not counted.
    tasks = [None] * n
    before = memory()
    for i in range(n):
        tasks[i] = loop.create_task(idle())
    while started < n:
        await asyncio.sleep(0)
    grown = memory() - before
    print(grown / n, 0.0, flush=True)
    # The system is faster at this than a million destructors.
    os._exit(0)


def sample(case):
    return new_event_loop().run_until_complete(grown(int(case.partition("=")[2])))
