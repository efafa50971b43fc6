"""Locks on the target; snapshots that come back as they were read, and how two of them differ."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from shared.domain.run import RunState
from shared.domain.snapshot import (
    Bucket,
    Group,
    Person,
    PersonStatus,
    Reference,
    reference_from_json,
)
from shared.domain.work import NewWork, WorkKind
from shared.ports.snapshots import Difference
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run

REFERENCE = Reference(
    tenant_id="77",
    tenant_name="Lincoln USD",
    groups={1: Group(id=1, name="Straße 1", code="010"), 2: Group(id=2, name="B")},
    buckets={9: Bucket(id=9, name="Job", type="choice", values={51: "Teacher"})},
    roles={1: "Learner"},
    timezones={1: "America/Los_Angeles"},
)


def person(number: int) -> Person:
    return Person(
        id=number, username=f"u{number}", email=f"zoë{number}@example.org", first_name="Zoë",
        last_name='O"B\u2028', status=PersonStatus.INACTIVE if number % 2 else PersonStatus.ACTIVE,
        employee_number=None if number % 3 else f"E{number}", group_ids=(1, 2),
        buckets=((9, 51), (12, "text, with comma")),
    )  # fmt: skip


def test_of_two_runs_one_has_the_target(database: Database) -> None:
    add_run(database, "run_1")
    add_run(database, "run_2")

    def take(run_id: str) -> str | None:
        with database.transactions.begin() as uow:
            return uow.runs.take_lock("ascip", run_id)

    with ThreadPoolExecutor(4) as pool:
        owners = set(pool.map(take, ["run_1", "run_2"] * 4))
    (winner,) = filter(None, owners)
    loser = {"run_1": "run_2", "run_2": "run_1"}[winner]
    assert take(winner) is None, "taking what one has is no error"
    assert take(loser) == winner
    with database.transactions.begin() as uow:
        uow.runs.free_lock("ascip", loser)
    assert take(loser) == winner, "only its owner frees it"
    with database.transactions.begin() as uow:
        uow.runs.free_lock("ascip", winner)
    assert take(loser) is None


def test_targets_are_locked_apart(database: Database) -> None:
    add_run(database, "run_1")
    add_run(database, "run_2")
    with database.transactions.begin() as uow:
        assert uow.runs.take_lock("ascip", "run_1") is None
        assert uow.runs.take_lock("records", "run_2") is None


def test_a_snapshot_comes_back_as_it_was_read(database: Database, run_id: str) -> None:
    people = [person(number) for number in range(1, 50)]
    groups = [Group(id=1, name="Straße 1", member_ids=frozenset({3, 1, 2}))]
    with database.transactions.begin() as uow:
        uow.snapshots.start("snp_1", run_id, "ascip")
        uow.snapshots.start("snp_2", run_id, "ascip")
        assert uow.snapshots.id_of(run_id) == "snp_1", "the first stays"
        uow.snapshots.set_list(
            "snp_1", reference=REFERENCE, groups=groups, total_items=51, complete=True, passes=2
        )
        uow.snapshots.add_people("snp_1", people[:30])
    with database.transactions.begin() as uow:
        assert uow.snapshots.stored_ids("snp_1", range(25, 45)) == set(range(25, 31))
        uow.snapshots.add_people("snp_1", people[30:])
        uow.snapshots.add_missing("snp_1", {50: "timeout", 51: "not_found"})
        assert uow.snapshots.progress(run_id) == (51, 51)
        snapshot, reference = uow.snapshots.load("snp_1")
    assert snapshot.people == {p.id: p for p in people}
    assert snapshot.missing_details == {50}
    assert snapshot.gone == {51}, "who is gone isn't missing"
    assert snapshot.groups[1].member_ids == {1, 2, 3}
    assert snapshot.list_complete
    assert reference_from_json(reference) == REFERENCE


def test_a_second_answer_takes_the_first_one_s_place_and_a_failure_does_not(
    database: Database, run_id: str
) -> None:
    kept, renewed, deleted, found, failed, gone, unlisted = map(person, range(1, 8))
    again = replace(renewed, last_name="Lee")
    with database.transactions.begin() as uow:
        uow.snapshots.start("snp_1", run_id, "ascip")
        groups = [Group(id=1, name="A"), Group(id=2, name="B", member_ids=frozenset({1}))]
        uow.snapshots.set_list(
            "snp_1", reference=REFERENCE, groups=groups, total_items=6, complete=True, passes=1
        )
        uow.snapshots.add_people("snp_1", [kept, renewed, deleted])
        uow.snapshots.add_missing("snp_1", {4: "http_500", 5: "http_500", 6: "not_found"})
        assert uow.snapshots.stored_ids("snp_1", range(9), again=True) == set()
        uow.snapshots.set_members("snp_1", {1: frozenset({3, 2})})
        uow.snapshots.set_again(
            "snp_1", [again, found, unlisted],
            {1: "http_500", 3: "not_found", 5: "timeout", 6: "not_found"},
        )  # fmt: skip
        uow.snapshots.set_again("snp_1", [], {})
        assert uow.snapshots.stored_ids("snp_1", range(9), again=True) == set(range(1, 8))
        snapshot, _ = uow.snapshots.load("snp_1")
    assert snapshot.people == {p.id: p for p in (kept, again, found, unlisted)}
    assert snapshot.missing_details == {failed.id}
    assert snapshot.gone == {deleted.id, gone.id}
    assert {g.id: g.member_ids for g in snapshot.groups.values()} == {1: {2, 3}, 2: {1}}


def test_look_ups_are_asked_once_and_come_back_with_the_snapshot(
    database: Database, run_id: str
) -> None:
    ann, bo, cy = (("ann@x.example", "ann"), ("bo@x.example", "bo"), ("cy@x.example", "cy"))
    with database.transactions.begin() as uow:
        uow.snapshots.start("snp_1", run_id, "ascip")
        uow.snapshots.ask("snp_1", [cy, bo])
        assert uow.snapshots.unasked("snp_1", 1) == [bo]
        uow.snapshots.answer("snp_1", {bo: True, cy: False})
        uow.snapshots.ask("snp_1", [ann, bo, cy])
        assert uow.snapshots.unasked("snp_1", 9) == [ann]
        snapshot, _ = uow.snapshots.load("snp_1")
    assert snapshot.looked_up == {bo: True, cy: False}


def test_two_snapshots_tell_who_came_who_went_and_which_fields_changed(
    database: Database,
) -> None:
    same, gone, renamed, moved, unread, deleted = map(person, range(1, 7))
    renamed = replace(renamed, first_name="Zo\0ë")
    with database.transactions.begin() as uow:
        for run, name in (("run_1", "snp_1"), ("run_2", "snp_2")):
            add_run(database, run)
            uow.snapshots.start(name, run, "ascip")
        uow.snapshots.add_people("snp_1", [same, gone, renamed, moved, unread, deleted])
        uow.snapshots.add_people(
            "snp_2",
            [same, replace(renamed, last_name="Lee", first_name="Zo\0e"),
             replace(moved, last_name="Lee", group_ids=(2,)), person(9)],
        )  # fmt: skip
        uow.snapshots.add_missing("snp_2", {5: "http_500", 6: "not_found", 7: "not_found"})
        found = uow.snapshots.difference("snp_1", "snp_2")
        none = uow.snapshots.difference("snp_1", "snp_1")
    assert found.counts == {
        Difference.CAME: 1, Difference.WENT: 2, Difference.CHANGED: 2, Difference.UNREAD: 1,
    }  # fmt: skip
    assert found.fields == {"first_name": 1, "group_ids": 1, "last_name": 2}
    assert (none.counts, none.fields) == ({}, {})


def test_a_complete_read_has_an_age_and_an_incomplete_one_has_none(
    database: Database, run_id: str
) -> None:
    with database.transactions.begin() as uow:
        uow.snapshots.start("snp_1", run_id, "ascip")
        uow.snapshots.set_list(
            "snp_1", reference=REFERENCE, groups=[], total_items=2, complete=False, passes=3
        )
        uow.snapshots.complete("snp_1", "0" * 64)
        assert uow.runs.complete_read_age_s("ascip") is None
        assert uow.runs.complete_read_age_s("records") is None
    database.change("UPDATE snapshot SET list_complete = true,"
                    " completed_at = now() - interval '1 hour'")  # fmt: skip
    with database.transactions.begin() as uow:
        age_s = uow.runs.complete_read_age_s("ascip")
    assert age_s is not None
    assert 3600 <= age_s < 3700


def test_two_who_have_written_of_a_run_can_both_lock_it_afterwards(
    database: Database, run_id: str
) -> None:
    """What refers to a run keeps its row from going, and the lock of a run must not wait for that."""
    wrote = threading.Barrier(2)

    def write_and_lock(_: int) -> RunState:
        with database.transactions.begin() as uow:
            uow.work.add(run_id, [NewWork(kind=WorkKind.FETCH, chunk={})])
            wrote.wait(5)
            return uow.runs.get(run_id, lock=True).state

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(write_and_lock, range(2))) == [RunState.APPLYING] * 2
