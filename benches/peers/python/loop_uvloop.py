# The loop of the scripts that follow: uvloop's.
from uvloop import new_event_loop
