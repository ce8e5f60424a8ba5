"""The reference for simulations: runs the scenarios in SimPy 4.1.2.

A scenario has events, resources, containers and stores, functions of processes, and a driver, which starts
processes and runs the environment. Its trace is what the processes, the callbacks and the driver see, with the time.

    simulation.py FILE     prints the trace of a scenario
    simulation.py --batch  reads scenarios from standard input, one a line, and
                           prints for each one line: its trace as a JSON string
"""

import sys

# The folder holds sources only.
sys.dont_write_bytecode = True

import simpy
from simpy.core import EmptySchedule, StopSimulation
from simpy.events import Condition
from simpy.exceptions import Interrupt
from simpy.util import subscribe_at

from scenarios import main

# At most so many processes are started, as they may start each other.
MOST_PROCESSES = 14


class Failure(Exception):
    """What events and processes of scenarios fail with."""


class Return(Exception):
    """Ends a process in the middle of nested statements."""


CAUGHT = {"interrupt": Interrupt, "failure": Failure, "all": Exception}


class World:
    def __init__(self, scenario):
        self.functions = scenario["functions"]
        self.env = simpy.Environment(scenario["initial"])
        self.lines = []
        self.events = [self.env.event() for _ in range(scenario["events"])]
        self.slots = [None] * scenario["slots"]
        self.resources = [self.resource(r) for r in scenario["resources"]]
        self.containers = [simpy.Container(self.env, c["capacity"], c["init"]) for c in scenario["containers"]]
        self.stores = [self.store(s) for s in scenario["stores"]]
        self.processes = []

    def resource(self, what):
        kinds = {
            "plain": simpy.Resource, "priority": simpy.PriorityResource, "preemptive": simpy.PreemptiveResource,
        }
        return kinds[what["kind"]](self.env, what["capacity"])

    def store(self, what):
        kinds = {"plain": simpy.Store, "filter": simpy.FilterStore, "priority": simpy.PriorityStore}
        return kinds[what["kind"]](self.env, what["capacity"])

    def log(self, who, text):
        self.lines.append(f"{float(self.env.now)!r} {who} {text}")

    # How values, errors and processes are shown.

    def show(self, value):
        if isinstance(value, simpy.events.ConditionValue):
            return "{" + ", ".join(map(self.show, value.values())) + "}"
        if isinstance(value, simpy.PriorityItem):
            return f"{value.priority}/{value.item}"
        return "failed" if isinstance(value, Exception) else str(value)

    def show_error(self, error):
        if isinstance(error, Interrupt):
            return f"Interrupt({self.show_cause(error.cause)})"
        if isinstance(error, AttributeError):
            # SimPy cannot interrupt a process whose event has ended a run by failing.
            raise RuntimeError("unfair") from error
        return f"Failure({error.args[0]})" if isinstance(error, Failure) else type(error).__name__

    def show_cause(self, cause):
        if isinstance(cause, simpy.resources.resource.Preempted):
            by, since = self.name(cause.by), float(cause.usage_since)
            return f"preempted by {by} since {since!r} from r{self.resources.index(cause.resource)}"
        return f"subscribed {self.show(cause[1])}" if isinstance(cause, tuple) else str(cause)

    def name(self, process):
        if process is None:
            return "nobody"
        return f"p{self.processes.index(process)}" if process in self.processes else "another"

    # Expressions: events.

    def event(self, e):
        (kind, x), *rest = e.items()
        if kind == "timeout":
            return self.env.timeout(x, e["value"])
        if kind == "event":
            return self.events[x]
        if kind == "slot":
            return self.slots[x] or self.events[0]
        if kind == "process":
            return self.processes[x % len(self.processes)] if self.processes else self.events[0]
        if kind == "all":
            return self.env.all_of([self.event(one) for one in x])
        if kind == "any":
            return self.env.any_of([self.event(one) for one in x])
        if kind == "and":
            return self.event(x[0]) & self.event(x[1])
        if kind == "or":
            return self.event(x[0]) | self.event(x[1])
        events = [self.event(one) for one in e["of"]]
        return Condition(self.env, lambda _, done: done >= x, events)

    # Statements that do not wait. They can also stand in callbacks and in the driver.

    def act(self, who, s):
        getattr(self, "do_" + s["op"])(who, s)

    def tell(self, who, s, call):
        """Logs whether a call succeeds."""
        try:
            call()
            self.log(who, f"{s['op']} ok")
        except Exception as error:
            self.log(who, f"{s['op']} {self.show_error(error)}")

    def do_succeed(self, who, s):
        self.tell(who, s, lambda: self.events[s["event"]].succeed(s["value"]))

    def do_fail(self, who, s):
        event = self.events[s["event"]]
        if s["defuse"]:
            event.defused = True
        self.tell(who, s, lambda: event.fail(Failure(s["name"])))

    def do_trigger(self, who, s):
        event, by = self.events[s["event"]], self.events[s["by"]]
        # SimPy checks neither.
        if event.triggered or not by.triggered:
            self.log(who, "trigger RuntimeError")
        else:
            self.tell(who, s, lambda: event.trigger(by))

    def do_keep(self, who, s):
        self.slots[s["slot"]] = self.event(s["on"])

    def do_interrupt(self, who, s):
        if self.processes:
            process = self.processes[s["process"] % len(self.processes)]
            self.tell(who, s, lambda: process.interrupt(s["cause"]))

    def do_start(self, who, s):
        number = len(self.processes)
        if number < MOST_PROCESSES:
            process = Running(self, f"p{number}").run(self.functions[s["function"]]["body"])
            self.processes.append(self.env.process(process))
        self.log(who, f"start p{number}")

    def do_subscribe(self, who, s):
        self.tell(who, s, lambda: subscribe_at(self.event(s["on"])))

    def do_callback(self, who, s):
        event = self.event(s["on"])

        def callback(event):
            if s["defuse"]:
                event.defused = True
            shown = self.show(event.value) if event.ok else self.show_error(event.value)
            self.log(f"c{s['number']}", f"called {shown}")
            for statement in s["then"]:
                self.act(f"c{s['number']}", statement)

        if event.callbacks is None:
            self.log(who, "callback RuntimeError")
        else:
            event.callbacks.append(callback)

    def do_look(self, who, _):
        env = self.env
        self.log(who, f"look peek {float(env.peek())!r} active {self.name(env.active_process)}")
        self.log(who, "events " + " ".join(map(self.state, self.events + self.slots)))
        self.log(who, "processes " + " ".join(map(self.state, self.processes)))
        for r in self.resources:
            users = " ".join(f"{self.name(u.proc)}@{float(u.usage_since)!r}" for u in r.users)
            queue = " ".join(f"{self.name(q.proc)}!{getattr(q, 'priority', 0)}" for q in r.queue)
            self.log(who, f"resource {r.count} users {users} queue {queue}")
        for c in self.containers:
            self.log(who, f"container {float(c.level)!r} {len(c.put_queue)} {len(c.get_queue)}")
        for s in self.stores:
            items = " ".join(map(self.show, s.items))
            self.log(who, f"store {items} puts {len(s.put_queue)} gets {len(s.get_queue)}")

    def state(self, event):
        if event is None:
            return "-"
        ended = "" if not event.triggered else "ok" if event.ok else "failed"
        return f"{ended}{'!' if event.processed else ''}."

    # The driver.

    def drive(self, s):
        run = {"run": self.run, "until": self.until, "until_event": self.until_event, "step": self.step}
        if s["op"] not in run:
            return self.act("driver", s)
        try:
            self.log("driver", f"{s['op']} {run[s['op']](s)}")
        except Exception as error:
            self.log("driver", f"{s['op']} {self.show_error(error)}")

    def run(self, _):
        self.env.run()
        return "ok"

    def until(self, s):
        self.env.run(self.env.now + s["delta"])
        return "ok"

    def until_event(self, s):
        event = self.event(s["on"])
        self.env.run(event)
        # The run may have ended by the `until` of an earlier one, which has failed.
        if not event.triggered:
            return "RuntimeError"
        return self.show(event.value) if event.ok else self.show_error(event.value)

    def step(self, _):
        try:
            self.env.step()
        except StopSimulation:
            pass
        return "ok"


