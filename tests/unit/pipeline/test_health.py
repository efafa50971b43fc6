"""What counts as stalled, as ready and as failing, and how it is told to programs."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.pipeline.health import (
    STALLED_S,
    Part,
    health_document,
    is_stalled,
    readiness,
    status,
    worker_progress,
)
from shared.pipeline.probing import Probed
from shared.ports.probe import Finding, Verdict
from shared.ports.state import QueueState

QUIET = QueueState(
    dead_runs=(),
    due=0,
    later=0,
    leased=0,
    unrecorded=0,
    dead=0,
    oldest_due_s=None,
    oldest_unsent_s=None,
    idle_s=90_000.0,
)
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def probed(*findings: Finding) -> list[Probed]:
    return [Probed(name="all", findings=findings, seconds=0.1)]


def finding(name: str, verdict: Verdict = Verdict.OK, **facts: float | str) -> Finding:
    return Finding(name=name, verdict=verdict, detail="said", facts=facts)


@pytest.mark.parametrize(
    ("due_s", "idle_s", "stalled"),
    [
        (STALLED_S, STALLED_S + 1, False),
        (STALLED_S + 1, STALLED_S, False),
        (STALLED_S + 1, STALLED_S + 1, True),
        (STALLED_S + 1, None, True),
        (STALLED_S, None, False),
        (None, 90_000, False),
    ],
)
def test_workers_have_stopped_when_work_is_due_and_nobody_does_any(
    due_s: float | None, idle_s: float | None, stalled: bool
) -> None:
    queue = replace(QUIET, due=3, oldest_due_s=due_s, idle_s=idle_s)
    assert is_stalled(queue) is stalled
    assert (worker_progress(queue).verdict is Verdict.ERROR) is stalled


def test_a_stall_is_told_with_its_age() -> None:
    queue = replace(QUIET, due=3, oldest_due_s=600, idle_s=7300)
    said = worker_progress(queue).detail
    assert said == "3 items due, the oldest for 10 min; nobody has worked for 2 h"
    assert "nobody has worked yet" in worker_progress(replace(queue, idle_s=None)).detail


def test_ready_is_asked_of_four_parts_and_ascip_is_none_of_them() -> None:
    found = readiness(probed(*map(finding, Part), finding("ascip", Verdict.ERROR)))
    assert [f.name for f in found] == ["db", "migrations", "queue", "disk"]
    assert all(f.verdict is Verdict.OK for f in found)


def test_a_part_that_could_not_be_looked_at_is_not_ready() -> None:
    found = readiness(probed(finding("db", Verdict.ERROR), finding("queue"), finding("disk")))
    assert {f.name: f.verdict for f in found if f.verdict is Verdict.ERROR} == {
        "db": Verdict.ERROR, "migrations": Verdict.ERROR,
    }  # fmt: skip


def test_what_is_left_out_is_not_judged() -> None:
    found = readiness(probed(finding("db"), finding("disk")), [Part.QUEUE, Part.MIGRATIONS])
    assert [f.name for f in found] == ["db", "disk"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("db", "fail"), ("migrations", "fail"), ("queue", "fail"), ("disk", "fail"),
        ("worker-progress", "fail"), ("queue-unsent", "fail"), ("books-balanced", "fail"),
        ("state", "fail"), ("ascip", "warn"), ("ascip-scopes", "warn"), ("queue-policy", "warn"),
    ],
)  # fmt: skip
def test_what_fails_is_what_nobody_can_work_without(name: str, said: str) -> None:
    assert status([finding("source-last-file-age"), finding(name, Verdict.ERROR)]) == said


def test_a_part_that_nobody_looked_at_does_not_pass() -> None:
    document = health_document(probed(finding("db"), finding("queue"), finding("disk")), NOW)
    assert document["status"] == "fail"
    assert health_document([], NOW)["status"] == "fail"


def test_warnings_make_the_whole_a_warning() -> None:
    assert status([finding("db"), finding("disk", Verdict.WARNING)]) == "warn"
    assert status([]) == "pass"


def test_the_document_names_component_and_measurement() -> None:
    document = health_document(
        probed(
            finding("ascip", Verdict.ERROR, response_time_ms=210.4),
            finding("queue-oldest-due", oldest_due_s=1.0),
            finding("disk", free_bytes=5_000),
            finding("migrations"),
            finding("db"),
            finding("queue"),
        ),
        NOW,
    )
    assert document["status"] == "warn"
    checks = document["checks"]
    assert isinstance(checks, dict)
    assert list(checks) == [
        "ascip:responseTime", "queue:oldestDue", "disk:free", "db:migrations", "db:responseTime",
        "queue:responseTime",
    ]  # fmt: skip
    assert checks["ascip:responseTime"] == [
        {
            "status": "warn", "time": "2026-11-20T18:00:00+00:00", "output": "said",
            "observedValue": 210, "observedUnit": "ms",
        }
    ]  # fmt: skip
    assert checks["disk:free"][0]["observedUnit"] == "bytes"
    assert "observedValue" not in checks["db:migrations"][0]
