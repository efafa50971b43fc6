"""Random faults by a seed, while three feeds send file after file: then all is healed, and judged.

The seed fixes what is done to whom and when; what comes of it also hangs on the machine, so a seed that
fails may need more than one go to fail again.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from types import MappingProxyType
from typing import Any

from redis.exceptions import OutOfMemoryError

from tests.faults.checker import Checker
from tests.faults.feeds import feeds_of
from tests.faults.history import History
from tests.faults.office import GivenUp, until
from tests.faults.plant import Grounds, Plant, Size
from tests.faults.proxy import Mode
from tests.faults.sender import DRAINED_S, Sender

#: For so long faults are made; then the network heals.
TROUBLE_S = 20.0
_LMS_FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "latency", "probability": 1, "ms": 150, "jitter_ms": 100},
    {"fault": "answer_lost", "probability": 0.3},
    {"fault": "late_effect", "probability": 0.2, "delay_ms": 2000},
    {"fault": "server_error", "probability": 0.4, "status": 503},
    {"fault": "rate_limited", "probability": 0.3, "retry_after": 1},
    {"fault": "stale_read", "probability": 0.3, "lag_ms": 1500},
    {"fault": "html", "probability": 0.3},
    {"fault": "truncated", "probability": 0.3},
    {"fault": "reset", "probability": 0.3},
)


class Nemesis:
    """Does one fault after the other, each for a while, sometimes two at once."""

    def __init__(self, plant: Plant, history: History) -> None:
        self._plant, self._history = plant, history
        self._chance = random.Random(history.seed)
        self._repeated: set[bytes] = set()
        self._faults: tuple[Callable[[], Callable[[], None]], ...] = (
            self._kill_a_part, self._kill_a_part, self._kill_a_pool, self._freeze_a_part,
            self._freeze_a_part, self._cut_an_edge, self._cut_an_edge, self._end_connections,
            self._flush, self._kill_valkey, self._kill_postgres, self._break_ascip,
            self._break_ascip, self._repeat_messages, self._shuffle_messages, self._cut_ascip,
        )  # fmt: skip

    def rage(self) -> None:
        """Until the time is over; what is still broken then, `Plant.heal` mends."""
        end = time.monotonic() + TROUBLE_S
        while time.monotonic() < end:
            undo = self._chance.choice(self._faults)()
            time.sleep(self._chance.uniform(0.1, 2.0))
            # One in four stays while the next begins.
            if self._chance.random() < 0.75:
                undo()

    def _part(self) -> str:
        return self._chance.choice(sorted(self._plant.parts.running))

    def _worker(self) -> str:
        return self._chance.choice(
            sorted(name for name in self._plant.parts.running if name.startswith("worker"))
        )

    def _kill_a_part(self) -> Callable[[], None]:
        name = self._part()
        self._history.note("killed", part=name)
        self._plant.parts[name].kill()
        return _nothing

    def _kill_a_pool(self) -> Callable[[], None]:
        name = self._worker()
        self._history.note("killed the pool", part=name)
        self._plant.parts[name].kill_children()
        return _nothing

    def _freeze_a_part(self) -> Callable[[], None]:
        name = self._part()
        self._history.note("froze", part=name)
        self._plant.parts[name].freeze()
        return lambda: self._thaw(name)

    def _thaw(self, name: str) -> None:
        self._history.note("goes on", part=name)
        self._plant.parts[name].thaw()

    def _cut_an_edge(self) -> Callable[[], None]:
        edges = sorted(name for name in self._plant.edges if name != "lms")
        return self._spoil(self._chance.choice(edges))

    def _cut_ascip(self) -> Callable[[], None]:
        return self._spoil("lms")

    def _spoil(self, edge: str) -> Callable[[], None]:
        mode = self._chance.choice([mode for mode in Mode if mode is not Mode.OPEN])
        self._history.note(mode.value, edge=edge)
        self._plant.edges[edge].mode = mode

        def undo() -> None:
            self._plant.edges[edge].mode = Mode.OPEN

        return undo

    def _end_connections(self) -> Callable[[], None]:
        edge = self._chance.choice(sorted(self._plant.edges))
        self._history.note("connections reset", edge=edge)
        self._plant.edges[edge].cut()
        return _nothing

    def _flush(self) -> Callable[[], None]:
        if self._plant.servers.valkey.poll() is None:
            self._history.note("FLUSHALL")
            self._plant.servers.flush_valkey()
        return _nothing

    def _kill_valkey(self) -> Callable[[], None]:
        servers = self._plant.servers
        if servers.valkey.poll() is None:
            self._history.note("killed Valkey")
            servers.kill_valkey()
        return self._start_valkey

    def _start_valkey(self) -> None:
        if self._plant.servers.valkey.poll() is not None:
            self._plant.servers.start_valkey()

    def _kill_postgres(self) -> Callable[[], None]:
        self._history.note("killed PostgreSQL")
        self._plant.servers.kill_postgres()
        time.sleep(self._chance.uniform(0, 1))
        self._plant.servers.start_postgres()
        return _nothing

    def _break_ascip(self) -> Callable[[], None]:
        fault = self._chance.choice(_LMS_FAULTS)
        self._history.note("ASCIP", **fault)
        self._plant.simulator.faults(fault, seed=self._chance.randrange(1000))
        return self._plant.simulator.faults

    def _repeat_messages(self) -> Callable[[], None]:
        """Each message that waits comes a hundred times, but no copy does: twice would be 10,000 times."""

        def repeated(waiting: list[bytes]) -> list[bytes]:
            new = [message for message in dict.fromkeys(waiting) if message not in self._repeated]
            self._repeated.update(new)
            return waiting + new * 99

        return self._rewrite("each message a hundred times", repeated)

    def _shuffle_messages(self) -> Callable[[], None]:
        def shuffled(waiting: list[bytes]) -> list[bytes]:
            return self._chance.sample(waiting, len(waiting))

        return self._rewrite("messages in another order", shuffled)

    def _rewrite(
        self, what: str, change: Callable[[list[bytes]], list[bytes]]
    ) -> Callable[[], None]:
        if self._plant.servers.valkey.poll() is None:
            with self._plant.servers.redis as client:
                keys = [key for key in client.keys("ascip-sync:*") if client.type(key) == b"list"]
                for key in keys:
                    waiting = client.lrange(key, 0, 200)
                    self._history.note(what, waiting=len(waiting))
                    if waiting:
                        client.ltrim(key, len(waiting), -1)
                        with suppress(OutOfMemoryError):  # a Redis that is full loses them then
                            client.lpush(key, *change(waiting))
        return _nothing


def play(
    grounds: Grounds,
    seed: int,
    *,
    meanwhile: Callable[[Plant], AbstractContextManager[None]] = lambda _: nullcontext(),
    flips: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[str]:
    """One seed; yields what doesn't hold afterwards.

    ``meanwhile`` is held during the faults; ``flips`` are settings of Celery.
    """
    plant = Plant(grounds, Size(seed=seed % 7 + 1, rate_per_s=100, flips=dict(flips)))
    # Every fourth tenant takes a second person with the same email.
    plant.simulator.settings(duplicates="accepted" if seed % 4 == 0 else "refused")
    history = History(seed)
    try:
        yield from _play(plant, history, meanwhile(plant))
        if (found := plant.flipped()) != dict(flips):
            yield f"the workers had {found} instead of {flips}"
    finally:
        history.save(grounds.folder)
        plant.close()


def _play(plant: Plant, history: History, meanwhile: AbstractContextManager[None]) -> Iterator[str]:
    checker = Checker(plant)
    senders = [Sender(plant.office, history, feed) for feed in feeds_of(plant, history.seed)]
    for sender in senders:
        sender.begin()
    with meanwhile:
        Nemesis(plant, history).rage()
    plant.heal()
    healed = time.monotonic()
    history.note("healed")
    try:
        for sender in senders:
            sender.stop()
        for sender in senders:
            sender.end()
        for sender in senders:
            state = sender.round(last=True)
            if state not in ("applied", "no_changes"):
                yield f"I9: with nothing in its way the last run of {sender.feed.name} is {state}"
        _drained(plant)
        history.note("at rest", after=round(time.monotonic() - healed, 1))
        for sender in senders:
            again = sender.round(last=True)
            if again != "no_changes":
                yield f"I8: the same of {sender.feed.name} again is {again}"
            yield from sender.feed.broken(plant)
        _drained(plant)
    except GivenUp as error:
        yield f"I9: {error}"
    yield from checker.broken()


def _drained(plant: Plant) -> None:
    """Wait until no work is left."""
    until(lambda: not plant.rows("SELECT id FROM work_item WHERE ended_at IS NULL"), DRAINED_S)


def _nothing() -> None:
    """There is nothing to undo."""
