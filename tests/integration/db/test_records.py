"""The record store: what a chunk of approved actions makes, and what decides a race."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import DBAPIError

from shared.domain.action import ActionStatus
from shared.domain.canonical import canonical
from shared.domain.record import RecordStatus, idempotency_key, payload_hash
from tests.fakes.database import Database
from tests.integration.db.governed import BOTTLES, Shelf, bottle, in_force

ODD = "O\u2028'B\"ri\\en/\t\n\r\b\f\x01\x1f\x7f\x80 €𝄞 zoë \ufeff\uffff"


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


def test_an_approved_chunk_makes_versions_with_the_keys_the_plan_named(shelf: Shelf) -> None:
    actions = shelf.plan("run_1", bottle(1, "B1", label="Acid"), bottle(2, "B2", amount=7))
    stored = shelf.apply("run_1")
    assert [s.action for s in stored] == actions
    assert {s.status for s in stored} == {ActionStatus.SUCCEEDED}
    assert all(s.verified_at and not s.settled for s in stored)
    with shelf.database.transactions.begin() as uow:
        first, second = in_force(uow, "bottles", "B1", "B2", "B3")
    assert first.payload == {"label": "Acid", "number": "B1"}
    assert first.idempotency_key == idempotency_key("bottles", "B1", None, first.payload)
    assert first.payload_hash == payload_hash(first.payload)
    assert (first.version, first.follows, first.superseded_at) == (1, None, None)
    assert (first.classification, first.status) == ("OSHA_INVENTORY", RecordStatus.ACTIVE)
    assert (first.hazcom_verified, first.manifest_status) == (False, None)
    assert (second.run_id, second.row) == ("run_1", 2)


def test_postgresql_computes_the_key_of_odd_text_as_the_plan_did(shelf: Shelf) -> None:
    record = bottle(1, ODD, label=ODD, list=[ODD, "", "a"], flag=True, amount=-7)
    payload = record.payload
    (stored,) = shelf.store("run_1", record)
    assert stored.status is ActionStatus.SUCCEEDED
    with shelf.database.transactions.begin() as uow:
        (kept,) = in_force(uow, "bottles", ODD)
    assert kept.payload == payload
    assert kept.idempotency_key == idempotency_key("bottles", ODD, None, payload)


def test_there_and_back_makes_three_versions_and_the_same_twice_none(shelf: Shelf) -> None:
    a, b = bottle(1, "B1", label="A"), bottle(1, "B1", label="B")
    for number, record in enumerate([a, b, a]):
        (stored,) = shelf.store(f"run_{number}", record)
        assert stored.status is ActionStatus.SUCCEEDED
    assert shelf.plan("run_again", a) == []
    assert [payload["label"] for payload in shelf.history("B1")] == ["A", "B", "A"]
    keys = shelf.database.rows("SELECT DISTINCT idempotency_key, version FROM record_version")
    assert len(keys) == 3


def test_an_explicit_status_retires_and_absence_does_not(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1"), bottle(2, "B2"))
    shelf.store("run_2", bottle(1, "B1", record_status="retired"))
    with shelf.database.transactions.begin() as uow:
        found = in_force(uow, "bottles", "B1", "B2")
        assert uow.records.contents("bottles").active == 1
    assert [v.status for v in found] == [RecordStatus.RETIRED, RecordStatus.ACTIVE]


def test_a_chunk_is_carried_out_once(shelf: Shelf) -> None:
    shelf.plan("run_1", bottle(1, "B1"), bottle(2, "B2"))
    assert len(shelf.apply("run_1")) == 2
    assert shelf.apply("run_1") == []
    assert shelf.database.value("SELECT count(*) FROM record_version") == 2


def test_a_chunk_is_the_positions_it_names(shelf: Shelf) -> None:
    shelf.plan("run_1", *(bottle(row, f"B{row}") for row in range(4)))
    with shelf.database.transactions.begin() as uow:
        made = uow.records.apply("pln_run_1", 1, 2, shelf.item("run_1"), BOTTLES)
    assert [s.action.person_key for s in made] == ["B1", "B2"]
    assert len(shelf.apply("run_1")) == 2


def test_nothing_is_made_without_an_approving_review_or_for_another_run(shelf: Shelf) -> None:
    shelf.plan("run_1", bottle(1, "B1"), approved=False)
    assert shelf.apply("run_1") == []
    shelf.database.change(
        "INSERT INTO review (id, plan_id, plan_digest, decision, body, actor)"
        " SELECT 'rev_1', id, digest, 'discard', '{}', 'user:anna' FROM plan"
    )
    assert shelf.apply("run_1") == []
    shelf.plan("run_2", bottle(1, "B2"))
    with shelf.database.transactions.begin() as uow:
        assert uow.records.apply("pln_run_2", 0, 9, shelf.item("run_1"), BOTTLES) == []
    assert shelf.database.value("SELECT count(*) FROM record_version") == 0


@pytest.mark.parametrize(
    "tampering",
    [
        """UPDATE record SET body = '{"label":"B","number":"B1"}' WHERE source_id = 'B1'""",
        # The same value, but not the canonical form.
        """UPDATE record SET body = '{"label": "A","number":"B1"}' WHERE source_id = 'B1'""",
        "UPDATE record SET source_id = 'B9' WHERE source_id = 'B1'",
        "DELETE FROM record WHERE source_id = 'B1'",
    ],
)
def test_a_row_exchanged_after_the_plan_makes_nothing(shelf: Shelf, tampering: str) -> None:
    shelf.plan("run_1", bottle(1, "B1", label="A"), bottle(2, "B2"))
    assert shelf.database.change(tampering) == 1
    bad, good = shelf.apply("run_1")
    assert (bad.status, bad.outcome_code) == (ActionStatus.FAILED, "record_tampered")
    assert bad.verified_at is None
    assert good.status is ActionStatus.SUCCEEDED
    assert shelf.database.value("SELECT string_agg(source_id, ' ') FROM record_version") == "B2"


def test_what_was_exchanged_closes_no_version_either(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"))
    shelf.plan("run_2", bottle(1, "B1", label="B"))
    shelf.database.change("""UPDATE record SET body = '{"number":"B1"}' WHERE run_id = 'run_2'""")
    (bad,) = shelf.apply("run_2")
    assert bad.outcome_code == "record_tampered"
    assert shelf.history("B1") == [{"label": "A", "number": "B1"}]
    assert shelf.database.value("SELECT count(superseded_at) FROM record_version") == 0


def test_another_version_by_now_is_a_conflict_and_the_same_one_has_succeeded(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"), bottle(2, "B2", label="A"))
    shelf.plan("run_2", bottle(1, "B1", label="B"), bottle(2, "B2", label="B"), bottle(3, "B3"))
    shelf.plan("run_3", bottle(1, "B1", label="C"), bottle(2, "B2", label="B"), bottle(3, "B3"))
    assert {s.status for s in shelf.apply("run_2")} == {ActionStatus.SUCCEEDED}
    by_id = {s.action.person_key: s for s in shelf.apply("run_3")}
    assert by_id["B1"].status is ActionStatus.CONFLICT
    assert by_id["B1"].outcome_code == "version_changed"
    for settled in (by_id["B2"], by_id["B3"]):
        assert (settled.status, settled.settled) == (ActionStatus.SUCCEEDED, True)
        assert settled.verified_at is not None
    assert [payload.get("label") for payload in shelf.history("B1")] == ["A", "B"]
    assert [payload.get("label") for payload in shelf.history("B2")] == ["A", "B"]
    assert len(shelf.history("B3")) == 1


def test_of_two_adds_of_one_record_the_second_is_a_conflict(shelf: Shelf) -> None:
    shelf.plan("run_1", bottle(1, "B1", label="A"))
    shelf.plan("run_2", bottle(1, "B1", label="B"))
    shelf.apply("run_1")
    (late,) = shelf.apply("run_2")
    assert (late.status, late.outcome_code) == (ActionStatus.CONFLICT, "version_changed")


@pytest.mark.parametrize("plans", [("run_2", "run_2"), ("run_2", "run_3")])
def test_two_connections_at_the_same_time_make_one_version_each(
    shelf: Shelf, plans: tuple[str, str]
) -> None:
    numbers = [f"B{n:03d}" for n in range(120)]
    shelf.store("run_1", *(bottle(n, s, label="A") for n, s in enumerate(numbers[:60])))
    for run in sorted(set(plans)):
        # The rows of one run stand the other way round in the other.
        rows = enumerate(numbers if run == "run_2" else reversed(numbers))
        shelf.plan(run, *(bottle(row, s, label="B") for row, s in rows))
    start = Barrier(2)

    def work(run: str) -> list[ActionStatus]:
        start.wait()
        return [stored.status for stored in shelf.apply(run)]

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(work, plans))
    assert set(ended[0] + ended[1]) == {ActionStatus.SUCCEEDED}
    assert len(ended[0] + ended[1]) == 120 * len(set(plans))
    made = shelf.database.rows(
        "SELECT source_id, max(version) AS last, count(*) AS n,"
        " count(*) FILTER (WHERE superseded_at IS NULL) AS in_force"
        " FROM record_version GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in made] == [
        (number, 2 if number < "B060" else 1, 2 if number < "B060" else 1, 1) for number in numbers
    ]


def test_times_of_versions_meet_without_a_gap(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"))
    shelf.store("run_2", bottle(1, "B1", label="B"))
    query = "SELECT superseded_at, recorded_at FROM record_version ORDER BY version"
    first, second = shelf.database.rows(query)
    assert first.recorded_at < first.superseded_at == second.recorded_at


REFUSED = [
    ("UPDATE record_version SET payload = '{}'", "never changes"),
    ("UPDATE record_version SET run_id = 'run_9'", "never changes"),
    ("UPDATE record_version SET superseded_at = NULL WHERE version = 1", "never changes"),
    ("UPDATE record_version SET hazcom_verified = true WHERE version = 1", "never changes"),
    ("DELETE FROM record_version WHERE version = 2", "in force"),
]


def test_a_version_is_never_written_over(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label="A"))
    shelf.store("run_2", bottle(1, "B1", label="B"))
    before = shelf.database.dump("record_version")
    for statement, refusal in REFUSED:
        with pytest.raises(DBAPIError, match=refusal):
            shelf.database.change(statement)
    assert shelf.database.dump("record_version") == before


def test_the_stored_payload_is_the_canonical_text(shelf: Shelf) -> None:
    shelf.store("run_1", bottle(1, "B1", label=ODD))
    text = shelf.database.value("SELECT payload FROM record_version")
    assert text.encode() == canonical({"number": "B1", "label": ODD})
