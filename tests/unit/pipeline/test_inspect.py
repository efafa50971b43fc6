"""What `inspect` says of a file: every row accounted for, nothing out of a refused file."""

import io
from collections.abc import Iterator
from functools import partial

import pytest

from shared.bootstrap_files import spools, tabular_reader
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.policy import StaffPolicy
from shared.pipeline.inspect import Declared, Inspected, Spools, inspect
from shared.pipeline.read_staff import staff_dialect, staff_headers
from shared.ports.reader import Dialect
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


def codes(found: Inspected) -> list[tuple[int, int, list[str]]]:
    """Lines and codes of what is quarantined."""
    return [(r.line, r.last_line, [v.code for v in r.violations]) for r in found.quarantined()]


def test_under_a_contract_only_the_reader_judges(kept: Spools) -> None:
    text = 'id,email\n1,no address\n\n2,a@b.example,too much\n1,no address\n"3","x\ny"\n'
    found = by_contract(kept, text, "id", "email")
    same = {"id": "1", "email": "no address"}
    assert list(found.accepted()) == [(2, same), (5, same), (6, {"id": "3", "email": "x\ny"})]
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
    assert [line for line, _ in found.accepted()] == [2, 4]
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
    assert accepted == (
        2,
        {
            "work_email": " Ann@lincoln.example ", "employee_id": "007", "first_name": "Ann",
            "last_name": "Lee", "site_code": "010",
        },
    )  # fmt: skip
    assert found.dropped == ("Password",)


def test_rows_that_contradict_each_other_are_all_withdrawn_in_file_order(kept: Spools) -> None:
    other = person(1).replace("Ann1", "Bo")
    text = lines(person(1), "E2,x", person(1), person(3), other, person(4))
    found = by_rules(kept, text)
    assert [line for line, _ in found.accepted()] == [5, 7]
    assert codes(found) == [
        (2, 2, ["conflict"]), (3, 3, ["width"]), (4, 4, ["conflict"]), (6, 6, ["conflict"]),
    ]  # fmt: skip
    assert (found.counts.accepted, found.counts.quarantined, found.counts.duplicate) == (2, 4, 0)


def test_a_quarantined_row_of_the_same_person_is_told_of_the_conflict(kept: Spools) -> None:
    wrong = person(1).replace("@", " at ")
    found = by_rules(kept, lines(wrong, person(1), person(2)))
    assert [line for line, _ in found.accepted()] == [4]
    assert codes(found) == [(2, 2, ["invalid_email", "conflict"]), (3, 3, ["conflict"])]


def test_rows_that_are_not_ours_are_counted_and_not_taken(kept: Spools) -> None:
    staff = StaffPolicy(exclude={"employee_type": ("student",)})
    text = lines(f"{person(1)},Student", f"{person(2)},Staff", header=f"{HEADER},employee_type")
    found = by_rules(kept, text, staff)
    assert [line for line, _ in found.accepted()] == [3]
    assert (found.counts.excluded, found.counts.accepted) == (1, 1)


def test_without_rows_only_counts_and_quarantine_are_kept() -> None:
    with spools(rows=False) as kept:
        found = by_contract(kept, "id\n1\n2,3\n", "id")
        assert list(found.accepted()) == []
        assert found.counts.accepted == 1
        assert codes(found) == [(3, 3, ["width"])]
