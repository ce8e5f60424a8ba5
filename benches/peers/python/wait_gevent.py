import gevent
from gevent.event import AsyncResult


def waits(size, count):
    loop = gevent.get_hub().loop
    results = [AsyncResult() for _ in range(size)]
    for turn in range(count):
        at = turn % size
        loop.run_callback(results[at].set, None)
        done = gevent.wait(results, count=1)
        assert len(done) == 1
        results[at] = AsyncResult()


def contestant(case):
    size = int(case.split("=")[1])
    return lambda count: waits(size, count)
