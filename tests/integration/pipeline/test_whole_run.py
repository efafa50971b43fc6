"""A whole run, from the extract to a target that matches it."""

import csv
import io
from importlib.resources import files

import pytest

from services.cli import demo_check
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.review import Release
from shared.domain.run import RunState
from shared.pipeline.export import archived
from tests.fakes.installation import Installation
from tests.unit.pipeline.test_plan_schema import VALIDATOR

DEMO = files("services.cli") / "demo_data"


def differences(engine: Installation, extract: bytes, mapping: str, waiting: set[str]) -> list[str]:
    """What the simulator's state has against the extract, by the demo's own judge."""
    folder = engine.folder
    (folder / "staff.csv").write_bytes(extract)
    (folder / "mapping.json").write_text(mapping, encoding="utf-8")
    return demo_check.compare(folder, "staff.csv", engine.simulator.state(), waiting).differ


def test_a_whole_run_leaves_the_target_as_the_extract_says(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.plan(extract)
    assert run.state is RunState.AWAITING_APPROVAL
    assert not engine.simulator.writes(), "planning writes nothing"
    VALIDATOR.validate(engine.document(run))
    run = engine.apply(engine.approve(run))
    assert run.state is RunState.APPLIED
    assert set(engine.statuses(run)) == {ActionStatus.SUCCEEDED}
    assert not differences(engine, extract.csv(), extract.mapping_text, set())
    assert not engine.simulator.done_twice()
    assert engine.plan(extract, force=True).state is RunState.NO_CHANGES


def test_nobody_outside_the_scope_is_touched(engine: Installation) -> None:
    extract = engine.extract()
    before = {p["id"]: p for p in engine.simulator.state()["people"]}
    extract.story()
    run = engine.sync(extract)
    ours = {stored.ascip_id for stored in engine.actions(run)}
    after = {p["id"]: p for p in engine.simulator.state()["people"]}
    assert {i for i, p in after.items() if before.get(i) != p} <= ours


@pytest.mark.slow
def test_62_of_5000_removals_are_held_while_the_rest_applies(engine: Installation) -> None:
    """Takes about 20 s: it reads 5,000 people and writes 500 actions over HTTP."""
    engine.simulator.reset(5000, 2026)
    engine.configure(concurrency=16, rate_per_s=500)
    extract = (DEMO / "staff.csv").read_bytes()
    mapping = (DEMO / "mapping.json").read_text(encoding="utf-8")
    run = engine.plan(extract, mapping=mapping)
    assert run.state is RunState.AWAITING_APPROVAL
    assert engine.held(run)[ActionClass.REMOVALS, HeldReason.GATE] == 62
    run = engine.apply(engine.approve(run))
    assert run.state is RunState.APPLIED
    made = {e["effect"]["kind"] for e in engine.simulator.journal(effects=True)}
    assert made == {"person_created", "person_updated", "person_reactivated", "members_changed"}
    VALIDATOR.validate(engine.document(run))
    statuses = engine.statuses(run)
    assert set(statuses) == {ActionStatus.SUCCEEDED, ActionStatus.HELD}
    waiting = _waiting(extract) | {
        stored.action.person_key for stored in engine.actions(run, kinds=[Kind.DEACTIVATE])
    }
    assert not differences(engine, extract, mapping, waiting)
    assert not engine.simulator.people_twice()


def test_a_release_names_the_number_it_lifts(engine: Installation) -> None:
    extract = engine.extract()
    extract.remove(*extract.ids[:12])
    extract.rename(extract.ids[:1])
    run = engine.plan(extract)
    assert engine.held(run) == {(ActionClass.REMOVALS, HeldReason.GATE): 12}
    released = Release(action_class=ActionClass.REMOVALS, count=12, reason="HR confirmed")
    run = engine.apply(engine.approve(run, released))
    assert run.state is RunState.APPLIED
    assert engine.statuses(run) == {ActionStatus.SUCCEEDED: 13}
    inactive = [p for p in engine.simulator.state()["people"] if p["status"] == "inactive"]
    assert len(inactive) == 12 + 2, "two had left before"


def test_a_row_that_was_quarantined_shields_its_person(engine: Installation) -> None:
    extract = engine.extract()
    damaged, absent = extract.ids[:2]
    extract.row(damaged)["work_email"] = "no address"
    extract.remove(absent)
    run = engine.sync(extract)
    assert run.counts["quarantined"] == 1
    assert engine.simulator.person(damaged)["status"] == "active"
    assert engine.simulator.person(absent)["status"] == "inactive"
    assert engine.plan_of(run).facts["saved_by_shield"] == 1


def test_whom_a_rule_excludes_is_neither_changed_nor_removed(engine: Installation) -> None:
    extract = engine.extract()
    engine.staff(exclude={"employee_type": ("Classified",)})
    ours = [row["employee_id"] for row in extract.rows if row["employee_type"] != "Classified"]
    assert 10 < len(ours) < len(extract.rows) - 10
    extract.rename(extract.ids)
    run = engine.sync(extract)
    assert run.counts["excluded"] == len(extract.rows) - len(ours)
    assert {stored.action.person_key for stored in engine.actions(run)} == set(ours)
    assert {stored.action.kind for stored in engine.actions(run)} == {Kind.UPDATE}


def test_whoever_was_linked_once_is_found_with_another_email_and_no_number(
    engine: Installation,
) -> None:
    extract = engine.extract()
    someone = extract.ids[0]
    extract.rename(extract.ids[1:2])
    engine.sync(extract)
    person_id = engine.simulator.person(someone)["id"]
    engine.simulator.edit(
        someone, email="other@lincoln.example", username="other", employeeNumber=None
    )
    extract.rename(extract.ids[2:3])
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    (stored,) = [s for s in engine.actions(run) if s.action.person_key == someone]
    assert (stored.action.kind, stored.action.match_rule) == (Kind.UPDATE, "link")
    assert engine.simulator.person(someone)["id"] == person_id
    assert not engine.simulator.people_twice()


def test_somebody_added_is_linked_too(engine: Installation) -> None:
    extract = engine.extract()
    (newcomer,) = extract.add(1)
    run = engine.sync(extract)
    links = engine.database.rows("SELECT employee_id, ascip_id FROM link")
    assert len(links) == len(extract.rows)
    (added,) = engine.actions(run, kinds=[Kind.ADD])
    assert (newcomer.casefold(), added.ascip_id) in [tuple(row) for row in links]


def test_a_file_that_is_no_extract_is_rejected_with_a_report(engine: Installation) -> None:
    run = engine.plan(b"who,knows\n1,2\n")
    assert run.state is RunState.REJECTED_INPUT
    dead = engine.database.value("SELECT count(*) FROM work_item WHERE state = 'dead'")
    assert dead == 0, "a refused extract is no work that was given up"
    assert "report.html" in {filed.name for filed in archived(engine.tools, run.id)}


def test_an_empty_extract_removes_nobody(engine: Installation) -> None:
    """A header without rows is a sound file: every removal is held by the gate."""
    extract = engine.extract()
    extract.remove(*extract.ids)
    run = engine.plan(extract)
    assert run.state in (RunState.HELD, RunState.REJECTED_INPUT)


def _waiting(extract: bytes) -> set[str]:
    """Rows that the demo's extract was built to have quarantined or held."""
    corrections = (DEMO / "corrections.csv").read_text(encoding="utf-8")
    waiting = {row["employee_id"] for row in csv.DictReader(io.StringIO(corrections))}
    rows = csv.DictReader(io.StringIO(extract.decode()))
    return waiting | {
        row["employee_id"] for row in rows if {"093", "Data Steward"} & set(row.values())
    }
