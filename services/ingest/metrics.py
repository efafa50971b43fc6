"""`GET /metrics`: the text that Prometheus reads.

Every scrape asks PostgreSQL, where the figures are: any API process gives the same answer, whatever
the number of workers, so nothing is summed over processes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from services.ingest.caller import require
from services.ingest.openapi import problems
from shared.domain.access import Principal, Scope
from shared.domain.action import ActionClass, ActionStatus
from shared.domain.canonical import Json
from shared.domain.gates import Verdict
from shared.domain.run import Phase, RunState
from shared.domain.work import MessageFault
from shared.http.service import Served
from shared.pipeline.metrics import Metrics, metrics

router = APIRouter(tags=["health"])

Word = TypeVar("Word", bound=StrEnum)
#: Values of the labels, and the figure.
Sample = tuple[tuple[str, ...], float]
MetricsReader = Annotated[Principal, Depends(require(Scope.METRICS_READ))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric. Labels take their values from closed lists, never from data."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    read: Callable[[Metrics], Iterable[Sample]]

    @property
    def counter(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses=problems("unauthorized", "forbidden"),
)
def scrape(served: Served, _: MetricsReader) -> Response:
    """Figures in Prometheus' text format; they hold nothing about a person."""
    return Response(rendered(metrics(served.tools)), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def rendered(figures: Metrics) -> bytes:
    """All families, also those without a sample: their help says what to expect."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(figures))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, figures: Metrics) -> None:
        self._figures = figures

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing in advance."""
        return []

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for family in FAMILIES:
            kind = CounterMetricFamily if family.counter else GaugeMetricFamily
            made = kind(family.name, family.help, labels=family.labels)
            for labels, value in family.read(self._figures):
                made.add_metric(labels, value)
            yield made


def _each(words: type[Word], found: Mapping[Word, int]) -> list[Sample]:
    """A sample for every word, so that a curve never breaks off."""
    return [((word.value,), found.get(word, 0)) for word in words]


def _one(value: float | None) -> list[Sample]:
    return [] if value is None else [((), value)]


def _moment(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _phases(read: Callable[..., float]) -> Callable[[Metrics], list[Sample]]:
    def samples(m: Metrics) -> list[Sample]:
        found = {phase.phase: read(phase) for phase in m.phases}
        return [((phase.value,), found[phase]) for phase in Phase if phase in found]

    return samples


def _feeds(read: Callable[..., float | None]) -> Callable[[Metrics], list[Sample]]:
    def samples(m: Metrics) -> list[Sample]:
        found = ((name, read(feed)) for name, feed in m.feeds.items())
        return [((name,), value) for name, value in found if value is not None]

    return samples


def _gates(read: Callable[..., object]) -> Callable[[Metrics], list[Sample]]:
    def samples(m: Metrics) -> list[Sample]:
        # A gate of every site is one series: that of the site it is worst for.
        worst = {
            str(gate["gate"]): gate
            for gate in sorted(m.plan.gates if m.plan else (), key=_severity)
        }
        return [((name,), float(str(read(gate)))) for name, gate in worst.items()]

    return samples


def _severity(gate: Mapping[str, Json]) -> tuple[bool, int]:
    return gate["verdict"] == Verdict.TRIPPED, int(str(gate["value"])) - int(str(gate["limit"]))


def _books(side: str) -> Callable[[Metrics], list[Sample]]:
    def samples(m: Metrics) -> list[Sample]:
        counts = m.books.get(side) if m.books else None
        found = counts if isinstance(counts, dict) else {}
        return [((kind,), float(str(count))) for kind, count in found.items()]

    return samples


def _queue(m: Metrics) -> list[Sample]:
    counts = {"due": m.queue.due, "later": m.queue.later, "leased": m.queue.leased}
    return [((state,), count) for state, count in counts.items()]


FAMILIES = (
    Family(
        name="ascip_sync_build_info", labels=("version",),
        help="Always 1; the installed version is the label.",
        read=lambda m: [((m.version,), 1)],
    ),
    Family(
        name="ascip_sync_runs", labels=("state",), help="Runs by the state they are in.",
        read=lambda m: _each(RunState, m.runs),
    ),
    Family(
        name="ascip_sync_run_phase_last_seconds", labels=("phase",),
        help="How long each phase took the last time it ended.",
        read=_phases(lambda phase: phase.last_s),
    ),
    Family(
        name="ascip_sync_run_phase_seconds_total", labels=("phase",),
        help="Time spent in each phase, all runs together.",
        read=_phases(lambda phase: phase.total_s),
    ),
    Family(
        name="ascip_sync_run_phases_total", labels=("phase",),
        help="How often each phase has ended.", read=_phases(lambda phase: phase.times),
    ),
    Family(
        name="ascip_sync_last_success_timestamp_seconds", labels=("feed",),
        help="When a run of the feed last ended applied or no_changes; missing until it happens.",
        read=_feeds(lambda feed: _moment(feed.last_success_at)),
    ),
    Family(
        name="ascip_sync_last_file_timestamp_seconds", labels=("feed",),
        help="When a file of the feed last came; missing until it happens.",
        read=_feeds(lambda feed: _moment(feed.last_file_at)),
    ),
    Family(
        name="ascip_sync_overdue", labels=("feed",),
        help="1 while the file that staff.expected announces has not come.",
        read=_feeds(lambda feed: feed.overdue),
    ),
    Family(
        name="ascip_sync_uploads_total", help="Files taken; the same bytes count once.",
        read=lambda m: _one(m.uploads),
    ),
    Family(
        name="ascip_sync_queue_items", labels=("state",),
        help="Open work items: due now, due later, or leased by a worker.", read=_queue,
    ),
    Family(
        name="ascip_sync_queue_oldest_due_seconds",
        help="How long the oldest due item has waited for a worker; 0 when none is due.",
        read=lambda m: _one(m.queue.oldest_due_s or 0),
    ),
    Family(
        name="ascip_sync_queue_dead_items",
        help="Items given up in the last day, after too many attempts.",
        read=lambda m: _one(m.queue.dead),
    ),
    Family(
        name="ascip_sync_queue_last_progress_timestamp_seconds",
        help="When a worker last took, renewed or ended an item; missing until it happens.",
        read=lambda m: _one(_moment(m.last_progress_at)),
    ),
    Family(
        name="ascip_sync_messages_refused_total", labels=("fault",),
        help="Messages in Redis that workers refused: not ours, damaged, or of another version.",
        read=lambda m: _each(MessageFault, m.refused),
    ),
    Family(
        name="ascip_sync_target_calls_total", labels=("call", "outcome"),
        help="Requests that workers sent to ASCIP, each attempt for itself.",
        read=lambda m: [((c.call, c.outcome), c.calls) for c in m.calls],
    ),
    Family(
        name="ascip_sync_target_call_seconds_total", labels=("call", "outcome"),
        help="Seconds these requests took, without the waiting for their turn.",
        read=lambda m: [((c.call, c.outcome), c.seconds) for c in m.calls],
    ),
    Family(
        name="ascip_sync_gate_value", labels=("gate",),
        help="What each gate counted in the newest plan; of several sites at the worst.",
        read=_gates(lambda g: g["value"]),
    ),
    Family(
        name="ascip_sync_gate_limit", labels=("gate",),
        help="The value at which the gate trips; 0 while it has no baseline.",
        read=_gates(lambda g: g["limit"]),
    ),
    Family(
        name="ascip_sync_gate_tripped", labels=("gate",),
        help="1 if the gate holds its class in the newest plan.",
        read=_gates(lambda g: int(g["verdict"] == Verdict.TRIPPED)),
    ),
    Family(
        name="ascip_sync_held_actions", labels=("class",),
        help="Actions of the newest plan that are held.",
        read=lambda m: _each(ActionClass, m.plan.held) if m.plan else [],
    ),
    Family(
        name="ascip_sync_plan_undecided_seconds",
        help="Age of the oldest run whose plan waits for an approver; 0 when none does.",
        read=lambda m: _one(m.undecided_s),
    ),
    Family(
        name="ascip_sync_applying_actions", labels=("status",),
        help="Actions of the run that is being applied or is paused; all 0 when none is.",
        read=lambda m: _each(ActionStatus, m.applying),
    ),
    Family(
        name="ascip_sync_books_rows", labels=("kind",),
        help="What the rows of the newest run with books came to.", read=_books("rows"),
    ),
    Family(
        name="ascip_sync_books_actions", labels=("status",),
        help="What the actions of the newest run with books came to.", read=_books("actions"),
    ),
    Family(
        name="ascip_sync_books_balanced",
        help="1 if the books of that run balance, 0 if rows or actions went missing.",
        read=lambda m: _one(float(bool(m.books["balanced"])) if m.books else None),
    ),
)  # fmt: skip
