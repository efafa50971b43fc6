"""The committed extracts of each profile, read under its rules, without a run."""

import io
from functools import partial
from typing import Any

import pytest

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.declared import declared
from shared.domain.feeds.profiles import PROFILES, ProfileName
from shared.domain.policy import RowsPerPerson, StaffPolicy
from shared.domain.staff_result import Validated
from shared.domain.staff_validation import check_file
from shared.pipeline.read_staff import staff_dialect, staff_headers, staff_rules
from tests.fakes import profile_extracts as story

DECLARED: dict[ProfileName, dict[str, Any]] = {
    ProfileName.AERIES_STF: {"encoding": "cp1252"},
    ProfileName.ESCAPE: {"delimiter": "\t", "rows_per_person": RowsPerPerson.MERGE},
    ProfileName.MS_SDS: {
        "rows_per_person": RowsPerPerson.MERGE,
        "derive": {"work_email": "{username}@lincoln.example"},
    },
}
RULED = [
    (name, column)
    for name, profile in PROFILES.items()
    for column in sorted({*profile.exclude, *profile.inactive})
]


def read(profile: ProfileName, content: bytes, **own: Any) -> Validated:
    """The rows as a run would judge them."""
    staff = StaffPolicy(profile=profile, **DECLARED.get(profile, {}) | own)
    extract = ExtractReader().open(
        partial(io.BytesIO, content), staff_dialect(staff), staff_headers(staff, ())
    )
    return check_file(extract.records(), staff_rules(staff, extract.columns))


@pytest.mark.parametrize("profile", ProfileName)
def test_the_committed_file_is_the_generator_s(profile: ProfileName) -> None:
    """Run `python -m tests.fakes.profile_extracts` to write it."""
    assert story.path_of(profile).read_bytes() == story.extract(profile)


@pytest.mark.parametrize("profile", ProfileName)
def test_what_must_not_be_kept_is_in_the_file_and_not_in_the_records(profile: ProfileName) -> None:
    content = story.extract(profile)
    kept = str([*read(profile, content).accepted])
    for private in ("P@ssw0rd", "(530) 555", "530555", "/17/19", "{LDAP:"):
        assert private not in kept


@pytest.mark.parametrize(("profile", "column"), RULED)
def test_without_its_column_a_rule_never_falls_silent(profile: ProfileName, column: str) -> None:
    """The file is refused, or it is a column that a sound file may lack and only leavers have."""
    words = PROFILES[profile].headers[column]
    content = story.extract(profile)
    for word in words:
        content = content.replace(word.encode(), b"Shoe size", 1)
    if column in PROFILES[profile].optional:
        assert read(profile, content).counts.accepted > 0
        return
    with pytest.raises(InputInvalid, match=column) as refused:
        read(profile, content)
    assert refused.value.code == "missing_header"


def test_users_of_oneroster_1_2_are_refused_because_nothing_tells_students_from_staff() -> None:
    """There `role` and `orgSourcedIds` are in roles.csv."""
    header = (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
        "identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,"
        "resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,"
        "primaryOrgSourcedId,pronouns"
    )
    row = "u1,,,true,alee,,Ann,Lee,,,alee@lincoln.example,,,,,,,,,,,org-10,"
    with pytest.raises(InputInvalid, match="missing: person_type"):
        read(ProfileName.ONEROSTER, f"{header}\n{row}\n".encode())
    (joined,) = read(ProfileName.ONEROSTER, f"{header},role\n{row},teacher\n".encode()).accepted
    assert joined.site_codes == ("org-10",)


def test_sites_in_one_cell_are_one_person_s_sites() -> None:
    accepted = read(ProfileName.ONEROSTER, story.extract(ProfileName.ONEROSTER)).accepted
    several = [record.site_codes for record in accepted if len(record.site_codes) > 1]
    assert len(several) == 1
    assert declared(StaffPolicy(profile=ProfileName.ONEROSTER)).site_separator == ","


def test_users_of_school_data_sync_v2_fit_oneroster_once_the_address_is_derived() -> None:
    """The header and two people of Microsoft's sample."""
    content = (
        b"sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade\n"
        b"13001,10001,Ora,Klein,Oklein@school.example,P@ssword123,Student,6\n"
        b"14001,10001,Jack,Craig,jcraig@school.example,P@ssword123,Teacher,\n"
    )
    found = read(
        ProfileName.ONEROSTER,
        content,
        derive={"work_email": "{username}"},
        inactive={"enabled": ()},
    )
    assert [record.work_email for record in found.accepted] == ["jcraig@school.example"]
    assert found.counts.excluded == 1


def test_the_teachers_of_microsoft_s_sample_are_read() -> None:
    """Twelve rows of the sample files, as they were published."""
    sample = story.FOLDER.parent / "ms-sds" / "Teacher.csv"
    assert read(ProfileName.MS_SDS, sample.read_bytes()).counts.accepted == 12
