"""The reference for generator scenarios: runs them as real Python generators.

Each generator function of a scenario is translated to the source of a Python
generator function, with real `yield`, `yield from`, `try` and `for`, and the driver
to that of a plain function. CPython's own semantics make the trace.

    generators.py FILE     prints the trace of a scenario
    generators.py --batch  reads scenarios from standard input, one a line, and
                           prints for each one line: its trace as a JSON string

Needs Python 3.11 or newer.
"""

import faulthandler
import gc
import inspect
import json
import os
import sys
import threading
from itertools import count

BAD_OPERAND = "bad operand"
# Seconds that one scenario of a batch may take.
TIMEOUT = 10


# Values and expressions.


def render(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(render, value)) + "]"
    return f"'{value}'" if isinstance(value, str) else str(value)


def display(value):
    return value if isinstance(value, str) else render(value)


def operate(op, a, b):
    if op == "==":
        return int(a == b)
    integers = isinstance(a, int) and isinstance(b, int)
    alike = isinstance(a, str) and isinstance(b, str) or isinstance(a, list) and isinstance(b, list)
    if not integers and not (op == "+" and alike):
        raise make("TypeError", BAD_OPERAND)
    if op == "//" and b == 0:
        raise make("ZeroDivisionError", "division by zero")
    operators = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "//": lambda: a // b,
        "<": lambda: int(a < b),
        "range": lambda: list(range(a, b)),
    }
    return operators[op]()


# Exceptions.

# Only these two mean something to generators. All others are classes of our own:
# scenarios know no hierarchy.
classes = {"StopIteration": StopIteration, "GeneratorExit": GeneratorExit}


def make(name, *args):
    if name not in classes:
        classes[name] = type(name, (Exception,), {})
    return classes[name](*args)


def show(error):
    name = type(error).__name__
    if type(error) is AttributeError:
        return "AttributeError('iterator has no send')"
    return f"{name}({render(error.args[0]) if error.args else ''})"


def matches(error, names):
    name = type(error).__name__
    return any(n in (name, "BaseException") or n == "Exception" and name != "GeneratorExit" for n in names)


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


class Translator:
    def __init__(self):
        self.lines = []
        self.serial = 0

    def put(self, depth, line):
        self.lines.append(" " * depth + line)

    def fresh(self):
        self.serial += 1
        return self.serial

    def function(self, name, body):
        self.put(0, f"def {name}(v):")
        self.block(1, body)
        self.put(1, "if 0: yield" if name != "drive" else "pass")

    def block(self, depth, statements, handler=None):
        for statement in statements:
            getattr(self, "do_" + statement["op"])(depth, statement, handler)
        self.put(depth, "pass")

    def result(self, depth, statement, value):
        to = statement.get("to")
        self.put(depth, value if to is None else f"v[{to!r}] = {value}")

    def do_yield(self, depth, s, _):
        self.result(depth, s, f"yield {expr(s['value'])}")

    def do_from(self, depth, s, _):
        self.result(depth, s, f"yield from {source(s['source'])}")

    def do_return(self, depth, s, _):
        self.put(depth, f"return {expr(s['value'])}")

    def do_raise(self, depth, s, _):
        self.put(depth, f"raise {exception(s)}")

    def do_reraise(self, depth, _, handler):
        self.put(depth, f"raise {handler}")

    def do_try(self, depth, s, handler):
        self.put(depth, "try:")
        self.block(depth + 1, s["body"], handler)
        error = f"error{self.fresh()}"
        self.put(depth, f"except BaseException as {error}:")
        self.put(depth + 1, "if 0: pass")
        for clause in s.get("except") or []:
            self.put(depth + 1, f"elif matches({error}, {clause['match']!r}):")
            self.put(depth + 2, f"strip({error})")
            if clause.get("as") is not None:
                self.put(depth + 2, f"v[{clause['as']!r}] = show({error})")
            self.block(depth + 2, clause["body"], error)
        self.put(depth + 1, "else: raise")
        self.put(depth, "else:")
        self.block(depth + 1, s.get("else") or [], handler)
        self.put(depth, "finally:")
        self.block(depth + 1, s.get("finally") or [], handler)

    def do_emit(self, depth, s, _):
        self.put(depth, f"w.emit({', '.join(map(expr, s['args']))})")

    def do_let(self, depth, s, _):
        self.result(depth, s, expr(s["value"]))

    def do_repeat(self, depth, s, handler):
        rounds = "count()" if s["times"] is None else f"range({expr(s['times'])})"
        n = f"n{self.fresh()}"
        self.put(depth, f"for {n} in {rounds}:")
        if s.get("var") is not None:
            self.put(depth + 1, f"v[{s['var']!r}] = {n}")
        self.block(depth + 1, s["body"], handler)

    def do_break(self, depth, *_):
        self.put(depth, "break")

    def do_continue(self, depth, *_):
        self.put(depth, "continue")

    def do_if(self, depth, s, handler):
        self.put(depth, f"if {expr(s['cond'])}:")
        self.block(depth + 1, s["then"], handler)
        self.put(depth, "else:")
        self.block(depth + 1, s.get("else") or [], handler)

    def do_new(self, depth, s, _):
        self.put(depth, f"w.fill(slot={expr(s['slot'])}, content={call(s)})")

    def do_iter(self, depth, s, _):
        self.put(depth, f"w.fill(slot={expr(s['slot'])}, content=iter({expr(s['value'])}))")

    def do_del(self, depth, s, _):
        self.put(depth, f"w.empty({expr(s['g'])})")

    def do_next(self, depth, s, _):
        self.result(depth, s, f"w.next({expr(s['g'])})")

    def do_send(self, depth, s, _):
        self.result(depth, s, f"w.send({expr(s['g'])}, {expr(s['value'])})")

    def do_throw(self, depth, s, _):
        self.result(depth, s, f"w.throw({expr(s['g'])}, {exception(s)})")

    def do_close(self, depth, s, _):
        self.result(depth, s, f"w.close({expr(s['g'])})")

    def do_state(self, depth, s, _):
        self.result(depth, s, f"w.state({expr(s['g'])})")

    def do_exhaust(self, depth, s, _):
        self.result(depth, s, f"w.exhaust({expr(s['g'])}, {expr(s.get('limit'))})")


