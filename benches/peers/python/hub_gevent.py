# The first greenlet makes the hub of the scripts that follow, and its loop.
import gevent

gevent.spawn(lambda: None).join()
