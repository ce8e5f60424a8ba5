import time

import gevent


def trivial():
    return 1


def sample(case):
    start = time.perf_counter()
    # The first one to wait makes the hub and its loop.
    gevent.spawn(lambda: gevent.spawn(trivial).join()).join()
    return (time.perf_counter() - start) * 1e6
