# The twin of questions/simulation/model.rs, and its cases in SimPy. ENDS, defined above, says what each must come to.
import math

import simpy

MASK, MEAN = 4095, 1_048_576.0
SERVERS, CUSTOMERS, SERVICE = 10, 10_000, 8.0
WORKERS, INTERRUPTS, JOB = 100, 10_000, 1000.0
CONDITIONED, ROUNDS = 100, 50
PRODUCERS, CONSUMERS, CAPACITY, ITEMS = 10, 10, 10, 1000


def delays():
    state, table = 0x9E3779B97F4A7C15, []
    for _ in range(MASK + 1):
        state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        table.append(math.floor(-math.log(1.0 - (state >> 11) / 2**53) * MEAN) + 1.0)
    return table


TABLE = delays()


def draws(process):
    """Returns where a process begins to draw, and how far it goes on each time."""
    return process, 2 * (process + process // (MASK + 1)) + 1


class Tally:
    def __init__(self):
        self.operations, self.end, self.sum = 0, 0.0, 0.0

    def done(self, operations, now, waited):
        self.operations += operations
        self.end = max(self.end, now)
        self.sum += now + waited


def waiting(env, tally, number, waits):
    at, step = draws(number)
    for _ in range(waits):
        yield env.timeout(TABLE[at & MASK])
        at += step
    tally.done(waits, env.now, 0.0)


def timeouts(env, tally, processes):
    waits = 100 if processes < 100_000 else 10
    for number in range(processes):
        env.process(waiting(env, tally, number, waits))


def customer(env, servers, service, tally):
    arrived = env.now
    with servers.request() as request:
        yield request
        waited = env.now - arrived
        yield env.timeout(service)
    tally.done(1, env.now, waited)


def source(env, tally):
    servers = simpy.Resource(env, SERVERS)
    at, step = draws(MASK + 1)
    for number in range(CUSTOMERS):
        yield env.timeout(TABLE[number & MASK])
        env.process(customer(env, servers, SERVICE * TABLE[at & MASK], tally))
        at += step


def mmc(env, tally):
    env.process(source(env, tally))


class Shop:
    def __init__(self, tally):
        self.tally, self.is_closed = tally, False


def worker(env, shop, number):
    at, step = draws(number)
    interrupted = 0
    while not shop.is_closed:
        left = JOB * TABLE[at & MASK]
        at += step
        while left:
            begun = env.now
            try:
                yield env.timeout(left)
                left = 0
            except simpy.Interrupt:
                interrupted += 1
                left -= env.now - begun
    shop.tally.done(interrupted, env.now, 0.0)


def interrupter(env, shop, workers):
    at, step = draws(WORKERS)
    for number in range(INTERRUPTS):
        yield env.timeout(TABLE[at & MASK])
        at += step
        workers[number % WORKERS].interrupt()
    shop.is_closed = True
    shop.tally.done(0, env.now, 0.0)


def interrupts(env, tally):
    shop = Shop(tally)
    workers = [env.process(worker(env, shop, number)) for number in range(WORKERS)]
    env.process(interrupter(env, shop, workers))


def conditioned(env, tally, number):
    at, step = draws(number)
    for _ in range(ROUNDS):
        yield env.timeout(TABLE[at & MASK]) | env.timeout(TABLE[at + step & MASK])
        at += 2 * step
        yield env.timeout(TABLE[at & MASK]) & env.timeout(TABLE[at + step & MASK])
        at += 2 * step
    tally.done(2 * ROUNDS, env.now, 0.0)


def conditions(env, tally):
    for number in range(CONDITIONED):
        env.process(conditioned(env, tally, number))


def producer(env, tally, store, number):
    at, step = draws(number)
    for _ in range(ITEMS):
        yield env.timeout(TABLE[at & MASK])
        at += step
        yield store.put(env.now)
    tally.done(0, env.now, 0.0)


def consumer(env, tally, store, number):
    at, step = draws(number)
    waited = 0.0
    for _ in range(ITEMS):
        item = yield store.get()
        waited += env.now - item
        yield env.timeout(TABLE[at & MASK])
        at += step
    tally.done(ITEMS, env.now, waited)


def store(env, tally):
    items = simpy.Store(env, CAPACITY)
    for number in range(PRODUCERS):
        env.process(producer(env, tally, items, number))
    for number in range(PRODUCERS, PRODUCERS + CONSUMERS):
        env.process(consumer(env, tally, items, number))


def expected(case):
    (line,) = [line for line in ENDS.splitlines() if line.startswith(case + ": ")]
    return [int(number) for number in line.rpartition(": ")[2].split()]


def contestant(case):
    name, _, processes = case.partition(" n=")
    start, options = globals()[name], [int(processes)] if processes else []

    def run(count):
        for _ in range(count):
            env, tally = simpy.Environment(), Tally()
            start(env, tally, *options)
            env.run()
            outcome = [tally.operations, tally.end, tally.sum]
            assert outcome == expected(case), f"SimPy does something else: {outcome}"

    return run


def rate(case, nanoseconds):
    # A run has so many operations.
    return nanoseconds / expected(case)[0]
