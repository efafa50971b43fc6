"""Rows of governed runs: staged, settled among themselves, and beside the versions in force."""

import pytest

from shared.domain.violation import Violation
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run, rolled_back
from tests.integration.db.governed import Shelf, bottle


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


def test_of_rows_that_say_the_same_the_first_stays(database: Database) -> None:
    add_run(database, "run_1")
    with database.transactions.begin() as uow:
        uow.records.stage("run_1", [bottle(3, "B1"), bottle(1, "B2")])
        uow.records.stage("run_1", [bottle(5, "B1"), bottle(4, "B1"), bottle(2, "B3")])
        settled = uow.records.settle_repeated("run_1")
    assert (settled.duplicates, settled.conflicting) == (2, [])
    rows = database.rows('SELECT "row" FROM record ORDER BY 1')
    assert [row.row for row in rows] == [1, 2, 3]


def test_rows_that_disagree_are_all_taken_out(database: Database) -> None:
    add_run(database, "run_1")
    rows = [bottle(1, "B1", label="A"), bottle(2, "B1", label="A"), bottle(3, "B1"), bottle(4, "x")]
    with database.transactions.begin() as uow:
        uow.records.stage("run_1", rows)
        settled = uow.records.settle_repeated("run_1")
    assert settled.duplicates == 0
    assert settled.conflicting == [(1, 2, "B1"), (2, 3, "B1"), (3, 4, "B1")]
    assert database.value("SELECT source_id FROM record") == "x"


def test_the_rows_of_other_runs_are_left_alone(database: Database) -> None:
    for run in ("run_1", "run_2"):
        add_run(database, run)
        with database.transactions.begin() as uow:
            uow.records.stage(run, [bottle(1, "B1"), bottle(2, "B1", label="A")])
    with database.transactions.begin() as uow:
        uow.records.settle_repeated("run_2")
    assert database.value("SELECT count(*) FROM record WHERE run_id = 'run_1'") == 2


def test_the_input_hash_knows_no_order_but_every_value(database: Database) -> None:
    def hashed(run: str, *records: object, quarantined: tuple[str, ...] = ()) -> str:
        add_run(database, run)
        with rolled_back(database) as uow:
            uow.records.stage(run, records)  # type: ignore[arg-type]
            return uow.records.input_sha256(run, ["tag"], quarantined)
        raise AssertionError

    a, b = bottle(1, "B1", label="A"), bottle(2, "B2")
    first = hashed("run_1", a, b, quarantined=("q2", "q1"))
    turned = bottle(1, "B2"), bottle(2, "B1", label="A")
    assert hashed("run_2", *turned, quarantined=("q1", "q2", "q1")) == first
    others = [
        hashed("run_3", a, quarantined=("q1", "q2")),
        hashed("run_4", a, b, quarantined=("q1",)),
        hashed("run_5", a, bottle(2, "B2", label="B"), quarantined=("q1", "q2")),
        hashed("run_6"),
    ]
    assert len({first, *others}) == 5


def test_warnings_are_kept_beside_the_row(database: Database) -> None:
    add_run(database, "run_1")
    record = bottle(1, "B1")
    warned = Violation("OSHA-SDS-STALE", "label", "older than 3 years", "text(10)")
    with database.transactions.begin() as uow:
        uow.records.stage("run_1", [type(record)(
            row=1, line=2, source_id="B1", payload=record.payload, warnings=(warned,)
        )])  # fmt: skip
    assert database.value("SELECT warnings FROM record") == [
        {"code": "OSHA-SDS-STALE", "column": "label", "detail": "older than 3 years",
         "value_class": "text(10)"}
    ]  # fmt: skip


def test_rows_are_compared_with_the_versions_in_force_in_order(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"), bottle(2, "B2"))
    add_run(shelf.database, "run_2")
    rows = [bottle(1, "B3"), bottle(2, "B2"), bottle(3, "B1", label="B")]
    with shelf.database.transactions.begin() as uow:
        uow.records.stage("run_2", rows)
        found = list(uow.records.compared("run_2", "bottles"))
        elsewhere = list(uow.records.compared("run_2", "other"))
    assert [each.source_id for each in found] == ["B1", "B3"]
    assert found[0].payload["label"] == "B"
    assert found[0].current is not None
    assert found[0].current.payload == {"number": "B1", "label": "A"}
    assert (found[1].row, found[1].current) == (1, None)
    assert all(each.current is None for each in elsewhere)


def test_comparing_goes_on_behind_every_portion(database: Database) -> None:
    """As many rows as two portions and a bit: rows would be lost or seen twice at the seams."""
    add_run(database, "run_1")
    with database.transactions.begin() as uow:
        uow.records.stage("run_1", (bottle(n, f"B{n:05d}") for n in range(10_001)))
        found = [each.row for each in uow.records.compared("run_1", "bottles")]
    assert found == list(range(10_001))


def test_what_is_in_force_of_some_fields_is_told_where_there_is_any(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"))
    shelf.store("run_2", bottle(1, "B2"))
    with shelf.database.transactions.begin() as uow:
        found = uow.records.in_force("bottles", ["B1", "B2", "B3"], {"label", "place"})
        assert uow.records.in_force("others", ["B1"], {"label"}) == {}
    assert found == {"B1": {"label": "A"}}


def test_contents_change_with_every_version_and_come_back_to_none(shelf: Shelf) -> None:
    def contents() -> str:
        with shelf.database.transactions.begin() as uow:
            return uow.records.contents("bottles").sha256

    seen = [contents()]
    for run, label in enumerate(["A", "B", "A"]):
        shelf.store(f"run_{run}", bottle(1, "B1", label=label))
        seen.append(contents())
    assert len(set(seen)) == 4
