"""What reading its file came to in a run: counts, rules by rows hit, why it was refused. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from shared.domain.catalogue import rule_of
from shared.domain.feeds.feed import PolicyRule
from shared.domain.run import Run, RunState, Upload
from shared.domain.violation import ViolationRule
from shared.pipeline.look import quarantined
from shared.pipeline.tools import Tools
from shared.ports.views import FaultCount, PageOf, RunFilter, RunView

#: Rows that are shown of each rule; `errors.csv` has all of them.
_SHOWN = 5
_SAME = 4
#: Where rows go while a file is read, in the words of the books; `accepted` is called valid there.
ROW_COUNTS = ("accepted", "quarantined", "blank", "duplicate", "excluded")
_HIDDEN = ("hidden_rows", "hidden_columns", "hidden_sheets")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRule:
    """A rule that rows break."""

    found: FaultCount
    #: None for a code of an older version.
    rule: ViolationRule | None
    #: Where an authority asks for it.
    policy: PolicyRule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What reading its file came to."""

    view: RunView
    #: None of a run that has no file of its own: one that takes another back.
    upload: Upload | None
    #: None where no row was counted: the file is not read yet, was refused as a whole or skipped.
    rows_in: int | None
    #: Words of `ROW_COUNTS` → rows.
    counts: Mapping[str, int]
    #: Headers nobody knows; what they stand over was dropped.
    dropped_columns: int
    #: What a workbook hides, such as `hidden_rows`.
    hidden: Mapping[str, int]
    #: Most rows first.
    rules: Sequence[BrokenRule]
    #: Rules that rows were taken in spite of, with their rows.
    warnings: Sequence[tuple[ViolationRule | None, str, int]] = ()
    #: Other runs that had the very same bytes, newest first, a few of them.
    same_bytes: Sequence[RunView] = ()

    @property
    def run(self) -> Run:
        """Whose it is."""
        return self.view.run

    @property
    def refused(self) -> bool:
        """Whether the whole file was refused; the run's reason is the code."""
        return self.run.state is RunState.REJECTED_INPUT

    @property
    def refusal(self) -> ViolationRule | None:
        """What the code of the refusal means; None for a code of an older version."""
        return rule_of(self.run.reason or "") if self.refused else None


def view_validation(tools: Tools, run_id: str) -> Validation:
    """A run's validation. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        view = uow.views.run(run_id)
        run = view.run
        upload = uow.runs.upload(run.upload_id) if run.upload_id else None
        faults = uow.views.faults(run_id, first=_SHOWN)
        same = (
            uow.views.runs(RunFilter(uploads=[upload.id]), PageOf(limit=_SAME)) if upload else None
        )
    feed = tools.feeds.get(run.feed)
    policies = {policy.code: policy for policy in feed.rules} if feed else {}
    counts = cast("Mapping[str, int]", run.counts)
    warned = cast("Mapping[str, int]", run.counts.get("warnings", {}))
    return Validation(
        view=view, upload=upload, rows_in=counts.get("rows_in"),
        counts={name: counts.get(name, 0) for name in ROW_COUNTS},
        dropped_columns=counts.get("dropped_columns", 0),
        hidden={name: counts[name] for name in _HIDDEN if counts.get(name)},
        rules=[
            BrokenRule(found=each, rule=rule_of(each.code), policy=policies.get(each.code))
            for each in faults
        ],
        warnings=[(rule_of(code), code, rows) for code, rows in warned.items()],
        same_bytes=[each for each in (same.items if same else ()) if each.run.id != run_id],
    )  # fmt: skip


def errors_file(tools: Tools, run_id: str) -> Iterator[bytes]:
    """`errors.csv` of a run: a line for each row that was not taken. Raises `NotFound`."""
    run, entries = quarantined(tools, run_id)
    return tools.reports.row_errors(run.file_name or "", entries)
