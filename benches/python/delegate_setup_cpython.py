import itertools


def once(value):
    return (yield value)


def body():
    value = 0
    while True:
        value = (yield from once(value)) + 1


def contestant(case):
    generator = body()
    next(generator)
    send = generator.send

    def run(count):
        for _ in itertools.repeat(None, count):
            send(1)

    return run
