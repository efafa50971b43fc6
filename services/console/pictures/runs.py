"""The last runs: what they planned, removals against the limit, rows of their extracts."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from services.console.pictures.columns import FEWEST, Column, draw
from services.console.pictures.picture import (
    Cell,
    LegendEntry,
    Picture,
    Series,
    Shape,
    Table,
    legend,
    limit_legend,
    shape_legend,
)
from services.console.words import counted, sentence
from shared.domain.action import ActionStatus, Kind
from shared.domain.gates import Gate, Verdict
from shared.domain.run import RunState
from shared.ports.trends import PastRun, RowFigures

#: In a table's head, in words, and the kinds; from below.
_KINDS: dict[Series, tuple[str, str, tuple[Kind, ...]]] = {
    Series.CHANGED: ("Updates", "updates", (Kind.UPDATE,)),
    Series.ADDED: ("Additions", "additions and reactivations", (Kind.ADD, Kind.REACTIVATE)),
    Series.GROUPS: ("Group changes", "group changes", (Kind.JOIN, Kind.LEAVE)),
    Series.REMOVED: ("Removals", "removals", (Kind.DEACTIVATE, Kind.RETIRE)),
}
_SHAPES = {
    RunState.REJECTED_INPUT: Shape.CROSS, RunState.FAILED: Shape.CROSS,
    RunState.HELD: Shape.DIAMOND, RunState.AWAITING_APPROVAL: Shape.DIAMOND,
    RunState.PAUSED: Shape.DIAMOND, RunState.NO_CHANGES: Shape.DOT,
    RunState.SKIPPED_UNCHANGED: Shape.DOT,
}  # fmt: skip
_SHAPE_WORDS = {
    Shape.DIAMOND: "waits for approval, or to go on",
    Shape.CROSS: "failed or refused",
    Shape.DOT: "nothing to do",
}
#: Of fewer runs nobody asks for the middle one.
_FEW = 5
_BAD = (ActionStatus.FAILED, ActionStatus.CONFLICT, ActionStatus.UNKNOWN)


def actions(past: Sequence[PastRun], zone: tzinfo, id_: str = "actions") -> Picture:
    """What the last runs planned, by kind, oldest first."""
    columns = [_actions_column(run, zone) for run in past]
    used = {series for column in columns for series, count in column.parts if count}
    shapes = {column.shape for column in columns}
    table = Table(
        caption=f"What the last {_many(len(past), 'runs')} planned",
        head=["Run", "Began", "State", *(name for name, _, _ in _KINDS.values()), "Held", "Failed"],
        rows=[_actions_row(run, zone) for run in past],
    )
    return _picture(
        id_, table, columns, ends=_ends(past, zone), summary=_actions_summary(past),
        legend=[
            *(legend(id_, series, words) for series, (_, words, _) in _KINDS.items() if series in used),
            *(shape_legend(shape, words) for shape, words in _SHAPE_WORDS.items() if shape in shapes),
        ],
    )  # fmt: skip


def removals(past: Sequence[PastRun], zone: tzinfo, id_: str = "removals") -> Picture:
    """How many each plan would have removed, beside what the limit was then."""
    judged = [(run, run.removals) for run in past if run.removals]
    over = any(gate.tripped for _, gate in judged)
    table = Table(
        caption=f"Removals against the limit, last {_many(len(judged), 'plans')}",
        head=["Run", "Began", "Removals", "Limit", "Verdict"],
        rows=[
            [
                *_heading(run, zone), Cell(f"{gate.value:,}"), Cell(_limit(gate)),
                Cell("held" if gate.tripped else "below the limit"),
            ]
            for run, gate in judged
        ],
    )  # fmt: skip
    columns = [
        Column(
            words=f"{run.id}, {_day(run.created_at, zone)}: {gate.value:,} removals,"
            f" limit {_limit(gate)}",
            parts=[(Series.HELD if gate.tripped else Series.CHANGED, gate.value)],
            limit=None if gate.verdict is Verdict.NO_BASELINE else gate.limit,
            shape=Shape.DIAMOND if gate.tripped else None,
        )
        for run, gate in judged
    ]
    held = [legend(id_, Series.HELD, "at or over it"), shape_legend(Shape.DIAMOND, "held")]
    return _picture(
        id_, table, columns, ends=_ends([run for run, _ in judged], zone),
        summary=_removals_summary([gate for _, gate in judged]),
        legend=[
            legend(id_, Series.CHANGED, "below the limit"), *(held if over else ()),
            limit_legend("the limit"),
        ],
    )  # fmt: skip


def rows(past: Sequence[PastRun], zone: tzinfo, id_: str = "rows") -> Picture:
    """How many rows each extract had, and how many of them were not taken."""
    read = [(run, run.rows) for run in past if run.rows]
    some = any(figures.quarantined for _, figures in read)
    table = Table(
        caption=f"Rows of the last {_many(len(read), 'extracts')}",
        head=["Run", "Began", "File", "Rows", "Accepted", "Quarantined"],
        rows=[
            [
                *_heading(run, zone), Cell(run.file_name or ""), Cell(f"{its.rows_in:,}"),
                Cell(f"{its.accepted:,}"), Cell(f"{its.quarantined:,}"),
            ]
            for run, its in read
        ],
    )  # fmt: skip
    columns = [
        Column(
            words=f"{run.id}, {_day(run.created_at, zone)}: {counted(its.rows_in, 'row')},"
            f" {its.quarantined:,} quarantined",
            parts=[
                (Series.ROWS, its.rows_in - its.quarantined),
                (Series.LEFT_OUT, its.quarantined),
            ],
        )
        for run, its in read
    ]
    entries = [legend(id_, Series.ROWS, "rows"), legend(id_, Series.LEFT_OUT, "quarantined")]
    return _picture(
        id_, table, columns, ends=_ends([run for run, _ in read], zone),
        summary=_rows_summary([figures for _, figures in read]),
        legend=entries if some else entries[:1],
    )  # fmt: skip


def _picture(
    id_: str, table: Table, columns: Sequence[Column], *, summary: str, ends: Sequence[str],
    legend: Sequence[LegendEntry],
) -> Picture:  # fmt: skip
    if not columns:
        return Picture(id=id_, title=table.caption, summary=summary, table=table)
    drawn = draw(id_, table.caption, summary, columns)
    return Picture(
        id=id_, title=table.caption, summary=summary, table=table, svg=drawn.svg,
        scale=drawn.scale, ends=ends, legend=legend,
    )  # fmt: skip


def _actions_column(run: PastRun, zone: tzinfo) -> Column:
    told = ", ".join(
        f"{words} {count:,}" for series, (_, words, _) in _KINDS.items() if (count := _of(run, series))
    )  # fmt: skip
    return Column(
        words=f"{run.id}, {_day(run.created_at, zone)}, {_state(run)}: {told or 'no actions'}",
        parts=[(series, _of(run, series)) for series in _KINDS],
        shape=_SHAPES.get(run.state),
    )


def _actions_row(run: PastRun, zone: tzinfo) -> list[Cell]:
    failed = sum((run.ended or {}).get(status, 0) for status in _BAD)
    numbers = [*(_of(run, series) for series in _KINDS), run.held, failed]
    return [*_heading(run, zone), Cell(_state(run)), *(Cell(f"{n:,}") for n in numbers)]


def _actions_summary(past: Sequence[PastRun]) -> str:
    if not past:
        return "No run has been made yet."
    totals = sorted(run.actions for run in past)
    newest = past[-1]
    told = f"The newest run planned {counted(newest.actions, 'action')}"
    if len(past) < _FEW:
        alone = len(past) == 1
        return (
            f"{told}." if alone else f"{told}; the largest of {len(past)} runs had {totals[-1]:,}."
        )
    middle = totals[len(totals) // 2]
    return (
        f"{told}; of {len(past)} runs the middle one had {middle:,} and the largest {totals[-1]:,}."
    )


def _removals_summary(gates: Sequence[Gate]) -> str:
    if not gates:
        return "No plan has been made yet."
    over, last = sum(1 for gate in gates if gate.tripped), gates[-1]
    told = f"{over:,} of {counted(len(gates), 'plan')} reached the limit."
    return f"{told} The newest would remove {last.value:,}; its limit is {_limit(last)}."


def _rows_summary(read: Sequence[RowFigures]) -> str:
    if not read:
        return "No extract has been read yet."
    first, last = read[0], read[-1]
    told = f"The newest extract has {counted(last.rows_in, 'row')}"
    told += f", {last.quarantined:,} of them quarantined" if last.quarantined else ""
    return told + (f"; the oldest shown had {first.rows_in:,}." if len(read) > 1 else ".")


def _many(count: int, things: str) -> str:
    """`30 runs`, `run`; of none `runs`."""
    return things.removesuffix("s") if count == 1 else f"{count} {things}" if count else things


def _of(run: PastRun, series: Series) -> int:
    return sum(run.planned.get(kind, 0) for kind in _KINDS[series][2])


def _limit(gate: Gate) -> str:
    return "none yet" if gate.verdict is Verdict.NO_BASELINE else f"{gate.limit:,}"


def _heading(run: PastRun, zone: tzinfo) -> list[Cell]:
    return [Cell(run.id, href=f"/runs/{run.id}"), Cell(_day(run.created_at, zone))]


def _state(run: PastRun) -> str:
    return sentence(run.state)


def _ends(past: Sequence[PastRun], zone: tzinfo) -> list[str]:
    """Of the first and the last; of few both stand at the right, as their bars do."""
    days = [_day(run.created_at, zone) for run in past]
    if len(days) < FEWEST or days[0] == days[-1]:
        return ["", " to ".join(dict.fromkeys((days[0], days[-1])))] if days else []
    return [days[0], days[-1]]


def _day(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%d %b %Y}"
