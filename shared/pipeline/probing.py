"""Runs probes at once, each with its time, so that one that hangs holds up nobody."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from shared.ports.clock import Clock
from shared.ports.probe import Finding, Probe, Verdict

#: A little longer than the longest timeout inside a probe, so that its own words are heard first.
TIMEOUT_S = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What one probe found, and how long it took."""

    name: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return worst(finding.verdict for finding in self.findings)


def run_probes(
    probes: Sequence[Probe], clock: Clock, *, timeout_s: float = TIMEOUT_S
) -> list[Probed]:
    """Run all at once; results in the order of ``probes``.

    The threads are daemons: a probe that hangs for good doesn't keep the process from ending.
    """
    done: SimpleQueue[Probed] = SimpleQueue()
    for probe in probes:
        threading.Thread(
            target=lambda each=probe: done.put(_run(each, clock)),
            name=f"probe-{probe.name}",
            daemon=True,
        ).start()
    found: dict[str, Probed] = {}
    began = clock.now()
    while len(found) < len(probes):
        left_s = timeout_s - _since(began, clock)
        try:
            probed = done.get(timeout=max(left_s, 0.001))
        except Empty:
            break
        found[probed.name] = probed
    return [found.get(probe.name) or _hung(probe, timeout_s) for probe in probes]


def remembered(probe: Probe, clock: Clock, *, for_s: float) -> Probe:
    """The same probe, asked at most once in ``for_s``: polling must not use up a part's rate limit."""
    lock = threading.Lock()
    kept: list[tuple[datetime, tuple[Finding, ...]]] = []

    def look() -> Iterable[Finding]:
        with lock:
            if kept and clock.now() - kept[0][0] < timedelta(seconds=for_s):
                return kept[0][1]
            found = tuple(probe.look())
            kept[:] = [(clock.now(), found)]
            return found

    return Probe(name=probe.name, look=look)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst verdict; `ok` of none."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.OK)


def _run(probe: Probe, clock: Clock) -> Probed:
    began = clock.now()
    try:
        findings = tuple(probe.look())
    except Exception as error:  # noqa: BLE001  # a probe must tell, whatever its part does
        findings = (_failed(probe, f"the check itself failed ({type(error).__name__})"),)
    return Probed(name=probe.name, findings=findings, seconds=_since(began, clock))


def _hung(probe: Probe, timeout_s: float) -> Probed:
    finding = _failed(probe, f"no answer within {timeout_s:g} s")
    return Probed(name=probe.name, findings=(finding,), seconds=timeout_s)


def _failed(probe: Probe, detail: str) -> Finding:
    return Finding(
        name=probe.name, verdict=Verdict.ERROR, detail=detail,
        remedy="see whether that part runs and is not overloaded",
    )  # fmt: skip


def _since(began: datetime, clock: Clock) -> float:
    return max(0.0, (clock.now() - began).total_seconds())
