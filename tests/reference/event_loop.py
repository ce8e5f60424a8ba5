"""The reference for event-loop scenarios: runs them on CPython's asyncio, in virtual time.

Each coroutine of a scenario is translated to the source of a generator-based
coroutine, `main` and the callbacks to that of plain functions. Tasks, futures, locks,
queues and all that combines them are asyncio's own; only the clock is not.

    event_loop.py FILE     prints the trace of a scenario
    event_loop.py --batch  reads scenarios from standard input, one a line, and
                           prints for each one line: its trace as a JSON string

Needs Python 3.11, whose bugs are mended by corrections.py: later versions have eager
tasks, and gather what is done at once.
"""

import asyncio
import logging
import sys
import types
import warnings
from itertools import count

# The folder holds sources only.
sys.dont_write_bytecode = True

import corrections
from scenarios import Translator, display, main, maker, matches, operate, render
from virtual_loop import Loop, Unfair


# Values and expressions.


def plain(value):
    """Turns what asyncio returns into a value of the language."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, BaseException):
        return show(value)
    return int(value) if isinstance(value, bool) else value


# Exceptions.

# Only these mean something to coroutines and tasks.
make = maker({"CancelledError": asyncio.CancelledError, "StopIteration": StopIteration})


def show(error):
    argument = render(error.args[0]) if error.args and hasattr(error, "is_made") else ""
    return f"{type(error).__name__}({argument})"


def is_handled(error, names):
    return matches(error, names, ["CancelledError"])


def caught(error):
    if isinstance(error, Unfair):
        raise error


# What the translated code calls.

KINDS = {
    "lock": asyncio.Lock,
    "event": asyncio.Event,
    "condition": corrections.Condition,
    "semaphore": corrections.Semaphore,
    "bounded_semaphore": corrections.BoundedSemaphore,
    "queue": asyncio.Queue,
    "lifo_queue": asyncio.LifoQueue,
    "priority_queue": asyncio.PriorityQueue,
}


def forget(awaitable):
    """Lets a task be waited for that has waited for itself.

    The accelerated Task keeps in mind that somebody is about to wait for it, and refuses
    all who do so later. asyncio's own Task, in Python, does not.
    """
    if asyncio.isfuture(awaitable):
        awaitable._asyncio_future_blocking = False


class World:
    def __init__(self):
        self.loop = Loop()
        # The registry of everything that has a name.
        self.named = {}
        # The global variables.
        self.variables = {}
        self.lines = []

    def emit(self, label, *args):
        self.lines.append(f"{self.loop.time()} {label} {' '.join(map(display, args))}")

    def name(self, name, thing):
        if name is not None:
            self.named[name] = thing

    def set(self, name, value):
        self.variables[name] = value

    def run(self, what):
        if isinstance(what, str):
            what = self.named[what]
        try:
            line = f"return {render(plain(self.loop.run_until_complete(what)))}"
        except Unfair:
            raise
        except BaseException as error:
            line = f"raise {show(error)}"
        self.emit("-", line)

    def run_forever(self):
        self.loop.run_forever()
        self.emit("-", "stopped")

    def make(self, kind, name, lock, size):
        # Which of the two it may have depends on the kind; the other is nothing to it.
        if kind == "condition":
            argument = lock and self.named[lock]
        else:
            argument = size if kind.endswith(("semaphore", "queue")) else None
        self.name(name, KINDS[kind]() if argument is None else KINDS[kind](argument))

    def get(self, future, what):
        value = getattr(self.named[future], what)()
        return plain(value)

    def do(self, name, method, *args):
        return plain(getattr(self.named[name], method)(*args))

    def gather(self, fs, exceptions):
        # A list of names may have come out of an expression.
        fs = [self.named[f] if isinstance(f, str) else f for f in fs]
        return asyncio.gather(*fs, return_exceptions=exceptions)

    def shield(self, f):
        return asyncio.shield(self.named[f] if isinstance(f, str) else f)

    def as_completed(self, names, timeout):
        return corrections.AsCompleted([self.named[name] for name in names], timeout)

    @types.coroutine
    def wait_named(self, name):
        awaitable = self.named[name]
        forget(awaitable)
        return plain((yield from awaitable))

    @types.coroutine
    def wait(self, names, timeout, until):
        fs = [self.named[name] for name in names]
        done, _ = yield from asyncio.wait(fs, timeout=timeout, return_when=until)
        lists = [], []
        for name, f in zip(names, fs):
            lists[f not in done].append(name)
        return lists

    @types.coroutine
    def wait_for(self, f, timeout):
        f = self.named[f] if isinstance(f, str) else f
        forget(f)
        return plain((yield from corrections.wait_for(f, timeout)))

    @types.coroutine
    def wait_on(self, name, method, *args):
        return plain((yield from getattr(self.named[name], method)(*args)))


# The translation.

WAITING = {"acquire", "wait", "wait_for", "put", "get", "join"}


class EventLoops(Translator):
    has_globals = True

    def function(self, name, body, decorator=None):
        if decorator is not None:
            self.put(0, f"@{decorator}")
        self.put(0, f"def {name}(v, label):")
        self.block(1, body)
        self.put(1, "pass" if decorator is None else "if 0: yield")

    def name(self, depth, s, value):
        self.put(depth, f"w.name({self.expr(s.get('as'))}, {value})")

    def callback(self, depth, s):
        """Defines a function that has copies of the variables as they are where it is defined."""
        name = f"callback{self.fresh()}"
        self.put(depth, f"def {name}(*_, v=dict(v), label='-'):")
        self.block(depth + 1, s["body"])
        return name

    def call(self, s, label):
        return f"instance({s['coro']!r}, [{self.exprs(s.get('args') or [])}], {label})"

    def fut(self, f):
        if isinstance(f, dict) and "coro" in f:
            return self.call(f, self.expr(f.get("as", "~")))
        return self.expr(f)

    def do_emit(self, depth, s, _):
        self.put(depth, f"w.emit({', '.join(['label', *map(self.expr, s['args'])])})")

    # Coroutines, tasks and the loop.

    def do_sleep(self, depth, s, _):
        self.result(depth, s, f"yield from asyncio.sleep({self.expr(s['delay'])}, {self.expr(s.get('value'))})")

    def do_call(self, depth, s, _):
        self.result(depth, s, f"yield from {self.call(s, 'label')}")

    def do_spawn(self, depth, s, _):
        self.name(depth, s, f"w.loop.create_task({self.call(s, self.expr(s['as']))})")

    def do_await(self, depth, s, _):
        self.result(depth, s, f"yield from w.wait_named({self.expr(s['f'])})")

    def do_run(self, depth, s, _):
        self.put(depth, f"w.run({self.fut(s | {'as': 'main'})})" if "coro" in s else f"w.run({self.expr(s['f'])})")

    def do_run_forever(self, depth, *_):
        self.put(depth, "w.run_forever()")

    def do_stop(self, depth, *_):
        self.put(depth, "w.loop.stop()")

    def do_time(self, depth, s, _):
        self.result(depth, s, "w.loop.time()")

    # Callbacks.

    def do_call_soon(self, depth, s, _):
        callback = self.callback(depth, s)
        self.name(depth, s, f"w.loop.call_soon({callback})")

    def do_call_later(self, depth, s, _):
        callback = self.callback(depth, s)
        self.name(depth, s, f"w.loop.call_later({self.expr(s['delay'])}, {callback})")

    def do_call_at(self, depth, s, _):
        callback = self.callback(depth, s)
        self.name(depth, s, f"w.loop.call_at({self.expr(s['when'])}, {callback})")

    def do_cancel_handle(self, depth, s, _):
        self.put(depth, f"w.named[{self.expr(s['h'])}].cancel()")

    def do_on_done(self, depth, s, _):
        callback = self.callback(depth, s)
        self.put(depth, f"w.named[{self.expr(s['f'])}].add_done_callback({callback})")
        self.name(depth, s, callback)

    def do_remove_on_done(self, depth, s, _):
        self.result(depth, s, f"w.named[{self.expr(s['f'])}].remove_done_callback(w.named[{self.expr(s['cb'])}])")

    # Futures.

    def do_future(self, depth, s, _):
        self.name(depth, s, "w.loop.create_future()")

    def do_set_result(self, depth, s, _):
        self.put(depth, f"w.named[{self.expr(s['f'])}].set_result({self.expr(s['value'])})")

    def do_set_exception(self, depth, s, _):
        self.put(depth, f"w.named[{self.expr(s['f'])}].set_exception(corrections.outcome({self.exception(s)}))")

    def do_cancel(self, depth, s, _):
        self.result(depth, s, f"int(w.named[{self.expr(s['f'])}].cancel())")

    def do_get(self, depth, s, _):
        self.result(depth, s, f"w.get({self.expr(s['f'])}, {s['what']!r})")

    # What is made of several.

    def do_wait(self, depth, s, _):
        until = s.get("until") or "ALL_COMPLETED"
        arguments = f"{self.expr(s['fs'])}, {self.expr(s.get('timeout'))}, {until!r}"
        lists = f"lists{self.fresh()}"
        self.put(depth, f"{lists} = yield from w.wait({arguments})")
        self.assign(depth, s.get("done"), f"{lists}[0]")
        self.assign(depth, s.get("pending"), f"{lists}[1]")

    def do_wait_for(self, depth, s, _):
        self.result(depth, s, f"yield from w.wait_for({self.fut(s['f'])}, {self.expr(s['timeout'])})")

    def do_gather(self, depth, s, _):
        fs = s["fs"]
        fs = f"[{', '.join(map(self.fut, fs))}]" if isinstance(fs, list) else self.expr(fs)
        self.name(depth, s, f"w.gather({fs}, {bool(s.get('return_exceptions'))})")

    def do_shield(self, depth, s, _):
        self.name(depth, s, f"w.shield({self.fut(s['f'])})")

    def do_as_completed(self, depth, s, handler):
        f = f"f{self.fresh()}"
        self.put(depth, f"for {f} in w.as_completed({self.expr(s['fs'])}, {self.expr(s.get('timeout'))}):")
        self.name(depth + 1, s, f)
        self.block(depth + 1, s["body"], handler)

    # Objects.

    def do_make(self, depth, s, _):
        arguments = [repr(s["kind"]), *(self.expr(s.get(key)) for key in ("as", "lock", "size"))]
        self.put(depth, f"w.make({', '.join(arguments)})")

    def do_do(self, depth, s, _):
        arguments = [self.expr(s["on"]), repr(s["m"]), *map(self.expr, s.get("args") or [])]
        if s["m"] == "wait_for":
            arguments.append(f"lambda: {self.expr(s['pred'])}")
        if s["m"] in WAITING:
            self.result(depth, s, f"yield from w.wait_on({', '.join(arguments)})")
        else:
            self.result(depth, s, f"w.do({', '.join(arguments)})")


worlds = []


def run(scenario):
    """Returns the trace of a scenario."""
    world = World()
    # Nothing of it is ever dropped: suspended coroutines would be closed then.
    worlds.append(world)
    coros = scenario["coros"]
    functions = {name: f"body{i}" for i, name in enumerate(coros)}

    def instance(name, args, label):
        return names[functions[name]](dict(zip(coros[name].get("params") or [], args)), label)

    names = {"w": world, "instance": instance, "operate": operate, "make": make, "plain": plain}
    names.update(corrections=corrections, show=show, caught=caught, matches=is_handled, count=count, asyncio=asyncio, types=types)
    translator = EventLoops()
    for name, function in functions.items():
        translator.function(function, coros[name]["body"], "types.coroutine")
    translator.function("main", scenario["main"])
    exec("\n".join(translator.lines), names)
    names["main"]({}, "-")
    if world.loop.failure is not None:
        raise world.loop.failure
    return "".join(line + "\n" for line in world.lines)


if __name__ == "__main__":
    logging.disable()
    warnings.simplefilter("ignore")
    main(run)
