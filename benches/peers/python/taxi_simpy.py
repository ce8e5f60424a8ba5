# The same model in SimPy, which keeps the queue: a taxi waits for timeouts.
import random

import simpy


def busy(mean):
    return int(random.expovariate(1 / mean)) + 1


def taxi_process(env, trips, start):
    yield env.timeout(start)
    # Leaves the garage; then each event is followed by the time it takes.
    yield env.timeout(busy(5))
    for _ in range(trips):
        yield env.timeout(busy(20))
        yield env.timeout(busy(5))
    yield env.timeout(busy(1))


def contestant(case):
    taxis = int(case.partition("=")[2])
    random.seed(1)

    def run(count):
        for _ in range(count):
            env = simpy.Environment()
            for i in range(taxis):
                env.process(taxi_process(env, i % 10 * 2 + 2, i * 5))
            env.run()

    return run


def rate(case, nanoseconds):
    taxis = int(case.partition("=")[2])
    return sum(i % 10 * 4 + 6 for i in range(taxis)) / nanoseconds * 1e9
