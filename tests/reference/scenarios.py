"""What the references of all languages of scenarios share.

Values and expressions, exceptions, the translation of the statements that all have, and
the command line. Needs Python 3.11 or newer.
"""

import faulthandler
import gc
import json
import os
import sys
import threading

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
        raise TypeError("bad operand")
    if op == "//" and b == 0:
        raise ZeroDivisionError("division by zero")
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


def maker(classes):
    """Returns what makes exceptions by name: of `classes`, or else of classes of our own.

    Scenarios know no hierarchy, and no exception of theirs is to be taken for the library's.
    """

    def make(name, *args):
        if name not in classes:
            classes[name] = type(name, (Exception,), {})
        error = classes[name](*args)
        error.is_made = True
        return error

    return make


def matches(error, names, exits):
    """Tells whether a handler for `names` handles the error; `exits` are no `Exception`."""
    name = type(error).__name__
    return any(n in (name, "BaseException") or n == "Exception" and name not in exits for n in names)


# The translation.


class Translator:
    """Translates statements to Python: in these, `v` has the variables and `w` is the world."""

    # Whether there are global variables, `@x`.
    has_globals = False

    def __init__(self):
        self.lines = []
        self.serial = 0

    def put(self, depth, line):
        self.lines.append(" " * depth + line)

    def fresh(self):
        self.serial += 1
        return self.serial

    def block(self, depth, statements, handler=None):
        for statement in statements:
            getattr(self, "do_" + statement["op"])(depth, statement, handler)
        self.put(depth, "pass")

    def assign(self, depth, name, value):
        if name is None:
            self.put(depth, value)
        elif self.has_globals and name.startswith("@"):
            self.put(depth, f"w.set({name[1:]!r}, {value})")
        else:
            self.put(depth, f"v[{name!r}] = {value}")

    def result(self, depth, s, value):
        self.assign(depth, s.get("to"), value)

    def expr(self, e):
        if isinstance(e, str) and e.startswith("$"):
            return f"v.get({e[1:]!r})"
        if self.has_globals and isinstance(e, str) and e.startswith("@"):
            return f"w.variables.get({e[1:]!r})"
        if isinstance(e, list):
            return f"[{self.exprs(e)}]"
        if isinstance(e, dict):
            return f"operate({e['op']!r}, {self.expr(e['a'])}, {self.expr(e['b'])})"
        return repr(e)

    def exprs(self, es):
        return ", ".join(map(self.expr, es))

    def exception(self, s):
        argument = f", {self.expr(s['msg'])}" if "msg" in s else ""
        return f"make({s['exc']!r}{argument})"

    def do_return(self, depth, s, _):
        self.put(depth, f"return {self.expr(s['value'])}")

    def do_raise(self, depth, s, _):
        self.put(depth, f"raise {self.exception(s)}")

    def do_reraise(self, depth, _, handler):
        self.put(depth, f"raise {handler}")

    def do_try(self, depth, s, handler):
        self.put(depth, "try:")
        self.block(depth + 1, s["body"], handler)
        error = f"error{self.fresh()}"
        self.put(depth, f"except BaseException as {error}:")
        self.put(depth + 1, f"caught({error})")
        self.put(depth + 1, "if 0: pass")
        for clause in s.get("except") or []:
            self.put(depth + 1, f"elif matches({error}, {clause['match']!r}):")
            if clause.get("as") is not None:
                self.assign(depth + 2, clause["as"], f"show({error})")
            self.block(depth + 2, clause["body"], error)
        self.put(depth + 1, "else: raise")
        self.put(depth, "else:")
        self.block(depth + 1, s.get("else") or [], handler)
        self.put(depth, "finally:")
        self.block(depth + 1, s.get("finally") or [], handler)

    def do_let(self, depth, s, _):
        self.result(depth, s, self.expr(s["value"]))

    def do_repeat(self, depth, s, handler):
        rounds = "count()" if s["times"] is None else f"range({self.expr(s['times'])})"
        n = f"n{self.fresh()}"
        self.put(depth, f"for {n} in {rounds}:")
        if s.get("var") is not None:
            self.assign(depth + 1, s["var"], n)
        self.block(depth + 1, s["body"], handler)

    def do_break(self, depth, *_):
        self.put(depth, "break")

    def do_continue(self, depth, *_):
        self.put(depth, "continue")

    def do_if(self, depth, s, handler):
        self.put(depth, f"if {self.expr(s['cond'])}:")
        self.block(depth + 1, s["then"], handler)
        self.put(depth, "else:")
        self.block(depth + 1, s.get("else") or [], handler)


# The command line.


def replay(run):
    # Cycles would delay drops, and a collection make some at any time.
    gc.disable()
    if sys.argv[1:] != ["--batch"]:
        with open(sys.argv[1], encoding="utf-8") as file:
            sys.stdout.write(run(json.load(file)))
    else:
        for line in sys.stdin:
            # A scenario that never ends is to end the process, which the reader notices.
            faulthandler.dump_traceback_later(TIMEOUT, exit=True)
            try:
                trace = run(json.loads(line))
            except BaseException as error:
                trace = f"the reference failed: {error!r}\n"
            print(json.dumps(trace), flush=True)
            faulthandler.cancel_dump_traceback_later()
    sys.stdout.flush()
    os._exit(0)


def main(run):
    """Runs the scenarios that the command line names, by `run`, which returns a trace."""
    # Long chains of generators take much stack.
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(1 << 29)
    thread = threading.Thread(target=replay, args=[run])
    thread.start()
    thread.join()
    # The thread ends the process itself, unless it fails.
    sys.exit(1)
