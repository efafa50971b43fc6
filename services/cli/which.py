"""Which run a verb means: the one that is named, else the only one that it fits."""

from collections.abc import Collection
from typing import NamedTuple

from services.cli.session import say
from shared.domain.errors import NotFound
from shared.domain.run import RunState, may_move
from shared.pipeline.carry_out import RESUMABLE, RETRIABLE
from shared.pipeline.look import list_runs
from shared.pipeline.tools import Tools
from shared.ports.views import PageOf, RunFilter, RunView

#: States that a run can be canceled in.
_CANCELABLE = frozenset(state for state in RunState if may_move(state, RunState.CANCELED))
#: Runs that are looked at, and runs that a message names.
_MOST, _NAMED = 1000, 10


class Verb(NamedTuple):
    """A verb that goes on with a plan, and the states it fits."""

    name: str
    states: Collection[RunState]


RESUME = Verb("resume", RESUMABLE)
RETRY = Verb("retry", RETRIABLE)
PAUSE = Verb("pause", frozenset({RunState.APPLYING}))


def run_meant(tools: Tools, run_id: str | None, verb: Verb) -> str:
    """The run that is named, else the only one the verb fits.

    Raises:
        NotFound: `run_needed`: none fits, or several do. Nothing was written.
    """
    if run_id is not None:
        return run_id
    found = [view for view in _runs_in(tools, verb.states) if view.plan_id]
    if len(found) == 1:
        run = found[0].run
        say(f"ok  {verb.name} {run.id}: {run.state_and_reason}, {run.made_from}")
        return run.id
    if found:
        raise _needed(
            f"{len(found)} runs could be meant. Nothing was written. Name one:", verb.name, found
        )
    states = " or ".join(sorted(state.value for state in verb.states))
    with_plan = " with a plan" if verb is RETRY else ""
    raise _needed(
        f"No run is {states}{with_plan}, so there is nothing to {verb.name}. Nothing was written."
        " All runs: ascip-sync runs"
    )


def cancel_which(tools: Tools) -> NotFound:
    """That `cancel` wants a run, with those it could be."""
    found = _runs_in(tools, _CANCELABLE)
    if not found:
        return _needed(
            "`cancel` wants a RUN, and there is none that could be canceled. Nothing was written."
            " All runs: ascip-sync runs"
        )
    return _needed("`cancel` wants a RUN. Nothing was written. Name one:", "cancel", found)


def _runs_in(tools: Tools, states: Collection[RunState]) -> list[RunView]:
    wanted = RunFilter(states=tuple(states))
    return list(list_runs(tools, wanted, PageOf(limit=_MOST)).items)


def _needed(text: str, verb: str = "", found: Collection[RunView] = ()) -> NotFound:
    """With a command for each of the newest runs that fit."""
    lines = [
        f"  ascip-sync {verb} {view.run.id}   {view.run.state_and_reason}, {view.run.made_from}"
        for view in list(found)[:_NAMED]
    ]
    if (more := len(found) - _NAMED) > 0:
        lines.append(f"  … and {more:,} more: ascip-sync runs")
    return NotFound("\n".join([text, *lines]), code="run_needed")
