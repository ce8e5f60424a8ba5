def once(value):
    return (yield value)


def body():
    value = 0
    while True:
        value = (yield from once(value)) + 1


def contestant(case):
    return sends(body())
