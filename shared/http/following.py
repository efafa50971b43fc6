"""Follow a run for whoever is at the other end of a connection: both interfaces stream what this yields."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from shared.pipeline.follow import Event, Follower, at_rest
from shared.pipeline.look import Progress, progress
from shared.pipeline.tools import Tools

EVENT_STREAM = "text/event-stream"
#: Nothing on the way may keep a stream back to send it in larger pieces.
HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
POLL_S = 0.5
#: Proxies close connections on which nothing comes.
HEARTBEAT_S = 15.0
#: How often it is asked whether the listener may still listen.
ASK_S = 2.0

_BEAT = ": still here\n\n"


def sse(type_: str, data: str, id_: str = "") -> str:
    """One server-sent event; without an id a reconnect goes on after the one before."""
    head = f"id: {id_}\n" if id_ else ""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"{head}event: {type_}\n{lines}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told, and in what form."""

    #: What is said of a run that has got so far, and of what is new; may say nothing.
    tell: Callable[[Progress, Sequence[Event]], str]
    #: Whether they may still listen, asked now and then; what they are told if not.
    may_listen: Callable[[], bool] = lambda: True
    farewell: str = ""
    #: What keeps the line open while there is nothing to say.
    beat: str = _BEAT


async def following(
    tools: Tools, now: Progress, follower: Follower, listener: Listener
) -> AsyncIterator[str]:
    """What the listener is told of a run, at most twice a second, until nothing moves any more."""

    def told() -> str:
        return listener.tell(now, list(follower.events(now, at=time.monotonic())))

    said = asked = time.monotonic()
    while True:
        if words := await run_in_threadpool(told):
            said = time.monotonic()
            yield words
        if at_rest(now):
            return
        if listener.beat and time.monotonic() - said > HEARTBEAT_S:
            said = time.monotonic()
            yield listener.beat
        await asyncio.sleep(POLL_S)
        if time.monotonic() - asked > ASK_S:
            asked = time.monotonic()
            if not await run_in_threadpool(listener.may_listen):
                yield listener.farewell
                return
        now = await run_in_threadpool(progress, tools, now.run.id)
