import random
import time

import gevent

# Fewer than the others have: it would take too long.
SLEEPS = 100_000


def sleep_all():
    delays = random.Random(1)
    for task in [gevent.spawn(gevent.sleep, delays.random()) for _ in range(SLEEPS)]:
        task.join()


def sample(case):
    if case == "warm":
        sleep_all()
    before = time.process_time()
    sleep_all()
    return (time.process_time() - before) * 1e9 / SLEEPS
