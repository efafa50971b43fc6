"""What `inspect` says of a file: every row accounted for, nothing out of a refused file."""

import io
from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from shared.bootstrap_files import spools, tabular_reader
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.policy import FeedPolicy, StaffPolicy
from shared.pipeline.inspect import Declared, Inspected, Spools, Taken, inspect
from shared.pipeline.read_records import dialect, headers, judge_of
from shared.pipeline.read_staff import staff_dialect, staff_headers
from shared.ports.reader import Dialect
from tests.fakes.lab_feed import LAB
from tests.unit.adapters.tabular.extracts import HEADER, lines, person


@pytest.fixture
def kept() -> Iterator[Spools]:
    with spools(rows=True) as made:
        yield made


def by_contract(kept: Spools, text: str, *columns: str) -> Inspected:
    declared = Declared(dialect=Dialect(), headers=HeaderDictionary.exactly(columns))
    return inspect(tabular_reader(), partial(io.BytesIO, text.encode()), declared, kept)


def by_rules(kept: Spools, text: str, staff: StaffPolicy | None = None) -> Inspected:
    staff = staff or StaffPolicy()
    declared = Declared(dialect=staff_dialect(staff), headers=staff_headers(staff, ()), staff=staff)
    return inspect(tabular_reader(), partial(io.BytesIO, text.encode()), declared, kept)


def by_feed(kept: Spools, text: str, policy: FeedPolicy | None = None) -> Inspected:
    """A file of the laboratory's feed: its rules count."""
    policy = policy or FeedPolicy()
    declared = Declared(
        dialect=dialect(LAB, policy), headers=headers(LAB, policy),
        governed=judge_of(LAB, policy, date(2026, 11, 21)),
    )  # fmt: skip
    return inspect(tabular_reader(), partial(io.BytesIO, text.encode()), declared, kept)


def codes(found: Inspected) -> list[tuple[int, int, list[str]]]:
    """Lines and codes of what is quarantined."""
    return [(r.line, r.last_line, [v.code for v in r.violations]) for r in found.quarantined()]


def test_under_a_contract_only_the_reader_judges(kept: Spools) -> None:
    text = 'id,email\n1,no address\n\n2,a@b.example,too much\n1,no address\n"3","x\ny"\n'
    found = by_contract(kept, text, "id", "email")
    same = {"id": "1", "email": "no address"}
    assert [(row.line, row.values) for row in found.accepted()] == [
        (2, same), (5, same), (6, {"id": "3", "email": "x\ny"}),
    ]  # fmt: skip
    assert codes(found) == [(4, 4, ["width"])]
    assert found.counts.rows_in == 5
    assert (found.counts.accepted, found.counts.quarantined, found.counts.blank) == (3, 1, 1)


@pytest.mark.parametrize("header", ["email,id", "id,email,more", "id", "ID,email", "id;email"])
def test_a_contract_is_kept_to_the_letter(kept: Spools, header: str) -> None:
    found = by_contract(kept, f"{header}\n1,2\n", "id", "email")
    assert found.refused is not None
    assert found.counts.rows_in == 0


@pytest.mark.parametrize("columns", [("id", "id"), ("id", "")])
def test_no_file_meets_a_contract_with_a_blank_or_doubled_name(
    kept: Spools, columns: tuple[str, ...]
) -> None:
    found = by_contract(kept, ",".join(columns) + "\n1,2\n", *columns)
    assert found.refused is not None
    assert found.refused.code in ("duplicate_header", "missing_header")


def test_nothing_is_taken_from_a_file_that_is_refused_at_its_end(kept: Spools) -> None:
    text = lines(*map(person, range(5000))) + 'E99,"Ann\n'
    found = by_rules(kept, text)
    assert found.refused is not None
    assert found.refused.code == "truncated"
    assert list(found.accepted()) == []
    assert list(found.quarantined()) == []
    assert found.counts.rows_in == 0


def test_a_feed_s_rules_count(kept: Spools) -> None:
    text = lines(person(1), "E2,,Lee,nobody,010", person(3), person(1), ",,,,")
    found = by_rules(kept, text)
    assert [row.line for row in found.accepted()] == [2, 4]
    assert codes(found) == [
        (3, 3, ["missing_value", "invalid_email"]),
        (6, 6, ["empty_identity"]),
    ]
    assert found.counts.duplicate == 1
    assert found.counts.balanced


def test_values_are_as_written_under_the_feed_s_columns(kept: Spools) -> None:
    header = "E Mail,employee_id,first_name,last_name,site_code,Password"
    staff = StaffPolicy(headers={"work_email": ("E Mail",)})
    row = " Ann@lincoln.example ,007,Ann,Lee,010,secret"
    found = by_rules(kept, lines(row, header=header), staff)
    (accepted,) = found.accepted()
    assert accepted == Taken(
        2,
        {
            "work_email": " Ann@lincoln.example ", "employee_id": "007", "first_name": "Ann",
            "last_name": "Lee", "site_code": "010",
        },
        (),
    )  # fmt: skip
    assert found.dropped == ("Password",)


