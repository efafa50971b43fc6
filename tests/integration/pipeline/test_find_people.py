"""People are found by part of a name, an id or an address, in the newest file and in ASCIP."""

import json
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared.domain.errors import InputInvalid, NotFound
from shared.domain.snapshot import PersonStatus
from shared.pipeline.find_people import MOST_FOUND, FoundPeople, find_people
from shared.ports.views import PageOf
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread

NEW_EMAIL = "brand.new@lincoln.example"


@pytest.fixture(scope="module")
def engine(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:  # fmt: skip
    """One plan for all of them: nothing is changed by looking."""
    database = Database(servers.create("find", template))
    made = Installation(database, simulator_thread, tmp_path_factory.mktemp("find"))
    extract = made.extract()
    extract.remove(extract.ids[0])
    extract.add(1)
    extract.rows[-1].update(first_name="Zoë", last_name="Peña-O'Hara", employee_id="N77001")
    extract.rows[1]["work_email"] = "no email at all"
    extract.rows[7]["work_email"] = NEW_EMAIL
    made.plan(extract)
    yield made
    made.close()
    database.close()
    servers.drop("find")


def find(
    engine: Installation, typed: str, *, after: str | None = None, limit: int = 50
) -> FoundPeople:
    return find_people(engine.tools, typed, PageOf(after=after, limit=limit))


@pytest.mark.parametrize(
    "typed", ["peña", "pena", "PEÑA", "zoe o'hara", "har pena", "N77001", "n770"]
)
def test_somebody_is_found_by_part_of_name_or_id_without_case_and_accents(
    engine: Installation, typed: str
) -> None:
    (person,) = find(engine, typed).items
    assert (person.employee_id, person.name) == ("N77001", "Zoë Peña-O'Hara")
    assert (person.in_file, person.status) == (True, None)


def test_somebody_is_found_by_address_and_shown_as_both_places_have_them(
    engine: Installation,
) -> None:
    row = engine.extract().rows[5]
    (person,) = find(engine, row["work_email"].upper()).items
    assert person.employee_id == row["employee_id"]
    assert (person.in_file, person.status) == (True, PersonStatus.ACTIVE)
    assert row["site_code"] in person.sites


def test_what_only_one_place_says_finds_somebody_as_both_have_them(engine: Installation) -> None:
    before = engine.extract().rows[8]
    for typed in (before["work_email"], NEW_EMAIL):
        (person,) = find(engine, typed).items
        assert (person.employee_id, person.email) == (before["employee_id"], NEW_EMAIL)
        assert (person.in_file, person.status) == (True, PersonStatus.ACTIVE)


def test_who_is_in_ascip_alone_is_found_too(engine: Installation) -> None:
    gone = engine.extract().rows[0]
    (person,) = find(engine, gone["employee_id"]).items
    assert (person.in_file, person.quarantined, person.status) == (
        False, False, PersonStatus.ACTIVE
    )  # fmt: skip


def test_who_stands_in_a_row_that_was_not_taken_is_found_by_id(engine: Installation) -> None:
    bad = engine.extract().rows[2]
    (person,) = find(engine, bad["employee_id"]).items
    assert (person.in_file, person.quarantined) == (False, True)


def test_pages_go_on_by_name_and_each_person_comes_once(engine: Installation) -> None:
    first = find(engine, "lincoln", limit=20)
    assert first.has_more
    second = find(engine, "lincoln", limit=500, after=first.items[-1].key)
    keys = [person.key for person in (*first.items, *second.items)]
    assert len(keys) == len(set(keys)) == first.total
    with pytest.raises(NotFound):
        find(engine, "lincoln", after="E-nobody")


@pytest.mark.parametrize("typed", ["", " ", "x", "x" * 300])
def test_too_little_or_too_much_is_refused_and_not_repeated(
    engine: Installation, typed: str
) -> None:
    with pytest.raises(InputInvalid, match="Type at least 2 letters"):
        find(engine, typed)


@pytest.mark.slow
def test_fifty_thousand_people_are_looked_through_in_time(engine: Installation) -> None:
    """Makes 50,000 rows and readings, which takes a while."""
    with engine.database.transactions.begin() as uow:
        db = uow.people._db
        file, reading = db.execute(
            text(
                "SELECT r.run_id, s.id FROM record AS r JOIN snapshot AS s ON s.run_id = r.run_id LIMIT 1"
            )
        ).one()
        record = json.dumps(
            {
                "first_name": "Ana",
                "last_name": "LAST",
                "work_email": "LAST@lincoln.example",
                "username": "LAST@lincoln.example",
                "site_codes": ["010"],
                "padding": "x" * 250,
            }
        )
        db.execute(
            text(
                'INSERT INTO record (run_id, "row", line, source_id, body)'
                " SELECT :run, n, n, 'M' || n, replace(:body, 'LAST', 'Miller' || n)"
                " FROM generate_series(1000, 51000) AS n"
            ),
            {"run": file, "body": record},
        )
        db.execute(
            text(
                "INSERT INTO snapshot_person (snapshot_id, ascip_id, body)"
                " SELECT :id, n, replace(:body, 'LAST', 'Miller' || n)"
                " FROM generate_series(1000000, 1050000) AS n"
            ),
            {
                "id": reading,
                "body": record.replace("work_email", "email").replace(
                    '"site_codes"', '"employee_number": null, "status": "active", "s"'
                ),
            },
        )
    for typed, most in (("miller50999", 1), ("miller", MOST_FOUND), ("nobody at all", 0)):
        began = time.perf_counter()
        found = find(engine, typed)
        took = time.perf_counter() - began
        assert found.total == most
        assert took < 1
