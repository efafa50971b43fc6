"""Probes run at once, with their time, and none holds up another."""

import threading
import time
from collections.abc import Iterable

import pytest

from shared.pipeline.probing import remembered, run_probes, worst
from shared.ports.probe import Finding, Probe, Verdict
from tests.fakes.clock_and_ids import SetClock


def fine(name: str) -> Probe:
    return Probe(name=name, look=lambda: [Finding(name=name, detail="good")])


def test_results_come_in_the_order_of_the_probes() -> None:
    def slow() -> Iterable[Finding]:
        time.sleep(0.05)
        yield Finding(name="slow", detail="good")

    found = run_probes([Probe(name="slow", look=slow), fine("quick")], SetClock())
    assert [each.name for each in found] == ["slow", "quick"]
    assert all(each.verdict is Verdict.OK for each in found)


def test_one_that_hangs_is_an_error_and_holds_up_nobody() -> None:
    released = threading.Event()

    def hang() -> Iterable[Finding]:
        released.wait(10)
        return []

    began = time.monotonic()
    hung, good = run_probes(
        [Probe(name="hung", look=hang), fine("good")], SetClock(), timeout_s=0.1
    )
    released.set()
    assert time.monotonic() - began < 2
    assert (hung.verdict, good.verdict) == (Verdict.ERROR, Verdict.OK)
    assert "no answer within 0.1 s" in hung.findings[0].detail


def test_one_that_fails_tells_the_kind_of_failure_and_no_more() -> None:
    def fail() -> Iterable[Finding]:
        raise RuntimeError("jane.doe@example.org")

    (probed,) = run_probes([Probe(name="part", look=fail)], SetClock())
    assert probed.verdict is Verdict.ERROR
    assert "RuntimeError" in probed.findings[0].detail
    assert "jane" not in repr(probed)


def test_a_remembered_probe_is_asked_again_only_when_its_time_is_over() -> None:
    asked, clock = [0], SetClock()

    def look() -> Iterable[Finding]:
        asked[0] += 1
        yield Finding(name="ascip", detail=str(asked[0]))

    probe = remembered(Probe(name="ascip", look=look), clock, for_s=30)
    assert [f.detail for f in probe.look()] == ["1"]
    clock.go_on(seconds=29.9)
    assert [f.detail for f in probe.look()] == ["1"]
    clock.go_on(seconds=0.1)
    assert [f.detail for f in probe.look()] == ["2"]


@pytest.mark.parametrize("verdict", Verdict)
def test_the_worst_verdict_counts(verdict: Verdict) -> None:
    assert worst([Verdict.OK, verdict, Verdict.OK]) is verdict
    assert worst([verdict, Verdict.ERROR]) is Verdict.ERROR
    assert worst([]) is Verdict.OK
