"""`revert`: plan the inverse of what a run did."""

import json
from pathlib import Path

from services.cli.exits import exit_of_run
from services.cli.render_reversal import nothing_line
from services.cli.session import open_session, say
from services.cli.verbs_plan import document_of, has_held, print_run
from services.cli.watch import wait_for
from shared.domain.access import Scope
from shared.domain.run import RunState
from shared.pipeline.look import view_plan, view_run
from shared.pipeline.revert import revert as order


def revert(config: Path | None, run_id: str, *, as_json: bool) -> int:
    """Order it, wait for its plan, print it."""
    with open_session(config, working=True) as session:
        feed = view_run(session.tools, run_id).run.feed
        mapping_text = session.loaded.mapping_text_for(feed)
        actor = session.act(Scope.PLANS_REVIEW)
        new_id = order(session.tools, run_id, actor, trigger="cli", mapping_text=mapping_text)
        say(f"ok  taking back {run_id} as {new_id}")
        run = wait_for(session, new_id).run
        if as_json:
            print(json.dumps(document_of(session, run)))
        elif run.state is RunState.NO_CHANGES:
            print(nothing_line(view_plan(session.tools, run.id)))
        else:
            print_run(session, run, "")
        return exit_of_run(run.state, run.reason, held=has_held(session, run), wanted_apply=False)
