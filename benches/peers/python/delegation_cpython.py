import sys


def level(depth):
    if depth > 1:
        return (yield from level(depth - 1))
    value = 0
    while True:
        value = (yield value) + 1


def contestant(case):
    depth = int(case.partition("=")[2])
    sys.setrecursionlimit(depth + 1000)
    return sends(level(depth))
