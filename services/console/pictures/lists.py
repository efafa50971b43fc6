"""Bars that lie, sorted, each with its name and number in words: error reasons, ages of what waits."""

from collections.abc import Callable, Sequence
from datetime import date

from markupsafe import Markup

from services.console.pictures.picture import (
    BarRow,
    Cell,
    Picture,
    Series,
    Table,
    bar,
    element,
)
from services.console.words import counted, spoken
from shared.domain.action import ActionStatus
from shared.ports.trends import OpenRecords, ReasonCount

#: Reasons that are drawn; the table has all.
_MOST = 8
_HEIGHT = 12.0
_LEAST_PERCENT = 1.0
_STATUS = {
    ActionStatus.FAILED: "failed",
    ActionStatus.CONFLICT: "conflict",
    ActionStatus.UNKNOWN: "outcome unknown",
}
#: Days from which on a record is of that age, the newest first.
_AGES = ((0, "up to a week"), (8, "8 to 14 days"), (15, "15 to 30 days"), (31, "over 30 days"))


def reasons(
    found: Sequence[ReasonCount], link: Callable[[ReasonCount], str], id_: str = "reasons"
) -> Picture:
    """Why actions ended otherwise than well, most frequent first; each leads to those actions."""
    total = sum(each.count for each in found)
    table = Table(
        caption="Reasons of errors",
        head=["Reason", "Ended", "Actions"],
        rows=[
            [Cell(_code(each), link(each)), Cell(_STATUS[each.status]), Cell(f"{each.count:,}")]
            for each in found
        ],
    )
    if not found:
        return Picture(id=id_, title=table.caption, summary="No action failed.", table=table)
    first = found[0]
    summary = (
        f"{counted(total, 'action')} for {counted(len(found), 'reason')};"
        f" most frequent: {_code(first)} ({first.count:,})."
    )
    if len(found) > _MOST:
        summary += f" The first {_MOST} are drawn, the table has all."
    return Picture(
        id=id_, title=table.caption, summary=summary, table=table,
        rows=[
            BarRow(
                name=f"{_code(each)} ({_STATUS[each.status]})", href=link(each),
                number=f"{each.count:,}", bar=_lying(id_, each.count, first.count),
            )
            for each in found[:_MOST]
        ],
    )  # fmt: skip


def waiting(records: Sequence[OpenRecords], today: date, id_: str = "waiting") -> Picture:
    """How long quarantined records have waited."""
    counts = dict.fromkeys((words for _, words in _AGES), 0)
    for each in records:
        counts[_age((today - each.opened_on).days)] += each.records
    total, overdue = sum(counts.values()), sum(each.overdue for each in records)
    table = Table(
        caption="Quarantined records by age",
        head=["Waits", "Records"],
        rows=[[Cell(words), Cell(f"{count:,}")] for words, count in counts.items()],
    )
    if not total:
        return Picture(id=id_, title=table.caption, summary="No record waits.", table=table)
    most = max(counts.values())
    return Picture(
        id=id_, title=table.caption, table=table,
        summary=f"{counted(total, 'record waits', 'records wait')}, {overdue:,} past the due date.",
        rows=[
            BarRow(name=words, number=f"{count:,}", bar=_lying(id_, count, most))
            for words, count in counts.items()
        ],
    )  # fmt: skip


def _age(days: int) -> str:
    return next(words for since, words in reversed(_AGES) if days >= since or since == 0)


def _code(reason: ReasonCount) -> str:
    return spoken(reason.code or "no code")


def _lying(id_: str, count: int, most: int) -> Markup:
    """Its name and number stand beside it, so nobody needs to hear of the bar."""
    width = max(_LEAST_PERCENT, 100 * count / most) if count else 0
    drawn = bar(id_, Series.WORK, x=0, width=width, y=0, height=_HEIGHT)
    return element(
        "svg", *drawn, width="100%", height=_HEIGHT, aria_hidden="true", focusable="false",
        class_="picture-lying",
    )  # fmt: skip
