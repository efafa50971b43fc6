"""`status`, `runs`, `refs pull`."""

import json
from pathlib import Path

from services.cli import render_outcome
from services.cli.exits import Exit
from services.cli.render import minute
from services.cli.render_markdown import markdown_lines
from services.cli.session import open_session
from services.cli.verbs_export import print_paths
from shared import bootstrap
from shared.domain.run import RunState
from shared.pipeline.documents import run_document, timeline_document
from shared.pipeline.export import pull_reference
from shared.pipeline.look import list_runs, timeline, view_plan, view_run
from shared.pipeline.redrive import is_unreported
from shared.ports.views import PageOf, RunFilter, RunView

#: Of a run's timeline; the audit has all of it.
_MOST_HAPPENED = 500


def status(config: Path | None, run_id: str | None, *, as_json: bool) -> int:
    """Where a run stands."""
    with open_session(config) as session:
        view = view_run(session.tools, run_id)
        happened = timeline(session.tools, view.run.id, PageOf(limit=_MOST_HAPPENED))
    if as_json:
        print(json.dumps({**run_document(view), "timeline": timeline_document(happened)}))
        return Exit.DONE
    run = view.run
    print(f"{run.id}: {run.state_and_reason}   {run.made_from}   plan {view.plan_id or '-'}")
    if run.detail:
        print(f"  {run.detail}")
    for item in view.given_up:
        print(
            f"  given up: {item.kind.value} after {item.attempts} attempts, {item.code},"
            f" {item.at:%Y-%m-%d %H:%M} UTC"
        )
    print(f"  next: {run.next.actor}, {run.next.step}{_hint(view)}")
    for line in render_outcome.books_lines(run):
        print(f"  {line}")
    if view.phases:
        print("  " + " · ".join(f"{name} {seconds:.1f} s" for name, seconds in view.phases))
    for line in render_outcome.timeline_lines(happened.happenings.items):
        print(f"  {line}")
    if run.archive:
        print(f"  reports: {render_outcome.export_hint(run.id)}")
    return Exit.DONE


def status_markdown(config: Path | None, run_id: str | None) -> int:
    """The same in ten lines that name nobody."""
    with open_session(config) as session:
        view = view_run(session.tools, run_id)
        plan = view_plan(session.tools, view.plan_id) if view.plan_id else None
    for line in markdown_lines(view, plan):
        print(line)
    return Exit.DONE


def _hint(view: RunView) -> str:
    """The command that goes with the next step."""
    if is_unreported(view.run.state, view.given_up):
        return f"; its reports were given up, make them again: ascip-sync retry {view.run.id}"
    match view.run.state:
        case RunState.AWAITING_APPROVAL | RunState.HELD:
            return f": ascip-sync show {view.plan_id}"
        case RunState.APPROVED | RunState.APPLYING:
            return f": ascip-sync apply {view.plan_id}"
        case RunState.QUEUED | RunState.VALIDATING | RunState.FETCHING | RunState.PLANNING:
            return ": goes on while `ascip-sync up` or any command that plans or applies is running"
        case RunState.PAUSED if view.run.goes_on_at:
            return f" while workers are running; sooner: ascip-sync resume {view.run.id}"
        case RunState.PAUSED:
            return f": ascip-sync resume {view.run.id}"
        case RunState.APPLIED_WITH_ERRORS | RunState.CANCELED if view.plan_id:
            return f": ascip-sync retry {view.run.id}"
        case _:
            return ""


def runs(config: Path | None, *, limit: int, as_json: bool) -> int:
    """Runs, newest first."""
    with open_session(config) as session:
        found = list_runs(session.tools, RunFilter(), PageOf(limit=limit)).items
    if as_json:
        print(json.dumps([run_document(view) for view in found]))
        return Exit.DONE
    if not found:
        print("No runs yet. Begin with `ascip-sync plan --csv FILE`.")
    for view in found:
        run = view.run
        when = minute(run.created_at) if run.created_at else ""
        rows = f"{run.counts.get('rows_in', 0):,} rows" if run.counts else ""
        print(
            f"{run.id}  {when}  {run.state_and_reason:<34}  {view.plan_id or '-':<16}"
            f"  {run.made_from}  {rows}  {run.actor}"
        )
    return Exit.DONE


def refs_pull(config: Path | None, out: Path, *, as_json: bool, record: Path | None = None) -> int:
    """Reference data as CSV."""
    with open_session(config, record=record) as session:
        files = pull_reference(session.tools, bootstrap.folder_shelf(out))
    print_paths([out / filed.name for filed in files], as_json=as_json)
    return Exit.DONE
