"""An extract of each profile through a whole run: exactly these people are changed, and no others.

The story of the files is in tests/fakes/profile_extracts.py.
"""

import json
import tomllib
from collections import Counter, defaultdict
from functools import partial
from typing import Any

import pytest

from services.cli.verbs_profile import config_lines
from shared.adapters.tabular.reader import ExtractReader
from shared.domain.action import ActionStatus, Kind
from shared.domain.feeds.profiles import ProfileName
from shared.domain.run import RunState
from shared.pipeline.detect import detect
from tests.fakes import profile_extracts as story
from tests.fakes.installation import Installation

#: What the district adds to what `profile detect` says.
ADDED: dict[ProfileName, dict[str, Any]] = {
    ProfileName.CANONICAL: {"exclude": {"employee_type": ("Student Worker",)}},
    ProfileName.ESCAPE: {},
    ProfileName.MS_SDS: {
        
        "derive": {"work_email": "{username}@lincoln.example"},
    },
}


def keys(profile: ProfileName, *places: int, first: int = 10_001) -> set[str]:
    """People by their place in the tenant."""
    return {story.number_of(profile, first + place) for place in places}


def prepared(engine: Installation, profile: ProfileName) -> str:
    """The tenant before, `[staff]` as `profile detect` proposes it, and the mapping."""
    engine.simulator.put_state(story.tenant(profile))
    found = detect(ExtractReader(), partial(story.path_of(profile).open, "rb"))
    told = tomllib.loads(config_lines(found))["staff"]
    assert told["profile"] == profile
    engine.staff(**told | ADDED.get(profile, {}))
    return json.dumps(story.mapping(profile))


def planned(engine: Installation, run: Any) -> dict[Kind, set[str]]:
    """People of a plan by what is done to them."""
    found: dict[Kind, set[str]] = defaultdict(set)
    for stored in engine.actions(run):
        found[stored.action.kind].add(stored.action.person_key)
    return dict(found)


@pytest.mark.parametrize("profile", list(ProfileName))
def test_an_extract_changes_exactly_who_it_is_about(
    engine: Installation, profile: ProfileName
) -> None:
    mapping = prepared(engine, profile)
    run = engine.plan(story.path_of(profile).read_bytes(), mapping=mapping)
    print(run.state, run.reason, run.detail, run.counts)
    for k, v in planned(engine, run).items():
        print(k, sorted(v))
    print(Counter(s.action.hold for s in engine.actions(run)))
    print(engine.plan_of(run).facts if hasattr(engine.plan_of(run), "facts") else "")
    assert 0