class Running:
    """A process that runs."""

    def __init__(self, world, name):
        self.world = world
        self.env = world.env
        self.name = name
        self.held = []

    def log(self, text):
        self.world.log(self.name, text)

    def run(self, body):
        self.log("begins")
        try:
            yield from self.block(body)
        except Return as value:
            self.log(f"returns {value.args[0]}")
            return value.args[0]
        except Exception as error:
            self.log(f"fails {self.world.show_error(error)}")
            raise
        self.log("ends")

    def block(self, body):
        for s in body:
            wait = getattr(self, "wait_" + s["op"], None)
            if wait is None:
                self.world.act(self.name, s)
            else:
                yield from wait(s)

    def caught(self, s):
        return CAUGHT.get(s["catch"], ())

    def wait_for(self, event):
        value = yield event
        self.log(f"got {self.world.show(value)}")

    def wait_wait(self, s):
        try:
            event = self.event(s["on"])
            if event is self.env.active_process:
                self.log("not for itself")
            else:
                yield from self.wait_for(event)
        except self.caught(s) as error:
            self.log(f"caught {self.world.show_error(error)}")

    def event(self, e):
        if "held" in e:
            return self.held[e["held"] % len(self.held)][1] if self.held else self.world.events[0]
        return self.world.event(e)

    def wait_try(self, s):
        try:
            yield from self.block(s["body"])
        except Return:
            raise
        except self.caught(s) as error:
            self.log(f"caught {self.world.show_error(error)}")
            yield from self.block(s["handler"])

    def wait_call(self, s):
        yield from self.block(s["body"])
        self.log("called")

    def wait_repeat(self, s):
        for _ in range(s["times"]):
            yield from self.block(s["body"])

    def wait_raise(self, s):
        raise Failure(s["name"])
        yield

    def wait_return(self, s):
        raise Return(s["value"])
        yield

    # Resources.

    def request_of(self, s):
        resource = self.world.resources[s["resource"]]
        if isinstance(resource, simpy.PreemptiveResource):
            return resource.request(s["priority"], s["preempt"])
        if isinstance(resource, simpy.PriorityResource):
            return resource.request(s["priority"])
        return resource.request()

    def wait_with(self, s):
        try:
            with self.request_of(s) as request:
                if (yield from self.granted(request, s)):
                    yield from self.block(s["body"])
        except Return:
            raise
        except self.caught(s) as error:
            self.log(f"caught {self.world.show_error(error)}")

    def granted(self, request, s):
        """Waits for a request, and returns whether it was granted in time."""
        if s["patience"] is None:
            yield from self.wait_for(request)
            return True
        results = yield request | self.env.timeout(s["patience"], -1)
        self.log(f"got {self.world.show(results)}")
        return request in results

    def wait_request(self, s):
        resource = self.world.resources[s["resource"]]
        self.held.append((resource, self.request_of(s)))
        yield from ()

    def wait_release(self, s):
        if self.held:
            resource, request = self.held[s["held"] % len(self.held)]
            release = resource.release(request)
            if s["wait"]:
                yield from self.wait_for(release)

    def wait_cancel(self, s):
        if self.held:
            resource, request = self.held[s["held"] % len(self.held)]
            # SimPy cannot cancel a second time.
            if request in resource.queue:
                request.cancel()
        yield from ()

    # Containers and stores.

    def wait_amount(self, s):
        container = self.world.containers[s["container"]]
        operation = container.put if s["put"] else container.get
        yield from self.transfer(operation(s["amount"]), s)

    def wait_item(self, s):
        store = self.world.stores[s["store"]]
        is_sorted = isinstance(store, simpy.PriorityStore)
        if s["put"]:
            request = store.put(simpy.PriorityItem(s["item"] % 3, s["item"]) if is_sorted else s["item"])
        elif isinstance(store, simpy.FilterStore) and s["filter"] is not None:
            modulus, rest = s["filter"]
            request = store.get(lambda item: item % modulus == rest)
        else:
            request = store.get()
        yield from self.transfer(request, s)

    def transfer(self, request, s):
        if s["slot"] is not None:
            self.world.slots[s["slot"]] = request
            return
        try:
            if s["cancel"]:
                with request:
                    yield from self.granted(request, s)
            else:
                yield from self.granted(request, s)
        except self.caught(s) as error:
            self.log(f"caught {self.world.show_error(error)}")


forgotten = []

# How often a run may end with an error before a scenario is over.
MOST_RUNS = 30


def run(scenario):
    """Returns the trace of a scenario."""
    world = World(scenario)
    for statement in scenario["drive"]:
        world.drive(statement)
    for _ in range(MOST_RUNS):
        world.drive({"op": "run"})
        if world.lines[-1].endswith("driver run ok"):
            break
    world.do_look("driver", None)
    # What still waits is not closed: nobody would see it.
    forgotten.append(world)
    return "".join(line + "\n" for line in world.lines)


if __name__ == "__main__":
    main(run)
