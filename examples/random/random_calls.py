"""Runs calls of Python's random functions, and prints their results.

Each line of the input is JSON: a list of a function's name and its arguments, or a number (as text), which is the seed of
the generator from there on. Each call gives a line: the bits of a real number, an integer, a list of these, or "error".
"""

import json
import random
import struct
import sys


def shuffle(generator, length):
    sequence = list(range(length))
    generator.shuffle(sequence)
    return sequence


# What has other arguments here than in Python: a population is a range, given by its length.
FUNCTIONS = {
    "choice": lambda generator, length: generator.choice(range(length)),
    "choices": lambda generator, length, k: generator.choices(range(length), k=k),
    "weighted_choices": lambda generator, length, weights, k: generator.choices(range(length), weights, k=k),
    "shuffle": shuffle,
    "sample": lambda generator, length, k: generator.sample(range(length), k),
}


def show(result):
    if isinstance(result, (list, bytes)):
        return ",".join(map(str, result))
    if isinstance(result, int):
        return str(result)
    return "nan" if result != result else struct.pack(">d", result).hex()


def run(generator, name, arguments):
    function = FUNCTIONS.get(name) or getattr(random.Random, name)
    try:
        return show(function(generator, *arguments))
    except (ArithmeticError, LookupError, ValueError):
        return "error"


def main():
    generator = None
    for line in sys.stdin:
        command = json.loads(line)
        if isinstance(command, str):
            generator = random.Random(int(command))
        else:
            print(run(generator, command[0], command[1:]))


main()
