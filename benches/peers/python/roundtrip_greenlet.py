import itertools

import greenlet

outside = greenlet.getcurrent()


def inlined(value):
    while True:
        value = outside.switch(value) + 1


def pause(value):
    return outside.switch(value)


def helped(value):
    while True:
        value = pause(value) + 1


def contestant(case):
    body = helped if case in ("body-helper", "helper") else inlined
    switch = greenlet.greenlet(body).switch
    switch(0)

    def send(value):
        return switch(value)

    driver = send if case in ("driver-helper", "helper") else switch

    def run(count):
        for _ in itertools.repeat(None, count):
            driver(1)

    return run