def test_rows_that_contradict_each_other_are_all_withdrawn_in_file_order(kept: Spools) -> None:
    other = person(1).replace("Ann1", "Bo")
    text = lines(person(1), "E2,x", person(1), person(3), other, person(4))
    found = by_rules(kept, text)
    assert [row.line for row in found.accepted()] == [5, 7]
    assert codes(found) == [
        (2, 2, ["conflict"]), (3, 3, ["width"]), (4, 4, ["conflict"]), (6, 6, ["conflict"]),
    ]  # fmt: skip
    assert (found.counts.accepted, found.counts.quarantined, found.counts.duplicate) == (2, 4, 0)


def test_a_quarantined_row_of_the_same_person_is_told_of_the_conflict(kept: Spools) -> None:
    wrong = person(1).replace("@", " at ")
    found = by_rules(kept, lines(wrong, person(1), person(2)))
    assert [row.line for row in found.accepted()] == [4]
    assert codes(found) == [(2, 2, ["invalid_email", "conflict"]), (3, 3, ["conflict"])]


def test_rows_that_are_not_ours_are_counted_and_not_taken(kept: Spools) -> None:
    staff = StaffPolicy(exclude={"employee_type": ("student",)})
    text = lines(f"{person(1)},Student", f"{person(2)},Staff", header=f"{HEADER},employee_type")
    found = by_rules(kept, text, staff)
    assert [row.line for row in found.accepted()] == [3]
    assert (found.counts.excluded, found.counts.accepted) == (1, 1)


def test_without_rows_only_counts_and_quarantine_are_kept() -> None:
    with spools(rows=False) as kept:
        found = by_contract(kept, "id\n1\n2,3\n", "id")
        assert list(found.accepted()) == []
        assert found.counts.accepted == 1
        assert codes(found) == [(3, 3, ["width"])]


def test_the_rules_of_a_governed_feed_count(kept: Spools) -> None:
    found = by_feed(kept, "Tag,Count,Room\nA,1,N\nB,0,N\nC,1.5,N\n,1,N\nD,1\n\nE,101,N\n")
    assert [(row.line, row.warnings) for row in found.accepted()] == [(2, ())]
    assert codes(found) == [
        (3, 3, ["LAB-COUNT"]), (4, 4, ["invalid_number", "LAB-COUNT"]), (5, 5, ["missing_value"]),
        (6, 6, ["width"]), (8, 8, ["LAB-MANY"]),
    ]  # fmt: skip
    assert (found.counts.rows_in, found.counts.blank, found.counts.quarantined) == (7, 1, 5)


def test_a_warning_is_told_with_the_row_that_is_taken(kept: Spools) -> None:
    found = by_feed(kept, "tag,room,count\nA,,1\nB,N,1\n")
    assert [(row.values["tag"], [w.code for w in row.warnings]) for row in found.accepted()] == [
        ("A", ["LAB-ROOM"]), ("B", []),
    ]  # fmt: skip
    assert found.counts.quarantined == 0


def test_a_rule_that_rejects_refuses_the_file(kept: Spools) -> None:
    found = by_feed(kept, "tag,room,name\nA,N,\nB,N,TEST EXPORT\n")
    assert found.refused is not None
    assert found.refused.code == "LAB-TEST"
    assert "Line 3" in str(found.refused)
    assert list(found.accepted()) == []


def test_a_source_id_that_stands_twice_is_a_duplicate_or_nobody_s(kept: Spools) -> None:
    """Rows of B disagree, so none of them is taken, though two say the same."""
    text = "tag,room,count\nA,N,1\nB,N,1\nA, N ,1\nB,N,1\nB,S,1\nb,N,1\n"
    found = by_feed(kept, text)
    assert [(row.line, row.values["tag"]) for row in found.accepted()] == [(2, "A"), (7, "b")]
    assert codes(found) == [
        (3, 3, ["conflict"]), (5, 5, ["conflict"]), (6, 6, ["conflict"]),
    ]  # fmt: skip
    assert (found.counts.accepted, found.counts.duplicate, found.counts.quarantined) == (2, 1, 3)
    assert found.counts.balanced


def test_declared_headers_stand_for_those_the_feed_knows(kept: Spools) -> None:
    """Two columns could be the tag: the district says which is."""
    found = by_feed(kept, "Tag No,Label,count\nA,B,1\n", FeedPolicy(headers={"tag": ("Label",)}))
    assert [row.values for row in found.accepted()] == [{"tag": "B", "count": "1"}]
    assert found.dropped == ("Tag No",)


def test_a_sound_row_beside_a_refused_one_of_its_source_id_is_not_taken(kept: Spools) -> None:
    found = by_feed(kept, "Tag,Count,Room\nT1,1,R1\nT2,1,R1\nT1,0,R1\n")
    assert sorted((r.line, [v.code for v in r.violations]) for r in found.quarantined()) == [
        (2, ["conflict"]), (4, ["LAB-COUNT"]),
    ]  # fmt: skip
    assert [row.line for row in found.accepted()] == [3]
