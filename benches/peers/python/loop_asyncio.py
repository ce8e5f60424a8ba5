# The loop of the scripts that follow: asyncio's own.
from asyncio import new_event_loop
