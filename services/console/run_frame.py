"""What every page of a run has around it: its name, state, who acts next, and the way to its other pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.run import Run, RunState
from shared.pipeline.look import view_run
from shared.pipeline.tools import Tools
from shared.ports.views import RunView

_S = RunState
#: States in which applying is what there is to see.
_APPLIES = frozenset({_S.APPLYING, _S.PAUSED, _S.APPROVED})
_REPORTS = frozenset({_S.APPLIED, _S.APPLIED_WITH_ERRORS, _S.CANCELED})
_BEFORE_A_PLAN = frozenset(
    {_S.QUEUED, _S.VALIDATING, _S.FETCHING, _S.PLANNING, _S.REJECTED_INPUT, _S.FAILED}
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of a run."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFrame:
    """A run and its pages."""

    view: RunView
    tabs: Sequence[Tab]

    @property
    def run(self) -> Run:
        """The run."""
        return self.view.run


def run_frame(tools: Tools, run_id: str) -> RunFrame:
    """A run with its pages. Raises `NotFound`."""
    view = view_run(tools, run_id)
    at = f"/runs/{run_id}"
    tabs = [Tab("Validation", f"{at}/validation")] if view.run.upload_id else []
    if view.plan_id:
        tabs.append(Tab("Plan", f"{at}/plan"))
    tabs += [Tab("Progress", f"{at}/apply"), Tab("Report", f"{at}/report")]
    return RunFrame(view=view, tabs=tabs)


def first_page(view: RunView) -> str:
    """The address of the page that a reader of this run wants first."""
    run, at = view.run, f"/runs/{view.run.id}"
    if run.state in _APPLIES:
        return f"{at}/apply"
    if run.state in _REPORTS:
        return f"{at}/report"
    if run.state in (_S.REJECTED_INPUT, _S.SKIPPED_UNCHANGED) and run.upload_id:
        return f"{at}/validation"
    return f"{at}/plan" if view.plan_id and run.state not in _BEFORE_A_PLAN else f"{at}/apply"
