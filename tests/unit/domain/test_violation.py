"""The catalogue of violations: stable codes, a remedy for each, and no value in sight."""

import pytest

from shared.domain.violation import RULES, Violation, ViolationClass, value_class


def test_classes_are_those_of_the_design() -> None:
    assert [c.value for c in ViolationClass] == ["transport", "schema", "policy", "integrity"]


def test_codes_are_stable() -> None:
    """A code is in stored reports: it may be joined by others, never renamed."""
    assert RULES.keys() >= {
        "encoding", "width", "bare_quote", "text_after_quote", "unclosed_quote", "torn_record",
        "control_character", "line_too_long", "repeated_header", "missing_value",
        "empty_identity", "invalid_email", "non_ascii_localpart", "too_long", "invalid_date",
        "excel_damage", "invisible_character", "conflict", "formula_without_value", "merged_cells",
        "before_header", "shifted",
        "second_table", "cut_short",
    }  # fmt: skip
    assert {code for code, rule in RULES.items() if rule.refuses_file} == {
        "empty", "no_rows", "not_text", "missing_header", "duplicate_header", "unsound_header",
        "delimiter_mismatch", "encoding_mismatch", "truncated", "too_large", "changed_while_read",
        "unexpected_header", "several_sheets", "damaged_workbook", "unsafe_workbook",
    }  # fmt: skip


@pytest.mark.parametrize("code", RULES)
def test_every_code_says_what_it_means_and_how_to_mend_it(code: str) -> None:
    rule = RULES[code]
    assert rule.code == code == code.lower()
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.remedy.endswith(".")


@pytest.mark.parametrize(
    ("value", "described"),
    [
        ("", "empty"),
        (" \t", "empty"),
        ("00712", "digits(5)"),
        ("Zo\u00eb", "text(3)"),
        ("12 34", "text(5)"),
        ("\u0663", "digits(1)"),
    ],
)
def test_a_value_is_described_and_not_repeated(value: str, described: str) -> None:
    assert value_class(value) == described


def test_a_violation_is_a_value() -> None:
    one = Violation("too_long", "first_name", "101 characters, at most 100", "text(101)")
    assert one == Violation("too_long", "first_name", "101 characters, at most 100", "text(101)")
    assert len({one, one}) == 1
