import gevent

BATCH = 1000


def trivial():
    pass


def batches(size, count):
    for _ in range(count):
        for task in [gevent.spawn(trivial) for _ in range(size)]:
            task.join()


def size(case):
    return 1 if case == "one-by-one" else BATCH


def contestant(case):
    return lambda count: batches(size(case), count)


def rate(case, nanoseconds):
    return nanoseconds / size(case)
