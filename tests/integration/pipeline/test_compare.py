"""Two runs side by side: what they were made from and where their plans differ, for both targets."""

from typing import Any, cast

from services.cli.verbs_compare import lines
from shared.pipeline.compare import compare_runs
from shared.pipeline.compare_document import comparison_document
from shared.ports.views import PageOf
from tests.fakes.installation import Installation
from tests.integration.pipeline.test_governed_run import A, B, lab, plan

__all__ = ["lab"]


def compared(engine: Installation, a: str, b: str, limit: int = 100) -> tuple[dict[str, Any], str]:
    """The document, and the words."""
    found = compare_runs(engine.tools, a, b, PageOf(limit=limit))
    return cast("dict[str, Any]", comparison_document(found)), "\n".join(lines(found))


def test_two_runs_over_two_extracts(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:3])
    first = engine.plan(extract)
    extract.rename(extract.ids[3:5])
    gone = extract.rows.pop()["employee_id"]
    second = engine.plan(extract)
    document, told = compared(engine, first.id, engine.plan_of(second).id)
    assert document["same"] == {
        "extract": False, "records": False, "mapping": True, "configuration": True, "engine": True,
        "snapshot": True, "plan": False,
    }  # fmt: skip
    assert document["a"]["rows"]["rows_in"] == document["b"]["rows"]["rows_in"] + 1
    assert document["people"] == {"came": 0, "went": 0, "changed": 0, "unread": 0, "fields": {}}
    actions = document["actions"]
    assert (actions["alike"], actions["only_a"], actions["only_b"]) == (3, 0, 3)
    people = {pair["b"]["person"]["key"] for pair in actions["data"]}
    assert people == {*extract.ids[3:5], gone}
    removals = next(gate for gate in document["gates"] if gate["gate"] == "removals")
    assert (removals["a"]["value"], removals["b"]["value"]) == (0, 1)
    assert "Same: mapping, configuration, engine, snapshot." in told
    assert "Differs: extract, records, plan." in told
    assert "Actions: 3 alike, 0 only in A, 3 only in B, 0 in both but not alike." in told
    assert "People in ASCIP, from A to B: nobody differs." in told


def test_what_changed_in_ascip_between_two_runs_is_counted(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    first = engine.plan(extract)
    engine.apply(engine.approve(first))
    second = engine.plan(extract, force=True)
    document, told = compared(engine, first.id, second.id, limit=1)
    assert document["same"]["extract"] is True
    assert document["same"]["snapshot"] is False
    assert document["people"]["changed"] == 2
    assert document["people"]["fields"] == {"last_name": 2}
    assert (document["actions"]["only_a"], len(document["actions"]["data"])) == (2, 1)
    assert "2 in all; go on with --after act_" in told
    assert document["a"]["books"]["actions"]["succeeded"] == 2
    assert (document["b"]["books"]["planned"], document["b"]["books"]["balanced"]) == (0, True)
    rows = document["a"]["rows"]["accepted"]
    assert f"A  rows: {rows - 2} unchanged, 2 applied; actions: 2 succeeded" in told
    assert f"B  rows: {rows} unchanged; actions: none" in told


def test_two_runs_of_a_governed_feed(lab: Installation) -> None:  # the fixture
    first, second = plan(lab, A), plan(lab, B)
    document, told = compared(lab, first.id, second.id)
    assert document["people"] is None
    assert document["same"]["snapshot"] is True
    (pair,) = document["actions"]["data"]
    assert pair["only"] == "both"
    assert pair["a"]["record"]["source_id"] == pair["b"]["record"]["source_id"] == "T2"
    assert document["counts"] == [
        {"class": "adds", "kind": "add", "a": 3, "b": 3, "held_a": 0, "held_b": 0}
    ]
    assert "2 alike, 0 only in A, 0 only in B, 1 in both but not alike" in told


def test_a_run_without_a_plan_is_compared_as_far_as_it_goes(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    planned, rejected = engine.plan(extract), engine.plan(b"no,header\n1,2\n")
    document, told = compared(engine, planned.id, rejected.id)
    assert document["same"]["plan"] is None
    assert document["b"]["plan_id"] is None
    assert document["actions"]["only_a"] == 1
    assert "no plan" in told
