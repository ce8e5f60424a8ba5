import time


async def trivial():
    return 1


def sample(case):
    start = time.perf_counter()
    loop = new_event_loop()

    async def main():
        await loop.create_task(trivial())

    loop.run_until_complete(main())
    return (time.perf_counter() - start) * 1e6
