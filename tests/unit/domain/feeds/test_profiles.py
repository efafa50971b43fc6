"""The ready profiles: what they know, what they never take, what a file must have."""

import pytest

from shared.domain.feeds.dictionary import normalized_header
from shared.domain.feeds.profiles import PROFILES, Profile, ProfileName
from shared.domain.feeds.staff import CORE
from shared.domain.policy import StaffPolicy
from shared.pipeline.read_staff import staff_headers

#: Real headers of these systems that hold what nobody needs to know.
PRIVATE = (
    "BD", "BirthDate", "AD", "CY", "ZC", "CP", "HomePhone", "HomePhoneMobile", "SSN", "Password",
    "password", "sms", "phone", "grades", "dateLastModified", "MN", "LLN", "userIds",
)  # fmt: skip
NAMES = {"employee_id", "first_name", "last_name", "work_email", "site_code"}


def required(profile: ProfileName, **declared: object) -> frozenset[str]:
    """What a file must have."""
    return staff_headers(StaffPolicy(profile=profile, **declared), ()).required  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize("profile", ProfileName)
def test_there_is_a_table_for_each_name(profile: ProfileName) -> None:
    assert isinstance(PROFILES[profile], Profile)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_no_spelling_means_two_columns(profile: Profile) -> None:
    spellings = [normalized_header(s) for words in profile.headers.values() for s in words]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_rules_look_at_columns_the_profile_can_find(profile: Profile) -> None:
    assert {*profile.exclude, *profile.inactive} <= {*profile.headers}
    assert profile.optional <= {*profile.inactive}, (
        "who isn't ours is never told by an optional column"
    )


@pytest.mark.parametrize("profile", ProfileName)
@pytest.mark.parametrize("header", PRIVATE)
def test_what_nobody_needs_is_dropped(profile: ProfileName, header: str) -> None:
    headers = staff_headers(StaffPolicy(profile=profile), PROFILES[profile].headers)
    assert headers.canonical_name(header) is None


@pytest.mark.parametrize(
    ("profile", "needs"),
    [
        (ProfileName.CANONICAL, NAMES),
        (ProfileName.AERIES_STF, NAMES | {"status"}),
        (ProfileName.ESCAPE, NAMES | {"status", "person_type"}),
        (ProfileName.ONEROSTER, NAMES | {"person_type", "enabled"}),
        (ProfileName.MS_SDS, NAMES - {"work_email"}),
    ],
)
def test_a_file_must_have_what_tells_who_is_ours(profile: ProfileName, needs: set[str]) -> None:
    """And may lack what a sound file of its kind lacks: DEL, a status in bulk, Status."""
    assert required(profile) == needs


def test_a_rule_of_the_district_makes_its_column_required() -> None:
    assert "deleted" not in required(ProfileName.AERIES_STF)
    assert "deleted" in required(ProfileName.AERIES_STF, inactive={"deleted": ("1",)})
    assert "status" in required(ProfileName.MS_SDS, exclude={"status": ("Volunteer",)})


def test_a_rule_that_is_switched_off_needs_no_column() -> None:
    assert (
        required(ProfileName.ONEROSTER, exclude={"person_type": ()}, inactive={"enabled": ()})
        == NAMES
    )


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_role_in_the_lms_and_a_time_zone_come_only_from_columns_of_these_names(
    profile: Profile,
) -> None:
    """OneRoster's `role` says teacher or student; it must not give anybody a role in the LMS."""
    assert not {"role", "timezone"} & {*profile.headers}
    headers = staff_headers(StaffPolicy(profile=ProfileName.ONEROSTER), ())
    assert headers.canonical_name("role") == "person_type"


def test_columns_that_neither_rule_nor_mapping_names_are_not_kept() -> None:
    headers = staff_headers(StaffPolicy(profile=ProfileName.ESCAPE), ())
    assert headers.canonical_name("JobClassDescr") is None
    assert {*headers.columns} == CORE | {"person_type", "status"}
    assert (
        staff_headers(StaffPolicy(profile=ProfileName.ESCAPE), ["job_title"]).canonical_name(
            "JobClassDescr"
        )
        == "job_title"
    )
