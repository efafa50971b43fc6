"""What makes a staff row a record, what quarantines it, and what a whole file adds to that."""

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.staff import COLUMNS
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_fast import fast_row
from shared.domain.staff_validation import (
    Excluded,
    FileCheck,
    Quarantined,
    StaffRules,
    check,
    check_file,
    input_hash,
)
from shared.domain.staff_values import tidied, violations
from shared.domain.violation import RULES, Violation
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

CORE = frozenset(column.name for column in COLUMNS)
PERSON = dict.fromkeys(sorted(CORE), "") | {
    "employee_id": "E1",
    "first_name": "Ann",
    "last_name": "Lee",
    "work_email": "ann@lincoln.example",
    "username": "ann",
    "site_code": "010",
}
Record = SoundRecord | DamagedRecord | BlankRecord
RULES_ = StaffRules(columns=CORE)


def a_row(row: int = 1, **values: str) -> SoundRecord:
    return SoundRecord(row, row + 1, PERSON | values)


def codes(found: object) -> set[tuple[str, str | None]]:
    assert isinstance(found, tuple), found
    return {(violation.code, violation.column) for violation in found}


def test_a_good_row_becomes_a_tidy_record() -> None:
    row = a_row(first_name=" Jose\u0301\u00a0", hire_date="2015-08-01", end_date="2026-06-30 ")
    assert check(row, RULES_) == StaffRecord(
        row=1,
        line=2,
        employee_id="E1",
        first_name="José",
        last_name="Lee",
        work_email="ann@lincoln.example",
        site_codes=("010",),
        username="ann",
        personal_email=None,
        role=None,
        timezone=None,
        hire_date=date(2015, 8, 1),
        end_date=date(2026, 6, 30),
        attributes={},
        inactive=False,
    )


def test_a_record_survives_storage() -> None:
    rules = StaffRules(columns=CORE | {"job_title"})
    record = check(a_row(job_title=" Teacher", hire_date="2015-08-01"), rules)
    assert isinstance(record, StaffRecord)
    assert record.attributes == {"job_title": "Teacher"}
    assert StaffRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize("name", ["O'Brien", '"; DROP', "null", "None", "NaN", "#N/A", "TRUE", "1"])
def test_odd_names_are_names(name: str) -> None:
    record = check(a_row(last_name=name), RULES_)
    assert isinstance(record, StaffRecord)
    assert record.last_name == name


