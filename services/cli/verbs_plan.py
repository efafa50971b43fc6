"""`plan` and `show`."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import typer

from services.cli import render, render_groups, render_records
from services.cli.exits import Exit, exit_of_run
from services.cli.session import Session, open_session, say
from services.cli.watch import wait_for
from shared import bootstrap
from shared.domain.access import Scope
from shared.domain.canonical import Json
from shared.domain.catalogue import rule_of
from shared.domain.errors import InputInvalid
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.pipeline.documents import group_document, page_document, plan_document, run_document
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.look import (
    PlanView,
    Progress,
    group_actions,
    plan_actions,
    quarantined,
    view_plan,
    view_run,
)
from shared.pipeline.tools import Tools
from shared.ports.plans import ActionFilter
from shared.ports.views import GroupBy, PageOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a new plan is told of."""

    as_json: bool = False
    detailed: bool = False
    by: GroupBy | None = None
    #: Where the plan goes as one document.
    out: Path | None = None


def grouping(word: str | None) -> GroupBy | None:
    """What to group by, as it was typed."""
    if word is not None and word not in list(GroupBy):
        raise typer.BadParameter(f"--group-by takes one of {', '.join(GroupBy)}.")
    return GroupBy(word) if word else None


def plan(
    config: Path | None, csv: Path, wish: Wish, *, feed: str, force: bool,
    record: Path | None = None,
) -> int:  # fmt: skip
    """Land the file, wait for its plan, print it."""
    with open_session(config, working=True, record=record) as session:
        now = land_and_wait(session, csv, feed=feed, mode=RunMode.PLAN, force=force)
        run = now.run
        code = exit_of_run(run.state, run.reason, held=has_held(session, run), wanted_apply=False)
        if wish.out:
            with bootstrap.folder_shelf(wish.out.parent).create(wish.out.name) as sink:
                sink.write(json.dumps(document_of(session, run)).encode() + b"\n")
            say(f"ok  {'plan' if run.state in _PLANNED else 'run'} as JSON in {wish.out}")
        if wish.as_json:
            print(json.dumps(document_of(session, run)))
        else:
            print_run(session, run, csv.name, by=wish.by)
        changes = run.state is RunState.AWAITING_APPROVAL
        return Exit.CHANGES if wish.detailed and changes and code is Exit.DONE else code


def land_and_wait(
    session: Session, csv: Path, *, feed: str, mode: RunMode, force: bool
) -> Progress:
    """Land a file as a new run and follow it until it rests."""
    with ExitStack() as stack:
        source = open_file(stack, csv)
        name = "stdin.csv" if str(csv) == "-" else csv.name
        run_id = land(
            session.tools, source,
            Sender(actor=session.act(Scope.RUNS_WRITE), name=name, feed=feed),
            Order(
                trigger="cli", mapping_text=session.loaded.mapping_text_for(feed), mode=mode,
                force=force,
            ),
        )  # fmt: skip
    say(f"ok  landed {csv.name} as {run_id}")
    return wait_for(session, run_id)


def open_file(stack: ExitStack, csv: Path) -> BinaryIO:
    """A file of the command line. Raises `InputInvalid`."""
    if str(csv) == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(csv.open("rb"))
    except OSError as error:
        raise InputInvalid(
            f"{csv} can't be read: {error.strerror}. Nothing was planned.", code="unreadable"
        ) from error


def print_run(session: Session, run: Run, name: str, *, by: GroupBy | None = None) -> None:
    """What came of a file: what was read, then the plan, or why there is none."""
    counts = run.counts
    if counts and not run.reverts:
        # The counts of a skipped run may be those of the one it equals: its file isn't always read.
        done = "unchanged" if run.state is RunState.SKIPPED_UNCHANGED else "read"
        rows, valid, bad = (counts.get(k, 0) for k in ("rows_in", "accepted", "quarantined"))
        hint = f" (ascip-sync show {run.id} --quarantined)" if bad else ""
        say(f"ok  {done} {rows:,} rows: {valid:,} valid, {bad:,} quarantined{hint}")
    match run.state:
        case RunState.NO_CHANGES:
            print(_nothing_to_do(session, run, name))
            if run.target is TargetName.ASCIP:
                for line in render.quiet_lines(view_plan(session.tools, run.id)):
                    print(line)
        case RunState.SKIPPED_UNCHANGED:
            asked = "ASCIP was not asked, n" if run.target is TargetName.ASCIP else "N"
            print(f"Skipped: {run.detail}. {asked}othing was written; --force plans anyway.")
        case RunState.QUEUED:
            print(
                f"Waits: {run.detail}. Nothing was written. Where it stands: ascip-sync status {run.id}"
            )
        case RunState.REJECTED_INPUT | RunState.FAILED:
            print(f"{run.state_and_reason}: {run.detail}")
        case _:
            for line in _plan_lines(session.tools, view_plan(session.tools, run.id), by=by):
                print(line)


