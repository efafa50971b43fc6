"""The published schema of a plan: every word of ours fits, and a word that is not ours doesn't."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import jsonschema_rs
import pytest

from shared.domain.action import (
    Action,
    ActionClass,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
    Mark,
    NextVersion,
    classify,
)
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate, Verdict
from shared.domain.policy import MatchRule
from shared.domain.review import Decision, Release, Review, Select
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.pipeline.documents import plan_document
from shared.pipeline.look import PlanView
from shared.pipeline.plan_schema import PLAN_SCHEMA
from shared.ports.comments import Comment
from shared.ports.plans import StoredAction, StoredPlan, StoredReview
from shared.ports.target import Mismatch
from tests.fakes.people import an_action

SHA = "9f3c" * 16
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VALIDATOR = jsonschema_rs.Draft7Validator(PLAN_SCHEMA, validate_formats=True)


def document(
    *actions: StoredAction, state: RunState = RunState.AWAITING_APPROVAL
) -> dict[str, Any]:
    """A plan with these actions, as `plan --json` prints it."""
    gates = [
        Gate(name=name, limit=1, value=0, verdict=verdict)
        for name, verdict in zip(GateName, Verdict, strict=False)
    ]
    header: dict[str, Any] = {
        "format_version": "1.2", "feed": "staff", "as_of": date(2026, 11, 20).isoformat(),
        "engine_version": "1.2.3", "input_sha256": SHA, "mapping_sha256": SHA,
        "former_groups": [403], "config_sha256": SHA, "snapshot_sha256": SHA,
        "gates": [gate.to_json() for gate in gates],
    }  # fmt: skip
    plan = StoredPlan(
        id="pln_1", run_id="run_1", snapshot_id="snp_1", digest=SHA, header=header,
        held_classes=["removals"], applyable=True, facts={"rate_per_s": "10"}, created_at=NOW,
        summary={"add": 1, "update": 2, "held": 1, "calls_estimated": 601}, expires_at=None,
        expired=False,
    )  # fmt: skip
    run = Run(
        id="run_1", feed="staff", target=TargetName.ASCIP, upload_id="upl_1", mode=RunMode.PLAN,
        force=False, trigger="cli", actor="user:olga", state=state, engine_version="1.2.3",
        mapping_sha256=SHA, config_sha256=SHA,
    )  # fmt: skip
    review = StoredReview(
        actor="user:anna", decided_at=NOW,
        body=Review(
            decision=Decision.APPROVE, plan_digest=SHA, select=Select(people=("E1",)),
            releases=(Release(action_class=ActionClass.REMOVALS, count=1, reason="seen"),),
        ).to_json(),
    )  # fmt: skip
    view = PlanView(
        plan=plan, run=run, review=review if state is RunState.APPROVED else None,
        comments=[Comment(id="com_1", at=NOW, actor="user:olga", text="seen")],
        file_name="s.csv", file_sha256=SHA, kind_counts={}, phases=[], held_rows=[], pending_rows=frozenset(),
    )  # fmt: skip
    return plan_document(view, actions)


def stored(
    action: Action, status: ActionStatus = ActionStatus.PLANNED, **values: Any
) -> StoredAction:
    return StoredAction(action=action, status=status, ascip_id=action.ascip_id, **values)


def of_every_kind() -> list[StoredAction]:
    """Every kind, status, reason, mark, rule and mismatch, the two targets mixed."""
    made = [stored(an_action(kind, "E1", group_id=402)) for kind in Kind if kind is not Kind.RETIRE]
    made += [stored(an_action(), status, holder_id=7) for status in ActionStatus]
    for hold in HeldReason:
        held = Change(path="buckets.7", before=50, after=None, before_name="Tchr", hold=hold)
        made.append(stored(an_action(changes=(held,), hold=hold), ActionStatus.HELD))
    made += [stored(an_action(match_rule=rule, marks=tuple(Mark))) for rule in MatchRule]
    made += [stored(an_action(), mismatch=word, verified_at=NOW) for word in Mismatch]
    for kind, follows in ((Kind.ADD, None), (Kind.UPDATE, SHA), (Kind.RETIRE, SHA)):
        version = NextVersion(idempotency_key=SHA, follows=follows)
        record = Action(
            kind=kind, action_class=classify(kind), person_key="A/1", ascip_id=None, version=version
        )
        made.append(stored(record))
    return made


def test_a_plan_with_every_word_of_ours_fits() -> None:
    for state in RunState:
        VALIDATOR.validate(document(*of_every_kind(), state=state))


def test_every_key_of_a_plan_is_in_the_schema() -> None:
    """So that nothing is added without being described."""
    made = document(*of_every_kind())
    properties = PLAN_SCHEMA["properties"]
    assert set(made) == set(properties)
    assert set(made["summary"]) <= set(properties["summary"]["properties"])
    assert set(made["gates"][0]) == set(properties["gates"]["items"]["properties"])
    assert set(made["comments"][0]) == set(properties["comments"]["items"]["properties"])
    review = properties["review"]["properties"]
    decided = document(state=RunState.APPROVED)["review"]
    assert (made["review"], set(decided)) == (None, set(review))
    for part in ("select", "releases"):
        (of,) = decided[part] if part == "releases" else [decided[part]]
        described = review[part].get("items", review[part])["properties"]
        assert set(of) == set(described)
    action = properties["actions"]["items"]["properties"]
    for each in made["actions"]:
        assert set(each) == set(action)
        for part in ("person", "record", "group"):
            assert set(each[part] or action[part]["properties"]) == set(action[part]["properties"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda plan: plan["actions"][0].update(status="done"),
        lambda plan: plan["actions"][0].update(kind="delete"),
        lambda plan: plan["actions"][0].update({"class": "deletions"}),
        lambda plan: plan["actions"][0].update(marks=["odd"]),
        lambda plan: plan["actions"][0].update(hold="limit"),
        lambda plan: plan["actions"][0].update(id="act_1"),
        lambda plan: plan["actions"][0].update(person=None),
        lambda plan: plan["actions"][0]["changes"].append({"path": "email"}),
        lambda plan: plan["gates"][0].update(verdict="maybe"),
        lambda plan: plan.update(state="waiting"),
        lambda plan: plan.update(digest=SHA),
        lambda plan: plan.update(format_version="2.0"),
        lambda plan: plan["summary"].update(add=-1),
        lambda plan: plan.update(created_at="yesterday"),
        lambda plan: plan.pop("held_classes"),
    ],
)
def test_a_word_that_is_not_ours_does_not_fit(spoil: Callable[[dict[str, Any]], object]) -> None:
    plan = document(stored(an_action()))
    VALIDATOR.validate(plan)
    spoil(plan)
    assert not VALIDATOR.is_valid(plan)


def test_a_key_that_a_minor_version_adds_fits() -> None:
    VALIDATOR.validate({**document(), "format_version": "1.7", "colour": "blue"})


@pytest.mark.parametrize(
    ("calls", "rate", "minutes"), [(600, "10", 1), (601, "10", 2), (0, "10", 0), (1, "0.5", 1)]
)
def test_minutes_are_calls_by_the_rate_that_was_set(calls: int, rate: str, minutes: int) -> None:
    plan = StoredPlan(
        id="", run_id="", snapshot_id="", digest="", header={}, held_classes=[], applyable=True,
        summary={"calls_estimated": calls}, facts={"rate_per_s": rate}, created_at=NOW,
        expires_at=None, expired=False,
    )  # fmt: skip
    assert plan.minutes_estimated == minutes
