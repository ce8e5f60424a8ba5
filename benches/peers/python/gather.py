import asyncio


async def trivial(number):
    return number


async def gathers(size, count):
    for _ in range(count):
        results = await asyncio.gather(*[trivial(number) for number in range(size)])
        assert sum(results) == size * (size - 1) // 2


def contestant(case):
    loop = new_event_loop()
    size = int(case.split("=")[1])
    return lambda count: loop.run_until_complete(gathers(size, count))


def rate(case, nanoseconds):
    return nanoseconds / int(case.split("=")[1])
