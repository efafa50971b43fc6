"""Waits for a run to rest: a bar on a terminal, else a line every ten seconds; or NDJSON."""

import json
import sys
import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Self, cast

from services.cli.session import Session, say
from shared.domain.canonical import Json
from shared.domain.run import RunState
from shared.pipeline.follow import Event, EventType, Follower, at_rest
from shared.pipeline.look import Progress, progress

POLL_S = 0.2
LINE_S = 10.0

_PHASES = {
    RunState.QUEUED: "waiting for its turn",
    RunState.VALIDATING: "reading the extract",
    RunState.FETCHING: "reading the target",
    RunState.PLANNING: "comparing",
    RunState.APPLYING: "applying",
    RunState.PAUSED: "waiting for ASCIP",
}
#: A command waits so long for a run that waits for ASCIP, then leaves it to the workers.
PATIENCE_S = 15 * 60


def wait_for(session: Session, run_id: str, *, ndjson: bool = False) -> Progress:
    """Follow a run until nothing moves any more; its reports are written then."""
    shown: _Shown = _Lines() if ndjson or not sys.stderr.isatty() else _Bar()
    follower = Follower()
    now = progress(session.tools, run_id)
    moved_at = time.monotonic()
    try:
        with shown:
            while True:
                if ndjson:
                    _print_lines(run_id, follower.events(now, at=time.monotonic()))
                if not now.run.goes_on_at:
                    moved_at = time.monotonic()
                if at_rest(now) or now.run.is_put_off or time.monotonic() - moved_at > PATIENCE_S:
                    return now
                shown.update(now)
                session.require_workers()
                time.sleep(POLL_S)
                now = progress(session.tools, run_id)
    except BaseException as error:
        if not isinstance(error, Exception):  # ^C or SIGTERM
            say(_interrupted(now))
        raise


def _interrupted(now: Progress) -> str:
    """Where an interrupted command leaves its run."""
    run = now.run.id
    if now.run.state is RunState.APPLYING:
        return (
            f"Interrupted; calls in flight are finished first. {now.done:,} of {now.total:,} actions of"
            f" {run} were done. Go on: ascip-sync resume {run}   End it: ascip-sync cancel {run}"
        )
    return (
        f"Interrupted. Nothing was written to ASCIP. {run} goes on with the next command that works;"
        f" ascip-sync cancel {run} ends it."
    )


class _Shown(AbstractContextManager["_Shown"]):
    """Something that shows progress."""

    @abstractmethod
    def update(self, now: Progress) -> None: ...


@dataclass
class _Lines(_Shown):
    """A line when the phase changes, and one each ten seconds."""

    last: RunState | None = None
    said: float = 0.0

    def update(self, now: Progress) -> None:
        """Say what is new."""
        text = _PHASES.get(now.run.state)
        due = now.run.state is not self.last or time.monotonic() - self.said > LINE_S
        if text and due:
            counted = f" {now.done:,} of {now.total:,}" if now.total else ""
            say(f"    {text}{counted}{_why(now)} …")
            self.last, self.said = now.run.state, time.monotonic()

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


def _why(now: Progress) -> str:
    """What a run waits for."""
    waits = now.run.state is RunState.QUEUED or now.run.goes_on_at
    return f" ({now.run.detail})" if waits and now.run.detail else ""


@dataclass
class _Bar(_Shown):
    """A bar, where there is a terminal."""

    bar: Any = None
    tasks: dict[RunState, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        # Rich is slow to import, and only a terminal needs it.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self.bar = Progress(
            TextColumn("    {task.description:<28}"), BarColumn(32), MofNCompleteColumn(),
            TimeElapsedColumn(), console=Console(stderr=True), transient=False,
        )  # fmt: skip
        self.bar.start()
        return self

    def update(self, now: Progress) -> None:
        """Move the bar of the phase; the ones before it are full."""
        state = now.run.state
        if state not in _PHASES:
            return
        if state not in self.tasks:
            self._fill()
            self.tasks[state] = self.bar.add_task(_PHASES[state], total=now.total or None)
        self.bar.update(
            self.tasks[state], completed=now.done, total=now.total or None,
            description=_PHASES[state] + _why(now),
        )  # fmt: skip

    def _fill(self) -> None:
        for task in self.bar.tasks:
            total = task.total or 1
            self.bar.update(task.id, total=total, completed=total)

    def __exit__(self, *_: object) -> None:
        """Leave full bars behind."""
        self._fill()
        self.bar.stop()


def _print_lines(run_id: str, events: Iterable[Event]) -> None:
    """NDJSON for programs; the summary that follows says what the other events would."""
    for event in events:
        match event.type:
            case EventType.PHASE:
                _line("phase_start", run_id, event.data)
            case EventType.COUNTS:
                _line("progress", run_id, event.data)
            case EventType.ERROR:
                for error in cast("list[dict[str, Json]]", event.data["errors"]):
                    _line("action_error", run_id, error)
            case EventType.STATE | EventType.DONE:
                pass


def _line(type_: str, run_id: str, data: Mapping[str, Json]) -> None:
    print(json.dumps({"type": type_, "run_id": run_id, **data}), flush=True)
