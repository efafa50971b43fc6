"""What people and the clock do with the record store: look, export, confirm, expire."""

import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.vault.shelves import FolderShelf
from shared.domain.audit import SYSTEM, Actor, ActorType
from shared.domain.errors import Conflict, NotFound
from shared.domain.feeds.feed import Field, FieldKind
from shared.pipeline.look_up_records import (
    count_versions,
    export_records,
    list_records,
    reconcile_records,
    record_history,
)
from shared.pipeline.record_documents import history_document
from shared.pipeline.review_record import review_record
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import RETENTION, tick
from shared.ports.views import PageOf, RecordFilter
from tests.fakes.installation import Installation
from tests.fakes.lab_feed import LAB
from tests.integration.db.governed import Shelf, bottle

CORA = Actor(ActorType.USER, "cora")
FEED = replace(
    LAB,
    fields=(
        *LAB.fields,
        Field(name="number", meaning="Number", required=True),
        Field(name="owner", meaning="Who signed", personal=True),
        Field(name="bought_on", meaning="Bought", kind=FieldKind.DATE),
    ),
    source_id=("number",),
    dated_by="bought_on",
)
NEVER = Timetable(staff="", source=None, mapping_text=str)


@pytest.fixture
def shelf(engine: Installation) -> Shelf:
    engine.configure(feeds={FEED.name: FEED})
    return Shelf(engine.database, FEED)


def audited(engine: Installation, verb: str) -> list[dict[str, object]]:
    query = "SELECT entry FROM audit_entry WHERE verb = :verb ORDER BY sequence"
    return [json.loads(row.entry) for row in engine.database.rows(query, verb=verb)]


def test_a_review_is_audited_without_the_payload(engine: Installation, shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "T1", name="secret name", owner="Kim Doe"))
    begun = engine.transactions.begun
    version = review_record(engine.tools, (FEED.name, "T1", 1), actor=CORA, reason=" seen it ")
    assert engine.transactions.begun == begun + 1, "looked at and confirmed in one"
    assert (version.hazcom_verified, version.review_reason) == (True, "seen it")
    (entry,) = audited(engine, "record.reviewed")
    assert entry["object"] == {"type": "record", "id": f"{FEED.name}/T1"}
    assert entry["actor"] == {"type": "user", "name": "cora"}
    text = json.dumps(entry)
    assert "secret" not in text
    assert "Kim" not in text


@pytest.mark.parametrize(
    ("number", "actor", "reason", "code"),
    [
        (1, CORA, "seen", "version_changed"),
        (3, CORA, "seen", "version_changed"),
        (2, CORA, " ", "reason_missing"),
        (2, SYSTEM, "seen", "person_needed"),
    ],
)
def test_a_review_that_does_not_fit_writes_nothing(
    engine: Installation, shelf: Shelf, number: int, actor: Actor, reason: str, code: str
) -> None:
    for run, name in enumerate("AB"):
        shelf.store(f"run_{run}", bottle(1, "T1", name=name))
    with pytest.raises(Conflict) as refused:
        review_record(engine.tools, (FEED.name, "T1", number), actor=actor, reason=reason)
    assert refused.value.code == code
    assert not audited(engine, "record.reviewed")
    assert engine.database.value("SELECT count(reviewed_at) FROM record_version") == 0


def test_what_is_not_in_the_store_is_not_found(engine: Installation, shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "T1"))
    with pytest.raises(NotFound, match="no such record"):
        record_history(engine.tools, FEED.name, "T2")
    with pytest.raises(NotFound, match="no feed"):
        list_records(engine.tools, RecordFilter(feed="other"), PageOf())


def test_what_speaks_of_a_person_is_masked_and_its_change_still_told(
    engine: Installation, shelf: Shelf
) -> None:
    shelf.store("run_1", bottle(1, "T1", owner="Kim Doe"))
    shelf.store("run_2", bottle(1, "T1", owner="Kai Doe"))
    document = history_document(record_history(engine.tools, FEED.name, "T1"), FEED)
    assert document["payload"] == {"number": "T1", "owner": "K***"}
    assert "Doe" not in json.dumps(document)
    newest = json.loads(json.dumps(document))["versions"][0]
    assert newest["changes"] == [{"path": "owner", "before": "K***", "after": "K***"}]


def test_an_export_is_in_clear_safe_to_open_and_audited(
    engine: Installation, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.store("run_1", bottle(1, "T1", name="=1+1", owner="Kim"), bottle(2, "T2", count=3))
    shelf.store("run_2", bottle(1, "T1", name="later"))
    old = record_history(engine.tools, FEED.name, "T1")[0]
    to = FolderShelf(tmp_path)
    then, now = ("then.csv", old.recorded_at), ("now.ndjson", None)
    for name, at in (then, now):
        filed = export_records(engine.tools, FEED.name, at, CORA, to=(to, name))
        assert filed.size_bytes == (tmp_path / name).stat().st_size
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    with (tmp_path / "then.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["payload.name"], first["payload.owner"]) == ("'=1+1", "Kim")
    assert (second["source_id"], second["payload.count"], second["hazcom_verified"]) == (
        "T2", "3", "false",
    )  # fmt: skip
    lines = [json.loads(line) for line in (tmp_path / "now.ndjson").read_text().splitlines()]
    assert [line["payload"] for line in lines] == [
        {"number": "T1", "name": "later"}, {"number": "T2", "count": 3},
    ]  # fmt: skip
    assert [entry["object"] for entry in audited(engine, "report.exported")] == [
        {"type": "feed", "id": FEED.name}
    ] * 2


def test_reconcile_looks_at_every_version(engine: Installation, shelf: Shelf) -> None:
    for run, name in enumerate("AB"):
        shelf.store(f"run_{run}", bottle(1, "T1", name=name))
    assert list(reconcile_records(engine.tools, FEED.name)) == []
    assert count_versions(engine.tools, FEED.name) == 2


def test_retention_runs_once_a_day_and_is_audited_with_its_count(
    engine: Installation, shelf: Shelf
) -> None:
    today = engine.tools.today()
    # Days since they were bought; 38 are kept.
    for run, days in enumerate([39, 38, 37, 36]):
        bought = (today - timedelta(days=days)).isoformat()
        shelf.store(f"run_{run}", bottle(1, "T1", bought_on=bought))
    tick(engine.tools, NEVER)  # a job that is seen for the first time has missed nothing
    engine.configure(policy=replace(engine.tools.policy, retention={FEED.name: 38}))
    left = []
    for _ in range(4):
        engine.clock.go_on(days=1)
        assert [r.job for r in tick(engine.tools, NEVER)].count(RETENTION) == 1
        assert [r.job for r in tick(engine.tools, NEVER)].count(RETENTION) == 0
        left.append(count_versions(engine.tools, FEED.name))
    # The one in force stays.
    assert left == [2, 1, 1, 1]
    counts = [entry["detail"]["versions"] for entry in audited(engine, "records.expired")]  # type: ignore[index]  # its own form
    assert counts == [2, 1]
