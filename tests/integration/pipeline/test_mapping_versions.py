"""A mapping that changes between runs: what drifted is reported, a site taken out is left once."""

import pytest

from shared.domain.action import ActionClass, HeldReason, Kind
from shared.domain.review import Select
from shared.domain.run import Run, RunState
from tests.fakes.installation import Installation
from tests.fakes.staff_extract import StaffExtract


@pytest.fixture
def applied(engine: Installation) -> StaffExtract:
    """What the tenant has: its mapping is the last applied one."""
    extract = engine.extract()
    extract.story()
    assert engine.sync(extract).state is RunState.APPLIED
    return extract


def leaves(engine: Installation, run: Run) -> set[tuple[str, int | None]]:
    found = engine.actions(run, kinds=[Kind.LEAVE])
    return {(stored.action.person_key, stored.action.group_id) for stored in found}


def close_a_site(extract: StaffExtract) -> tuple[list[str], int]:
    """Everybody moves, and the mapping forgets the site; who moved, and out of which group."""
    code = extract.row(extract.ids[-1])["site_code"]
    here = [row["employee_id"] for row in extract.rows if row["site_code"] == code]
    extract.move(here)
    group: int = extract.mapping["groups"]["sites"].pop(code)["id"]
    extract.mapping["version"] += 1
    return here, group


def test_a_site_taken_out_is_left_once(engine: Installation, applied: StaffExtract) -> None:
    here, group = close_a_site(applied)
    first = engine.plan(applied)
    assert leaves(engine, first) == {(employee_id, group) for employee_id in here}
    assert engine.apply(engine.approve(first)).state is RunState.APPLIED
    groups = engine.simulator.person(here[0])["groupIds"]
    engine.simulator.edit(here[0], groupIds=[*groups, group])
    again = engine.plan(applied, force=True)
    assert (again.state, leaves(engine, again)) == (RunState.NO_CHANGES, set())


def test_a_leave_that_was_not_approved_comes_back(
    engine: Installation, applied: StaffExtract
) -> None:
    """Though by then the last applied mapping doesn't name the site any more."""
    here, group = close_a_site(applied)
    first = engine.plan(applied)
    engine.apply(engine.approve(first, select=Select(exclude=(here[0],))))
    again = engine.plan(applied, force=True)
    assert leaves(engine, again) == {(here[0], group)}
    engine.apply(engine.approve(again))
    last = engine.plan(applied, force=True)
    assert engine.plan_of(last).header["former_groups"] == []


def test_whoever_waits_in_a_closed_site_still_leaves_it_later(
    engine: Installation, applied: StaffExtract
) -> None:
    """Their row was held while the rest was applied, so nobody could say where they belong."""
    here, group = close_a_site(applied)
    row = applied.row(here[0])
    moved, row["site_code"] = row["site_code"], "999"
    assert leaves(engine, engine.sync(applied)) == {(one, group) for one in here[1:]}
    row["site_code"] = moved
    again = engine.plan(applied)
    assert leaves(engine, again) == {(here[0], group)}


def test_what_drifted_is_reported_and_only_what_is_gone_is_held(
    engine: Installation, applied: StaffExtract
) -> None:
    """A renamed value and group keep working by their ids; a deleted value holds its change."""
    state = engine.simulator.state()
    title = applied.rows[-1]["job_title"]
    bucket = applied.mapping["buckets"]["Job Class"]
    (mapped,) = [n for n, v in bucket["values"].items() if title in [n, *v["aliases"]]]
    (stored,) = [b for b in state["buckets"] if b["id"] == bucket["id"]]
    other = next(v for v in stored["values"] if v["name"] != mapped)
    other["name"] += " (old)"
    stored["values"] = [v for v in stored["values"] if v["name"] != mapped]
    engine.simulator.put_state(state)
    run = engine.plan(applied, force=True)
    told = str(engine.plan_of(run).facts["mapping_drift"])
    assert f"is called '{other['name']}' in ASCIP" in told
    assert f"value of bucket 'Job Class' {mapped!r}" in told
    assert set(engine.held(run)) == {(ActionClass.UPDATES, HeldReason.UNMAPPED_BUCKET_VALUE)}