def _plan_lines(
    tools: Tools, view: PlanView, *, per_kind: int = 3, by: GroupBy | None = None
) -> Iterator[str]:
    same = render_groups.grouped(tools, view, by) if by else render_groups.same_lines(tools, view)
    if view.run.target is TargetName.RECORDS:
        return render_records.plan_lines(tools, view, same, per_kind=per_kind)
    return render.plan_lines(view, plan_actions(tools, view.plan.id), same, per_kind=per_kind)


def _nothing_to_do(session: Session, run: Run, name: str) -> str:
    """What it means that a plan has no actions; rows that wait are not "no changes"."""
    checked, bad = int(str(run.counts["accepted"])), int(str(run.counts["quarantined"]))
    held = len(view_plan(session.tools, run.id).held_rows)
    if not held and not bad:
        if run.target is TargetName.RECORDS:
            return f"No changes. The store matches {name} ({checked:,} records checked)."
        return f"No changes. ASCIP matches {name} ({checked:,} people checked)."
    done = f"Nothing to do for {checked - held:,} of {checked + bad:,} rows."
    return "\n".join([done, *_waiting(run.id, held=held, bad=bad)])


def _waiting(run_id: str, *, held: int, bad: int) -> Iterator[str]:
    """Rows that wait, and what lists them; nothing where none do."""
    for count, what, flag in ((held, "held", ""), (bad, "not taken", " --quarantined")):
        if count:
            wait = "row waits" if count == 1 else "rows wait"
            yield f"{count:,} {wait}, {what}: ascip-sync show {run_id}{flag}"


_PLANNED = frozenset({RunState.AWAITING_APPROVAL, RunState.HELD, RunState.NO_CHANGES})


def document_of(session: Session, run: Run) -> Mapping[str, Json]:
    """The plan; the run where there is none."""
    if run.state not in _PLANNED:
        return run_document(view_run(session.tools, run.id))
    view = view_plan(session.tools, run.id)
    return plan_document(view, plan_actions(session.tools, view.plan.id))


def has_held(session: Session, run: Run) -> bool:
    """Whether a run came to rest with a plan of which a limit holds a class."""
    if run.state not in (RunState.AWAITING_APPROVAL, RunState.NO_CHANGES):
        return False
    return bool(view_plan(session.tools, run.id).plan.held_classes)


def show(
    config: Path | None, plan_id: str, *, as_json: bool, quarantined_rows: bool, limit: int,
    by: GroupBy | None = None,
) -> int:  # fmt: skip
    """Print a stored plan, groups of its actions, or its run's quarantined rows."""
    with open_session(config) as session:
        if quarantined_rows:
            return _show_quarantined(session, plan_id, as_json=as_json)
        view = view_plan(session.tools, plan_id)
        if by:
            return _show_groups(session, view, by, limit=limit, as_json=as_json)
        if as_json:
            print(json.dumps(plan_document(view, plan_actions(session.tools, view.plan.id))))
            return Exit.DONE
        run = view.run
        print(f"{view.plan.id} of {run.id}: {run.state_and_reason}, {run.made_from}")
        for line in render.decided_lines(view):
            print(line)
        for line in _plan_lines(session.tools, view, per_kind=limit):
            print(line)
    return Exit.DONE


def _show_groups(
    session: Session, view: PlanView, by: GroupBy, *, limit: int, as_json: bool
) -> int:
    found = group_actions(session.tools, view.plan.id, by, ActionFilter(), PageOf(limit=limit))
    if as_json:
        print(json.dumps(page_document(found, partial(group_document, by), key="key")))
        return Exit.DONE
    print(f"{view.plan.id} of {view.run.id}: {view.run.state_and_reason}, by {by.value}")
    for line in render_groups.group_lines(view, by, found):
        print(line)
    return Exit.DONE


#: What doesn't happen to whom or what stands in a row that was not taken.
_SAFE = {
    TargetName.ASCIP: "Nobody who stands in one is removed.",
    TargetName.RECORDS: "What the store has of them stays as it is: ascip-sync quarantine list",
}


def _show_quarantined(session: Session, plan_or_run_id: str, *, as_json: bool) -> int:
    run, entries = quarantined(session.tools, plan_or_run_id)
    if as_json:
        rows = [
            {
                "id": e.id, "row": e.row, "line": e.line, "last_line": e.last_line,
                "source_id": e.source_id,
                "violations": [
                    {"code": v.code, "column": v.column, "detail": v.detail, "value": v.value_class}
                    for v in e.violations
                ],
            }
            for e in entries
        ]  # fmt: skip
        print(json.dumps(rows))
        return Exit.DONE
    if not entries:
        print(f"{run.id} has no quarantined rows: it is {run.state_and_reason}.")
        return Exit.DONE
    for entry in entries:
        lines = f"line {entry.line}" + (
            f"-{entry.last_line}" if entry.last_line > entry.line else ""
        )
        print(f"{lines} (row {entry.row})  {entry.source_id or 'no trustworthy id'}")
        for violation in entry.violations:
            column = f" {violation.column}:" if violation.column else ""
            print(f"    {violation.code}:{column} {violation.detail}")
            if rule := rule_of(violation.code):
                print(f"      -> {rule.remedy}")
    were = "row was" if len(entries) == 1 else "rows were"
    print(f"{len(entries):,} {were} not taken. {_SAFE[run.target]}")
    return Exit.DONE
