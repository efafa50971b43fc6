"""Versions of records: as they were, what doesn't fit, what expires, what people have reviewed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.domain.feeds.feed import Classification
from shared.domain.record import RecordStatus
from shared.ports.records import Mismatch
from shared.ports.views import PageOf, RecordFilter
from tests.fakes.database import Database
from tests.integration.db.governed import BOTTLES, Shelf, bottle, in_force


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


def labels(shelf: Shelf, version: int | None) -> list[object]:
    """What was in force when that version of B1 was recorded; now for None."""
    with shelf.database.transactions.begin() as uow:
        at = uow.records.versions("bottles", "B1")[version - 1].recorded_at if version else None
        return [v.payload.get("label") for v in uow.records.as_of("bottles", at)]


def test_records_are_read_as_they_were(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"))
    shelf.store("run_2", bottle(1, "B1", label="B"), bottle(2, "B2", label="new"))
    shelf.store("run_3", bottle(1, "B1", label="C"))
    assert [labels(shelf, version) for version in (1, 2, 3)] == [["A"], ["B", "new"], ["C", "new"]]
    assert labels(shelf, None) == ["C", "new"]
    with shelf.database.transactions.begin() as uow:
        assert [v.version for v in uow.records.versions("bottles", "B1")] == [1, 2, 3]
        assert list(uow.records.as_of("other", None)) == []


def test_records_are_listed_in_pages(shelf: Shelf) -> None:
    shelf.store("run_1", *(bottle(n, f"B{n}") for n in range(4)))
    shelf.store("run_2", bottle(1, "B1", record_status="retired"))
    active = RecordFilter(feed="bottles", statuses=(RecordStatus.ACTIVE,))
    with shelf.database.transactions.begin() as uow:
        first = uow.views.records(active, PageOf(limit=2))
        last = uow.views.records(active, PageOf(after=first.items[-1].source_id, limit=2))
        old = uow.records.versions("bottles", "B1")[0]
        then = uow.views.records(replace(active, at=old.recorded_at), PageOf(limit=9))
    assert [v.source_id for v in first.items] == ["B0", "B2"]
    assert (first.has_more, first.total, last.has_more) == (True, 3, False)
    assert [v.source_id for v in last.items] == ["B3"]
    assert [v.source_id for v in then.items] == ["B0", "B1", "B2", "B3"]


def found(shelf: Shelf) -> list[Mismatch]:
    with shelf.database.transactions.begin() as uow:
        return list(uow.records.reconcile("bottles"))


def test_what_the_store_made_itself_reconciles(shelf: Shelf) -> None:
    for run, label in enumerate(["A", "B", "A"]):
        shelf.store(f"run_{run}", bottle(1, "B1", label=label), bottle(2, f"x{run}"))
    assert found(shelf) == []


#: Damage, and what it is called.
DAMAGE = [
    ("SET payload = '{}' WHERE version = 2", {"payload_hash", "idempotency_key"}),
    ("SET payload_hash = 'x' WHERE version = 2", {"payload_hash"}),
    ("SET idempotency_key = 'x' WHERE version = 3", {"idempotency_key"}),
    ("SET follows = repeat('a', 64) WHERE version = 2", {"follows", "idempotency_key"}),
    ("SET version = 9 WHERE version = 3", {"version"}),
    ("SET recorded_at = recorded_at - interval '1 s' WHERE version = 3", {"recorded_at"}),
    ("SET superseded_at = now() WHERE version = 3", {"in_force"}),
    ("SET source_id = 'B9' WHERE version = 1", {"idempotency_key", "in_force"}),
]


def test_what_was_changed_behind_the_store_s_back_is_named(shelf: Shelf) -> None:
    for run, label in enumerate("ABC"):
        shelf.store(f"run_{run}", bottle(1, "B1", label=label))
    shelf.database.change("ALTER TABLE record_version DISABLE TRIGGER record_version_kept")
    shelf.database.change("CREATE TABLE whole AS SELECT * FROM record_version")
    for damage, what in DAMAGE:
        shelf.database.change(f"UPDATE record_version {damage}")
        assert {mismatch.what for mismatch in found(shelf)} == what, damage
        shelf.database.change("TRUNCATE record_version")
        shelf.database.change("INSERT INTO record_version SELECT * FROM whole")
    assert found(shelf) == []


def test_a_version_that_is_missing_in_the_middle_is_named(shelf: Shelf) -> None:
    for run, label in enumerate("ABC"):
        shelf.store(f"run_{run}", bottle(1, "B1", label=label))
    assert shelf.database.change("DELETE FROM record_version WHERE version = 2") == 1
    assert {(m.version, m.what) for m in found(shelf)} == {
        (3, "follows"), (3, "version"), (3, "recorded_at"),
    }  # fmt: skip


def expire(shelf: Shelf, before: date, *, dated_by: str | None = "bought_on") -> int:
    with shelf.database.transactions.begin() as uow:
        return uow.records.expire("bottles", dated_by=dated_by, before=before)


def test_versions_expire_by_the_date_of_their_payload(shelf: Shelf) -> None:
    for run in range(1, 4):
        shelf.store(f"run_{run}", bottle(1, "B1", bought_on=f"2020-01-0{run}"))
    assert expire(shelf, date(2020, 1, 1)) == 0
    assert expire(shelf, date(2020, 1, 2)) == 1
    # The version in force stays, however old.
    assert expire(shelf, date(2030, 1, 1)) == 1
    assert [payload["bought_on"] for payload in shelf.history("B1")] == ["2020-01-03"]
    assert found(shelf) == []


def test_a_version_stays_while_one_before_it_stays(shelf: Shelf) -> None:
    for run, year in enumerate([2025, 2020, 2021]):
        shelf.store(f"run_{run}", bottle(1, "B1", bought_on=f"{year}-01-01"))
    assert expire(shelf, date(2024, 1, 1)) == 0
    assert found(shelf) == []


def test_versions_without_a_date_expire_by_the_day_they_were_superseded(shelf: Shelf) -> None:
    """In force for years, a version is still kept for the feed's days after its last one."""
    shelf.store("run_1", bottle(1, "B1"))
    for statement in (
        "ALTER TABLE record_version DISABLE TRIGGER USER",
        "UPDATE record_version SET recorded_at = '1996-01-01'",
        "ALTER TABLE record_version ENABLE TRIGGER USER",
    ):
        shelf.database.change(statement)
    shelf.store("run_2", bottle(1, "B1", label="B"))
    today = shelf.database.value("SELECT (now() AT TIME ZONE 'UTC')::date")
    assert expire(shelf, today, dated_by=None) == 0
    assert expire(shelf, today) == 0
    assert expire(shelf, today + timedelta(days=1), dated_by=None) == 1


