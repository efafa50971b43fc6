"""Which headers mean which column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.dictionary import Column, HeaderDictionary, normalized_header

EMAIL = Column(name="work_email", meaning="address", required=True)
SITE = Column(name="site_code", meaning="site")


@pytest.mark.parametrize(
    "header",
    ["work_email", "Work Email", "WORK-EMAIL", "\ufeffwork_email", " work.email ", "Work\u00a0E-mail",
     "\uff37ork_email"],
)  # fmt: skip
def test_spellings_that_a_person_would_call_the_same_are(header: str) -> None:
    assert HeaderDictionary([EMAIL]).canonical_name(header) == "work_email"


@pytest.mark.parametrize("header", ["", "email", "work_email_2", "e", "workmail"])
def test_others_are_not(header: str) -> None:
    assert HeaderDictionary([EMAIL]).canonical_name(header) is None


@given(st.text())
def test_normal_forms_are_normal(header: str) -> None:
    assert normalized_header(normalized_header(header)) == normalized_header(header)


def test_a_configuration_teaches_further_spellings() -> None:
    dictionary = HeaderDictionary([EMAIL, SITE], {"site_code": ["School Code", "Campus"]})
    assert dictionary.canonical_name("SCHOOL_CODE") == "site_code"
    assert dictionary.canonical_name("campus") == "site_code"
    assert dictionary.canonical_name("site code") == "site_code"


def test_a_spelling_said_twice_of_one_column_is_no_harm() -> None:
    dictionary = HeaderDictionary([SITE], {"site_code": ["Site Code", "site_code", "Campus"]})
    assert dictionary.canonical_name("campus") == "site_code"


@pytest.mark.parametrize(
    "spellings", [{"site_code": ["Work E-Mail"]}, {"site_code": ["X"], "work_email": ["x"]}]
)
def test_one_spelling_can_not_mean_two_columns(spellings: dict[str, list[str]]) -> None:
    with pytest.raises(ConfigInvalid, match="is declared for both") as refused:
        HeaderDictionary([EMAIL, SITE], spellings)
    assert "Nothing was started." in str(refused.value)


def test_required_columns_are_known_by_name() -> None:
    assert HeaderDictionary([EMAIL, SITE]).required == {"work_email"}


def test_spellings_of_a_profile_go_before_names_and_behind_what_is_declared() -> None:
    """OneRoster's `role` is who somebody is, no role in the LMS; unless the district says so."""
    columns = [Column(name=name, meaning="") for name in ("role", "person_type", "status")]
    ready = {"person_type": ["Role", "Kind"]}
    assert HeaderDictionary(columns, {}, ready).canonical_name("role") == "person_type"
    assert HeaderDictionary(columns, {}, ready).canonical_name("status") == "status"
    declared = HeaderDictionary(columns, {"role": ["role"]}, ready)
    assert declared.canonical_name("ROLE") == "role"
    assert declared.canonical_name("kind") == "person_type"


def test_a_column_declared_without_a_spelling_is_not_read() -> None:
    """A login that the LMS gives by itself is left alone, although the file has one."""
    dictionary = HeaderDictionary([EMAIL, SITE], {"site_code": []})
    assert dictionary.canonical_name("site_code") is None
    assert dictionary.canonical_name("work_email") == "work_email"
