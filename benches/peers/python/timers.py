import asyncio
import random
import time

# Fewer than the others have: it would take too long.
SLEEPS = 100_000


async def sleep_all():
    loop = asyncio.get_running_loop()
    delays = random.Random(1)
    for task in [loop.create_task(asyncio.sleep(delays.random())) for _ in range(SLEEPS)]:
        await task


def sample(case):
    loop = new_event_loop()
    if case == "warm":
        loop.run_until_complete(sleep_all())
    before = time.process_time()
    loop.run_until_complete(sleep_all())
    return (time.process_time() - before) * 1e9 / SLEEPS
