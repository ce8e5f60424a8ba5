import time

import gevent


def inlined(yields):
    for _ in range(yields):
        gevent.sleep(0)


def pause():
    gevent.sleep(0)


def helped(yields):
    for _ in range(yields):
        pause()


def all_yield(tasks, yields, body):
    tasks = [gevent.spawn(body, yields) for _ in range(tasks)]
    # So that they have started.
    gevent.sleep(0)
    start = time.perf_counter()
    for task in tasks:
        task.join()
    return time.perf_counter() - start


def parse(case):
    tasks, body = case.partition("=")[2].split()
    tasks = int(tasks)
    # Fewer than the others do: it would take too long.
    return tasks, max(2000 // tasks, 20), helped if body == "helper" else inlined


def contestant(case):
    work = parse(case)
    return lambda count: sum(all_yield(*work) for _ in range(count))


def rate(case, nanoseconds):
    tasks, yields, _ = parse(case)
    return nanoseconds / (tasks * yields)
