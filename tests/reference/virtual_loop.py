"""An event loop of asyncio's in virtual time."""

import asyncio
import heapq
from itertools import count

# Passes of the loop that a scenario may take.
MOST_PASSES = 100_000


class Unfair(BaseException):
    """The scenario does what none may do."""


class Timer(asyncio.TimerHandle):
    """Of timers with one deadline, the one made first is first."""

    __slots__ = ["serial"]
    serials = count()

    def __lt__(self, other):
        return (self._when, self.serial) < (other._when, other.serial)


class Clock:
    """A selector that finds nothing, and takes no time to do so: the time is moved on instead."""

    def __init__(self):
        self.now = 0
        self.passes = 0

    def select(self, timeout):
        self.passes += 1
        if timeout is None:
            raise Unfair("blocked for ever")
        if self.passes > MOST_PASSES:
            raise Unfair("too many passes")
        self.now += timeout
        return []


class Loop(asyncio.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = Clock()
        # A deadline counts as reached within this; all deadlines are whole numbers.
        self._clock_resolution = 0.5
        self.tasks = []
        self.failure = None
        self.set_exception_handler(self.report)

    def time(self):
        return self._selector.now

    def _process_events(self, events):
        pass

    def report(self, _, context):
        # Exceptions that nobody retrieved are reported here, too.
        if "handle" in context:
            self.failure = Unfair(f"{context['exception']!r} leaves a callback")

    def call_at(self, when, callback, *args, context=None):
        timer = Timer(when, callback, args, self, context)
        timer.serial = next(Timer.serials)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def create_task(self, coro, **options):
        task = super().create_task(coro, **options)
        # No scenario is to depend on when CPython finds out that nobody can wake a task any more.
        self.tasks.append(task)
        return task
