"""`apply`, `run`, `retry`, `resume`, `pause`, `cancel`."""

import json
from pathlib import Path

from services.cli import render_outcome
from services.cli.exits import Exit, exit_of_run
from services.cli.render_gates import judged_lines
from services.cli.session import Session, open_session
from services.cli.verbs_plan import has_held, land_and_wait, print_run
from services.cli.watch import wait_for
from services.cli.which import PAUSE, RESUME, RETRY, Verb, cancel_which, run_meant
from shared.domain.access import Scope
from shared.domain.run import RunMode, RunState
from shared.pipeline import carry_out
from shared.pipeline.before_writing import gates_now
from shared.pipeline.documents import run_document
from shared.pipeline.look import PlanView, view_plan, view_run
from shared.pipeline.redrive import report_again
from shared.ports.views import RunView


def apply(config: Path | None, plan_id: str, *, as_json: bool, record: Path | None = None) -> int:
    """Carry out an approved plan and follow it to its end."""
    with open_session(config, working=True, record=record) as session:
        view = view_plan(session.tools, plan_id)
        return _carry_out(session, view, as_json=as_json)


def _carry_out(session: Session, view: PlanView, *, as_json: bool) -> int:
    run_id = carry_out.apply_plan(
        session.tools, view.plan.id, session.act(Scope.RUNS_WRITE),
        mapping=session.loaded.mapping_sha256,
    )  # fmt: skip
    gates = gates_now(session.tools, view.plan.id)
    if as_json:
        print(json.dumps({"type": "version", "format_version": "1.0"}), flush=True)
        judged = [gate.to_json() for gate in gates]
        print(json.dumps({"type": "gates", "run_id": run_id, "gates": judged}), flush=True)
    else:
        for line in judged_lines(gates, view, again=True):
            print(line, flush=True)
    end = wait_for(session, run_id, ndjson=as_json)
    if as_json:
        print(
            json.dumps({"type": "summary", **run_document(view_run(session.tools, run_id))}),
            flush=True,
        )
    else:
        _print_end(session, run_id)
    return exit_of_run(end.run.state, end.run.reason, held=False, wanted_apply=True)


def _print_end(session: Session, run_id: str) -> None:
    view = view_plan(session.tools, run_id)
    statuses = {status: 0 for _, status in view.kind_counts}
    for (_, status), count in view.kind_counts.items():
        statuses[status] += count
    for line in render_outcome.books_lines(view.run):
        print(line)
    if view.run.state is RunState.PAUSED:
        why = (view.run.detail or "").rstrip(".")
        sooner = " Sooner" if view.run.goes_on_at else " Go on"
        print(f"Paused ({view.run.reason}): {why}.{sooner}: ascip-sync resume {run_id}")
    print(render_outcome.applied_line(view.run, statuses))
    if view.run.archive:
        print(f"Reports: {render_outcome.export_hint(run_id)}")


def run(
    config: Path | None, csv: Path, *, feed: str, force: bool, as_json: bool,
    record: Path | None = None,
) -> int:  # fmt: skip
    """Plan; apply where the rule has approved."""
    with open_session(config, working=True, record=record) as session:
        now = land_and_wait(session, csv, feed=feed, mode=RunMode.PLAN_AND_APPLY, force=force)
        state = now.run.state
        if as_json:
            print(json.dumps({"type": "version", "format_version": "1.0"}))
            print(
                json.dumps({"type": "summary", **run_document(view_run(session.tools, now.run.id))})
            )
        elif state in (RunState.APPLIED, RunState.APPLIED_WITH_ERRORS, RunState.PAUSED):
            _print_end(session, now.run.id)
        else:
            print_run(session, now.run, csv.name)
        held = has_held(session, now.run)
        return exit_of_run(state, now.run.reason, held=held, wanted_apply=True)


def retry(config: Path | None, run_id: str | None, *, as_json: bool) -> int:
    """Repeat what failed or was left of a run."""
    if run_id is not None:
        with open_session(config, working=True) as session:
            if report_again(session.tools, run_id, session.act(Scope.RUNS_WRITE)):
                wait_for(session, run_id)
                view = view_run(session.tools, run_id)
                print(json.dumps(run_document(view)) if as_json else _reported(view))
                return Exit.DONE if view.run.archive else Exit.UNEXPECTED
    return _go_on(config, run_id, RETRY, as_json=as_json)


def _reported(view: RunView) -> str:
    if view.run.archive:
        return f"Reports: {render_outcome.export_hint(view.run.id)}"
    why = ", ".join(item.code for item in view.given_up)
    return (
        f"The reports could not be made ({why}). Nothing was sent to ASCIP. Make room, or mend what the code"
        f" says, then repeat: ascip-sync retry {view.run.id}"
    )


def resume(config: Path | None, run_id: str | None, *, as_json: bool) -> int:
    """Go on with a paused run."""
    return _go_on(config, run_id, RESUME, as_json=as_json)


def _go_on(config: Path | None, run_id: str | None, verb: Verb, *, as_json: bool) -> int:
    """The same plan, what is left of it."""
    with open_session(config, working=True) as session:
        view = view_plan(session.tools, run_meant(session.tools, run_id, verb))
        return _carry_out(session, view, as_json=as_json)


def pause(config: Path | None, run_id: str | None, *, as_json: bool) -> int:
    """Stop a run before its next call."""
    with open_session(config) as session:
        run_id = run_meant(session.tools, run_id, PAUSE)
        carry_out.pause_by(session.tools, run_id, session.act(Scope.RUNS_WRITE))
        view = view_run(session.tools, run_id)
    run_ = view.run
    if as_json:
        print(json.dumps(run_document(view)))
        return Exit.DONE
    print(
        f"Paused {run_.id}. Calls in flight are finished first; nothing is lost.\n"
        f"Go on: ascip-sync resume {run_.id}   End it: ascip-sync cancel {run_.id}"
    )
    return Exit.DONE


def cancel(config: Path | None, run_id: str | None) -> int:
    """End a run where it stands."""
    if run_id is None:
        with open_session(config) as session:
            raise cancel_which(session.tools)
    with open_session(config, working=True) as session:
        carry_out.cancel(session.tools, run_id, session.act(Scope.RUNS_WRITE))
        wait_for(session, run_id)
    print(f"Canceled {run_id}. What was done stays done: ascip-sync status {run_id}")
    return Exit.DONE
