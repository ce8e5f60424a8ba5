import gevent


def trivial(number):
    return number


def gathers(size, count):
    for _ in range(count):
        tasks = gevent.joinall([gevent.spawn(trivial, number) for number in range(size)])
        assert sum(task.value for task in tasks) == size * (size - 1) // 2


def contestant(case):
    size = int(case.split("=")[1])
    return lambda count: gathers(size, count)


def rate(case, nanoseconds):
    return nanoseconds / int(case.split("=")[1])
