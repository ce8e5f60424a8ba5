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


def contestant(case):
    return sends(helped() if case == "helper" else inlined())
