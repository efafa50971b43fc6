"""What somebody says that a value means: an id or a name that is there, and means one thing."""

import pytest

from shared.domain.mapping_choices import Choice, Unfit, meanings, meant
from shared.domain.mapping_coverage import Part
from shared.domain.snapshot import Group
from tests.fakes.people import CLERK, DISTRICT, HIGH, a_mapping, a_reference

SCHOOLS = {
    DISTRICT: Group(id=DISTRICT, name="Lincoln USD"),
    HIGH: Group(id=HIGH, name="Lincoln High"),
    501: Group(id=501, name="Harbor (West)"),
    502: Group(id=502, name="Twin"),
    503: Group(id=503, name="twin"),
}


def said(meaning: str, part: Part = Part.SITE, bucket: str | None = None) -> tuple[int, str] | str:
    choice = Choice(part=part, bucket=bucket, value="093", meaning=meaning)
    reference = a_reference(groups=SCHOOLS, roles={1: "Learner", 2: "Boss", 3: "BOSS"})
    found = meant(choice, a_mapping(), reference)
    return found.words if isinstance(found, Unfit) else found


@pytest.mark.parametrize("meaning", ["Lincoln High", " lincoln high ", "402", "Lincoln High (402)"])
def test_a_name_an_id_or_both_mean_what_they_say(meaning: str) -> None:
    assert said(meaning) == (HIGH, "Lincoln High")


def test_a_name_with_brackets_is_a_name() -> None:
    assert said("Harbor (West)") == said("Harbor (West) (501)") == (501, "Harbor (West)")


@pytest.mark.parametrize("meaning", ["", "Nowhere", "999", "Lincoln High (", str(DISTRICT)])
def test_what_is_not_there_is_not_taken(meaning: str) -> None:
    assert "no such thing" in str(said(meaning))


def test_a_name_that_stands_twice_needs_its_id_and_a_role_has_no_other_name() -> None:
    assert said("Twin") == "Twin stands 2 times in ASCIP. Give its id: 502, 503."
    assert said("twin (503)") == (503, "twin")
    assert "roles are known by name" in str(said("2", Part.ROLE))
    assert said("learner", Part.ROLE) == (1, "Learner")


def test_a_value_of_a_bucket_means_one_of_that_bucket_s_values() -> None:
    assert said("Clerk", Part.BUCKET, "Job Class") == (CLERK, "Clerk")
    assert "no such thing" in str(said("Clerk", Part.BUCKET, "Other"))
    assert meanings(Part.TIMEZONE, None, a_mapping(), a_reference()) == {}
