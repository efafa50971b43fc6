"""What a district declares over a profile: what is replaced, what is added, what is refused."""

from typing import Any

import pytest

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.declared import declared, faults
from shared.domain.feeds.profiles import PROFILES, ProfileName
from shared.domain.policy import RemovalPolicy, StaffPolicy
from shared.pipeline.read_staff import staff_headers, staff_rules

ESCAPE, ONEROSTER, SDS = ProfileName.ESCAPE, ProfileName.ONEROSTER, ProfileName.MS_SDS


def headers(profile: ProfileName, **spellings: tuple[str, ...]) -> Any:
    """How headers are understood."""
    return staff_headers(StaffPolicy(profile=profile, headers=spellings), ()).canonical_name


@pytest.mark.parametrize("profile", ProfileName)
def test_without_a_word_the_profile_holds(profile: ProfileName) -> None:
    assert declared(StaffPolicy(profile=profile)) == PROFILES[profile]


def test_spellings_replace_those_of_the_profile() -> None:
    named = headers(SDS, employee_id=("Teacher Number",))
    assert named("Teacher Number") == "employee_id"
    assert named("SIS ID") is None
    assert named("First Name") == "first_name"


def test_a_header_the_district_names_is_taken_from_the_column_of_the_profile() -> None:
    assert headers(ONEROSTER, role=("role",))("role") == "role"


def test_a_template_replaces_that_of_the_profile() -> None:
    own = {"work_email": "{username}@lincoln.example"}
    assert declared(StaffPolicy(profile=SDS, derive=own)).derive == own


def test_values_of_a_rule_are_added_so_that_none_is_lost_by_accident() -> None:
    staff = StaffPolicy(profile=ESCAPE, exclude={"person_type": ("4",), "status": ("W",)})
    assert declared(staff).exclude == {"person_type": ("6", "4"), "status": ("W",)}
    assert declared(staff).inactive == {"status": ("I",)}


def test_an_empty_list_switches_a_rule_off() -> None:
    staff = StaffPolicy(profile=ONEROSTER, inactive={"enabled": ()})
    assert declared(staff).inactive == {"status": ("tobedeleted",)}


def test_mode_dates_and_separator_are_the_profile_s_if_nothing_is_said() -> None:
    assert declared(StaffPolicy()).mode == "full"
    assert declared(StaffPolicy(profile=ESCAPE)).mode == "delta"
    assert declared(StaffPolicy(profile=ONEROSTER, mode="delta")).mode == "delta"
    aeries = StaffPolicy(profile=ProfileName.AERIES_STF)
    assert declared(aeries).date_format == "%m/%d/%Y"
    dotted = StaffPolicy(profile=ProfileName.AERIES_STF, date_format="%d.%m.%Y")
    assert staff_rules(dotted, frozenset()).date_format == "%d.%m.%Y"
    assert declared(StaffPolicy(profile=ONEROSTER, site_separator="")).site_separator == ""
    assert declared(StaffPolicy(site_separator=";")).site_separator == ";"


def test_a_window_of_edits_is_a_full_extract_only_for_who_says_so() -> None:
    staff = StaffPolicy(profile=ESCAPE, mode="full")
    with pytest.raises(ConfigInvalid, match=r"i_have_a_full_extract = true\. Nothing was started"):
        declared(staff)
    assert (
        declared(StaffPolicy(profile=ESCAPE, mode="full", i_have_a_full_extract=True)).mode
        == "full"
    )
    assert declared(StaffPolicy(profile=ESCAPE, i_have_a_full_extract=True)).mode == "delta"


@pytest.mark.parametrize("text", ["%m/%d/%Y", "%d.%m.%y", "%Y%m%d", "%d-%b-%Y"])
def test_a_date_format_says_day_month_and_year(text: str) -> None:
    assert not [*faults(StaffPolicy(date_format=text))]


@pytest.mark.parametrize("text", ["", "MM/DD/YYYY", "%m/%Y", "%d.%m.", "%Y-%m-%d %Q", "%"])
def test_a_date_format_that_does_not_is_refused(text: str) -> None:
    ((key, what),) = faults(StaffPolicy(date_format=text))
    assert key == "staff.date_format"
    assert "%m/%d/%Y" in what


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False), (3650, False), (3651, True)])
def test_days_of_grace_are_a_number_of_days(days: int, refused: bool) -> None:
    found = [*faults(StaffPolicy(removal=RemovalPolicy(grace_days=days)))]
    assert bool(found) is refused
    assert {key for key, _ in found} <= {"staff.removal.grace_days"}
