"""What rules say of a value, and which sites a cell names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.feeds.profiles import ANY
from shared.domain.staff import StaffRecord
from shared.domain.staff_fast import fast_row
from shared.domain.staff_validation import StaffRules, check
from shared.domain.staff_values import tidied
from tests.unit.domain.test_staff_validation import CORE, a_row, codes

TAGGED = StaffRules(columns=CORE | {"status"}, inactive={"status": (ANY,)})
SEVERAL = StaffRules(columns=CORE, site_separator=",")


@pytest.mark.parametrize(
    ("status", "left"), [("", False), (" \u00a0", False), ("I", True), ("*", True), ("0", True)]
)
def test_a_star_is_any_value_but_a_blank_one(status: str, left: bool) -> None:  # a table
    record = check(a_row(status=status), TAGGED)
    assert isinstance(record, StaffRecord)
    assert record.inactive is left


def test_a_blank_value_is_excluded_where_a_rule_names_it() -> None:
    rules = StaffRules(columns=CORE | {"person_type"}, exclude={"person_type": ("student", "")})
    assert not isinstance(check(a_row(person_type=" "), rules), StaffRecord)
    assert isinstance(check(a_row(person_type="teacher"), rules), StaffRecord)


@pytest.mark.parametrize(
    ("cell", "sites"),
    [
        ("010", ("010",)),
        ("020,010", ("010", "020")),
        (" 020 , 010,\u00a0020,", ("010", "020")),
        (",".join(f"{n:036}" for n in range(9)), tuple(f"{n:036}" for n in range(9))),
    ],
)
def test_a_cell_names_each_site_once_in_order(cell: str, sites: tuple[str, ...]) -> None:
    """Nine GUIDs are longer than any single id may be."""
    record = check(a_row(site_code=cell), SEVERAL)
    assert isinstance(record, StaffRecord)
    assert record.site_codes == sites


@pytest.mark.parametrize(
    ("cell", "code"),
    [(",", "missing_value"), ("010,1.23E+05", "excel_damage"), ("010," + "9" * 101, "too_long")],
)
def test_every_part_of_a_cell_is_judged(cell: str, code: str) -> None:
    assert codes(check(a_row(site_code=cell), SEVERAL)) == {(code, "site_code")}


def test_without_a_separator_a_comma_is_part_of_the_code() -> None:
    record = check(a_row(site_code="010,020"), StaffRules(columns=CORE))
    assert isinstance(record, StaffRecord)
    assert record.site_codes == ("010,020",)


@given(st.text("01a,;|/ -_", max_size=12), st.sampled_from([",", ";", "|", "/"]))
def test_the_quick_check_never_takes_several_sites_for_one(cell: str, separator: str) -> None:
    """Whatever it takes, the careful one splits in the same way."""
    rules = StaffRules(columns=CORE, site_separator=separator)
    quick = fast_row(rules)
    assert quick is not None
    row = a_row(site_code=cell)
    record = quick.record(1, 2, row.values)
    if record is not None:
        assert separator not in cell
        assert record.site_codes == (tidied(row.values, rules)["site_code"],)
