"""A realistic run: every kind, every status, and the exceptions; made-up people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shared.domain.action import Action, ActionStatus, Change, HeldReason, Kind, Mark, classify
from shared.domain.books import Books
from shared.domain.canonical import Json
from shared.domain.counterfactual import Counterfactual
from shared.domain.held_rows import HeldRow
from shared.domain.run import Run, RunMode, RunState, TargetName, Upload
from shared.domain.violation import Violation
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import StoredAction, StoredPlan, StoredReview
from shared.ports.reports import RunReport

NOW = datetime(2026, 11, 20, 12, 20, 5, tzinfo=UTC)
_DONE = ActionStatus.SUCCEEDED
_NAMES = ("Ortiz", "Collins", "Barnes", "Hill", "Bryant", "Bell", "Howard", "Rautavaara", "Rivera")


def stored(action: Action, status: ActionStatus = _DONE, code: str | None = None) -> StoredAction:
    """An action with an outcome where its status has one."""
    tried = status not in (ActionStatus.HELD, ActionStatus.PLANNED, ActionStatus.NOT_ATTEMPTED)
    return StoredAction(
        action=action, status=status, ascip_id=action.ascip_id, attempts=int(tried),
        outcome_code=code, intent_at=NOW if tried else None,
        outcome_at=NOW + timedelta(seconds=1) if tried else None,
    )  # fmt: skip


def action(
    kind: Kind, n: int, changes: Sequence[Change] = (), *, by_ladder: bool = False, **more: object
) -> Action:
    """An action of the person number ``n``."""
    name = _NAMES[n % len(_NAMES)].lower()
    base = Action(
        kind=kind, action_class=classify(kind, changes, by_ladder=by_ladder),
        person_key=f"E{10400 + n}", ascip_id=None if kind is Kind.ADD else 700 + n,
        changes=tuple(changes), email_masked=f"{name[0]}***@lincoln.example", site="010",
        reason=f"differs from the extract (row {n})", source_row=n,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]  # of the test's own making


def _added(n: int) -> Action:
    name = _NAMES[n % len(_NAMES)]
    changes = [
        Change(path="first_name", before=None, after="Priya"),
        Change(path="last_name", before=None, after=name),
        Change(path="email", before=None, after=f"p{name.lower()}{n}@lincoln.example"),
        Change(path="role_id", before=None, after=3, after_name="Learner"),
        Change(path="buckets.9", before=None, after=55, after_name="Teacher"),
    ]
    return action(Kind.ADD, n, changes, reason=f"in the extract (row {n}), not in ASCIP")


def _teacher(n: int) -> Action:
    change = Change(path="buckets.9", before=51, before_name="Tchr", after=55, after_name="Teacher")
    return action(Kind.UPDATE, n, [change], match_rule="employee_number")


def _renamed(n: int) -> Action:
    changes = [
        Change(path="email", before="rhill@old.example", after="rhill@lincoln.example"),
        Change(path="last_name", before="Hill", after="Hill-Ortiz"),
        Change(
            path="buckets.9", before=51, before_name="Tchr", after="Techer",
            hold=HeldReason.UNMAPPED_BUCKET_VALUE,
        ),
    ]  # fmt: skip
    marks = (Mark.EMAIL_CHANGED, Mark.SITE_TRANSFER, Mark.WEAK_MATCH)
    return action(Kind.UPDATE, n, changes, marks=marks, match_rule="personal_email")


def _gone(n: int, hold: HeldReason | None = None) -> Action:
    status = Change(path="status", before="active", after="inactive")
    return action(
        Kind.DEACTIVATE, n, [status], hold=hold, source_row=None, site="417",
        reason="not in the extract",
    )  # fmt: skip


def _member(kind: Kind, n: int) -> Action:
    group, name = (402, "Lincoln High") if kind is Kind.JOIN else (417, "Adams Elementary")
    return action(kind, n, group_id=group, group_name=name, reason="site 010 in the extract")


def actions() -> list[StoredAction]:
    """About sixty actions in the plan's order."""
    back = Change(path="status", before="inactive", after="active")
    look_alike = replace(
        _added(9), hold=HeldReason.POSSIBLE_DUPLICATE, marks=(Mark.POSSIBLE_DUPLICATE,)
    )
    return [
        *(stored(_added(n)) for n in range(2, 9)),
        stored(look_alike, ActionStatus.HELD),
        *(stored(_teacher(n)) for n in range(20, 40)),
        stored(_renamed(40)),
        stored(_renamed(41), ActionStatus.CONFLICT, "changed_by_someone_else"),
        stored(_renamed(42), ActionStatus.FAILED, "too_long"),
        stored(_teacher(43), ActionStatus.UNKNOWN, "not_settled"),
        stored(_teacher(44), ActionStatus.NOT_APPROVED),
        stored(action(Kind.REACTIVATE, 45, [back], marks=(Mark.REHIRE,))),
        *(stored(_member(Kind.JOIN, n)) for n in range(46, 54)),
        stored(_member(Kind.JOIN, 54), ActionStatus.NOT_ATTEMPTED),
        *(stored(_member(Kind.LEAVE, n)) for n in range(55, 60)),
        *(stored(_gone(n, HeldReason.GATE), ActionStatus.HELD) for n in range(60, 72)),
    ]