def expr(e):
    if isinstance(e, str) and e.startswith("$"):
        return f"v.get({e[1:]!r})"
    if isinstance(e, list):
        return f"[{', '.join(map(expr, e))}]"
    if isinstance(e, dict):
        return f"operate({e['op']!r}, {expr(e['a'])}, {expr(e['b'])})"
    return repr(e)


def exception(s):
    argument = f", {expr(s['msg'])}" if "msg" in s else ""
    return f"make({s['exc']!r}{argument})"


def call(s):
    return f"instance({s['gen']!r}, [{', '.join(map(expr, s.get('args') or []))}])"


def source(s):
    if "gen" in s:
        return call(s)
    return f"w.slots[{expr(s['slot'])}]" if "slot" in s else f"iter({expr(s['iter'])})"


forgotten = []


def run(scenario):
    """Returns the trace of a scenario."""
    world = World()
    gens = scenario["gens"]
    functions = {name: f"body{i}" for i, name in enumerate(gens)}

    def instance(name, args):
        return names[functions[name]](dict(zip(gens[name].get("params") or [], args)))

    names = {"w": world, "instance": instance, "operate": operate, "make": make}
    names.update(show=show, strip=strip, matches=matches, count=count)
    translator = Translator()
    for name, function in functions.items():
        translator.function(function, gens[name]["body"])
    translator.function("drive", scenario["drive"])
    exec("\n".join(translator.lines), names)
    names["drive"]({})
    # What is still suspended stays so: closing it now could go on for ever, and nobody would see it.
    forgotten.append(world)
    return "".join(line + "\n" for line in world.lines)


def main():
    # Cycles would delay drops; there are none, and a collection must not hide one.
    gc.disable()
    # A generator that refuses to close when it is dropped is reported here.
    sys.unraisablehook = lambda _: None
    if sys.argv[1:] != ["--batch"]:
        with open(sys.argv[1], encoding="utf-8") as file:
            sys.stdout.write(run(json.load(file)))
    else:
        for line in sys.stdin:
            # A scenario that never ends is to end the process, which the reader notices.
            faulthandler.dump_traceback_later(TIMEOUT, exit=True)
            try:
                trace = run(json.loads(line))
            except Exception as error:
                trace = f"the reference failed: {error!r}\n"
            print(json.dumps(trace), flush=True)
            faulthandler.cancel_dump_traceback_later()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    # Long chains of generators take much stack.
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(1 << 29)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
    # The thread ends the process itself, unless it fails.
    sys.exit(1)
