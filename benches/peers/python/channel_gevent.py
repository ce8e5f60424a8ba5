import gevent
from gevent.queue import Queue


def stream(messages):
    queue = Queue(128)

    def produce():
        for i in range(messages):
            queue.put(i)

    def consume():
        for _ in range(messages):
            queue.get()

    together(produce, consume)


def ping_pong(rounds):
    there, back = Queue(1), Queue(1)

    def serve():
        for i in range(rounds):
            there.put(i)
            back.get()

    def answer():
        for _ in range(rounds):
            back.put(there.get())

    together(serve, answer)


def together(*bodies):
    for task in [gevent.spawn(body) for body in bodies]:
        task.get()


def contestant(case):
    return stream if case == "stream" else ping_pong


def rate(case, nanoseconds):
    # Each round is two messages.
    return nanoseconds if case == "stream" else nanoseconds / 2
