"""Every request that is sent counts once, under a template and a word of ours: never under a value."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest
import respx

from shared.adapters.lms.retry import Retry
from shared.adapters.lms.tally import Tally
from shared.adapters.lms.transport import Wire
from shared.domain.errors import TargetError
from shared.ports.target import CallCount
from tests.unit.adapters.lms.fake_time import FakeTime

MakeWire = Callable[..., Wire]


def counted(tally: Tally) -> dict[tuple[str, str], int]:
    return {(count.call, count.outcome): count.calls for count in tally.take()}


async def ask(wire: Wire, method: str, path: str, **options: object) -> None:
    """Send one request, however it ends."""
    with suppress(TargetError):
        await wire.call(method, path, lambda data: data, **options)  # type: ignore[arg-type]  # query


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/people", "GET /people"),
        ("/people/417", "GET /people/{id}"),
        ("/groups/9/members", "GET /groups/{id}/members"),
        ("/v2/roles", "GET /v2/roles"),
    ],
)
def test_a_call_is_named_by_its_template(path: str, call: str) -> None:
    tally = Tally()
    with tally.timed("GET", path):
        pass
    assert counted(tally) == {(call, "ok"): 1}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(200, json={}), "ok"),
        (httpx.Response(200, text="<html>"), "garbled_answer"),
        (httpx.Response(404, json={"error": {"code": "ann_lee"}}), "http_404"),
        (httpx.Response(401, json={"error": {"code": "bad_signature"}}), "http_401"),
        (httpx.Response(503), "http_503"),
    ],
)
def test_the_outcome_is_our_word_and_not_the_server_s(
    wire: MakeWire, router: respx.Router, answer: httpx.Response, outcome: str
) -> None:
    router.get("/people").mock(return_value=answer)

    async def run() -> list[CallCount]:
        made = wire()
        await ask(made, "GET", "/people", query=(("email", "canary@example.org"),))
        return made._tally.take()

    (count,) = asyncio.run(run())
    assert (count.call, count.outcome, count.calls) == ("GET /people", outcome, 1)


def test_a_write_without_an_answer_counts(wire: MakeWire, router: respx.Router) -> None:
    router.post("/people").mock(side_effect=httpx.ReadTimeout("canary@example.org"))

    async def run() -> dict[tuple[str, str], int]:
        made = wire()
        await ask(made, "POST", "/people")
        return counted(made._tally)

    assert asyncio.run(run()) == {("POST /people", "no_answer"): 1}


def test_each_attempt_counts_for_itself(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime
) -> None:
    busy = httpx.Response(503)
    router.get("/tenant").mock(side_effect=[busy, busy, httpx.Response(200, json={})])

    async def run() -> dict[tuple[str, str], int]:
        made = wire()
        retry = Retry(sleep=fake_time.sleep, clock=fake_time.clock)
        await retry(lambda: made.call("GET", "/tenant", lambda data: data))
        return counted(made._tally)

    assert asyncio.run(run()) == {("GET /tenant", "http_503"): 2, ("GET /tenant", "ok"): 1}


def test_what_is_not_sent_does_not_count(wire: MakeWire, router: respx.Router) -> None:
    router.get("/tenant").mock(return_value=httpx.Response(401))

    async def run() -> dict[tuple[str, str], int]:
        made = wire()
        for _ in range(3):  # the key is refused: the second and third stay here
            await ask(made, "GET", "/tenant")
        return counted(made._tally)

    assert asyncio.run(run()) == {("GET /tenant", "http_401"): 1}


def test_seconds_add_up_and_are_taken_once(fake_time: FakeTime) -> None:
    tally = Tally(fake_time.clock)

    async def run() -> None:
        for seconds in (1.5, 2.0):
            with tally.timed("GET", "/people/1"):
                await fake_time.sleep(seconds)

    asyncio.run(run())
    assert tally.take() == [CallCount(call="GET /people/{id}", outcome="ok", calls=2, seconds=3.5)]
    assert tally.take() == []


def test_a_call_that_is_given_up_was_sent_all_the_same() -> None:
    tally = Tally()

    async def run() -> None:
        async def call() -> None:
            with tally.timed("GET", "/people"):
                await asyncio.sleep(60)

        task = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    assert counted(tally) == {("GET /people", "canceled"): 1}


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_no_call_is_lost_between_threads() -> None:
    tally = Tally()

    def call_often() -> None:
        for number in range(20_000):
            with tally.timed("GET", f"/people/{number}"):
                pass

    with ThreadPoolExecutor(5) as pool:
        working = [pool.submit(call_often) for _ in range(4)]
        taken = 0
        while not all(each.done() for each in working):
            taken += sum(counted(tally).values())
    assert taken + sum(counted(tally).values()) == 80_000
