import queue
import threading
import time

import gevent
from gevent.event import Event


class Sum:
    total = 0


def add(number):
    Sum.total += number


def one(loop, count):
    asking = queue.SimpleQueue()

    def answer():
        while (event := asking.get()) is not None:
            loop.run_callback_threadsafe(event.set)

    threading.Thread(target=answer).start()
    start = time.perf_counter()
    for _ in range(count):
        event = Event()
        asking.put(event)
        event.wait()
    took = time.perf_counter() - start
    asking.put(None)
    return took


def flood(loop, count):
    go, done = threading.Event(), Event()

    def send():
        go.wait()
        for number in range(count):
            loop.run_callback_threadsafe(add, number)
        loop.run_callback_threadsafe(done.set)

    sender = threading.Thread(target=send)
    sender.start()
    Sum.total = 0
    start = time.perf_counter()
    go.set()
    done.wait()
    took = time.perf_counter() - start
    sender.join()
    assert Sum.total == count * (count - 1) // 2
    return took


def contestant(case):
    loop = gevent.get_hub().loop
    # A loop with nothing of its own to wait for gives up.
    contestant.keeps_waiting = loop.async_()
    contestant.keeps_waiting.start(lambda: None)
    main = one if case == "one" else flood
    return lambda count: main(loop, count)