def _books(listed: Sequence[StoredAction]) -> Books:
    statuses = Counter(a.status.value for a in listed)
    rows = {
        "blank": 12, "duplicate": 3, "excluded": 20, "quarantined": 2, "held": 4,
        "unchanged": 4890, "not_approved": 1, "applied": 42, "conflict": 1, "failed": 1,
        "not_attempted": 1,
    }  # fmt: skip
    counted = {status.value: statuses[status.value] for status in ActionStatus}
    return Books(rows_in=4977, rows=rows, planned=len(listed), actions=counted)


_GATES: list[Json] = [
    {
        "gate": "removals", "class": "removals", "limit": 10, "value": 12,
        "verdict": "tripped", "population": 987,
    },
    {
        "gate": "adds", "class": "adds", "limit": 197, "value": 8,
        "verdict": "ok", "population": 987,
    },
    {
        "gate": "unidentified_rows", "class": "removals", "limit": 1, "value": 0,
        "verdict": "ok", "population": None,
    },
    {
        "gate": "rows_fewer", "class": "removals", "limit": 0, "value": 0,
        "verdict": "no_baseline", "population": 4977,
    },
]  # fmt: skip


def _plan() -> StoredPlan:
    return StoredPlan(
        id="pln_7QK2", run_id="run_41", snapshot_id="snp_1", digest="9f3c" * 16,
        header={"gates": _GATES, "snapshot_sha256": "77aa" * 16, "input_sha256": "0b1d" * 16},
        held_classes=["removals"], applyable=True, summary={},
        facts={
            "list_complete": True, "details_missing": 1, "saved_by_shield": 2,
            "counterfactual": Counterfactual(damaged_rows=2, held=12).to_json(),
            "buckets": {"9": "Job Class"},
            "columns": {"9": "job_title"},
            "would_remove": ["E10801", "E10802"],
        },
        created_at=NOW - timedelta(minutes=9), expires_at=None, expired=False,
    )  # fmt: skip


def _review() -> StoredReview:
    body: dict[str, Json] = {
        "decision": "approve",
        "plan_digest": "9f3c" * 16,
        "select": {"classes": [], "sites": [], "people": [], "exclude": ["E10444"]},
        "releases": [
            {
                "class": "adds",
                "count": 1,
                "reason": "two people with one name, HR says",
                "people": ["E10408"],
            }
        ],
        "comment": "Adams Elementary: ask HR for the missing rows first.",
    }
    return StoredReview(actor="maria.garcia", decided_at=NOW - timedelta(minutes=4), body=body)


def _quarantine() -> list[QuarantineEntry]:
    return [
        QuarantineEntry(
            id="q1", row=118, line=121, last_line=123, source_id=None,
            violations=[Violation("bare_quote", None, "a quote at character 18", "bytes(61)")],
        ),
        QuarantineEntry(
            id="q2", row=2210, line=2216, last_line=2216, source_id="E11877",
            violations=[
                Violation("invalid_email", "work_email", "there is no @", "text(14)"),
                Violation("missing_value", "site_code", "the cell is empty", "empty"),
            ],
        ),
    ]  # fmt: skip


def _held_rows() -> list[HeldRow]:
    site = "site '093' is not in the mapping (groups.sites)"
    return [
        HeldRow(
            row=77, line=79, person_key="E10077", reason=HeldReason.UNMAPPED_SITE, detail=site
        ),
        HeldRow(
            row=78, line=80, person_key="E10078", reason=HeldReason.UNMAPPED_SITE, detail=site
        ),
        HeldRow(
            row=301, line=303, person_key="E10301", reason=HeldReason.IDENTITY_CONFLICT,
            detail="two people of ASCIP have this email: 811 and 904",
        ),
    ]  # fmt: skip


def a_run(state: RunState = RunState.APPLIED_WITH_ERRORS) -> Run:
    """The run, in a state."""
    return Run(
        id="run_41", feed="staff", target=TargetName.ASCIP, upload_id="upl_1",
        mode=RunMode.PLAN_AND_APPLY, force=False, trigger="sftp", actor="system", state=state,
        engine_version="0.1.0", mapping_sha256="ab12" * 16, config_sha256="cd34" * 16,
        as_of=date(2026, 11, 20), created_at=NOW - timedelta(minutes=11),
        started_at=NOW - timedelta(minutes=10), ended_at=NOW,
    )  # fmt: skip


def a_report(file_name: str = "staff_2026-11-20.csv") -> RunReport:
    """The report of the run."""
    listed = actions()
    counts = Counter((a.action.kind, a.status) for a in listed)
    return RunReport(
        run=replace(a_run(), file_name=file_name),
        upload=Upload(
            id="upl_1", feed="staff", name=file_name, sha256="5e55" * 16, size_bytes=612_345,
            location="x", actor="system",
        ),
        plan=_plan(), review=_review(), books=_books(listed),
        phases=[("validate", 0.9), ("fetch", 482.2), ("plan", 3.1), ("apply", 274.8)],
        kind_counts=counts, quarantine=_quarantine(), held_rows=_held_rows(),
        lines={row: row + 3 for row in range(1, 400)},
        district="Lincoln USD", environment="PROD", generated_at=NOW,
    )  # fmt: skip


def stream() -> Iterator[StoredAction]:
    """The actions, one by one."""
    yield from actions()
