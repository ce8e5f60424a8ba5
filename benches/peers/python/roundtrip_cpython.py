def inlined():
    value = 0
    while True:
        value = (yield value) + 1


def pause(value):
    return (yield value)


def helped():
    # A function can suspend its caller only as a generator that is delegated to.
    value = 0
    while True:
        value = (yield from pause(value)) + 1


def driven_by_a_function(generator):
    next(generator)

    def send(value):
        return generator.send(value)

    def run(count):
        for _ in itertools.repeat(None, count):
            send(1)

    return run


def contestant(case):
    body = helped() if case in ("body-helper", "helper") else inlined()
    return driven_by_a_function(body) if case in ("driver-helper", "helper") else sends(body)
