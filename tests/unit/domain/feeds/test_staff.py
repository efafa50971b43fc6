"""The staff feed's columns."""

from shared.domain.feeds.staff import COLUMNS, CORE, FEED, LONGEST, header_dictionary

REQUIRED = {"employee_id", "first_name", "last_name", "work_email", "site_code"}


def test_columns_are_those_of_the_design() -> None:
    assert FEED == "staff"
    assert {column.name for column in COLUMNS} == CORE == REQUIRED | {
        "username", "personal_email", "role", "timezone", "hire_date", "end_date",
    }  # fmt: skip
    assert {column.name for column in COLUMNS if column.required} == REQUIRED
    assert [column.name for column in COLUMNS if not column.logged] == ["personal_email"]


def test_the_longest_values_are_those_the_lms_takes() -> None:
    assert LONGEST == {
        "work_email": 254, "personal_email": 254, "username": 100, "first_name": 100,
        "last_name": 100,
    }  # fmt: skip


def test_the_dictionary_knows_the_feed_and_what_somebody_mapped() -> None:
    dictionary = header_dictionary(["job_title"], {"status": ["Employment Status"]})
    assert dictionary.required == REQUIRED
    assert dictionary.canonical_name("Job Title") == "job_title"
    assert dictionary.canonical_name("Employment Status") == "status"
    assert dictionary.canonical_name("Shoe Size") is None


def test_a_column_that_is_derived_need_not_be_in_the_file() -> None:
    dictionary = header_dictionary([], {}, derived=["work_email"])
    assert dictionary.required == REQUIRED - {"work_email"}
    assert dictionary.canonical_name("work_email") == "work_email"


def test_a_mapped_core_column_stays_what_it_is() -> None:
    assert header_dictionary(["site_code"], {}).columns["site_code"].required


def test_a_column_a_rule_looks_at_is_required() -> None:
    """Without it the rule would fall silent, and who isn't ours would be added."""
    dictionary = header_dictionary([], {}, ruled=["employee_type", "role"])
    assert dictionary.required == REQUIRED | {"employee_type", "role"}
    derived = header_dictionary([], {}, derived=["username"], ruled=["username"])
    assert derived.required == REQUIRED
