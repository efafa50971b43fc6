"""Take files out of the drop folder, each exactly once: land it, then move it where it belongs.

A file is renamed into `taking/` under the id of the run that it will be. So whoever finds it there
after a crash, a lost answer to a commit or a power cut can ask the database whether that run was made.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.drop import (
    Arrival,
    Expected,
    Found,
    Place,
    Refusal,
    Ticket,
    Watch,
    arrivals,
    by_age,
    feed_of,
    kept_name,
    key_of,
    parse_sha256,
    refused,
)
from shared.domain.errors import Conflict, InputInvalid, NotFound
from shared.domain.mapping import parse_mapping
from shared.domain.run import Run, RunState
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.tools import Tools, audit
from shared.ports.drop import DropFolder

#: As much of a companion as is read.
_COMPANION_BYTES = 4096
#: States from which a run may still refuse its file.
_UNREAD = frozenset({RunState.QUEUED, RunState.VALIDATING})


@dataclass(slots=True, kw_only=True)
class Intake:
    """A drop folder, what is wanted of its files, and what the watcher remembers of them.

    Losing the memory costs a wait, nothing else.
    """

    folder: DropFolder
    #: Reads the mapping as it is now.
    order: Callable[[], Order]
    keep_days: int
    watch: Watch
    #: What was said of files that stay where they are.
    told: set[tuple[tuple[int, int], str]] = field(default_factory=set)
    #: Runs that have accepted their file.
    accepted: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that happened: `taken`, `refused` or `left`, to which id, and why."""

    what: str
    id: str
    reason: str | None = None


def sweep(tools: Tools, intake: Intake, at_s: float) -> Iterator[Noted]:
    """One round; ``at_s`` is of a clock that nobody sets.

    Raises:
        ConfigInvalid: folder or mapping can't be used. Every file is where it was, or in `taking/`.
        Conflict: another watcher works on the folder.
    """
    found = intake.folder.look()
    intake.watch.see([*found[Place.FOLDER], *found[Place.TAKING]], at_s)
    _forget_gone(intake, found[Place.FOLDER])
    due = [a for a in arrivals(found[Place.FOLDER]) if _is_due(intake, a, at_s)]
    if due or found[Place.TAKING]:
        order = _ready_order(tools, intake)
        for arrival in due:
            yield from _claim(tools, intake, arrival)
        yield from _carry_on(tools, intake, order, at_s)
    kept = [*found[Place.PROCESSED], *found[Place.REFUSED]]
    yield from _hear_runs(tools, intake, found[Place.PROCESSED])
    _remove_old(intake, kept, tools.clock.now())


def _is_due(intake: Intake, arrival: Arrival, at_s: float) -> bool:
    if arrival.is_declared_whole:
        return True
    parts = [part for part in (arrival.file, arrival.sha256) if part]
    return all(intake.watch.is_settled(part, at_s) for part in parts)


def _ready_order(tools: Tools, intake: Intake) -> Order:
    """What is wanted; raises while the mapping or the database can't be read, so that files stay."""
    order = intake.order()
    parse_mapping(order.mapping_text)
    with tools.transactions.begin():
        pass  # begins only if the database answers
    return order


def _claim(tools: Tools, intake: Intake, arrival: Arrival) -> Iterator[Noted]:
    """Move a file into `taking/`, if it may be read; its checksum travels in its new name."""
    file = arrival.file
    try:
        with intake.folder.open(file):
            sha256 = _expected_sha256(intake, arrival)
        # First of all: left behind, it would declare the next file of that name whole.
        if arrival.done:
            intake.folder.remove(arrival.done)
        if arrival.is_declared_whole:
            intake.watch.trust(file)
        ticket = Ticket(run_id=tools.ids.new("run"), label=file.name, sha256=sha256)
        intake.folder.move(file, Place.TAKING, ticket.to_name())
        if arrival.sha256:
            intake.folder.remove(arrival.sha256)
    except InputInvalid as error:
        yield from _refuse(tools, intake, file, error, companions=arrival.companions)
    except Conflict:
        intake.watch.forget(file)
    except FileNotFoundError:
        return  # taken back by its sender
    except OSError:
        yield from _leave(intake, file, "out_of_reach")


def _expected_sha256(intake: Intake, arrival: Arrival) -> str | None:
    if arrival.sha256 is None:
        return None
    digest = None
    with suppress(InputInvalid), intake.folder.open(arrival.sha256) as companion:
        digest = parse_sha256(companion.read(_COMPANION_BYTES))
    if digest is None:
        raise refused(Refusal.CHECKSUM_UNREADABLE, arrival.file.name)
    return digest


