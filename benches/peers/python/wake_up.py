import queue
import threading
import time


class Sum:
    total = 0


def add(number):
    Sum.total += number


async def one(loop, count):
    asking = queue.SimpleQueue()

    def answer():
        while (future := asking.get()) is not None:
            loop.call_soon_threadsafe(future.set_result, None)

    threading.Thread(target=answer).start()
    start = time.perf_counter()
    for _ in range(count):
        future = loop.create_future()
        asking.put(future)
        await future
    took = time.perf_counter() - start
    asking.put(None)
    return took


def flood(loop, count):
    go = threading.Event()

    def send():
        go.wait()
        for number in range(count):
            loop.call_soon_threadsafe(add, number)
        loop.call_soon_threadsafe(loop.stop)

    sender = threading.Thread(target=send)
    sender.start()
    Sum.total = 0
    start = time.perf_counter()
    go.set()
    loop.run_forever()
    took = time.perf_counter() - start
    sender.join()
    assert Sum.total == count * (count - 1) // 2
    return took


def contestant(case):
    loop = new_event_loop()
    if case == "one":
        return lambda count: loop.run_until_complete(one(loop, count))
    return lambda count: flood(loop, count)
