"""An extract of each profile through a whole run: exactly these people are changed, and no others.

The story of the files is in tests/fakes/profile_extracts.py.
"""

import json
import tomllib
from collections import defaultdict
from typing import Any, BinaryIO

import pytest

from services.cli.verbs_profile import config_lines
from shared.adapters.tabular.reader import ExtractReader
from shared.domain.action import ActionStatus, Kind
from shared.domain.feeds.profiles import ProfileName
from shared.domain.policy import RowsPerPerson
from shared.domain.run import Run, RunState
from shared.pipeline.detect import detect
from tests.fakes import profile_extracts as story
from tests.fakes.installation import Installation

CANONICAL, AERIES_STF, ESCAPE, ONEROSTER, MS_SDS = ProfileName
#: What the district adds to what `profile detect` says.
ADDED: dict[ProfileName, dict[str, Any]] = {
    CANONICAL: {"exclude": {"employee_type": ("Student Worker",)}},
    ESCAPE: {"rows_per_person": RowsPerPerson.MERGE},
    MS_SDS: {
        "rows_per_person": RowsPerPerson.MERGE,
        "derive": {"work_email": "{username}@lincoln.example"},
    },
}
#: Rows in, excluded, quarantined. Broken is one row in each.
BOOKS = {
    CANONICAL: (203, 3, 1),
    AERIES_STF: (201, 0, 1),
    ESCAPE: (68, 6, 1),
    ONEROSTER: (268, 68, 1),
    MS_SDS: (202, 0, 1),
}
#: Whose two sites the file can say.
SEVERAL_SITES = (ESCAPE, ONEROSTER, MS_SDS)
#: Who would be removed but for the row that wasn't taken: they are in no other, and the file is full.
SAVED = {
    CANONICAL: {story.BROKEN, story.STUDENT_WORKER},
    AERIES_STF: {story.BROKEN},
    ESCAPE: set(),
    ONEROSTER: {story.BROKEN, story.STUDENT_WORKER},
    MS_SDS: {story.BROKEN},
}


def planned(engine: Installation, run: Run) -> dict[Kind, set[str]]:
    """People of a plan by what is done to them; nothing is held."""
    found: dict[Kind, set[str]] = defaultdict(set)
    for stored in engine.actions(run):
        assert stored.action.hold is None
        found[stored.action.kind].add(stored.action.person_key)
    return dict(found)


def expected(profile: ProfileName) -> dict[Kind, set[str]]:
    """The plan the story must give: of edits, absence means nothing."""

    def numbers(*places: int) -> set[str]:
        return {story.number_of(profile, 10_001 + place) for place in places}

    new = {story.number_of(profile, 20_001 + place) for place in range(story.NEWCOMERS)}
    itinerant = [story.ITINERANT] if profile in SEVERAL_SITES else []
    gone = [] if profile is ESCAPE else story.GONE
    return {
        Kind.ADD: new,
        Kind.UPDATE: numbers(*story.RENAMED),
        Kind.JOIN: new | numbers(story.MOVED, *itinerant),
        Kind.DEACTIVATE: numbers(*story.LEFT, *gone),
        # Merged rows of a window may be some of a person's: nobody leaves a site by them.
        **({} if profile is ESCAPE else {Kind.LEAVE: numbers(story.MOVED)}),
    }


def prepared(engine: Installation, profile: ProfileName) -> str:
    """The tenant before, and `[staff]` as `profile detect` proposes it; the mapping."""
    engine.simulator.put_state(story.tenant(profile))

    def source() -> BinaryIO:
        return story.path_of(profile).open("rb")

    told = tomllib.loads(config_lines(detect(ExtractReader(), source)))["staff"]
    assert told["profile"] == profile
    engine.staff(**told | ADDED.get(profile, {}))
    return json.dumps(story.mapping(profile))


@pytest.mark.parametrize("profile", ProfileName)
def test_an_extract_changes_exactly_who_it_is_about(
    engine: Installation, profile: ProfileName
) -> None:
    mapping, file = prepared(engine, profile), story.path_of(profile).read_bytes()
    before = people(engine)
    run = engine.plan(file, mapping=mapping)
    assert planned(engine, run) == expected(profile)
    counts = tuple(run.counts[name] for name in ("rows_in", "excluded", "quarantined"))
    assert counts == BOOKS[profile]
    assert engine.plan_of(run).facts["saved_by_shield"] == len(SAVED[profile])

    run = engine.apply(engine.approve(run))
    assert run.state is RunState.APPLIED
    assert set(engine.statuses(run)) == {ActionStatus.SUCCEEDED}
    after = people(engine)
    changed = {number for number, person in after.items() if before.get(number) != person}
    assert changed == set().union(*expected(profile).values())
    assert changed_fields(before, after) == {"lastName", "groupIds", "status"}
    if profile in (ESCAPE, ONEROSTER):  # rows merged, cells split
        assert engine.plan(file, mapping=mapping, force=True).state is RunState.NO_CHANGES


def people(engine: Installation) -> dict[str, dict[str, Any]]:
    """The tenant's people by number (vendors have none), without the time of their last change."""
    return {
        person["employeeNumber"]: {k: v for k, v in person.items() if k != "updatedAt"}
        for person in engine.simulator.state()["people"]
        if person["employeeNumber"]
    }


def changed_fields(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> set[str]:
    """Fields of people who were there before: no role, no time zone, no bucket."""
    return {
        field
        for number, person in before.items()
        for field in person
        if person[field] != after[number][field]
    }
