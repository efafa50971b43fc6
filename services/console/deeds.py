"""What can be done with a run: nothing for who never may, with the reason where only the state forbids it."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.console.signed_in import Visitor
from shared.domain.access import Scope
from shared.domain.action import ActionStatus
from shared.domain.run import FINAL, Run, RunMode, RunState, may_move
from shared.pipeline.carry_out import RETRIABLE
from shared.pipeline.look_at_run import RunLook
from shared.pipeline.redrive import is_unreported

_S = RunState
_BEFORE_APPROVAL = frozenset({_S.HELD, _S.AWAITING_APPROVAL})
_ENDED = FINAL | RETRIABLE
_AGAIN = (ActionStatus.FAILED, ActionStatus.NOT_ATTEMPTED, ActionStatus.UNKNOWN)
#: A plan after these would be skipped: the same file under the same rules was done.
_WOULD_SKIP = frozenset({_S.APPLIED, _S.NO_CHANGES, _S.SKIPPED_UNCHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A button. With ``why`` it can't be pressed now."""

    verb: str
    label: str
    why: str = ""
    #: Asks on a page of its own first.
    asks: bool = False
    look: str = "secondary"
    #: What it does, where the label alone doesn't say it.
    hint: str = ""


def deeds_of(look: RunLook, visitor: Visitor) -> list[Deed]:
    """The buttons of a run for this visitor."""
    state = look.now.run.state
    found: list[Deed] = []
    if visitor.principal.may(Scope.RUNS_WRITE):
        found += _ended(look) if state in _ENDED else _under_way(state)
    if state in _ENDED and look.plan and visitor.principal.may(Scope.PLANS_REVIEW):
        found += _taking_back(look)
    return found


def forced(run: Run) -> bool:
    """Whether planning again has to overrule the rule that skips what was done."""
    return run.state in _WOULD_SKIP


def _under_way(state: RunState) -> Iterator[Deed]:
    if state in _BEFORE_APPROVAL:
        yield Deed(verb="apply", label="Apply", why="An approver decides about the plan first.")
    if state is _S.APPROVED:
        yield Deed(verb="apply", label="Apply", look="")
    if state is _S.APPLYING:
        yield Deed(verb="pause", label="Pause")
    if state is _S.PAUSED:
        yield Deed(verb="resume", label="Resume", look="")
    if may_move(state, _S.CANCELED):
        yield Deed(verb="cancel", label="Cancel", asks=True, look="danger")


def _ended(look: RunLook) -> Iterator[Deed]:
    run = look.now.run
    if is_unreported(run.state, look.given_up):
        yield Deed(verb="retry", label="Make the reports again", look="")
    elif look.plan and run.state in RETRIABLE:
        left = look.count(*_AGAIN)
        why = "" if left else "Nothing failed or was left."
        yield Deed(verb="retry", label=f"Retry {left:,}" if left else "Retry", why=why, look="")
    skipped = run.state is _S.SKIPPED_UNCHANGED
    label = "Plan anyway" if skipped else "Plan again"
    if run.mode is RunMode.DRIFT:
        label = "Look for drift again"
    if run.mode is not RunMode.REVERT:
        yield Deed(verb="plan-again", label=label, look="" if skipped else "secondary")


def _taking_back(look: RunLook) -> Iterator[Deed]:
    if look.now.run.mode is RunMode.DRIFT:
        return
    why = "" if look.wrote else "The run has written nothing, so there is nothing to take back."
    yield Deed(
        verb="revert", label="Make a reverse plan", why=why,
        hint="Plans the inverse of what this run wrote; it is reviewed like any other plan.",
    )  # fmt: skip
