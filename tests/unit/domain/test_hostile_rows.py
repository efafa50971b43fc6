"""Values that are damaged or look like others, from the row to the plan (cases B32 to B43)."""

from dataclasses import replace

import pytest

from shared.domain.action import HeldReason
from shared.domain.feeds.staff import COLUMNS as FEED_COLUMNS
from shared.domain.mapping import MappedGroup
from shared.domain.planning import build_plan
from shared.domain.staff_validation import StaffRules, check_file
from shared.domain.violation import RULES
from shared.ports.reader import SoundRecord
from tests.fakes.people import (
    MIDDLE,
    a_mapping,
    a_person,
    a_record,
    people,
    plan_inputs,
    records,
)

FILE_RULES = StaffRules(columns=frozenset(c.name for c in FEED_COLUMNS) | {"job_title"})
ROW = dict.fromkeys(sorted(FILE_RULES.columns), "") | {
    "employee_id": "E1", "first_name": "Ann", "last_name": "Lee", "site_code": "010",
    "work_email": "ann@lincoln.example", "username": "ann",
}  # fmt: skip
TAKEN: list[str] = []


def read(*rows: dict[str, str]) -> list[list[str]]:
    """For each row the codes of what is wrong with it."""
    written = [SoundRecord(at, at + 1, ROW | values) for at, values in enumerate(rows, 1)]
    found = check_file(written, FILE_RULES)
    told = {q.row: [v.code for v in q.violations] for q in found.quarantined}
    kept = {record.row for record in found.accepted}
    return [told.get(row.row, TAKEN if row.row in kept else ["duplicate"]) for row in written]


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        pytest.param({}, [TAKEN, ["duplicate"]], id="B32 twice the same"),
        pytest.param({"last_name": "Fox"}, [["conflict"]] * 2, id="B33 other values"),
        pytest.param({"site_code": "020"}, [["conflict"]] * 2, id="B33 another site"),
        pytest.param({"employee_id": "e1"}, [["conflict"]] * 2, id="B33 the id in another case"),
        pytest.param({"first_name": "Ann "}, [["conflict"]] * 2, id="B37 equal after trimming"),
        pytest.param({"employee_id": "01"}, [TAKEN, TAKEN], id="B35 another id"),
    ],
)
def test_two_rows(other: dict[str, str], codes: list[list[str]]) -> None:
    assert read({}, other) == codes


def test_the_remedy_of_a_conflict_names_merging() -> None:
    assert "rows_per_person" in RULES["conflict"].remedy


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        pytest.param("employee_id", "1.23E+05", "excel_damage", id="B36 a power"),
        pytest.param("employee_id", "########", "excel_damage", id="B36 too narrow"),
        pytest.param("employee_id", "2026-01-05", "excel_damage", id="B36 a date"),
        pytest.param("site_code", "Jul-64", "excel_damage", id="B36 a month"),
        pytest.param("hire_date", "########", "excel_damage", id="B36 a date too narrow"),
        pytest.param("job_title", "########", "excel_damage", id="B36 a text too narrow"),
        pytest.param("work_email", "an\u200bn@lincoln.example", "invisible_character", id="B37 ZWSP"),
        pytest.param("work_email", "an\u00a0n@lincoln.example", "invisible_character", id="B37 NBSP"),
        pytest.param("work_email", "an\u00adn@lincoln.example", "invisible_character", id="B37 SHY"),
        pytest.param("work_email", "an n@lincoln.example", "invalid_email", id="B37 a space"),
        pytest.param("work_email", "\u202eann@lincoln.example", "invisible_character", id="B38 email"),
        pytest.param("employee_id", "E\u202e1", "invisible_character", id="B38 id"),
        pytest.param("username", "a\u2066nn", "invisible_character", id="B38 username"),
        pytest.param("work_email", "\u0430nn@lincoln.example", "non_ascii_localpart", id="B39 Cyrillic"),
        pytest.param("work_email", "\uff41nn@lincoln.example", "non_ascii_localpart", id="B39 wide"),
        pytest.param("work_email", "ann@linc\u043eln.example", "invalid_email", id="B39 in the host"),
        pytest.param("first_name", "x" * 101, "too_long", id="B41 101 letters"),
        pytest.param("first_name", "\U0001f600" * 101, "too_long", id="B41 101 emoji"),
        pytest.param("last_name", "x" * 300, "too_long", id="B41 300 letters"),
        pytest.param("job_title", "x" * 501, "too_long", id="B41 501 letters of an attribute"),
    ],
)  # fmt: skip
def test_a_damaged_value_is_quarantined_and_never_mended(
    column: str, value: str, code: str
) -> None:
    (codes,) = read({column: value})
    assert code in codes


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param("work_email", "\u00a0ann@lincoln.example\u200b", id="B37 outside"),
        pytest.param("first_name", "Ann\u00a0Marie", id="B37 in a name"),
        pytest.param("first_name", "\u05d0\u202e\u05d1", id="B38 in a name"),
        pytest.param("first_name", "x" * 100, id="B41 100 letters"),
        pytest.param("first_name", "\U0001f600" * 100, id="B41 100 emoji"),
        pytest.param("job_title", "x" * 500, id="B41 500 letters of an attribute"),
        *(
            pytest.param("last_name", name, id=f"B42 {name}")
            for name in (
                "O'Brien", '"; DROP', "null", "Null", "None", "NaN", "nan", "#N/A", "TRUE", "undefined",
                "Robert'); DROP TABLE record;--", "0", "-", "5-Jan",
            )
        ),
    ],
)  # fmt: skip
def test_an_odd_value_is_a_value(column: str, value: str) -> None:
    assert read({column: value}) == [TAKEN]


