"""What the plan says besides its actions: words the mapping lacks, and plans of older releases."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, cast

from services.cli.render import _calendar, decided_lines, minute, next_lines, quiet_lines, totals
from services.cli.render_actions import unmapped
from services.cli.render_markdown import _limits
from services.cli.verbs_plan import _waiting
from shared.domain.action import HeldReason, Kind
from shared.domain.canonical import Json
from shared.domain.counterfactual import Counterfactual
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate, Verdict
from shared.domain.held_rows import HeldRow
from shared.domain.run import RunState
from shared.pipeline.look import PlanView
from shared.ports.plans import StoredAction, StoredPlan, StoredReview


def held(row: int, reason: HeldReason, detail: str) -> HeldRow:
    return HeldRow(row=row, line=row + 1, person_key=f"E{row}", reason=reason, detail=detail)


def a_view(*rows: HeldRow, **facts: Any) -> PlanView:
    """As much of a view as these lines look at."""
    summary = {**{kind.value: 0 for kind in Kind}, "held": 0, "unchanged": 0, "calls_estimated": 0}
    facts = {
        "first_run": False, "mapping_drift": [],
        "list_complete": True, "details_missing": 0, **facts,
    }  # fmt: skip
    plan = StoredPlan(
        id="pln_1", run_id="run_1", snapshot_id="snp_1", digest="9f3c", header={"gates": []},
        held_classes=[], applyable=True, summary=summary, facts=facts, expires_at=None, expired=False,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
    )  # fmt: skip
    view = SimpleNamespace(
        plan=plan,
        held_rows=list(rows),
        run=SimpleNamespace(counts={}, reverts=None),
        pending_rows=frozenset(),
    )
    return cast("PlanView", view)


def test_what_the_mapping_lacks_is_told_once_with_its_rows() -> None:
    site = HeldReason.UNMAPPED_SITE
    rows = [held(n, site, "site '10' is not in the mapping") for n in (1, 2)]
    rows.append(held(3, site, "site '20' is not in the mapping"))
    rows.append(held(4, HeldReason.IDENTITY_CONFLICT, "2 rows claim one work email"))
    assert list(unmapped(a_view(*rows), 1)) == [
        "  ! 2 rows: site '10' is not in the mapping",
        "    1 more such value. What they may mean: ascip-sync mapping suggest --csv FILE",
    ]
    assert list(unmapped(a_view(rows[-1]), 3)) == []


def test_a_plan_of_an_older_release_can_be_shown() -> None:
    view = a_view(first_run=True, naive_removals=7, saved_by_shield=7)
    old = {"gate": "removals", "class": "removals", "limit": 10, "value": 62, "verdict": "tripped",
           "population": 1000}  # fmt: skip
    cast("dict[str, object]", view.plan.header)["gates"] = [old]
    told = list(totals(view))
    assert any(line.startswith("Plan: ") for line in told)
    assert "  ! removals: 62 of 1,000 would be removed; limit 10; holds removals" in told


def test_what_waits_for_held_actions_is_told() -> None:
    view = a_view()
    cast("dict[str, int]", view.plan.summary)["waiting_for_held"] = 394
    assert "Of these held: 0. 394 more wait for them." in "\n".join(totals(view))


def test_what_a_naive_sync_would_have_done_is_always_told() -> None:
    same, saved = Counterfactual(same=3).to_json(), Counterfactual(damaged_rows=1).to_json()
    assert "A naive sync would have removed the same 3 people." in totals(
        a_view(counterfactual=same)
    )
    assert "A naive sync would have removed 1 person: from damaged rows." in totals(
        a_view(counterfactual=saved)
    )


def test_who_is_in_grace_or_left_alone_is_counted() -> None:
    ends, alone = {"2026-12-03": 1, "2026-12-01": 2}, {"protected": 2, "out_of_scope": 12}
    told = list(totals(a_view(grace_ends=ends, left_alone=alone)))
    first = "the first 2 to be removed from 2026-12-01 on unless they come back."
    assert f"In their grace: 3 people, {first}" in told
    assert "  Who they are: absentees.csv of ascip-sync export pln_1 --out DIR" in told
    assert "Left alone, active without a row: 12 out of scope, 2 protected." in told


def test_a_plan_without_actions_tells_of_a_short_file_and_of_who_waits() -> None:
    """Nobody is removed yet, so nothing is held: else it would pass for a quiet day."""
    short = Gate(
        name=GateName.ROWS_FEWER, limit=15, value=270, population=300, verdict=Verdict.TRIPPED
    )
    view = a_view(
        grace_ends={"2026-11-24": 270}, counterfactual=Counterfactual(in_grace=270).to_json()
    )
    view.plan.header["gates"] = [short.to_json()]  # type: ignore[index]  # a dict here
    assert list(quiet_lines(view)) == [
        "Gates: 1 of 1 TRIPPED.",
        "  ! rows_fewer: 270 rows fewer than usual (30 instead of 300); limit 15; holds removals",
        "A naive sync would have removed 270 people: 270 of them in their grace.",
        "In their grace: 270 people, to be removed from 2026-11-24 on unless they come back.",
        "  Who they are: absentees.csv of ascip-sync export pln_1 --out DIR",
    ]
    assert list(quiet_lines(a_view())) == []


def test_what_the_calendar_holds_is_told_to_be_out_of_reach_of_a_release() -> None:
    holds = (HeldReason.CALENDAR, HeldReason.CALENDAR, HeldReason.GATE)
    actions = [SimpleNamespace(action=SimpleNamespace(hold=hold)) for hold in holds]
    (told,) = _calendar(cast("list[StoredAction]", actions))
    assert told.startswith(
        "2 actions are held by the calendar (adds_only), and no release lifts that."
    )


def test_a_decided_plan_says_who_was_left_out_and_what_was_released() -> None:
    body = {
        "decision": "approve", "select": {"classes": [], "exclude": ["E1", "E2"]}, "comment": None,
        "releases": [{"class": "removals", "count": 5, "reason": "school closed", "people": None}],
    }  # fmt: skip
    at = datetime(2026, 11, 20, tzinfo=UTC)
    view = SimpleNamespace(
        comments=[], run=SimpleNamespace(id="run_1"),
        review=StoredReview(actor="user:anna", decided_at=at, body=cast("dict[str, Json]", body)),
    )  # fmt: skip
    assert list(decided_lines(cast("PlanView", view))) == [
        "Approved by user:anna on 2026-11-20 00:00 UTC.",
        "  left out: E1, E2",
        "  released: removals=5, school closed",
        "As planned; what became of it: ascip-sync status run_1",
    ]


def test_a_limit_is_not_told_as_if_it_were_the_whole() -> None:
    gate = Gate(
        name=GateName.QUARANTINED, value=8, limit=4, verdict=Verdict.TRIPPED, population=401
    )
    view = cast("PlanView", SimpleNamespace(plan=SimpleNamespace(gates=[gate])))
    assert _limits(view) == "quarantined 8 (limit 4) TRIPPED; 0 ok"


def test_whoever_is_held_by_name_can_be_released_as_the_plan_says() -> None:
    plan = SimpleNamespace(id="pln_1", digest="9f3c", expires_at=None)
    run = SimpleNamespace(state=RunState.HELD, reason=None, next=SimpleNamespace(actor="approver"))
    view = cast("PlanView", SimpleNamespace(plan=plan, run=run))
    told = list(next_lines(view, {"removals": 3}, {"adds": 2}))
    assert told[2].startswith("To release removals:\n"), "there is nothing else to approve"
    assert told[3] == (
        "To release one of 2 adds that are held by name:\n"
        "  ascip-sync approve pln_1 --digest 9f3c --release adds=1 --release-people ID --reason TEXT"
    )


def test_rows_that_wait_are_told_with_what_lists_them() -> None:
    assert list(_waiting("run_1", held=2, bad=0)) == ["2 rows wait, held: ascip-sync show run_1"]
    assert list(_waiting("run_1", held=0, bad=1)) == [
        "1 row waits, not taken: ascip-sync show run_1 --quarantined"
    ]


def test_what_applying_takes_is_told_at_the_rate_of_its_day() -> None:
    view = a_view(rate_per_s="10")
    cast("dict[str, int]", view.plan.summary)["calls_estimated"] = 2739
    told = "\n".join(totals(view))
    assert "About 2,739 ASCIP calls without what is held, 5 min at 10/s." in told
    older = "\n".join(totals(a_view()))
    assert "About 0 ASCIP calls without what is held." in older


def test_times_are_in_utc_in_whatever_zone_the_database_is() -> None:
    there = datetime(2026, 11, 20, 17, 5, tzinfo=timezone(timedelta(hours=-8)))
    assert minute(there) == "2026-11-21 01:05 UTC"
