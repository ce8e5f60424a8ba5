# What is taken in turn is made by `make`, defined above.
import gevent
from gevent.lock import Semaphore

TIMES = 20


def takes(shared):
    for _ in range(TIMES):
        with shared:
            gevent.sleep(0)


def all_take(size, count):
    for _ in range(count):
        shared = make()
        for task in [gevent.spawn(takes, shared) for _ in range(size)]:
            task.join()


def contestant(case):
    size = int(case.split("=")[1])
    return lambda count: all_take(size, count)


def rate(case, nanoseconds):
    return nanoseconds / int(case.split("=")[1]) / TIMES