def test_a_review_is_of_one_version_and_the_next_begins_anew(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1"))
    with shelf.database.transactions.begin() as uow:
        (version,) = in_force(uow, "bottles", "B1")
        assert uow.records.review(version.idempotency_key, "user:cora", "seen")
        assert not uow.records.review(version.idempotency_key, "user:carl", "seen")
        (reviewed,) = in_force(uow, "bottles", "B1")
    assert (reviewed.hazcom_verified, reviewed.manifest_status) == (True, None)
    assert (reviewed.reviewed_by, reviewed.review_reason) == ("user:cora", "seen")
    assert reviewed.reviewed_at is not None
    shelf.store("run_2", bottle(1, "B1", label="B"))
    with shelf.database.transactions.begin() as uow:
        old, new = uow.records.versions("bottles", "B1")
        assert not uow.records.review(old.idempotency_key, "user:carl", "seen")
    assert (old.hazcom_verified, old.reviewed_by) == (True, "user:cora")
    assert (new.hazcom_verified, new.reviewed_by, new.reviewed_at) == (False, None, None)


def test_a_version_that_is_no_longer_in_force_is_not_reviewed(shelf: Shelf) -> None:
    for run, label in enumerate("AB"):
        shelf.store(f"run_{run}", bottle(1, "B1", label=label))
    with shelf.database.transactions.begin() as uow:
        old = uow.records.versions("bottles", "B1")[0]
        assert not uow.records.review(old.idempotency_key, "user:cora", "seen")


def test_a_manifest_has_its_own_state_and_a_plain_record_none(database: Database) -> None:
    manifests = replace(
        BOTTLES, name="manifests", classification=Classification.EPA_WASTE,
        state={"manifest_status": "PENDING_REVIEW"},
    )  # fmt: skip
    plain = replace(BOTTLES, name="plain", state={})
    Shelf(database, manifests).store("run_1", bottle(1, "B1"))
    Shelf(database, plain).store("run_2", bottle(1, "B1"))
    with database.transactions.begin() as uow:
        (manifest,) = in_force(uow, "manifests", "B1")
        assert (manifest.manifest_status, manifest.hazcom_verified) == ("PENDING_REVIEW", None)
        assert uow.records.review(manifest.idempotency_key, "user:cora", "seen")
        (manifest,) = in_force(uow, "manifests", "B1")
        assert (manifest.manifest_status, manifest.hazcom_verified) == ("REVIEWED", None)
        (nothing,) = in_force(uow, "plain", "B1")
        assert not uow.records.review(nothing.idempotency_key, "user:cora", "seen")
