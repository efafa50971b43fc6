"""`status`, `runs`, `export`, `refs pull`."""

import json
from pathlib import Path

from services.cli import render
from services.cli.exits import Exit
from services.cli.session import open_session
from shared.pipeline.export import export_plan, pull_reference
from shared.pipeline.look import find_run, newest_runs, phases_of, run_document, view_plan


def status(config: Path | None, run_id: str | None, *, as_json: bool) -> int:
    """Where a run stands."""
    with open_session(config) as session:
        run = find_run(session.tools, run_id)
        phases = phases_of(session.tools, run.id)
    if as_json:
        print(json.dumps(run_document(run, phases)))
        return Exit.DONE
    reason = f" ({run.reason})" if run.reason else ""
    print(f"{run.id}: {run.state.value}{reason}")
    if run.detail:
        print(f"  {run.detail}")
    print(f"  next: {run.next.actor}, {run.next.step}")
    for line in render.books_lines(run):
        print(f"  {line}")
    if phases:
        print("  " + " · ".join(f"{name} {seconds:.1f} s" for name, seconds in phases))
    if run.archive:
        print(f"  reports: {run.archive}")
    return Exit.DONE


def runs(config: Path | None, *, limit: int, as_json: bool) -> int:
    """Runs, newest first."""
    with open_session(config) as session:
        found = newest_runs(session.tools, limit)
    if as_json:
        print(json.dumps([run_document(run) for run in found]))
        return Exit.DONE
    if not found:
        print("No runs yet. Begin with `ascip-sync plan --csv FILE`.")
    for run in found:
        when = run.created_at.strftime("%Y-%m-%d %H:%M") if run.created_at else ""
        rows = f"{run.counts.get('rows_in', 0):,} rows" if run.counts else ""
        print(f"{run.id}  {when}  {run.state.value:<20} {run.trigger:<6} {run.actor:<16} {rows}")
    return Exit.DONE


def export(config: Path | None, plan_id: str, out: Path) -> int:
    """Reports of a plan, in its present state, into a folder."""
    with open_session(config) as session:
        view = view_plan(session.tools, plan_id)
        for path in export_plan(session.tools, view.run.id, out):
            print(path)
    return Exit.DONE


def refs_pull(config: Path | None, out: Path) -> int:
    """Reference data as CSV."""
    with open_session(config) as session:
        for path in pull_reference(session.tools, out):
            print(path)
    return Exit.DONE
