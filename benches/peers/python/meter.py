# The twin of measuring/meter.rs: takes the time of `contestant(case)`, defined above.
import itertools
import sys
import time

RUN = 0.002
MOST_RUNS, FEWEST_RUNS = 40, 3
# A single run of more than this is a sample by itself.
LONG = 1.0


def sends(generator):
    """Returns what sends to a generator, for contestants that are one."""
    next(generator)
    send = generator.send

    def run(count):
        for _ in itertools.repeat(None, count):
            send(1)

    return run


def timed(run, count):
    wall, cpu = time.perf_counter(), time.process_time()
    took = run(count)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    # A run may return its time, without what it had to do around its operations.
    took = wall if took is None else took
    return took / count * 1e9, max(0.0, 1 - cpu / wall)


def calibrated(run):
    """Returns how many operations take about a run, and what they have taken."""
    count = 1
    while True:
        sample = timed(run, count)
        if RUN / 2 * 1e9 <= sample[0] * count <= LONG * 1e9:
            # The first run is cold, and any may be interrupted: then it seems long enough, and is not.
            sample = min(sample, timed(run, count))
        if sample[0] * count >= RUN / 2 * 1e9:
            return count, sample
        count *= 2


def best_of_runs(run, budget):
    count, sample = calibrated(run)
    if sample[0] * count > LONG * 1e9:
        return sample
    count = max(1, int(RUN * 1e9 / sample[0]))
    start = time.perf_counter()
    samples = []
    while len(samples) < FEWEST_RUNS or (len(samples) < MOST_RUNS and time.perf_counter() - start < budget):
        samples.append(timed(run, count))
    return min(samples)


def main():
    if "serve" in globals():
        # The script is a server: somebody else measures it.
        serve(sys.argv[1])
        return
    if "sample" in globals():
        # The script measures by itself.
        print(sample(sys.argv[1]), 0.0)
        return
    budget = 10 * RUN if "quick" in sys.argv[2:] else 2 * MOST_RUNS * RUN
    value, foreign = best_of_runs(contestant(sys.argv[1]), budget)
    if "rate" in globals():
        # The script counts something else than calls in a nanosecond.
        value = rate(sys.argv[1], value)
    print(value, foreign)


main()
