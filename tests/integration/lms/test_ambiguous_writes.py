"""Answers to writes are lost by the thousand: nobody is made twice, nothing is done twice, all is settled."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.action import Action, ActionClass, Change, Kind
from shared.ports.target import Attempt, Mismatch, Outcome
from tests.fakes.owner import always
from tests.integration.lms.conftest import SECRET, Simulator
from tests.unit.adapters.lms.fake_time import FakeTime

PEOPLE = 4000
#: Far longer than any late effect here takes: see `docs/explanation/lost-answers.md`.
WINDOW_S = 20.0
LOSSES: list[dict[str, Any]] = [
    {"fault": "answer_lost", "probability": 0.1, "how": "reset"},
    {"fault": "answer_lost", "probability": 0.11, "how": "close"},
    {"fault": "late_effect", "probability": 0.02, "after_requests": 5},
    {"fault": "late_effect", "probability": 0.02, "after_requests": 40},
    {"fault": "stale_read", "probability": 0.05, "lag_ms": 3000},
]


@pytest.fixture
def tenant(running: Simulator) -> Iterator[Simulator]:
    running.fail()
    running.admin("POST", "reset", {"people": PEOPLE, "seed": 3})
    running.admin("PUT", "settings", {"duplicates": "accepted"})
    yield running
    running.fail()
    running.admin("POST", "reset")


@pytest.fixture
def target(running: Simulator) -> Iterator[AscipLms]:
    settings = LmsSettings(
        base_url=running.url, key_id="district-sync", secret=SECRET, rate_per_s=0, timeout_s=5
    )
    pace = SettlePace(window_s=WINDOW_S, lag_s=5, first_s=0.02, most_s=0.3)
    target = AscipLms(settings, retry=Retry(base_s=0.01, cap_s=0.05), pace=pace)
    yield target
    target.close()


@dataclass
class Work:
    """Actions for a tenant, each about somebody else, and what must be true of them afterwards."""

    random: random.Random
    attempts: list[Attempt] = field(default_factory=list)
    expected: list[Callable[[dict[int, dict[str, Any]], Outcome], bool]] = field(
        default_factory=list
    )

    def add(self, number: int) -> None:
        names = {"username": f"new{number}", "email": f"New{number}@example.org"}
        values = {
            **names,
            "first_name": "Zoë",
            "last_name": "Ruiz",
            "employee_number": f"N{number}",
        }
        changes = [Change(path=path, before=None, after=value) for path, value in values.items()]
        self._take(
            Kind.ADD, f"N{number}", None, *changes,
            then=lambda people, o: people[o.ascip_id or 0]["employeeNumber"] == f"N{number}",
        )  # fmt: skip

    def rename(self, person: dict[str, Any], before: str, after: str) -> None:
        change = Change(path="last_name", before=before, after=after)
        self._take(
            Kind.UPDATE, f"{person['id']}", person["id"], change,
            then=lambda people, _: people[person["id"]]["lastName"] != before,
        )  # fmt: skip

    def switch(self, person: dict[str, Any]) -> None:
        off = person["status"] == "active"
        after = "inactive" if off else "active"
        change = Change(path="status", before=person["status"], after=after)
        self._take(
            Kind.DEACTIVATE if off else Kind.REACTIVATE, f"{person['id']}", person["id"], change,
            then=lambda people, _: people[person["id"]]["status"] == after,
        )  # fmt: skip

    def regroup(self, person: dict[str, Any], group_id: int) -> None:
        joining = group_id not in person["groupIds"]
        self._take(
            Kind.JOIN if joining else Kind.LEAVE, f"{person['id']}", person["id"],
            group_id=group_id,
            then=lambda people, _: (group_id in people[person["id"]]["groupIds"]) is joining,
        )  # fmt: skip

    def _take(
        self,
        kind: Kind,
        key: str,
        person_id: int | None,
        *changes: Change,
        then: Callable[[dict[int, dict[str, Any]], Outcome], bool],
        group_id: int | None = None,
    ) -> None:
        action = Action(
            kind=kind, action_class=ActionClass.UPDATES, person_key=key, ascip_id=None,
            group_id=group_id, changes=changes,
        )  # fmt: skip
        self.attempts.append(Attempt(action=action, ascip_id=person_id))
        self.expected.append(then)

    def waves(self, size: int) -> Iterator[list[int]]:
        """Places of attempts in the order they were taken, mixed within each wave."""
        for first in range(0, len(self.attempts), size):
            wave = list(range(first, min(first + size, len(self.attempts))))
            self.random.shuffle(wave)
            yield wave


def ten_thousand(simulator: Simulator) -> Work:
    """2,500 adds, 3,600 updates (everybody twice), 1,800 of the status, 2,100 of memberships."""
    people = [p for p in simulator.people() if p["groupIds"]]
    dice = random.Random(7)
    dice.shuffle(people)
    work = Work(dice)
    renamed, switched, moved = people[:1800], people[1800:3600], people[1500:3600]
    adds = iter(range(2500))
    for number, person in enumerate(moved):
        if number < len(renamed):
            work.rename(renamed[number], renamed[number]["lastName"], "Once")
            work.switch(switched[number])
        work.regroup(person, 401 + number % 3)
        for _ in range(2):
            if (new := next(adds, None)) is not None:
                work.add(new)
    for person in renamed:
        work.rename(person, "Once", "Twice")
    return work


def done_twice(simulator: Simulator) -> list[tuple[str, str, str]]:
    made = Counter((e["method"], e["path"], e["body_sha256"]) for e in simulator.writes())
    return [change for change, count in made.items() if count > 1]


@pytest.mark.slow
def test_ten_thousand_writes_of_which_a_quarter_get_no_answer(
    tenant: Simulator, target: AscipLms
) -> None:
    """Takes about 17 s: some 25,000 calls, and the server is on the same two cores.

    The LMS makes people twice if it is asked twice, and some effects and reads come late.
    """
    work = ten_thousand(tenant)
    before = len(tenant.people())
    tenant.fail(*LOSSES)
    outcomes: dict[int, Outcome] = {}
    for wave in work.waves(150):
        ended = target.apply([work.attempts[place] for place in wave], may_send=always)
        outcomes |= dict(zip(wave, ended, strict=True))
    struck = [count["fired"] for count in tenant.admin("GET", "faults")["counts"]]
    assert len(outcomes) == len(work.attempts) >= 10_000
    assert Counter((o.status.value, o.code) for o in outcomes.values()) == {
        ("succeeded", None): len(outcomes)
    }
    assert sum(o.settled for o in outcomes.values()) > 2000
    assert all(struck), struck
    people = {each["id"]: each for each in tenant.people()}
    assert len(people) == before + 2500
    assert all(then(people, outcomes[i]) for i, then in enumerate(work.expected))
    assert not done_twice(tenant)


@pytest.mark.parametrize(
    ("duplicates", "people", "mismatch"), [("refused", 1, None), ("accepted", 2, Mismatch.TWICE)]
)
def test_an_effect_later_than_the_window_is_what_an_lms_without_duplicates_is_needed_for(
    tenant: Simulator, duplicates: str, people: int, mismatch: Mismatch | None
) -> None:
    """Where the LMS accepts duplicates too, all that is left is to list them."""
    tenant.admin("PUT", "settings", {"duplicates": duplicates})
    tenant.fail({"fault": "late_effect", "request": 1, "after_requests": 60})
    target, _ = waitless(tenant)
    work = Work(random.Random(1))
    work.add(1)
    (outcome,) = target.apply(work.attempts, may_send=always)
    assert (outcome.status.value, outcome.settled) == ("succeeded", False)
    for _ in range(60):
        target.ping()
    (verified,) = target.verify([replace(work.attempts[0], ascip_id=outcome.ascip_id)])
    target.close()
    assert verified.mismatch is mismatch
    assert len([p for p in tenant.people() if p["employeeNumber"] == "N1"]) == people


def thousand(simulator: Simulator) -> list[list[Attempt]]:
    """150 adds, 500 updates, 150 of the status one by one; 200 memberships in two calls."""
    people = [p for p in simulator.people() if p["groupIds"]]
    work, moves = Work(random.Random(2)), Work(random.Random(2))
    for number in range(150):
        work.add(number)
        work.switch(people[number])
    for person in people[150:650]:
        work.rename(person, person["lastName"], "Once")
    for person in people[650:850]:
        moves.regroup(person, 401)
    return [[each] for each in work.attempts] + [moves.attempts[:100], moves.attempts[100:]]


def waitless(simulator: Simulator) -> tuple[AscipLms, FakeTime]:
    """A client with the paces of production, to whom waiting takes no time."""
    time = FakeTime()
    settings = LmsSettings(
        base_url=simulator.url, key_id="district-sync", secret=SECRET, rate_per_s=0
    )
    retry = Retry(patience_s=60, sleep=time.sleep, clock=time.clock)
    pace = SettlePace(window_s=45, sleep=time.sleep, clock=time.clock)
    return AscipLms(settings, retry=retry, pace=pace), time


MIXED: list[dict[str, Any]] = [
    {"fault": "rate_limited", "probability": 0.01, "retry_after": 1},
    {"fault": "server_error", "probability": 0.005},
    {"fault": "server_error", "probability": 0.005, "takes_effect": True},
    {"fault": "server_error", "probability": 0.005, "status": 503},
    {"fault": "reset", "probability": 0.005},
    {"fault": "html", "probability": 0.005},
    {"fault": "truncated", "probability": 0.005},
    {"fault": "empty_200", "probability": 0.005},
    {"fault": "answer_lost", "probability": 0.01},
]


@pytest.mark.slow
def test_a_thousand_actions_at_five_percent_of_faults_need_few_calls_more_than_without(
    tenant: Simulator,
) -> None:
    """Takes about 5 s: each action alone, so that the waiting of one is nobody else's."""
    calls = []
    for faults in ([], MIXED):
        tenant.admin("POST", "reset", {"people": PEOPLE, "seed": 3})
        tenant.fail(*faults)
        target, _ = waitless(tenant)
        outcomes = [
            outcome for each in thousand(tenant) for outcome in target.apply(each, may_send=always)
        ]
        target.close()
        assert len(outcomes) == 1000
        assert {o.status.value for o in outcomes} == {"succeeded"}
        calls.append(len([e for e in tenant.journal() if e["connection"]]))
    assert not done_twice(tenant)
    assert calls[1] <= 1.2 * calls[0], calls