def test_a_line_break_in_a_name_is_kept() -> None:
    assert isinstance(check(a_row(first_name="Ann\r\nMarie"), RULES_), StaffRecord)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("employee_id", " ", "missing_value"),
        ("site_code", "", "missing_value"),
        ("work_email", "ann", "invalid_email"),
        ("work_email", "ann@lincoln", "invalid_email"),
        ("work_email", "a nn@lincoln.example", "invalid_email"),
        ("work_email", "ann.@lincoln.example", "invalid_email"),
        ("work_email", "ann@-lincoln.example", "invalid_email"),
        ("work_email", "ann@lincoln.example, bo@lincoln.example", "invalid_email"),
        ("work_email", "\u0430nn@lincoln.example", "non_ascii_localpart"),
        ("work_email", "a" * 65 + "@lincoln.example", "too_long"),
        ("work_email", "a" * 60 + "@" + "b" * 60 + ".c" * 67, "too_long"),
        ("work_email", "an\u00adn@lincoln.example", "invisible_character"),
        ("work_email", "ann@lin\u200bcoln.example", "invisible_character"),
        ("employee_id", "E\u202e1", "invisible_character"),
        ("site_code", "0\u00a010", "invisible_character"),
        ("username", "an\u2800n", "invisible_character"),
        ("personal_email", "ann", "invalid_email"),
        ("first_name", "x" * 101, "too_long"),
        ("username", "x" * 101, "too_long"),
        ("hire_date", "08/01/2015", "invalid_date"),
        ("hire_date", "2015-02-30", "invalid_date"),
        ("hire_date", "20150801", "invalid_date"),
        ("end_date", "0206-06-30", "invalid_date"),
        ("end_date", "########", "excel_damage"),
        ("employee_id", "1.23E+05", "excel_damage"),
        ("employee_id", "1E+05", "excel_damage"),
        ("employee_id", "14001.0", "excel_damage"),
        ("employee_id", "########", "excel_damage"),
        ("employee_id", "Jul-64", "excel_damage"),
        ("employee_id", "5-Jan", "excel_damage"),
        ("employee_id", "2026-01-05", "excel_damage"),
        ("employee_id", "1/5/2026", "excel_damage"),
        ("employee_id", "#REF!", "excel_damage"),
        ("employee_id", '="010"', "excel_damage"),
        ("site_code", "2026-01-05", "excel_damage"),
        ("first_name", "A\x00nn", "control_character"),
        ("employee_id", "E\n1", "control_character"),
        ("first_name", "Pe\ufffda", "encoding"),
    ],
)
def test_a_wrong_value_is_named_with_its_column(column: str, value: str, code: str) -> None:
    found = check(SoundRecord(1, 2, PERSON | {column: value}), RULES_)
    assert (code, column) in codes(found)
    assert code in RULES
    assert not value.strip() or value not in repr(found)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("employee_id", "007"),
        ("employee_id", "12E4"),
        ("employee_id", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("employee_id", "CA-0012"),
        ("work_email", "o'brien+x@mail.lincoln-usd.k12.ca.us"),
        ("work_email", "a" * 64 + "@lincoln.example"),
        ("first_name", "x" * 100),
        ("first_name", "\u05d0\u202e\u05d1"),
        ("hire_date", "2024-02-29"),
    ],
)
def test_a_rare_value_is_right(column: str, value: str) -> None:
    assert isinstance(check(SoundRecord(1, 2, PERSON | {column: value}), RULES_), StaffRecord)


def test_all_violations_of_a_row_are_reported() -> None:
    found = check(a_row(first_name="", work_email="x", hire_date="soon", site_code="1E+05"), RULES_)
    assert codes(found) == {
        ("missing_value", "first_name"),
        ("invalid_email", "work_email"),
        ("invalid_date", "hire_date"),
        ("excel_damage", "site_code"),
    }


def test_a_row_of_commas_names_nobody() -> None:
    empty = SoundRecord(1, 2, dict.fromkeys(CORE, ""))
    assert codes(check(empty, RULES_)) == {("empty_identity", None)}


def test_the_declared_date_format_is_used() -> None:
    rules = StaffRules(columns=CORE, date_format="%m/%d/%Y")
    record = check(a_row(hire_date="08/01/2015"), rules)
    assert isinstance(record, StaffRecord)
    assert record.hire_date == date(2015, 8, 1)
    assert codes(check(a_row(hire_date="2015-08-01"), rules)) == {("invalid_date", "hire_date")}


class TestTemplates:
    def test_a_missing_column_is_made_of_others(self) -> None:
        rules = StaffRules(
            columns=CORE - {"work_email"}, derive={"work_email": "{username}@lincoln.example"}
        )
        values = {k: v for k, v in PERSON.items() if k != "work_email"} | {"username": " ann "}
        record = check(SoundRecord(1, 2, values), rules)
        assert isinstance(record, StaffRecord)
        assert record.work_email == "ann@lincoln.example"
        blank = check(SoundRecord(1, 2, values | {"username": ""}), rules)
        assert codes(blank) == {("missing_value", "work_email")}

    def test_a_column_the_file_has_is_not_made(self) -> None:
        rules = StaffRules(columns=CORE, derive={"work_email": "{username}@lincoln.example"})
        assert codes(check(a_row(work_email=""), rules)) == {("missing_value", "work_email")}

    @pytest.mark.parametrize(
        "template",
        ["{username.__class__}@x", "{{7*7}}", "{0}", "{username!r}", "{username:>9}", "{", "plain"],
    )
    def test_a_template_that_is_more_than_columns_is_refused(self, template: str) -> None:
        with pytest.raises(ConfigInvalid):
            StaffRules(columns=frozenset(), derive={"work_email": template})


