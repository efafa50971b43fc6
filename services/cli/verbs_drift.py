"""`drift`: does ASCIP still stand as it was applied? It looks and tells; nothing is ever written."""

import json
from pathlib import Path

from services.cli import render
from services.cli.exits import Exit, exit_of_run
from services.cli.render_groups import same_lines
from services.cli.session import Session, open_session, say
from services.cli.watch import wait_for
from shared.domain.access import Scope
from shared.domain.run import Run, RunState
from shared.pipeline.documents import plan_document, run_document
from shared.pipeline.drift import look_for_drift
from shared.pipeline.look import plan_actions, view_plan, view_run


def drift(config: Path | None, *, as_json: bool, detailed: bool, record: Path | None = None) -> int:
    """Read ASCIP, compare it with what was applied last, print what differs."""
    with open_session(config, working=True, record=record) as session:
        run_id = look_for_drift(session.tools, session.act(Scope.RUNS_WRITE), "cli")
        say(f"ok  looking for drift as {run_id}")
        run = wait_for(session, run_id).run
        if as_json:
            _print_json(session, run)
        else:
            _print(session, run)
    found = run.state is RunState.DISCARDED and run.reason == "drift"
    if found:
        return Exit.CHANGES if detailed else Exit.DONE
    return exit_of_run(run.state, run.reason, held=False, wanted_apply=False)


def _print_json(session: Session, run: Run) -> None:
    """The plan that would bring back what was applied; the run where there is none."""
    if view_run(session.tools, run.id).plan_id is None:
        print(json.dumps(run_document(view_run(session.tools, run.id))))
        return
    view = view_plan(session.tools, run.id)
    print(json.dumps(plan_document(view, plan_actions(session.tools, view.plan.id))))


def _print(session: Session, run: Run) -> None:
    print(verdict(run))
    if run.state is RunState.DISCARDED:
        view = view_plan(session.tools, run.id)
        actions, same = plan_actions(session.tools, view.plan.id), same_lines(session.tools, view)
        for line in render.plan_lines(view, actions, same, next_steps=False):
            print(line)


def verdict(run: Run) -> str:
    """In a sentence."""
    if run.state is RunState.NO_CHANGES:
        return "No drift. ASCIP is as it was applied. Nothing was written."
    if run.state is RunState.DISCARDED:
        return f"Drift: {run.detail}. Nothing was written. What would bring it back:"
    return f"{run.state_and_reason}: {run.detail or 'nobody looked'}"
