"""Runs programs for asyncio's StreamReader: what is fed, and who reads when.

A program is {"name": ..., "limit": n, "ops": [...]}, and every operation an object; see `Program`.
"""

import asyncio

from scenarios import main


SEARCHES = {"readline", "readuntil"}


class Program:
    def __init__(self, limit):
        self.reader = asyncio.StreamReader(limit=limit)
        self.tasks = []
        self.lines = []

    async def read(self, i, op):
        try:
            result = "data " + show(await self.operation(op))
        except asyncio.IncompleteReadError as error:
            result = f"incomplete {show(error.partial)} of {error.expected}"
        except asyncio.LimitOverrunError as error:
            result = f"overrun {error.consumed}"
        except asyncio.CancelledError:
            result = "cancelled"
        except ValueError:
            result = "ValueError"
        except RuntimeError:
            result = "RuntimeError"
        except Exception as error:
            result = f"failed {error}"
        self.lines.append(f"{i} {op['op']} {result}")

    def operation(self, op):
        match op["op"]:
            case "read":
                return self.reader.read(op["n"])
            case "readall":
                return self.reader.read()
            case "readline":
                return self.reader.readline()
            case "readuntil":
                return self.reader.readuntil(op["separator"].encode())
            case "readexactly":
                return self.reader.readexactly(op["n"])

    def can_begin(self, name):
        """Tells whether nothing is lost with CPython's reader.

        A search does not notice that somebody else takes the data which it has searched, and a
        read to the end loses what it has when it finds somebody else waiting.
        """
        others = [op["op"] for task, op in self.tasks if not task.done()]
        return not others if name == "readall" else SEARCHES.isdisjoint(others)

    def can_fail(self):
        """Tells whether an exception finds nothing before it.

        CPython gives an exception at once, and what came before it is lost.
        """
        reads = any(op["op"] == "readall" for task, op in self.tasks if not task.done())
        return not reads and not self.reader._buffer

    async def step(self, op):
        match op["op"]:
            case "feed" if self.reader.exception() is not None:
                pass
            case "feed":
                try:
                    self.reader.feed_data(op["data"].encode())
                except AssertionError:
                    self.lines.append("feed refused")
            case "eof":
                self.reader.feed_eof()
            case "exception":
                # A reader whose data was not enough before it would wait for ever.
                await asyncio.sleep(0)
                if self.can_fail():
                    self.reader.set_exception(Exception(op["message"]))
            case "turn":
                await asyncio.sleep(0)
                # A read to the end that fails loses what it has.
                if self.reader.exception() is None:
                    self.lines.append(f"turn, {'ended' if self.reader.at_eof() else 'open'}")
            case "cancel":
                # A read to the end that is cancelled loses what it has.
                tasks = [task for task, op in self.tasks if op["op"] != "readall"]
                if tasks:
                    tasks[op["task"] % len(tasks)].cancel()
            case _ if self.can_begin(op["op"]):
                self.tasks.append((asyncio.create_task(self.read(len(self.tasks), op)), op))
                # Who begins between the wake-up of another and its step would take its data.
                await asyncio.sleep(0)


async def play(scenario):
    program = Program(scenario["limit"])
    for op in scenario["ops"]:
        await program.step(op)
    for task, _ in program.tasks:
        task.cancel()
    for task, _ in program.tasks:
        await asyncio.wait([task])
    return "".join(line + "\n" for line in program.lines)


def show(data):
    return data.decode().replace("\n", "$")


def run(scenario):
    return asyncio.run(play(scenario))


if __name__ == "__main__":
    main(run)