class TestDeclaredValues:
    RULES = StaffRules(
        columns=CORE | {"employee_type", "status"},
        exclude={"employee_type": ["Student Worker"], "elsewhere": ["x"]},
        inactive={"status": ["T"]},
    )

    def test_a_declared_value_excludes_and_keeps_the_identity(self) -> None:
        found = check(a_row(employee_type="student worker ", status="", work_email=""), self.RULES)
        assert isinstance(found, Excluded)
        assert found.identity == StaffIdentity(employee_id="E1", username="ann")

    def test_a_row_to_exclude_that_can_t_be_shielded_is_quarantined(self) -> None:
        found = check(a_row(employee_type="Student Worker", status="", work_email="x@"), self.RULES)
        assert codes(found) == {("invalid_email", "work_email")}

    def test_a_declared_status_means_has_left(self) -> None:
        for status, expected in (("T", True), ("t", True), ("A", False), ("", False)):
            record = check(a_row(employee_type="", status=status), self.RULES)
            assert isinstance(record, StaffRecord)
            assert record.inactive is expected

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({}, StaffIdentity(employee_id="E1", work_email="ann@lincoln.example", username="ann")),
            ({"status": "T"}, None),  # excluded beats inactive
            ({"first_name": "", "site_code": "1E+05", "hire_date": "soon"}, None),  # and broken
            ({"employee_id": "", "username": ""}, StaffIdentity(work_email="ann@lincoln.example")),
        ],
    )
    def test_what_excludes_goes_before_everything_else_wrong_with_a_row(
        self, cells: dict[str, str], expected: StaffIdentity | None
    ) -> None:
        found = check(
            a_row(1, **{"employee_type": "Student Worker", "status": ""} | cells), self.RULES
        )
        assert isinstance(found, Excluded)
        assert (found.column, bool(found.identity)) == ("employee_type", True)
        assert expected is None or found.identity == expected

    @pytest.mark.parametrize(
        ("cells", "named"),
        [
            (
                {"employee_id": "1E+05"},
                StaffIdentity(work_email="ann@lincoln.example", username="ann"),
            ),
            (
                {"username": "a\u202enn"},
                StaffIdentity(employee_id="E1", work_email="ann@lincoln.example"),
            ),
        ],
    )
    def test_but_a_row_with_a_broken_name_is_quarantined_and_shields_by_the_others(
        self, cells: dict[str, str], named: StaffIdentity
    ) -> None:
        row = a_row(1, **{"employee_type": "Student Worker", "status": "T"} | cells)
        result = check_file([row], self.RULES)
        assert result.excluded == ()
        assert [found.identity for found in result.quarantined] == [named]

    def test_rules_without_their_column_are_named(self) -> None:
        assert self.RULES.without_column == ("elsewhere",)


TEXT = st.one_of(
    st.text(max_size=12),
    st.text("aB19 -_.@+/#é\u00a0\u0301\n", max_size=12),
    st.from_regex(r"[a-z]{1,5}@[a-z.-]{1,9}\.(ca|us)", fullmatch=True),
    st.dates().map(str),
    st.sampled_from([*PERSON.values(), "1.2E+05", "Jul-64", "####", "x" * 101, "1/5/2026"]),
)


@given(st.fixed_dictionaries(dict.fromkeys((*sorted(CORE), "job"), TEXT)))
@settings(max_examples=600, deadline=None)
def test_what_the_quick_check_accepts_the_careful_one_accepts_unchanged(
    values: dict[str, str],
) -> None:
    rules = StaffRules(columns=CORE | {"job"})
    quick = fast_row(rules)
    assert quick is not None
    for column, value in values.items():
        row = PERSON | {"job": ""} | {column: value}
        if quick.record(1, 2, row) is not None:
            assert tidied(row, rules) == row
            assert not violations(row, rules)


