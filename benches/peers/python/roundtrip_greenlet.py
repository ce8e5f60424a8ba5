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
    switch = greenlet.greenlet(helped if case == "helper" else inlined).switch
    switch(0)

    def run(count):
        for _ in itertools.repeat(None, count):
            switch(1)

    return run