def _carry_on(tools: Tools, intake: Intake, order: Order, at_s: float) -> Iterator[Noted]:
    """Land what lies in `taking/`: claimed just now, found changed before, or left by a crash."""
    found = intake.folder.look()
    intake.watch.see([*found[Place.FOLDER], *found[Place.TAKING]], at_s)
    for claimed in by_age(found[Place.TAKING]):
        ticket = Ticket.parse(claimed.name)
        if ticket and intake.watch.is_settled(claimed, at_s):
            yield from _take(tools, intake, claimed, ticket, order)


def _take(
    tools: Tools, intake: Intake, claimed: Found, ticket: Ticket, order: Order
) -> Iterator[Noted]:
    sender = Sender(actor=SYSTEM, name=ticket.label, feed=feed_of(ticket.label, tools.feeds))
    try:
        if not _is_made(tools, ticket.run_id):
            expected = Expected(label=ticket.label, sha256=ticket.sha256)
            with intake.folder.open(claimed, expected) as source:
                land(tools, source, sender, replace(order, run_id=ticket.run_id))
        intake.folder.move(claimed, Place.PROCESSED, kept_name(ticket.run_id, ticket.label))
        yield Noted("taken", ticket.run_id)
    except InputInvalid as error:
        yield from _refuse(tools, intake, claimed, error, label=ticket.label)
    except Conflict as error:
        if error.code != "unsettled":
            raise
        intake.watch.forget(claimed)
    except OSError:  # this one can't be read now; what lies behind it must not wait for it
        intake.watch.forget(claimed)
        yield from _leave(intake, claimed, "out_of_reach")


def _is_made(tools: Tools, run_id: str) -> bool:
    with tools.transactions.begin() as uow:
        try:
            uow.runs.get(run_id)
        except NotFound:
            return False
    return True


def _refuse(
    tools: Tools,
    intake: Intake,
    found: Found,
    error: InputInvalid,
    *,
    label: str | None = None,
    companions: Sequence[Found] = (),
) -> Iterator[Noted]:
    """Move a file aside with the reason. Its name may hold a person's: the audit has an id instead."""
    if (found.identity, error.code) in intake.told:
        return
    drop_id = tools.ids.new("drop")
    with tools.transactions.begin() as uow:
        audit(
            tools, uow, SYSTEM, AuditVerb.EXTRACT_REFUSED, of=("drop", drop_id),
            detail={"reason": error.code, "size_bytes": found.sign.size_bytes},
        )  # fmt: skip
    if found.is_folder:  # it may hold anything, and a file server's own folders look like this
        yield from _leave(intake, found, error.code, drop_id)
        return
    name = kept_name(drop_id, label or found.name)
    try:
        intake.folder.move(found, Place.REFUSED, name, reason=f"{error}\n")
        for companion in companions:
            intake.folder.remove(companion)
    except OSError:
        yield from _leave(intake, found, error.code, drop_id)
    else:
        yield Noted("refused", drop_id, error.code)


def _leave(intake: Intake, found: Found, reason: str, drop_id: str = "") -> Iterator[Noted]:
    """Say once that a file stays where it is."""
    if (found.identity, reason) not in intake.told:
        intake.told.add((found.identity, reason))
        yield Noted("left", drop_id, reason)


def _forget_gone(intake: Intake, present: Iterable[Found]) -> None:
    here = {found.identity for found in present}
    intake.told = {told for told in intake.told if told[0] in here}


def _hear_runs(tools: Tools, intake: Intake, processed: Iterable[Found]) -> Iterator[Noted]:
    """Move the files aside that their runs have refused."""
    unheard = {
        key: found
        for found in processed
        if (key := key_of(found.name)) and key not in intake.accepted
    }
    if not unheard:
        return
    runs = _runs(tools, unheard)
    for run_id, found in unheard.items():
        run = runs.get(run_id)
        if run and run.state is RunState.REJECTED_INPUT:
            intake.folder.move(found, Place.REFUSED, found.name, reason=_words_of(run))
            yield Noted("refused", run_id, run.reason)
        elif run is None or run.state not in _UNREAD:
            intake.accepted.add(run_id)


def _runs(tools: Tools, run_ids: Iterable[str]) -> dict[str, Run]:
    """Those that there are."""
    runs = {}
    with tools.transactions.begin() as uow:
        for run_id in run_ids:
            with suppress(NotFound):
                runs[run_id] = uow.runs.get(run_id)
    return runs


def _words_of(run: Run) -> str:
    return (
        f"Run {run.id} refused this file: {run.detail or run.reason}\n"
        "Nothing was planned, nobody is removed. Mend the export and drop the file again.\n"
    )


def _remove_old(intake: Intake, kept: Iterable[Found], now: datetime) -> None:
    """Remove what has lain long enough. A file whose run has not read its copy yet is no such."""
    last_ns = (now - timedelta(days=intake.keep_days)).timestamp() * 1e9
    for found in kept:
        key = key_of(found.name)
        heard = found.place is Place.REFUSED or key in intake.accepted
        if key and heard and not found.is_folder and found.changed_ns <= last_ns:
            intake.folder.remove(found)
