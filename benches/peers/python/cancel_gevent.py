import time

import gevent


def round(size):
    tasks = [gevent.spawn(gevent.sleep, 3600) for _ in range(size)]
    gevent.sleep(0)
    start = time.perf_counter()
    for task in tasks:
        task.kill(block=False)
    for task in tasks:
        task.join()
    took = time.perf_counter() - start
    assert all(isinstance(task.value, gevent.GreenletExit) for task in tasks)
    return took


def contestant(case):
    size = int(case.split("=")[1])
    return lambda count: sum(round(size) for _ in range(count))


def rate(case, nanoseconds):
    return nanoseconds / int(case.split("=")[1])