# What the plan makes of rows that are sound


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("ann.lee@lincoln.example", id="B34 the same"),
        pytest.param("Ann.LEE@Lincoln.Example", id="B34 case"),
        pytest.param("annlee@lincoln.example", id="B34 dots"),
        pytest.param("ann.lee+2@lincoln.example", id="B34 tag"),
        pytest.param("a.n.n.l.e.e+x+y@LINCOLN.example", id="B34 all at once"),
    ],
)
def test_two_ids_with_one_mailbox_are_both_held(other: str) -> None:
    rows = [
        *records(range(1, 30)),
        a_record(31, work_email="ann.lee@lincoln.example"),
        a_record(32, work_email=other),
    ]
    made = build_plan(plan_inputs(records=rows, people=people(range(1, 30)).values()))
    assert made.actions == ()
    conflict = HeldReason.IDENTITY_CONFLICT
    assert [(h.person_key, h.reason) for h in made.held_rows] == [
        ("E31", conflict),
        ("E32", conflict),
    ]


@pytest.mark.parametrize(
    "other",
    [
        "ann.lea@lincoln.example", "ann.lee@oxford.example", "ann.lee@mail.lincoln.example",
        "ann-lee@lincoln.example", "ann_lee@lincoln.example", "+ann.lee@lincoln.example",
    ],
)  # fmt: skip
def test_two_ids_with_two_mailboxes_are_two_people(other: str) -> None:
    rows = [a_record(31, work_email="ann.lee@lincoln.example"), a_record(32, work_email=other)]
    assert build_plan(plan_inputs(records=rows)).held_rows == ()


def test_leading_zeros_tell_sites_and_ids_apart() -> None:
    """B35: nothing is ever a number."""
    mapping = a_mapping()
    sites = {**mapping.sites, "10": MappedGroup(id=MIDDLE, name="Lincoln Middle")}
    both = replace(mapping, sites=sites)
    made = build_plan(plan_inputs(records=[a_record(1, site_codes=("10",))], mapping=both))
    assert made.actions[0].group_id == MIDDLE
    made = build_plan(plan_inputs(records=[a_record(1, site_codes=("10",))]))
    assert [held.reason for held in made.held_rows] == [HeldReason.UNMAPPED_SITE]
    everybody = [a_person(1, employee_number="0012")]
    made = build_plan(plan_inputs(records=[a_record(1, employee_id="12")], people=everybody))
    assert [held.reason for held in made.held_rows] == [HeldReason.IDENTITY_CONFLICT]


@pytest.mark.parametrize(
    ("written", "there"),
    [
        pytest.param("Jos\u00e9", "Jose\u0301", id="B40 composed and not"),
        pytest.param("\uac00", "\u1100\u1161", id="B40 Hangul"),
        pytest.param("\u212bsa", "\u00c5sa", id="B40 the sign for a letter"),
    ],
)
def test_a_name_in_another_normal_form_is_no_change(written: str, there: str) -> None:
    (row,) = check_file([SoundRecord(1, 2, ROW | {"first_name": written})], FILE_RULES).accepted
    record = a_record(1, first_name=row.first_name)
    made = build_plan(plan_inputs(records=[record], people=[a_person(1, first_name=there)]))
    assert made.actions == ()
