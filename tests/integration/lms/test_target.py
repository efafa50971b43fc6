"""`AscipLms` against the simulator: reads are whole, writes happen once, faults are survived."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.target import AscipLms
from shared.domain.action import Action, ActionClass, Change, Kind
from shared.domain.errors import KeyRefused, Transient
from shared.domain.snapshot import Person, PersonStatus
from shared.ports.target import Attempt, MissingDetail, Outcome
from tests.fakes.owner import always
from tests.integration.lms.conftest import Simulator

Connect = Callable[..., AscipLms]


def details(target: AscipLms, ids: Sequence[int]) -> list[Person | MissingDetail]:
    return [person for batch in target.fetch_people(ids) for person in batch]


def action(kind: Kind, *changes: Change, key: str = "E1", group_id: int | None = None) -> Action:
    return Action(
        kind=kind,
        action_class=ActionClass.UPDATES,
        person_key=key,
        ascip_id=None,
        group_id=group_id,
        changes=changes,
    )


def adding(number: int, *, retry: bool = False) -> Attempt:
    values = {
        "username": f"new+{number} å",
        "email": f"new+{number}@example.org",
        "first_name": "Zoë",
        "last_name": "Ruiz",
        "employee_number": f"N{number}",
    }
    changes = [Change(path=path, before=None, after=value) for path, value in values.items()]
    changes.append(Change(path="buckets.9", before=None, after=51))
    return Attempt(action=action(Kind.ADD, *changes, key=f"N{number}"), ascip_id=None, retry=retry)


def renaming(person: Person, after: str) -> Attempt:
    change = Change(path="last_name", before=person.last_name, after=after)
    return Attempt(action=action(Kind.UPDATE, change, key=str(person.id)), ascip_id=person.id)


def of_kind(kind: Kind, person_id: int, group_id: int | None = None) -> Attempt:
    return Attempt(action=action(kind, key=str(person_id), group_id=group_id), ascip_id=person_id)


def ends(outcomes: Sequence[Outcome]) -> set[tuple[str, str | None, bool]]:
    return {(o.status.value, o.code, o.settled) for o in outcomes}


def test_everything_is_read_whole(simulator: Simulator, connect: Connect) -> None:
    target = connect(simulator)
    people = target.list_people()
    assert people.complete
    assert set(people.ids) == {p["id"] for p in simulator.people()}
    found = details(target, people.ids)
    assert sorted(p.id for p in found if isinstance(p, Person)) == list(people.ids)
    reference = target.reference()
    members = target.group_members(reference.groups)
    by_person = {(g, p.id) for p in found if isinstance(p, Person) for g in p.group_ids}
    assert {(g, i) for g, ids in members.items() for i in ids} == by_person


def test_the_target_itself_says_whether_nobody_has_an_email_or_a_username(
    simulator: Simulator, connect: Connect
) -> None:
    person = simulator.people()[0]
    email, username = person["email"].upper(), person["username"].upper()
    logins = [("new@x.example", "new"), (email, "new"), ("new@x.example", username)]
    target = connect(simulator)
    assert target.nobody_has(logins) == [True, False, False]
    simulator.fail({"fault": "server_error", "path": "/people$"})
    assert target.nobody_has(logins[:1]) == [False], "who can't be asked about may be there"


def test_a_group_that_is_gone_is_left_out(simulator: Simulator, connect: Connect) -> None:
    target = connect(simulator)
    existing = next(iter(target.reference().groups))
    assert set(target.group_members([existing, 99999])) == {existing}


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "page_shift", "request": [2, 3], "path": "/people$"},
        {"fault": "page_repeat", "request": [1], "path": "/people$", "count": 5},
        {"fault": "page_miss", "request": [2], "path": "/people$", "count": 5},
    ],
)
def test_a_list_that_shifts_repeats_or_misses_is_read_again_until_it_is_whole(
    simulator: Simulator, connect: Connect, rule: dict[str, Any]
) -> None:
    simulator.fail(rule)
    people = connect(simulator).list_people()
    assert people.complete
    assert set(people.ids) == {p["id"] for p in simulator.people()}


def test_a_list_with_a_wrong_total_is_not_called_whole(
    simulator: Simulator, connect: Connect
) -> None:
    simulator.fail({"fault": "wrong_total", "probability": 1, "path": "/people$", "delta": 1})
    people = connect(simulator).list_people()
    assert (people.complete, people.passes) == (False, 2)
    assert len(people.ids) == people.total_items - 1


@pytest.mark.parametrize("fault", ["html", "truncated", "empty_200"])
def test_garbage_is_never_an_empty_list(simulator: Simulator, connect: Connect, fault: str) -> None:
    simulator.fail({"fault": fault, "probability": 1})
    with pytest.raises(Transient):
        connect(simulator).list_people()


def test_a_detail_that_fails_is_asked_once_more_and_then_missing(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator)
    ids = list(target.list_people().ids[:20])
    bad, shaky = ids[0], ids[1]
    simulator.fail(
        {"fault": "server_error", "probability": 1, "path": f"/people/{bad}$"},
        {"fault": "server_error", "request": 1, "path": f"/people/{shaky}$"},
    )
    found = details(target, [*ids, 99999])
    missing = {p.ascip_id: p.code for p in found if isinstance(p, MissingDetail)}
    assert missing == {bad: "server_error", 99999: "not_found"}
    assert len(found) == 21
    asked = [e["path"] for e in simulator.journal() if e["path"].endswith(f"/people/{bad}")]
    assert len(asked) == 2


def test_a_reset_is_never_resent_behind_our_back(simulator: Simulator, connect: Connect) -> None:
    target = connect(simulator, detail_retries=0)
    first, second = target.list_people().ids[:2]
    details(target, [first])
    simulator.fail({"fault": "reset", "probability": 1, "path": f"/people/{second}$"})
    (found,) = details(target, [second])
    assert isinstance(found, MissingDetail)
    asked = [e for e in simulator.journal() if e["path"].endswith(f"/people/{second}")]
    assert len(asked) == 1


def test_what_was_read_before_the_key_was_revoked_still_arrives(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator, concurrency=4)
    ids = target.list_people().ids
    simulator.fail({"fault": "key_revoked", "request": 301, "path": "/people/[0-9]+$"})
    got: list[Person | MissingDetail] = []
    with pytest.raises(KeyRefused):
        got.extend(person for batch in target.fetch_people(ids) for person in batch)
    assert 290 <= len(got) <= 301
    refused = [e for e in simulator.journal() if e["status"] == 401]
    assert len(refused) <= 4


def test_calls_go_on_while_the_caller_stores_but_do_not_run_away(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator)
    ids = target.list_people().ids
    batches = target.fetch_people(ids)
    next(batches)
    time.sleep(0.5)
    assert len(simulator.journal()) > 300
    batches.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_clock_that_is_off_is_diagnosed(simulator: Simulator, connect: Connect) -> None:
    simulator.fail({"fault": "clock_offset", "probability": 1, "offset_s": 600})
    with pytest.raises(KeyRefused, match=r"\+(599|600) s"):
        connect(simulator).reference()


def test_a_closed_port_is_unreachable(connect: Connect) -> None:
    nobody = Simulator(url="http://127.0.0.1:9/api/v1", port=9)
    with pytest.raises(Transient) as caught:
        connect(nobody).list_people()
    assert caught.value.code == "unreachable"


def test_people_are_added_changed_and_switched_off_and_on(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator)
    added = target.apply([adding(n) for n in range(5)], may_send=always)
    assert ends(added) == {("succeeded", None, False)}
    ids = [o.ascip_id for o in added if o.ascip_id]
    people = [p for p in details(target, ids) if isinstance(p, Person)]
    assert {(p.first_name, p.bucket(9), p.status.value) for p in people} == {("Zoë", 51, "active")}
    assert ends(target.apply([renaming(p, "Díaz") for p in people], may_send=always)) == {
        ("succeeded", None, False)
    }
    target.apply([of_kind(Kind.DEACTIVATE, i) for i in ids], may_send=always)
    gone = [p for p in details(target, ids) if isinstance(p, Person)]
    assert {(p.last_name, p.status) for p in gone} == {("Díaz", PersonStatus.INACTIVE)}
    target.apply([of_kind(Kind.REACTIVATE, i) for i in ids], may_send=always)
    back = target.apply([of_kind(Kind.REACTIVATE, i) for i in ids], may_send=always)
    assert ends(back) == {("succeeded", None, True)}


def test_a_person_somebody_else_edits_is_a_conflict(simulator: Simulator, connect: Connect) -> None:
    target = connect(simulator)
    (person,) = details(target, target.list_people().ids[:1])
    assert isinstance(person, Person)
    target.apply([renaming(person, "First")], may_send=always)
    outcomes = target.apply([renaming(person, "Second")], may_send=always)
    assert ends(outcomes) == {("conflict", "changed_by_others", False)}


def test_a_second_add_of_the_same_person_is_an_identity_conflict(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator)
    target.apply([adding(1)], may_send=always)
    assert ends(target.apply([adding(1)], may_send=always)) == {
        ("failed", "identity_conflict", False)
    }


def test_members_come_and_go(simulator: Simulator, connect: Connect) -> None:
    target = connect(simulator)
    members = target.group_members(target.reference().groups)
    group_id, inside = max(members.items(), key=lambda item: len(item[1]))
    leaving = sorted(inside)[:3]
    left = target.apply([of_kind(Kind.LEAVE, i, group_id) for i in leaving], may_send=always)
    assert ends(left) == {("succeeded", None, False)}
    assert target.group_members([group_id])[group_id] == inside - set(leaving)
    joined = target.apply(
        [of_kind(Kind.JOIN, i, group_id) for i in [*sorted(inside)[:5], 99999]], may_send=always
    )
    assert [o.settled for o in joined] == [False, False, False, True, True, False]
    assert [o.status.value for o in joined] == ["succeeded"] * 5 + ["failed"]


@pytest.mark.parametrize("how", ["reset", "close"])
def test_an_answer_lost_after_a_create_leaves_one_person_and_a_settled_outcome(
    simulator: Simulator, connect: Connect, how: str
) -> None:
    before = len(simulator.people())
    simulator.fail({"fault": "answer_lost", "probability": 1, "method": "POST", "how": how})
    outcomes = connect(simulator).apply([adding(n) for n in range(10)], may_send=always)
    assert ends(outcomes) == {("succeeded", None, True)}
    assert len(simulator.people()) == before + 10
    assert len({o.ascip_id for o in outcomes}) == 10


def test_every_fifth_answer_lost_still_means_one_effect_for_each_action(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator)
    people = [p for p in details(target, target.list_people().ids[:60]) if isinstance(p, Person)]
    simulator.admin("POST", "reset")
    rule = {"fault": "answer_lost", "probability": 0.2}
    simulator.fail({**rule, "method": "POST"}, {**rule, "method": "PUT"})
    outcomes = target.apply(
        [adding(n) for n in range(30)] + [renaming(p, "Díaz") for p in people], may_send=always
    )
    assert {o.status.value for o in outcomes} == {"succeeded"}
    assert {o.settled for o in outcomes} == {True, False}
    assert len(simulator.writes()) == 90


def test_a_create_that_takes_effect_late_is_waited_for(
    simulator: Simulator, connect: Connect
) -> None:
    before = len(simulator.people())
    rule = {"fault": "late_effect", "request": 1, "method": "POST", "delay_ms": 1000}
    simulator.fail(rule)
    outcomes = connect(simulator, window_s=3.0).apply([adding(1)], may_send=always)
    assert ends(outcomes) == {("succeeded", None, True)}
    assert len(simulator.people()) == before + 1


def test_a_429_is_waited_for_and_costs_no_outcome(
    simulator: Simulator, connect: Connect, valkey: str
) -> None:
    limiter = ValkeyLimiter(valkey, "lms", 200, 10)
    target = connect(simulator, limiter, rate_per_s=200, concurrency=4)
    ids = target.list_people().ids[:40]
    simulator.admin("POST", "reset")
    rule = {"fault": "rate_limited", "request": 10, "retry_after": 1, "path": "/people/[0-9]+$"}
    simulator.fail(rule)
    found = details(target, ids)
    assert all(isinstance(p, Person) for p in found)
    times = [entry["time"] for entry in simulator.journal()]
    at = [entry["status"] for entry in simulator.journal()].index(429)
    seconds = [float(t[17:-1]) + 60 * float(t[14:16]) for t in times]
    in_penalty = [s for s in seconds[at + 1 :] if s < seconds[at] + 0.95]
    assert len(in_penalty) <= 3  # what was in flight when the answer came


def test_our_limit_below_theirs_never_meets_a_429(
    limited: Simulator, connect: Connect, valkey: str
) -> None:
    limiter = ValkeyLimiter(valkey, "lms", 50, 10)
    target = connect(limited, limiter, rate_per_s=50)
    started = time.monotonic()
    found = details(target, target.list_people().ids[:90])
    took_s = time.monotonic() - started
    assert len(found) == 90
    assert all(entry["status"] == 200 for entry in limited.journal())
    assert took_s < 2.5


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_target_made_before_a_fork_works_in_parent_and_child(
    simulator: Simulator, connect: Connect
) -> None:
    target = connect(simulator)
    expected = len(target.list_people().ids)
    child = os.fork()
    if child == 0:
        os._exit(0 if len(target.list_people().ids) == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(target.list_people().ids) == expected


def test_a_closed_target_can_be_used_again(simulator: Simulator, connect: Connect) -> None:
    target = connect(simulator)
    assert target.list_people().complete
    target.close()
    target.close()
    assert target.list_people().complete
