"""When a run was in which phase: a bar a phase along the time, long waits between them cut short."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise

from markupsafe import Markup

from services.console.pictures.picture import (
    Cell,
    Picture,
    Series,
    Table,
    bar,
    canvas,
    cut_legend,
    element,
)
from services.console.words import PHASES, duration
from shared.domain.run import Phase
from shared.ports.views import PhaseSpan

#: Pixels: a line of text and the bar under it.
_ROW, _BAR = 36.0, 12.0
#: A wait this long, and longer than this share of the work, is cut to that share of the width.
_LONG_S, _LONG_SHARE, _CUT_PERCENT = 60.0, 0.1, 5.0
_LEAST_PERCENT = 0.6


@dataclass(frozen=True, slots=True)
class _Place:
    """A span along the width, in per cent."""

    span: PhaseSpan
    seconds: float
    x: float
    width: float


def phases(spans: Sequence[PhaseSpan], now: datetime, zone: tzinfo, id_: str = "phases") -> Picture:
    """A row a phase, in their order; what goes on ends now."""
    table = Table(
        caption="Phases of the run",
        head=["Phase", "Began", "Ended", "Took"],
        rows=[
            [
                Cell(PHASES[span.phase]), Cell(_clock(span.started_at, zone)),
                Cell(_clock(span.ended_at, zone) if span.ended_at else "goes on"),
                Cell(duration(span.lasted_s(now))),
            ]
            for span in spans
        ],
    )  # fmt: skip
    took = _sums(spans, now)
    if not spans:
        return Picture(
            id=id_, title=table.caption, summary="The run has not begun yet.", table=table
        )
    longest = max(took, key=took.__getitem__)
    all_s, longest_s = sum(took.values()), took[longest]
    summary = f"{duration(all_s)} of work; longest: {PHASES[longest]}, {duration(longest_s)}."
    places, cuts = _placed(spans, now)
    drawn = [
        *(_cut(x, len(took)) for x in cuts),
        *(part for row, phase in enumerate(took) for part in _row(id_, row, phase, took, places)),
    ]
    svg = canvas(id_, table.caption, summary, *drawn, height=_ROW * len(took), series=[Series.WORK])
    return Picture(
        id=id_, title=table.caption, summary=summary, table=table, svg=svg,
        ends=[_clock(spans[0].started_at, zone), _last(spans, zone)],
        legend=[cut_legend("a long wait, left out")] if cuts else (),
    )  # fmt: skip


def _row(
    id_: str, row: int, phase: Phase, took: dict[Phase, float], places: Iterable[_Place]
) -> Iterable[Markup]:
    y = _ROW * row
    yield element(
        "text",
        f"{PHASES[phase]} · {duration(took[phase])}",
        x=0,
        y=y + 14,
        class_="picture-label",
    )
    yield element("line", x1=0, x2="100%", y1=y + 26, y2=y + 26, class_="picture-grid")
    for place in places:
        if place.span.phase is phase:
            yield from bar(id_, Series.WORK, x=place.x, width=place.width, y=y + 20, height=_BAR)


def _cut(x: float, rows: int) -> Markup:
    """Where waiting was left out."""
    return element(
        "line", x1=f"{x:.2f}%", x2=f"{x:.2f}%", y1=18, y2=_ROW * rows, class_="picture-cut"
    )


def _placed(spans: Sequence[PhaseSpan], now: datetime) -> tuple[list[_Place], list[float]]:
    """Where each span lies, and where a long wait was cut."""
    work = sum(_sums(spans, now).values()) or 1.0
    waits = [_wait(before, after) for before, after in pairwise(spans)]
    is_long = [wait > max(_LONG_S, work * _LONG_SHARE) for wait in waits]
    short = sum(wait for wait, long in zip(waits, is_long, strict=True) if not long)
    room = 100.0 - min(50.0, _CUT_PERCENT * sum(is_long))
    a_cut = (100.0 - room) / max(1, sum(is_long))
    per_s = room / (work + short)
    places, cuts, x = list[_Place](), list[float](), 0.0
    for at, span in enumerate(spans):
        seconds = span.lasted_s(now)
        width = max(_LEAST_PERCENT, seconds * per_s)
        places.append(_Place(span, seconds, min(x, 100.0 - width), width))
        x += seconds * per_s
        if at < len(waits):
            if is_long[at]:
                cuts.append(x + a_cut / 2)
            x += a_cut if is_long[at] else waits[at] * per_s
    return places, cuts


def _sums(spans: Iterable[PhaseSpan], now: datetime) -> dict[Phase, float]:
    """Seconds of each phase that was entered, in the order of phases."""
    took = dict.fromkeys(Phase, 0.0)
    entered = set()
    for span in spans:
        took[span.phase] += span.lasted_s(now)
        entered.add(span.phase)
    return {phase: seconds for phase, seconds in took.items() if phase in entered}


def _wait(before: PhaseSpan, after: PhaseSpan) -> float:
    ended = before.ended_at or after.started_at
    return max(0.0, (after.started_at - ended).total_seconds())


def _last(spans: Sequence[PhaseSpan], zone: tzinfo) -> str:
    ended = spans[-1].ended_at
    return _clock(ended, zone) if ended else "now"


def _clock(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%d %b %H:%M:%S}"
