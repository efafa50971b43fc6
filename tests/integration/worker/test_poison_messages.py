"""Whatever somebody writes into our Redis: the worker lives, says so, and goes on with good work."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from shared.adapters.queue.judge import RefusedMessageError, sound
from shared.adapters.queue.message import KEY_PREFIX, MESSAGE_VERSION, TASK, TICK, WORK
from shared.domain.run import RunState
from shared.domain.work import MessageFault
from shared.pipeline.relay import relay
from tests.fakes.installation import Installation
from tests.fakes.workers import Bell

ROOT = Path(__file__).resolve().parents[3]
#: In every poisoned message; nowhere in a log.
CANARY = "canary-4711"


def message(body: object, task: object = TASK, **headers: object) -> dict[str, object]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {
        "body": base64.b64encode(raw).decode(), "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": "x", "root_id": "x", **headers},
        "properties": {
            "correlation_id": "x", "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": WORK}, "delivery_tag": "x",
        },
    }  # fmt: skip


def call(*arguments: object, **named: object) -> list[object]:
    return [list(arguments), named, {"callbacks": None}]


U, T, V, A = (
    MessageFault.UNREADABLE, MessageFault.UNKNOWN_TASK, MessageFault.UNKNOWN_VERSION,
    MessageFault.WRONG_ARGUMENTS,
)  # fmt: skip
POISON: list[tuple[object, MessageFault]] = [
    (17, U),
    ([CANARY], U),
    ({}, U),
    ({"headers": {}, "properties": {"delivery_tag": CANARY}}, U),
    (message(call()) | {"headers": [CANARY]}, U),
    (message(call(1, 1), task={"a": CANARY}), U),
    (message(call()) | {"body": f"{CANARY}!"}, U),
    (message(call()) | {"body": 7}, U),
    (message(CANARY.encode()), U),
    (message(b"[" * 100_000), U),
    (message(call(1, 1, CANARY), task=f"no.such.{CANARY}"), T),
    (message(call(MESSAGE_VERSION + 1, CANARY)), V),
    (message(call(0)), V),
    (message(CANARY), A),
    (message([CANARY, {}, {}]), A),
    (message([[1, 1], [CANARY], {}]), A),
    (message(call()), A),
    (message(call(1)), A),
    (message(call(1, 1, 1)), A),
    (message(call(1, CANARY)), A),
    (message(call(1, {"a": CANARY})), A),
    (message(call(1, 1, why=CANARY)), A),
    (message(call(1, -1)), A),
    (message(call(1, 10**30)), A),
    (message(call(1, 1.5)), A),
    (message(call(*[True, True])), A),
    (message(call(1, 1), task=TICK), A),
    (message(call(1, 1), expires=CANARY), A),
    (message(call(1, CANARY * 500_000)), A),
]


@pytest.mark.parametrize(("poison", "fault"), POISON, ids=lambda value: str(value)[-40:])
def test_what_is_no_message_of_ours_is_refused_with_the_reason(
    poison: object, fault: MessageFault
) -> None:
    with pytest.raises(RefusedMessageError) as refused:
        sound(poison, WORK)
    assert refused.value.fault is fault
    assert CANARY not in str(refused.value)


def test_of_a_sound_message_only_the_task_its_numbers_and_its_expiry_are_taken_over() -> None:
    sent = message(
        call(MESSAGE_VERSION, 5), eta=CANARY, timelimit=CANARY, retries=CANARY, chord=CANARY,
        expires="2026-11-22T05:00:00+00:00",
    )  # fmt: skip
    known = sound(sent, WORK)
    assert CANARY not in json.dumps(known)
    assert json.loads(base64.b64decode(str(known["body"])))[0] == [MESSAGE_VERSION, 5]
    assert known["headers"]["expires"] == "2026-11-22T05:00:00+00:00"  # type: ignore[index]  # as `Mapping`
    again = sound(sent, WORK)
    assert again["properties"] != known["properties"], "a copy is acknowledged by itself"


def until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_worker_lives_through_poison_counts_it_and_goes_on_with_good_work(
    config: Path, engine: Installation, redis_url: str, tmp_path: Path
) -> None:
    """A worker's process: about 5 s."""
    run_id = engine.land(engine.extract())
    bell = Bell()
    relay(engine.tools, bell)
    (item_id,) = bell.messages
    key, log = f"{KEY_PREFIX}{WORK}", tmp_path / "worker.log"
    unreadable = [CANARY.encode(), b"\xff\xfe", b"[" * 100_000, b'{"__type__": "uuid"}']
    with Redis.from_url(redis_url) as redis, log.open("w") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "services.worker", "--config", str(config)],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            for raw in [*unreadable, *(json.dumps(poison) for poison, _ in POISON)]:
                redis.lpush(key, raw)
            redis.lpush(key, json.dumps(message(call(MESSAGE_VERSION, item_id))))
            until(lambda: engine.run(run_id).state is not RunState.QUEUED)
            expected = {fault: [f for _, f in POISON].count(fault) for fault in MessageFault}
            expected[U] += len(unreadable)
            with engine.database.transactions.begin() as uow:
                assert uow.tallies.refused() == expected
            assert worker.poll() is None
            until(lambda: not redis.hlen(f"{KEY_PREFIX}unacked"))
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0
    said = log.read_text(encoding="utf-8")
    assert CANARY not in said
    assert said.count("message_refused") == len(POISON) + len(unreadable)
