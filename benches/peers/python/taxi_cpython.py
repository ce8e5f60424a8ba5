# The book's taxi simulation, as it stands there but for its printing: one generator
# for each taxi, a queue.PriorityQueue of named tuples, expovariate for durations.
import collections
import queue
import random

Event = collections.namedtuple("Event", "time proc action")

MEANS = {"leave garage": 5, "drop off passenger": 5, "pick up passenger": 20, "going home": 1}


def taxi_process(ident, trips, start):
    time = yield Event(start, ident, "leave garage")
    for _ in range(trips):
        time = yield Event(time, ident, "pick up passenger")
        time = yield Event(time, ident, "drop off passenger")
    yield Event(time, ident, "going home")


def busy(action):
    return int(random.expovariate(1 / MEANS[action])) + 1


def simulate(taxis):
    procs = {i: taxi_process(i, i % 10 * 2 + 2, i * 5) for i in range(taxis)}
    events = queue.PriorityQueue()
    for _, proc in sorted(procs.items()):
        events.put(next(proc))
    while not events.empty():
        time, ident, action = events.get()
        proc = procs[ident]
        free = time + busy(action)
        try:
            event = proc.send(free)
        except StopIteration:
            del procs[ident]
        else:
            events.put(event)


def contestant(case):
    taxis = int(case.partition("=")[2])
    random.seed(1)

    def run(count):
        for _ in range(count):
            simulate(taxis)

    return run


def rate(case, nanoseconds):
    taxis = int(case.partition("=")[2])
    return sum(i % 10 * 4 + 6 for i in range(taxis)) / nanoseconds * 1e9
