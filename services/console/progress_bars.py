"""How far a run is, in lengths: the steps of its way, and a bar for each kind of action."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.console.words import PHASES
from shared.domain.action import ActionStatus, Kind
from shared.domain.run import FINAL, Phase, RunState
from shared.pipeline.look_at_run import RunLook
from shared.ports.views import PhaseSpan

_A = ActionStatus
_DONE = (_A.SUCCEEDED, _A.CONFLICT, _A.FAILED)
_WRONG = (_A.CONFLICT, _A.FAILED, _A.NOT_ATTEMPTED)
_OPEN = (_A.PLANNED, _A.ATTEMPTING, _A.UNKNOWN)
#: Phases that are steps; what follows them is told by the report.
_STEPS = (Phase.VALIDATE, Phase.FETCH, Phase.PLAN, Phase.APPLY, Phase.VERIFY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How much of a kind is done."""

    kind: Kind
    done: int
    total: int
    wrong: int
    #: Of the same kind, but not to be applied.
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a run's way; without seconds it hasn't begun."""

    name: str
    seconds: float | None
    #: What it does now; empty if it has ended or not begun.
    doing: str = ""


def bars(look: RunLook) -> Sequence[Bar]:
    """A bar for each kind that the plan has, in the order of application."""

    def count(kind: Kind, *statuses: ActionStatus) -> int:
        return sum(look.kinds.get((kind, status), 0) for status in statuses)

    found = [
        Bar(
            kind=kind, done=count(kind, *_DONE), total=count(kind, *_DONE, _A.NOT_ATTEMPTED, *_OPEN),
            wrong=count(kind, *_WRONG), held=count(kind, _A.HELD, _A.NOT_APPROVED),
        )
        for kind in Kind
    ]  # fmt: skip
    return [bar for bar in found if bar.total or bar.held]


def steps(look: RunLook, now: datetime) -> Sequence[Step]:
    """The steps of a run, and how long each has taken."""
    took = {phase: _seconds(look.spans, phase, now) for phase in _STEPS}
    if look.now.run.state in FINAL:  # what hasn't begun never will
        return [Step(name=PHASES[p], seconds=s) for p, s in took.items() if s is not None]
    doing = "paused" if look.now.run.state is RunState.PAUSED else "now"
    return [
        Step(name=PHASES[phase], seconds=seconds, doing=doing if phase is look.phase else "")
        for phase, seconds in took.items()
    ]


def elapsed_s(look: RunLook, now: datetime) -> float | None:
    """Since applying began if it has, else since the run began; to the end of either."""
    applied = [span for span in look.spans if span.phase in (Phase.APPLY, Phase.VERIFY)]
    spans = applied or look.spans
    if not spans:
        return None
    waits = look.now.run.state is RunState.PAUSED
    end = (spans[-1].ended_at or now) if not waits else now
    return max(0.0, (end - spans[0].started_at).total_seconds())


def _seconds(spans: Sequence[PhaseSpan], phase: Phase, now: datetime) -> float | None:
    mine = [span for span in spans if span.phase is phase]
    if not mine:
        return None
    return sum(span.lasted_s(now) for span in mine)
