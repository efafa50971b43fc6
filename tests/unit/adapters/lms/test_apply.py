"""Writes: compared, sent at most once unsettled, and settled by reading back."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.action import Action, ActionClass, Change, Kind
from shared.ports.target import Attempt, Outcome, OutcomeStatus
from tests.fakes.owner import always
from tests.unit.adapters.lms.fake_time import FakeTime
from tests.unit.adapters.lms.tiny_lms import TinyLms

Apply = Callable[..., list[Outcome]]
WINDOW_S = 45.0


@pytest.fixture
def apply(fake_time: FakeTime) -> Iterator[Apply]:
    targets: list[AscipLms] = []

    def run(lms: httpx.AsyncBaseTransport, *attempts: Attempt) -> list[Outcome]:
        pace = SettlePace(window_s=WINDOW_S, sleep=fake_time.sleep, clock=fake_time.clock)
        target = AscipLms(
            LmsSettings(base_url="https://lms.example/api/v1", key_id="key", secret="s"),
            retry=Retry(sleep=fake_time.sleep, clock=fake_time.clock),
            pace=pace,
            transport=lms,
        )
        targets.append(target)
        return target.apply(attempts, may_send=always)

    yield run
    for target in targets:
        target.close()


def action(kind: Kind, *changes: Change, key: str = "E1", group_id: int | None = None) -> Action:
    return Action(
        kind=kind,
        action_class=ActionClass.UPDATES,
        person_key=key,
        ascip_id=None,
        group_id=group_id,
        changes=changes,
    )


def adding(*, retry: bool = False, email: str = "zoe@example.org") -> Attempt:
    values = {"username": "zoe", "email": email, "first_name": "Zoë", "last_name": "Ruiz"}
    changes = [Change(path=path, before=None, after=value) for path, value in values.items()]
    return Attempt(action=action(Kind.ADD, *changes), ascip_id=None, retry=retry)


def renaming(
    person_id: int, *, before: str = "B", after: str = "C", retry: bool = False
) -> Attempt:
    change = Change(path="last_name", before=before, after=after)
    return Attempt(action=action(Kind.UPDATE, change), ascip_id=person_id, retry=retry)


def joining(person_id: int | None, kind: Kind = Kind.JOIN) -> Attempt:
    return Attempt(action=action(kind, key=f"E{person_id}", group_id=9), ascip_id=person_id)


def test_an_add_learns_its_id_with_one_call(apply: Apply) -> None:
    lms = TinyLms()
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.ascip_id, outcome.settled) == ("succeeded", 1, False)
    assert (len(lms.writes), lms.reads) == (1, 0)


def test_an_add_that_meets_somebody_is_never_adopted(apply: Apply) -> None:
    lms = TinyLms()
    lms.add(username="zoe", email="zoe@example.org", firstName="Zoë", lastName="Ruiz")
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.code) == ("failed", "identity_conflict")
    assert (outcome.ascip_id, outcome.holder_id) == (None, 1), "told, and not taken over"


def test_an_add_whose_answer_was_lost_is_found_at_once_and_not_sent_again(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms("lost")
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.ascip_id, outcome.settled) == ("succeeded", 1, True)
    assert len(lms.writes) == 1
    assert fake_time.slept == []


def test_an_add_that_never_arrived_is_sent_again_only_after_the_window(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms("gone")
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.settled) == ("succeeded", False)
    assert len(lms.writes) == 2
    assert lms.writes[0] == lms.writes[1]
    assert sum(fake_time.slept) == pytest.approx(WINDOW_S)


def test_an_add_that_takes_effect_late_within_the_window_is_found(apply: Apply) -> None:
    lms = TinyLms("late")
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.settled) == ("succeeded", True)
    assert (len(lms.writes), len(lms.people)) == (1, 1)


def test_an_add_lost_twice_without_a_trace_stays_unknown(apply: Apply) -> None:
    lms = TinyLms("gone", "gone")
    (outcome,) = apply(lms, adding())
    assert outcome.status is OutcomeStatus.UNKNOWN
    assert len(lms.writes) == 2


def test_a_retried_add_looks_before_it_sends(apply: Apply) -> None:
    lms = TinyLms()
    lms.add(username="zoe", email="zoe@example.org", firstName="Zoë", lastName="Ruiz")
    (outcome,) = apply(lms, adding(retry=True))
    assert (outcome.status, outcome.settled, lms.writes) == ("succeeded", True, [])


def test_a_retried_add_that_is_lost_again_is_not_sent_a_third_time(apply: Apply) -> None:
    lms = TinyLms("gone", "ok")
    (outcome,) = apply(lms, adding(retry=True))
    assert outcome.status is OutcomeStatus.UNKNOWN
    assert len(lms.writes) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("lastName", "Other"), ("status", "inactive"), ("username", "other")]
)
def test_a_duplicate_on_the_second_send_is_ours_only_if_all_fields_agree(
    apply: Apply, field: str, value: str
) -> None:
    same = {"username": "zoe", "email": "zoe@example.org", "firstName": "Zoë", "lastName": "Ruiz"}
    lms = TinyLms("gone")
    lms.add(**(same | {field: value}))
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.code) == ("failed", "identity_conflict")
    assert (outcome.ascip_id, outcome.holder_id) == (None, 1)


def test_an_update_is_compared_and_sent(apply: Apply) -> None:
    lms = TinyLms()
    (outcome,) = apply(lms, renaming(lms.add()))
    assert (outcome.status, outcome.ascip_id) == ("succeeded", 1)
    assert lms.writes == [("PUT", "/people/1", {"lastName": "C"})]


def test_an_update_of_somebody_changed_meanwhile_is_a_conflict_and_not_sent(apply: Apply) -> None:
    lms = TinyLms()
    (outcome,) = apply(lms, renaming(lms.add(lastName="X")))
    assert (outcome.status, outcome.code) == ("conflict", "changed_by_others")
    assert lms.writes == []


def test_an_update_of_somebody_who_is_gone_is_a_conflict(apply: Apply) -> None:
    (outcome,) = apply(TinyLms(), renaming(5))
    assert (outcome.status, outcome.code) == ("conflict", "not_found")


def test_an_update_that_is_there_already_needs_no_call(apply: Apply) -> None:
    lms = TinyLms()
    (outcome,) = apply(lms, renaming(lms.add(lastName="C")))
    assert (outcome.status, outcome.settled, lms.writes) == ("succeeded", True, [])


@pytest.mark.parametrize(("fate", "writes", "settled"), [("lost", 1, True), ("gone", 2, False)])
def test_an_update_whose_answer_was_lost_is_settled(
    apply: Apply, fate: str, writes: int, settled: bool
) -> None:
    lms = TinyLms(fate)
    (outcome,) = apply(lms, renaming(lms.add()))
    assert (outcome.status, outcome.settled) == ("succeeded", settled)
    assert len(lms.writes) == writes


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [(Kind.DEACTIVATE, "active", "inactive"), (Kind.REACTIVATE, "inactive", "active")],
)
def test_the_status_is_set_by_a_call_of_its_own(
    apply: Apply, kind: Kind, before: str, after: str
) -> None:
    lms = TinyLms()
    attempt = Attempt(action=action(kind), ascip_id=lms.add(status=before))
    (outcome,) = apply(lms, attempt)
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert lms.people[1]["status"] == after
    assert lms.writes == [("POST", f"/people/1/{kind.value}", {})]


def test_a_refused_write_fails_with_its_code(apply: Apply) -> None:
    lms = TinyLms("422")
    (outcome,) = apply(lms, renaming(lms.add()))
    assert (outcome.status, outcome.code) == ("failed", "planned")


def test_a_write_that_is_turned_away_every_time_is_transient(apply: Apply) -> None:
    lms = TinyLms(*["408"] * 4)
    (outcome,) = apply(lms, renaming(lms.add()))
    assert outcome.status is OutcomeStatus.TRANSIENT
    assert len(lms.writes) == 4


def test_a_503_that_names_no_time_proves_nothing(apply: Apply) -> None:
    lms = TinyLms(*["503"] * 8)
    (outcome,) = apply(lms, renaming(lms.add()))
    assert (outcome.status, outcome.code) == ("unknown", "not_settled")
    assert len(lms.writes) == 8


def test_a_create_is_not_sent_again_after_a_503_before_the_window_is_over(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms("503")
    (outcome,) = apply(lms, adding())
    assert (outcome.status, len(lms.writes)) == ("succeeded", 2)
    assert sum(fake_time.slept) == pytest.approx(WINDOW_S)


def test_a_refused_key_keeps_the_outcomes_reached_and_marks_nothing_failed(apply: Apply) -> None:
    lms = TinyLms("ok", "401")
    attempts = [renaming(lms.add()) for _ in range(40)]
    outcomes = apply(lms, *attempts)
    done = [o for o in outcomes if o.status is OutcomeStatus.SUCCEEDED]
    left = {(o.status, o.code) for o in outcomes if o not in done}
    assert len(done) == len([p for p in lms.people.values() if p["lastName"] == "C"]) >= 1
    assert left == {(OutcomeStatus.TRANSIENT, "key_refused")}


def test_a_key_refused_while_settling_leaves_the_outcome_unknown(apply: Apply) -> None:
    lms = TinyLms("lost")
    lms.refuse_reads = True
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.code) == ("unknown", "key_refused")


def test_memberships_take_one_list_and_one_call_and_failures_find_their_action(
    apply: Apply,
) -> None:
    lms = TinyLms()
    lms.members[9] = {1}
    lms.member_failures[3] = "unknown_person"
    outcomes = apply(lms, *(joining(i) for i in (1, 2, 3, None)))
    assert [(o.status, o.code, o.settled) for o in outcomes] == [
        ("succeeded", None, True),
        ("succeeded", None, False),
        ("failed", "unknown_person", False),
        ("failed", "person_id_missing", False),
    ]
    assert lms.writes == [("POST", "/groups/9/members", {"add": [2, 3], "remove": []})]
    assert lms.reads == 1


def test_leaves_are_sent_as_removals(apply: Apply) -> None:
    lms = TinyLms()
    lms.members[9] = {1, 2}
    apply(lms, joining(1, Kind.LEAVE), joining(5, Kind.LEAVE))
    assert lms.writes == [("POST", "/groups/9/members", {"add": [], "remove": [1]})]
    assert lms.members[9] == {2}


@pytest.mark.parametrize(("fate", "writes", "settled"), [("lost", 1, True), ("gone", 2, False)])
def test_memberships_whose_answer_was_lost_are_read_back(
    apply: Apply, fate: str, writes: int, settled: bool
) -> None:
    lms = TinyLms(fate)
    lms.members[9] = set()
    outcomes = apply(lms, joining(1), joining(2))
    assert {(o.status, o.settled) for o in outcomes} == {(OutcomeStatus.SUCCEEDED, settled)}
    assert (len(lms.writes), lms.members[9]) == (writes, {1, 2})


def test_memberships_lost_twice_stay_unknown(apply: Apply) -> None:
    lms = TinyLms("gone", "gone")
    lms.members[9] = set()
    (outcome,) = apply(lms, joining(1))
    assert outcome.status is OutcomeStatus.UNKNOWN


def test_a_group_takes_a_hundred_memberships_in_a_call_and_not_one_more(apply: Apply) -> None:
    lms = TinyLms()
    lms.members[9] = set()
    assert len(apply(lms, *(joining(i) for i in range(1, 101)))) == 100
    with pytest.raises(ValueError, match="100"):
        apply(lms, *(joining(i) for i in range(1, 102)))


ZOE = {"username": "zoe", "email": "zoe@example.org", "firstName": "Zoë", "lastName": "Ruiz"}


@pytest.mark.parametrize("older", [[None] * 3, [{"lastName": "R."}] * 3], ids=["404", "half of it"])
def test_a_duplicate_that_cannot_be_seen_whole_yet_is_waited_for(
    apply: Apply, older: list[dict[str, str] | None]
) -> None:
    """Our own create, done after we looked; the read of it lags behind the answer to the second."""
    lms = TinyLms("gone")
    person_id = lms.add(**ZOE)
    lms.ignores_lookups = True
    lms.older = [lms.people[person_id] | each if each else None for each in older]
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.ascip_id, outcome.settled) == ("succeeded", person_id, True)
    assert len(lms.writes) == 2


def test_a_duplicate_that_can_never_be_read_stays_unknown(apply: Apply) -> None:
    lms = TinyLms("gone")
    lms.add(**ZOE)
    lms.ignores_lookups = True
    lms.older = [None] * 100
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.code) == ("unknown", "not_settled")


def test_a_look_up_that_ignores_its_filter_is_read_to_the_end(apply: Apply) -> None:
    lms = TinyLms("lost")
    for _ in range(450):
        lms.add()
    lms.ignores_filters = True
    (outcome,) = apply(lms, adding())
    assert (outcome.status, outcome.ascip_id, outcome.settled) == ("succeeded", 451, True)
    assert (len(lms.writes), lms.reads) == (1, 7)


def test_two_people_as_we_wanted_one_are_nobody_s_to_choose(apply: Apply) -> None:
    lms = TinyLms()
    lms.add(**ZOE)
    lms.add(**ZOE)
    (outcome,) = apply(lms, adding(retry=True))
    assert (outcome.status, outcome.code, lms.writes) == ("unknown", "twice", [])


@pytest.mark.parametrize("older", [None, {"lastName": "X"}], ids=["404", "an older value"])
def test_a_conflict_that_was_a_stale_read_is_none(
    apply: Apply, older: dict[str, str] | None
) -> None:
    lms = TinyLms()
    person_id = lms.add()
    lms.older = [lms.people[person_id] | older if older else None] * 3
    (outcome,) = apply(lms, renaming(person_id))
    assert (outcome.status, outcome.settled, len(lms.writes)) == ("succeeded", False, 1)


def test_a_conflict_is_believed_when_no_read_can_be_stale_any_more(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms()
    (outcome,) = apply(lms, renaming(lms.add(lastName="X")))
    assert outcome.code == "changed_by_others"
    assert sum(fake_time.slept) == pytest.approx(15)
    assert lms.reads == 6


def test_a_refused_second_send_has_failed_though_the_first_was_lost(apply: Apply) -> None:
    lms = TinyLms("gone", "422")
    (outcome,) = apply(lms, renaming(lms.add()))
    assert (outcome.status, outcome.code) == ("failed", "planned")


def test_what_a_lost_membership_call_left_out_is_sent_at_once(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms("lost")
    lms.members[9] = set()
    lms.member_failures[2] = "not_found"
    outcomes = apply(lms, joining(1), joining(2))
    assert [(o.status, o.code, o.settled) for o in outcomes] == [
        ("succeeded", None, True),
        ("failed", "not_found", False),
    ]
    assert [body["add"] for _, _, body in lms.writes] == [[1, 2], [2]]
    assert fake_time.slept == []


def test_after_the_second_lost_membership_call_everybody_is_waited_for(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms("lost", "lost")
    lms.members[9] = set()
    lms.member_failures[2] = "not_found"
    outcomes = apply(lms, joining(1), joining(2))
    assert [(o.status, o.settled) for o in outcomes] == [("succeeded", True), ("unknown", False)]
    assert sum(fake_time.slept) == pytest.approx(WINDOW_S)


def test_the_second_lost_membership_call_may_be_seen_bit_by_bit(apply: Apply) -> None:
    lms = TinyLms("gone", "lost")
    lms.members[9] = set()
    lms.older_members = [set()] * 8 + [{1}]
    outcomes = apply(lms, joining(1), joining(2))
    assert {(o.status, o.settled) for o in outcomes} == {(OutcomeStatus.SUCCEEDED, True)}


def test_members_that_are_never_listed_whole_are_changed_all_the_same(apply: Apply) -> None:
    """In a list with gaps somebody is seen to be there; that they aren't is not: it is sent."""
    lms = TinyLms()
    lms.members[9] = {1, 2, 3}
    lms.members_left_out = 1
    outcomes = apply(lms, joining(3), joining(4), joining(1, Kind.LEAVE), joining(5, Kind.LEAVE))
    assert [(o.status, o.settled) for o in outcomes] == [
        ("succeeded", True),
        ("succeeded", False),
        ("succeeded", False),
        ("succeeded", False),
    ]
    assert lms.writes == [("POST", "/groups/9/members", {"add": [4], "remove": [1, 5]})]
    assert (lms.members[9], lms.reads) == ({2, 3, 4}, 1)


def test_nobody_joins_a_group_that_is_gone_and_everybody_has_left_it(apply: Apply) -> None:
    lms = TinyLms()
    outcomes = apply(lms, joining(1), joining(2, Kind.LEAVE))
    assert [(o.status, o.code) for o in outcomes] == [
        ("conflict", "not_found"),
        ("succeeded", None),
    ]
    assert lms.writes == []
