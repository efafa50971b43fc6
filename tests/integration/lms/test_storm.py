"""Storms of 429s and of failures: nobody calls inside a penalty, nothing is lost, little is repeated."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.errors import Transient
from shared.domain.snapshot import Person
from tests.fakes.simulator_thread import KEY_ID, SECRET, SimulatorThread

PEOPLE, RATE = 12, 10
#: What may have been under way when the 429 was sent, on a busy machine.
UNDER_WAY_S = 0.1
#: Retry-After in each form, and the seconds for which it must be kept.
FORMS: dict[str, tuple[dict[str, object], float]] = {
    "seconds": ({"retry_after": 2}, 2.0),
    "date": ({"retry_after": "date", "seconds": 3}, 3.0),
    "absent": ({"retry_after": None}, 1.0),
    "zero": ({"retry_after": 0}, 1.0),
    "negative": ({"retry_after": -5}, 1.0),
    "absurd": ({"retry_after": 1_000_000_000}, 1.5),
    "garbage": ({"retry_after": "soon"}, 1.0),
}

# What a worker process does: it reads the same people from every simulator at once.
WORKER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.snapshot import Person

def read(name, url, ids):
    limiter = ValkeyLimiter(valkey, name, rate, 1, most_s=1.5 if name == "absurd" else 900)
    settings = LmsSettings(
        base_url=url, key_id=key_id, secret=secret, rate_per_s=rate, concurrency=8
    )
    target = AscipLms(settings, limiter)
    answers = [answer for batch in target.fetch_people(ids) for answer in batch]
    target.close()
    return sum(isinstance(answer, Person) for answer in answers)

valkey, key_id, secret, rate, jobs = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(jobs)) as pool:
    print(json.dumps(dict(zip(jobs, pool.map(lambda name: read(name, *jobs[name]), jobs)))))
"""


@dataclass(frozen=True)
class Storm:
    """What the two processes read, and what the simulator saw."""

    done: list[int]
    requests: list[tuple[float, int]]

    def inside_penalties(self, form: str) -> list[float]:
        """Requests that came while nobody should have called: seconds after the 429."""
        found = []
        for sent_s, status in self.requests:
            if status == 429:
                until_s = sent_s + FORMS[form][1]
                # An HTTP date has whole seconds.
                until_s = math.floor(until_s) if form == "date" else until_s
                since_s = [at_s - sent_s for at_s, _ in self.requests if at_s < until_s]
                found += [seconds for seconds in since_s if seconds > UNDER_WAY_S]
        return found


@pytest.fixture(scope="module")
def simulator_thread() -> Iterator[Callable[[], SimulatorThread]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SimulatorThread()))


@pytest.fixture(scope="module")
def storms(valkey_url: str, simulator_thread: Callable[[], SimulatorThread]) -> dict[str, Storm]:
    """All forms at once, each against a simulator of its own: one after another takes a minute."""
    simulators = {form: simulator_thread() for form in FORMS}
    jobs: dict[str, tuple[str, list[int]]] = {}
    for form, simulator in simulators.items():
        simulator.reset(PEOPLE, 1)
        rule = {"fault": "rate_limited", "request": 6, "for_s": 1.2, **FORMS[form][0]}
        simulator.faults(rule)
        ids = [person["id"] for person in simulator.state()["people"][:PEOPLE]]
        jobs[form] = (simulator.base_url, ids)
    arguments = json.dumps([valkey_url, KEY_ID, SECRET, RATE, jobs])
    command = [sys.executable, "-c", WORKER, arguments]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    done = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    return {
        form: Storm([counts[form] for counts in done], _requests(simulator))
        for form, simulator in simulators.items()
    }


def _requests(simulator: SimulatorThread) -> list[tuple[float, int]]:
    journal = simulator.journal()
    return [(datetime.fromisoformat(e["time"]).timestamp(), e["status"]) for e in journal]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_no_request_comes_inside_a_penalty_and_nothing_fails(
    storms: dict[str, Storm], form: str
) -> None:
    """The first takes about 8 s: penalties of whole seconds, in two processes."""
    storm = storms[form]
    assert storm.done == [PEOPLE, PEOPLE]
    refused = [status for _, status in storm.requests].count(429)
    assert refused >= 1
    assert len(storm.requests) == 2 * PEOPLE + refused
    assert storm.inside_penalties(form) == []


@pytest.mark.parametrize("retry_after", [31, "date", 1_000_000_000])
def test_a_long_penalty_is_waited_for_by_nobody_and_known_to_all(
    valkey: str,
    simulator_thread: Callable[[], SimulatorThread],
    connected: Callable[..., AscipLms],
    retry_after: object,
) -> None:
    simulator = simulator_thread()
    simulator.faults({"fault": "rate_limited", "retry_after": retry_after, "seconds": 60})
    for _process in range(2):
        target = connected(simulator, valkey)
        with pytest.raises(Transient) as caught:
            target.ping()
        assert caught.value.code == "throttled"
        wait_s = {31: 31, "date": 60, 1_000_000_000: 900}[retry_after]
        assert caught.value.retry_after_s == pytest.approx(wait_s, abs=1.5)
    assert len(simulator.journal()) == 1


@pytest.fixture
def connected() -> Iterator[Callable[..., AscipLms]]:
    """Targets that share a limit, closed at the end."""
    with ExitStack() as stack:

        def connect(
            simulator: SimulatorThread, valkey_url: str | None = None, **options: Any
        ) -> AscipLms:
            values = {"rate_per_s": RATE if valkey_url else 0, **options}
            settings = LmsSettings(
                base_url=simulator.base_url, key_id=KEY_ID, secret=SECRET, **values
            )
            limiter = ValkeyLimiter(valkey_url, "lms", RATE, 20) if valkey_url else None
            return stack.enter_context(closing(AscipLms(settings, limiter)))

        yield connect


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "most"),
    [
        ({"fault": "server_error", "probability": 0.05}, 1.2),
        ({"fault": "reset", "probability": 0.05}, 1.2),
        ({"fault": "server_error", "status": 503, "probability": 0.5}, 1.5),
    ],
    ids=["5 % of 500", "5 % of resets", "50 % of 503"],
)
def test_repeats_stay_a_small_part_of_a_whole_read(
    simulator_thread: Callable[[], SimulatorThread],
    connected: Callable[..., AscipLms],
    rule: dict[str, object],
    most: float,
) -> None:
    """Takes 2 to 10 s: a share of the calls can only be seen over many, here the list and 2,000 details."""
    simulator = simulator_thread()
    simulator.reset(2000, 1)
    simulator.faults(rule)
    target = connected(simulator, concurrency=32)
    ids = _listed(target)
    answers = [answer for batch in target.fetch_people(ids) for answer in batch]
    assert len(answers) == len(ids) >= 2000
    least = len(ids) + math.ceil(len(ids) / 200)
    assert len(simulator.journal()) <= most * least
    lost = sum(not isinstance(answer, Person) for answer in answers)
    assert lost <= (0.01 if most < 1.5 else 0.4) * len(ids)


def _listed(target: AscipLms) -> tuple[int, ...]:
    """A list fails if one of its pages does; whoever reads it tries again later."""
    for _later in range(15):
        with suppress(Transient):
            return target.list_people().ids
    return target.list_people().ids
