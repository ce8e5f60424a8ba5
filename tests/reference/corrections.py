"""Corrections of later versions, for the asyncio of CPython 3.11.

The library behaves as 3.11 does, but where that has a bug, as the version in which the
bug is mended. So 3.11 is mended here, as far as scenarios can tell: each class and
function stands for the one of that name in asyncio, and names the issue of CPython.
"""

import asyncio


class Condition(asyncio.Condition):
    """gh-112202: a wait that fails passes its notification on."""

    async def wait(self):
        held = self.locked()
        try:
            return await super().wait()
        except BaseException:
            if held:
                self.notify(1)
            raise


class Permits:
    """gh-111693: who leaves the line wakes as many as there are permits."""

    async def acquire(self):
        if not self.locked():
            self._value -= 1
            return True
        if self._waiters is None:
            self._waiters = asyncio.Queue()._getters
        turn = self._get_loop().create_future()
        self._waiters.append(turn)
        try:
            try:
                await turn
            finally:
                self._waiters.remove(turn)
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._value += 1
            self.share()
            raise
        self.share()
        return True

    def share(self):
        while self._value > 0:
            left = self._value
            self._wake_up_next()
            if self._value == left:
                return


class Semaphore(Permits, asyncio.Semaphore):
    pass


class BoundedSemaphore(Permits, asyncio.BoundedSemaphore):
    pass


async def wait_for(awaitable, timeout):
    """gh-96764: made of timeout(), so that no cancellation is lost."""
    if timeout is not None and timeout <= 0:
        return await asyncio.wait_for(awaitable, timeout)
    async with asyncio.timeout(timeout):
        return await awaitable


class AsCompleted:
    """gh-158004: a step that is cancelled does not count."""

    def __init__(self, futures, timeout):
        self.ended = asyncio.Queue()
        self.pending = set(futures)
        self.left = len(self.pending)
        for future in self.pending:
            future.add_done_callback(self.end)
        self.timer = None
        if self.pending and timeout is not None:
            self.timer = asyncio.get_event_loop().call_later(timeout, self.expire)

    def end(self, future):
        if future in self.pending:
            self.pending.remove(future)
            self.ended.put_nowait(future)
            if not self.pending and self.timer is not None:
                self.timer.cancel()

    def expire(self):
        for future in self.pending:
            future.remove_done_callback(self.end)
            self.ended.put_nowait(None)
        self.pending.clear()

    def __iter__(self):
        while self.left > 0:
            self.left -= 1
            yield self.step()

    async def step(self):
        try:
            future = await self.ended.get()
        except BaseException:
            self.left += 1
            raise
        if future is None:
            raise asyncio.TimeoutError
        return future.result()


def outcome(error):
    """gh-112182: a future ends with a RuntimeError in place of a StopIteration."""
    return RuntimeError() if isinstance(error, StopIteration) else error
