"""`plan` and `show`."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from services.cli import render, render_records
from services.cli.exits import Exit, exit_of_run
from services.cli.session import Session, open_session, say
from services.cli.watch import wait_for
from shared.domain.access import Scope
from shared.domain.catalogue import rule_of
from shared.domain.errors import InputInvalid
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.pipeline.documents import plan_document, run_document
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.look import (
    PlanView,
    Progress,
    plan_actions,
    quarantined,
    view_plan,
    view_run,
)
from shared.pipeline.tools import Tools


def plan(
    config: Path | None, csv: Path, *, feed: str, force: bool, as_json: bool, detailed: bool,
    record: Path | None = None,
) -> int:  # fmt: skip
    """Land the file, wait for its plan, print it."""
    with open_session(config, working=True, record=record) as session:
        now = land_and_wait(session, csv, feed=feed, mode=RunMode.PLAN, force=force)
        run = now.run
        code = exit_of_run(run.state, run.reason, held=_has_held(session, run), wanted_apply=False)
        if as_json:
            _print_json(session, run)
        else:
            print_run(session, run, csv.name)
        changes = run.state is RunState.AWAITING_APPROVAL
        return Exit.CHANGES if detailed and changes and code is Exit.DONE else code


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


def print_run(session: Session, run: Run, name: str) -> None:
    """What came of a file: what was read, then the plan, or why there is none."""
    counts = run.counts
    if counts:
        # The counts of a skipped run may be those of the one it equals: its file isn't always read.
        done = "unchanged" if run.state is RunState.SKIPPED_UNCHANGED else "read"
        rows, valid, bad = (counts.get(k, 0) for k in ("rows_in", "accepted", "quarantined"))
        hint = f" (ascip-sync show {run.id} --quarantined)" if bad else ""
        say(f"ok  {done} {rows:,} rows: {valid:,} valid, {bad:,} quarantined{hint}")
    match run.state:
        case RunState.NO_CHANGES:
            print(_nothing_to_do(session, run, name))
            if run.target is TargetName.ASCIP:
                for line in render.drift_lines(view_plan(session.tools, run.id)):
                    print(line)
        case RunState.SKIPPED_UNCHANGED:
            asked = "ASCIP was not asked, n" if run.target is TargetName.ASCIP else "N"
            print(f"Skipped: {run.detail}. {asked}othing was written; --force plans anyway.")
        case RunState.REJECTED_INPUT | RunState.FAILED:
            print(f"{run.state_and_reason}: {run.detail}")
        case _:
            for line in _plan_lines(session.tools, view_plan(session.tools, run.id)):
                print(line)


def _plan_lines(tools: Tools, view: PlanView, *, per_kind: int = 3) -> Iterator[str]:
    if view.run.target is TargetName.RECORDS:
        return render_records.plan_lines(tools, view, per_kind=per_kind)
    return render.plan_lines(view, plan_actions(tools, view.plan.id), per_kind=per_kind)


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


def _print_json(session: Session, run: Run) -> None:
    if run.state in (RunState.AWAITING_APPROVAL, RunState.HELD, RunState.NO_CHANGES):
        view = view_plan(session.tools, run.id)
        print(json.dumps(plan_document(view, plan_actions(session.tools, view.plan.id))))
    else:
        print(json.dumps(run_document(view_run(session.tools, run.id))))


def _has_held(session: Session, run: Run) -> bool:
    if run.state is not RunState.AWAITING_APPROVAL:
        return False
    return bool(view_plan(session.tools, run.id).plan.held_classes)


def show(
    config: Path | None, plan_id: str, *, as_json: bool, quarantined_rows: bool, limit: int
) -> int:
    """Print a stored plan, or its run's quarantined rows."""
    with open_session(config) as session:
        if quarantined_rows:
            return _show_quarantined(session, plan_id, as_json=as_json)
        view = view_plan(session.tools, plan_id)
        if as_json:
            print(json.dumps(plan_document(view, plan_actions(session.tools, view.plan.id))))
            return Exit.DONE
        print(
            f"{view.plan.id} of {view.run.id}: {view.run.state_and_reason}, file {view.file_name}"
        )
        for line in render.decided_lines(view):
            print(line)
        for line in _plan_lines(session.tools, view, per_kind=limit):
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