def files() -> st.SearchStrategy[list[SoundRecord]]:
    row = st.builds(
        lambda number, name, mail: {"employee_id": number, "first_name": name, "work_email": mail},
        st.sampled_from(["E1", "e1", "E2", "E3", ""]),
        st.sampled_from(["Ann", "Bo", ""]),
        st.sampled_from(["a@x.example", "b@x.example", "wrong"]),
    )
    return st.lists(row, max_size=8).map(
        lambda rows: [a_row(at, **values) for at, values in enumerate(rows, 1)]
    )


def shuffled(rows: list[SoundRecord], seed: int) -> list[SoundRecord]:
    order = random.Random(seed).sample(rows, len(rows))
    return [SoundRecord(at, at + 1, r.values) for at, r in enumerate(order, 1)]


class TestFile:
    def test_identical_rows_are_one(self) -> None:
        result = check_file([a_row(1), a_row(2), a_row(3)], RULES_)
        assert [r.row for r in result.accepted] == [1]
        assert result.counts.duplicate == 2
        assert result.counts.balanced

    @pytest.mark.parametrize("other", [{"first_name": "Bo"}, {"employee_id": "e1"}])
    def test_one_id_with_different_values_is_a_conflict_for_all(
        self, other: dict[str, str]
    ) -> None:
        rows = [a_row(1), a_row(2), a_row(3, **other), a_row(4, employee_id="E9")]
        result = check_file(rows, RULES_)
        assert [r.employee_id for r in result.accepted] == ["E9"]
        assert [(q.row, q.violations[0].code) for q in result.quarantined] == [
            (1, "conflict"),
            (2, "conflict"),
            (3, "conflict"),
        ]
        assert result.counts.balanced
        assert result.unidentified == 0

    def test_a_broken_row_contradicts_a_good_one_of_the_same_id(self) -> None:
        result = check_file([a_row(1), a_row(2, work_email="wrong")], RULES_)
        assert result.accepted == ()
        assert [[v.code for v in q.violations] for q in result.quarantined] == [
            ["conflict"],
            ["invalid_email", "conflict"],
        ]

    def test_every_kind_of_record_is_counted(self) -> None:
        rules = StaffRules(columns=CORE, exclude={"role": ["Student"]})
        damaged = DamagedRecord(5, 6, 7, (Violation("width", None, "9"),), b"E7;x")
        records: list[Record] = [
            a_row(1), BlankRecord(2, 3), a_row(3, employee_id="E3", role="Student"), a_row(4), damaged,
            a_row(6, employee_id="E6", first_name=""),
        ]  # fmt: skip
        result = check_file(records, rules)
        counts = result.counts
        assert (counts.rows_in, counts.accepted, counts.blank) == (6, 1, 1)
        assert (counts.duplicate, counts.excluded, counts.quarantined) == (1, 1, 2)
        assert counts.balanced
        region, row = result.quarantined
        assert (region.raw, region.line, region.last_line) == (b"E7;x", 6, 7)
        assert row.identity.employee_id == "E6"
        assert b"ann@lincoln.example" in row.raw
        assert result.unidentified == 1

    def test_a_damaged_record_that_splits_tells_all_that_is_wrong_with_it(self) -> None:
        """What the reader says of the line, in the column where the rules find it; then the rest."""
        values = PERSON | {"first_name": "A\ufffd", "work_email": "wrong", "last_name": ""}
        damaged = DamagedRecord(
            1, 2, 2, (Violation("encoding", None, "byte 0xE9 at offset 7"),), b"", values=values
        )
        (found,) = check_file([damaged], RULES_).quarantined
        assert [(v.column, v.code) for v in found.violations] == [
            ("first_name", "encoding"), ("last_name", "missing_value"), ("work_email", "invalid_email"),
        ]  # fmt: skip
        assert found.violations[0].detail == "byte 0xE9 at offset 7"

    def test_what_a_reader_says_of_a_column_is_not_told_twice(self) -> None:
        values = {name: text for name, text in PERSON.items() if name != "employee_id"}
        damaged = DamagedRecord(
            1, 2, 2, (Violation("excel_damage", "employee_id", "a power"),), b"", values=values
        )
        (found,) = check_file([damaged], RULES_).quarantined
        assert [v.code for v in found.violations] == ["excel_damage"]

    @pytest.mark.parametrize(
        ("values", "partly"),
        [
            ({"first_name": ""}, False),
            ({"work_email": ""}, True),
            ({"employee_id": "1.23E+05"}, True),
            ({"username": "a\u200bnn"}, True),
            ({"personal_email": "wrong"}, True),
            ({"work_email": "", "employee_id": "", "username": ""}, False),
        ],
    )
    def test_a_row_without_one_of_its_names_is_partly_named(
        self, values: dict[str, str], partly: bool
    ) -> None:
        (found,) = check_file([a_row(1, **values)], RULES_).quarantined
        assert found.partly_named is partly

    def test_a_damaged_record_that_splits_is_identified_by_its_sound_values(self) -> None:
        values = PERSON | {"first_name": "A\0", "work_email": "a\ufffd@x.example"}
        damaged = DamagedRecord(
            1, 2, 2, (Violation("control_character", None, ""),), b"", values=values
        )
        result = check_file([damaged], RULES_)
        assert result.quarantined[0].identity == StaffIdentity(employee_id="E1", username="ann")
        assert result.unidentified == 0

    @given(files(), st.integers())
    @settings(max_examples=200, deadline=None)
    def test_the_result_does_not_depend_on_the_order_of_rows(
        self, rows: list[SoundRecord], seed: int
    ) -> None:
        one, other = check_file(rows, RULES_), check_file(shuffled(rows, seed), RULES_)
        assert one.counts == other.counts
        assert one.counts.balanced
        assert one.unidentified == other.unidentified
        assert input_hash(one) == input_hash(other)

        def told(found: tuple[Quarantined, ...]) -> list[str]:
            return sorted(repr((sorted(v.code for v in q.violations), q.raw)) for q in found)

        assert told(one.quarantined) == told(other.quarantined)

    def test_rows_repeated_before_the_contradiction_say_what_the_first_says(self) -> None:
        result = check_file([a_row(1), a_row(2), a_row(3, first_name="Bo")], RULES_)
        first, repeated, _ = result.quarantined
        assert (repeated.row, repeated.line, repeated.last_line) == (2, 3, 3)
        assert (repeated.values, repeated.raw) == (first.values, first.raw)
        assert repeated.identity == first.identity

    def test_a_stream_learns_of_conflicts_at_its_end(self) -> None:
        file = FileCheck(RULES_)
        first = file.take(a_row(1))
        assert isinstance(first, StaffRecord)
        assert file.take(a_row(2)) is None
        assert isinstance(file.take(a_row(3, first_name="Bo")), Quarantined)
        conflicts = file.finish()
        assert conflicts.concern(first.employee_id)
        assert [q.row for q in conflicts.late] == [2]
        assert (file.counts.accepted, file.counts.quarantined, file.counts.duplicate) == (0, 3, 0)


class TestInputHash:
    def test_it_sees_each_value_and_each_quarantined_row(self) -> None:
        files: list[list[Record]] = [
            [a_row(1)],
            [a_row(1, last_name="Fox")],
            [a_row(1), a_row(2, employee_id="")],
            [a_row(1), a_row(2, employee_id="", last_name="Fox")],
            [a_row(1), DamagedRecord(2, 3, 3, (Violation("width", None, ""),), b"x")],
            [a_row(1), DamagedRecord(2, 3, 3, (Violation("width", None, ""),), b"y")],
        ]
        assert len({input_hash(check_file(records, RULES_)) for records in files}) == len(files)

    def test_it_does_not_see_blank_lines_duplicates_and_the_order_of_columns(self) -> None:
        turned = SoundRecord(3, 9, dict(reversed(PERSON.items())))
        usual = check_file([a_row(1)], RULES_)
        assert input_hash(usual) == input_hash(check_file([turned], RULES_))
        more = check_file([a_row(1), BlankRecord(2, 3), a_row(3)], RULES_)
        assert input_hash(usual) == input_hash(more)
