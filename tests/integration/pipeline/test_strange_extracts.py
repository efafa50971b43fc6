"""Extracts that are whole and say what nobody can mean: shifted values, everybody renamed, ids of others."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.simulator.extract_row import COLUMNS
from shared.domain.action import ActionClass, HeldReason
from shared.domain.errors import Conflict
from shared.domain.policy import Limits
from shared.domain.run import Run, RunState
from tests.fakes.installation import Installation
from tests.fakes.staff_extract import StaffExtract


@pytest.fixture
def careful(engine: Installation) -> Installation:
    """With the limits that a configuration has by itself."""
    engine.configure(policy=replace(engine.tools.policy, limits=Limits()))
    return engine


def shift(extract: StaffExtract, rows: slice, by: int) -> None:
    """The values of some rows stand columns further to the right, under a header that stays."""
    for row in extract.rows[rows]:
        values = [row[column] for column in COLUMNS]
        row.update(zip(COLUMNS, values[-by:] + values[:-by], strict=True))


def touched(engine: Installation, run: Run) -> set[str]:
    return {stored.action.person_key for stored in engine.actions(run)}


@pytest.mark.parametrize("by", [1, -1])
def test_values_a_column_further_are_quarantined_and_their_people_left_alone(
    careful: Installation, by: int
) -> None:
    extract = careful.extract()
    extract.rename(extract.ids[20:22])
    renamed = {*extract.ids[20:22]}
    shift(extract, slice(4, 9), by)
    run = careful.plan(extract)
    assert run.counts["quarantined"] == 5
    assert touched(careful, run) == renamed
    shift(extract, slice(None), by)
    run = careful.plan(extract)
    assert (run.state, run.counts["quarantined"]) == (RunState.NO_CHANGES, 60)
    assert not careful.simulator.writes()


def another_domain(extract: StaffExtract) -> None:
    for row in extract.rows:
        row["work_email"] = row["work_email"].replace("@", "@new.")


def other_surnames(extract: StaffExtract) -> None:
    extract.rename(extract.ids)


@pytest.mark.parametrize(
    ("happens", "action_class"),
    [(another_domain, ActionClass.KEY_CHANGES), (other_surnames, ActionClass.UPDATES)],
)
def test_what_would_change_everybody_is_held(
    careful: Installation, happens: Callable[[StaffExtract], None], action_class: ActionClass
) -> None:
    extract = careful.extract()
    happens(extract)
    run = careful.plan(extract)
    assert run.state is RunState.HELD
    assert careful.held(run) == {(action_class, HeldReason.GATE): len(extract.rows)}
    with pytest.raises(Conflict):
        careful.approve(run)
    assert not careful.simulator.writes()


def test_ids_that_were_given_to_others_are_conflicts_and_nobody_is_taken_over(
    careful: Installation,
) -> None:
    """They went round among five; and a newcomer has the id of somebody who has left."""
    extract = careful.extract()
    rows = extract.rows[:5]
    ids = [row["employee_id"] for row in rows]
    for row, other in zip(rows, ids[1:] + ids[:1], strict=True):
        row["employee_id"] = other
    extract.rows[7].update(
        first_name="Somebody", last_name="Else", work_email="somebody.else@lincoln.example"
    )
    run = careful.plan(extract)
    with careful.database.transactions.begin() as uow:
        held = [(row.person_key, row.reason) for row in uow.extracts.held_rows(run.id)]
    assert sorted(held) == [
        (key, HeldReason.IDENTITY_CONFLICT) for key in sorted([*ids, extract.ids[7]])
    ]
    assert touched(careful, run) == set()
