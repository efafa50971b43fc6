"""A worker that was away too long sends nothing more: another one may have its work by now."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest

from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.action import Kind
from shared.ports.target import Attempt, Outcome
from tests.unit.adapters.lms.fake_limiter import FakeLimiter
from tests.unit.adapters.lms.fake_time import FakeTime
from tests.unit.adapters.lms.test_apply import WINDOW_S, adding, joining, renaming
from tests.unit.adapters.lms.tiny_lms import TinyLms

LEASE_S = 20.0
Apply = Callable[..., list[tuple[str, str | None]]]


class SlowLimiter(FakeLimiter):
    """Answers when the lease is over, as one does whose process was asleep."""

    async def reserve(self, slots: int = 1) -> float:
        await super().reserve(slots)
        await self.time.sleep(LEASE_S)
        return 0.0


def told(outcomes: Sequence[Outcome]) -> list[tuple[str, str | None]]:
    return [(outcome.status.value, outcome.code) for outcome in outcomes]


@pytest.fixture
def apply(fake_time: FakeTime) -> Iterator[Apply]:
    """Applies under a lease that ends after 20 s, and tells the outcomes."""
    targets: list[AscipLms] = []

    def run(
        lms: httpx.AsyncBaseTransport, *attempts: Attempt, limiter: FakeLimiter | None = None
    ) -> list[tuple[str, str | None]]:
        end = fake_time.clock() + LEASE_S
        target = AscipLms(
            LmsSettings(base_url="https://lms.example/api/v1", key_id="key", secret="s"),
            limiter,
            retry=Retry(sleep=fake_time.sleep, clock=fake_time.clock),
            pace=SettlePace(window_s=WINDOW_S, sleep=fake_time.sleep, clock=fake_time.clock),
            transport=lms,
        )
        targets.append(target)
        return told(target.apply(attempts, may_send=lambda: fake_time.clock() < end))

    yield run
    for target in targets:
        target.close()


@pytest.mark.parametrize("answer", ["ok", "lost"])
def test_within_its_lease_a_worker_writes(apply: Apply, answer: str) -> None:
    lms = TinyLms(answer)
    assert apply(lms, adding()) == [("succeeded", None)]


def test_a_call_that_waited_for_its_turn_is_not_made(apply: Apply, fake_time: FakeTime) -> None:
    lms = TinyLms()
    outcomes = apply(lms, adding(), limiter=SlowLimiter(fake_time, 10))
    assert (outcomes, lms.writes) == ([("transient", "lease_over")], [])


@pytest.mark.parametrize("turned_away", ["503", "429"])
def test_a_call_that_was_turned_away_is_not_repeated(apply: Apply, turned_away: str) -> None:
    class Busy(TinyLms):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if answer.is_error:
                answer.headers["Retry-After"] = f"{LEASE_S:.0f}"
            return answer

    lms = Busy(turned_away)
    outcomes = apply(lms, renaming(lms.add()))
    assert (outcomes, len(lms.writes)) == ([("transient", "lease_over")], 1)


def test_a_create_whose_answer_was_lost_is_not_sent_a_second_time(
    apply: Apply, fake_time: FakeTime
) -> None:
    lms = TinyLms("gone")
    outcomes = apply(lms, adding())
    assert (outcomes, len(lms.writes)) == ([("unknown", "lease_over")], 1)
    assert sum(fake_time.slept) <= WINDOW_S, "nor looked for beyond the lease"
    assert apply(lms, adding(retry=True)) == [("unknown", "lease_over")]


def test_nor_are_memberships(apply: Apply) -> None:
    lms = TinyLms("gone")
    lms.members[9] = set()
    people = [lms.add() for _ in range(3)]
    outcomes = apply(lms, *(joining(person, Kind.JOIN) for person in people))
    assert (outcomes, len(lms.writes)) == ([("unknown", "lease_over")] * 3, 1)


def test_who_has_no_lease_asks_nothing() -> None:
    lms = TinyLms()
    person = lms.add()
    target = AscipLms(
        LmsSettings(base_url="https://lms.example/api/v1", key_id="key", secret="s"), transport=lms
    )
    try:
        outcomes = target.apply([renaming(person)], may_send=lambda: False)
    finally:
        target.close()
    assert (told(outcomes), lms.reads) == ([("transient", "lease_over")], 0)


def test_a_lease_that_ends_while_the_connection_is_made_ends_the_call_before_its_first_byte() -> (
    None
):
    asked = iter([True, False])
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                came.append(connection.recv(1000))

        serving = threading.Thread(target=serve)
        serving.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/v1"
        target = AscipLms(LmsSettings(base_url=url, key_id="key", secret="s"))
        try:
            outcomes = target.apply([adding()], may_send=lambda: next(asked))
        finally:
            target.close()
        serving.join(5)
    assert (told(outcomes), came) == ([("transient", "lease_over")], [b""])
