"""The reference for generator scenarios: runs them as real Python generators.

Each generator function of a scenario is translated to the source of a Python
generator function, with real `yield`, `yield from`, `try` and `for`, and the driver
to that of a plain function. CPython's own semantics make the trace.

    generators.py FILE     prints the trace of a scenario
    generators.py --batch  reads scenarios from standard input, one a line, and
                           prints for each one line: its trace as a JSON string

Needs Python 3.11 or newer.
"""

import inspect
import sys
from itertools import count

# The folder holds sources only.
sys.dont_write_bytecode = True

from scenarios import Translator, display, main, maker, matches, operate, render


# Exceptions.

# Only these two mean something to generators.
make = maker({"StopIteration": StopIteration, "GeneratorExit": GeneratorExit})


def show(error):
    name = type(error).__name__
    if type(error) is AttributeError:
        return "AttributeError('iterator has no send')"
    return f"{name}({render(error.args[0]) if error.args else ''})"


def is_handled(error, names):
    return matches(error, names, ["GeneratorExit"])


def strip(error):
    """Cuts an exception's ties to frames, so that it keeps no generator alive."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


# The operations. The handle `g` is dropped when one returns: after its outcome was printed.


def check_idle(g):
    # CPython 3.11 passes what is thrown into a running generator on to its delegate, pops that from
    # the stack of the running frame, and only then finds out. That corrupts it, up to a crash.
    if g.gi_running:
        raise ValueError("generator already executing")


class World:
    def __init__(self):
        self.slots = {}
        self.lines = []

    def trace(self, line):
        self.lines.append(line)

    def emit(self, *args):
        self.trace(" ".join(["emit", *map(display, args)]))

    def fill(self, slot, content):
        self.slots[slot] = content

    def empty(self, slot):
        del self.slots[slot]

    def outcome(self, slot, resume, thrown=None):
        result = None
        try:
            result = resume()
            line = f"yield {render(result)}"
        except StopIteration as stop:
            # A generator that is closed raises again what is thrown in, and does not convert it.
            line = f"raise {show(stop)}" if stop is thrown else f"return {render(stop.value)}"
            strip(stop)
        except BaseException as error:
            line = f"raise {show(error)}"
            strip(error)
        self.trace(f"{slot}: {line}")
        return result

    def next(self, slot):
        g = self.slots[slot]
        return self.outcome(slot, lambda: next(g))

    def send(self, slot, value):
        g = self.slots[slot]
        return self.outcome(slot, lambda: g.send(value))

    def throw(self, slot, error):
        g = self.slots[slot]
        return self.outcome(slot, lambda: check_idle(g) or g.throw(error), error)

    def close(self, slot):
        g = self.slots[slot]
        try:
            check_idle(g)
            g.close()
            line = "closed"
        except BaseException as error:
            line = f"raise {show(error)}"
            strip(error)
        self.trace(f"{slot}: {line}")

    def state(self, slot):
        state = inspect.getgeneratorstate(self.slots[slot])
        self.trace(f"{slot}: state {state.removeprefix('GEN_')}")

    def exhaust(self, slot, limit):
        g = self.slots[slot]
        line = "end"
        if limit is not None and limit <= 0:
            return self.trace(f"{slot}: stop")
        try:
            for done, item in enumerate(g, 1):
                self.trace(f"{slot}: item {render(item)}")
                if done == limit:
                    line = "stop"
                    break
        except BaseException as error:
            line = f"raise {show(error)}"
            strip(error)
        self.trace(f"{slot}: {line}")


# The translation.


class Generators(Translator):
    def function(self, name, body):
        self.put(0, f"def {name}(v):")
        self.block(1, body)
        self.put(1, "if 0: yield" if name != "drive" else "pass")

    def call(self, s):
        return f"instance({s['gen']!r}, [{self.exprs(s.get('args') or [])}])"

    def source(self, s):
        if "gen" in s:
            return self.call(s)
        return f"w.slots[{self.expr(s['slot'])}]" if "slot" in s else f"iter({self.expr(s['iter'])})"

    def do_yield(self, depth, s, _):
        self.result(depth, s, f"yield {self.expr(s['value'])}")

    def do_from(self, depth, s, _):
        self.result(depth, s, f"yield from {self.source(s['source'])}")

    def do_emit(self, depth, s, _):
        self.put(depth, f"w.emit({self.exprs(s['args'])})")

    def do_new(self, depth, s, _):
        self.put(depth, f"w.fill(slot={self.expr(s['slot'])}, content={self.call(s)})")

    def do_iter(self, depth, s, _):
        self.put(depth, f"w.fill(slot={self.expr(s['slot'])}, content=iter({self.expr(s['value'])}))")

    def do_del(self, depth, s, _):
        self.put(depth, f"w.empty({self.expr(s['g'])})")

    def do_next(self, depth, s, _):
        self.result(depth, s, f"w.next({self.expr(s['g'])})")

    def do_send(self, depth, s, _):
        self.result(depth, s, f"w.send({self.expr(s['g'])}, {self.expr(s['value'])})")

    def do_throw(self, depth, s, _):
        self.result(depth, s, f"w.throw({self.expr(s['g'])}, {self.exception(s)})")

    def do_close(self, depth, s, _):
        self.result(depth, s, f"w.close({self.expr(s['g'])})")

    def do_state(self, depth, s, _):
        self.result(depth, s, f"w.state({self.expr(s['g'])})")

    def do_exhaust(self, depth, s, _):
        self.result(depth, s, f"w.exhaust({self.expr(s['g'])}, {self.expr(s.get('limit'))})")


forgotten = []


def run(scenario):
    """Returns the trace of a scenario."""
    world = World()
    gens = scenario["gens"]
    functions = {name: f"body{i}" for i, name in enumerate(gens)}

    def instance(name, args):
        return names[functions[name]](dict(zip(gens[name].get("params") or [], args)))

    names = {"w": world, "instance": instance, "operate": operate, "make": make}
    names.update(show=show, caught=strip, matches=is_handled, count=count)
    translator = Generators()
    for name, function in functions.items():
        translator.function(function, gens[name]["body"])
    translator.function("drive", scenario["drive"])
    exec("\n".join(translator.lines), names)
    names["drive"]({})
    # What is still suspended stays so: closing it now could go on for ever, and nobody would see it.
    forgotten.append(world)
    return "".join(line + "\n" for line in world.lines)


if __name__ == "__main__":
    # A generator that refuses to close when it is dropped is reported here.
    sys.unraisablehook = lambda _: None
    main(run)
