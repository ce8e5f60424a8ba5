import os

import gevent

HOUR = 3600


def memory():
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return sum(int(lines[name].split()[0]) for name in ("VmRSS", "VmPTE")) * 1024


def sample(case):
    n = int(case.partition("=")[2])
    started = 0

    def idle():
        nonlocal started
        started += 1
        gevent.sleep(HOUR)

    # The hub is there, and the list itself is resident before: neither is counted.
    gevent.sleep(0)
    tasks = [None] * n
    before = memory()
    for i in range(n):
        tasks[i] = gevent.spawn(idle)
    while started < n:
        gevent.sleep(0)
    grown = memory() - before
    print(grown / n, 0.0, flush=True)
    # The system is faster at this than so many destructors.
    os._exit(0)
