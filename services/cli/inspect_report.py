"""Verdicts on files: lines of JSON for programs, or a report for people that shows no values."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from shared.domain.catalogue import rule_of
from shared.domain.text import printable
from shared.pipeline.inspect import Inspected, Region, Taken

#: Items put into JSON at once: quicker than one by one, and a record may have a megabyte.
_BATCH = 64
#: Places named for each code, and columns that are named.
_PLACES, _NAMED = 8, 10


@dataclass(slots=True)
class Tally:
    """How the files of one call ended."""

    in_order: int = 0
    quarantined: int = 0
    refused: int = 0
    unreadable: int = 0

    def count(self, found: Inspected | None) -> None:
        """One more; None could not be read."""
        if found is None:
            self.unreadable += 1
        elif found.refused is not None:
            self.refused += 1
        elif found.counts.quarantined:
            self.quarantined += 1
        else:
            self.in_order += 1

    def summary(self) -> str:
        """All of it in a sentence."""
        files = self.in_order + self.quarantined + self.refused + self.unreadable
        said = (
            f"{files:,} file{'' if files == 1 else 's'}: {self.in_order:,} in order,"
            f" {self.quarantined:,} with quarantined rows, {self.refused:,} refused"
        )
        unread = f", {self.unreadable:,} could not be read" if self.unreadable else ""
        return f"{said}{unread}. Nothing was planned or sent."


def tell_json(name: str, found: Inspected, write: Callable[[str], object]) -> None:
    """One line: docs/reference/inspect.md. Rows are written as they come, never all at once."""
    write(f'{{"file": {json.dumps(name)}, "accepted": [')
    _stream(map(_taken, found.accepted()), write)
    write('], "quarantined": [')
    _stream((entry for region in found.quarantined() for entry in _entries(region)), write)
    refused = found.refused and {"code": found.refused.code, "detail": str(found.refused)}
    write(f'], "refused": {json.dumps(refused)}, "counts": {json.dumps(_counts(found))}}}\n')


def _stream(items: Iterable[object], write: Callable[[str], object]) -> None:
    items, between = iter(items), ""
    while batch := list(islice(items, _BATCH)):
        write(between + json.dumps(batch)[1:-1])
        between = ", "


def _taken(row: Taken) -> dict[str, object]:
    entry: dict[str, object] = {"line": row.line, "values": row.values}
    if row.warnings:
        entry["warnings"] = [
            {"code": w.code, "column": w.column, "detail": w.detail} for w in row.warnings
        ]
    return entry


def _entries(region: Region) -> Iterator[dict[str, object]]:
    """One for each violation, then one for each further line, so that every line is named."""
    more = f"; lines {region.line} to {region.last_line}" if region.last_line > region.line else ""
    for violation in region.violations:
        yield {
            "line": region.line, "code": violation.code, "column": violation.column,
            "detail": violation.detail + more,
        }  # fmt: skip
    for line in range(region.line + 1, region.last_line + 1):
        yield {
            "line": line, "code": region.violations[0].code, "column": None,
            "detail": f"belongs to the record that begins on line {region.line}",
        }  # fmt: skip


def _counts(found: Inspected) -> dict[str, int]:
    counts = found.counts
    return {
        "rows_in": counts.rows_in, "accepted": counts.accepted, "quarantined": counts.quarantined,
        "blank": counts.blank, "duplicate": counts.duplicate, "excluded": counts.excluded,
        **found.hidden,
    }  # fmt: skip


def tell(name: str, found: Inspected) -> None:
    """What became of the rows, and for each code where, and how to mend it."""
    for line in report_lines(name, found):
        print(line)


def report_lines(name: str, found: Inspected) -> Iterator[str]:
    """The report on one file; nothing in it can steer a terminal."""
    if found.refused is not None:
        yield f"x   {printable(name)}: refused ({found.refused.code}), nothing is taken"
        yield f"    {printable(str(found.refused))}"
        return
    counts = _counts(found)
    told = ", ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in list(counts.items())[1:] if n)
    yield f"{'! ' if counts['quarantined'] else 'ok'}  {printable(name)}: {told}"
    if found.dropped:
        named = ", ".join(printable(header) for header in found.dropped[:_NAMED])
        more = f" and {len(found.dropped) - _NAMED:,} more" if len(found.dropped) > _NAMED else ""
        yield f"    Columns that are not used: {named}{more}"
    if counts["quarantined"]:
        yield from _by_code(found.quarantined())
    yield from _warned(found)


def _warned(found: Inspected) -> Iterator[str]:
    """What rules that only warn say of rows that are taken."""
    told = _by_code(Region(row.line, row.line, row.warnings) for row in found.accepted())
    for at, line in enumerate(told):
        if at == 0:
            yield "    Taken all the same:"
        yield line


def _by_code(regions: Iterable[Region]) -> Iterator[str]:
    """What is wrong and in which column, in how many records, on which lines; each code's remedy once."""
    rows: Counter[tuple[str, str | None]] = Counter()
    places: dict[tuple[str, str | None], list[str]] = {}
    for region in regions:
        for key in dict.fromkeys((v.code, v.column) for v in region.violations):
            rows[key] += 1
            if rows[key] <= _PLACES:
                last = f"\u2013{region.last_line}" if region.last_line > region.line else ""
                places.setdefault(key, []).append(f"{region.line}{last}")
    for code in dict.fromkeys(code for code, _ in rows):
        for key in (key for key in rows if key[0] == code):
            yield _found(key, rows[key], places[key])
        if rule := rule_of(code):
            yield f"      {rule.title}. {rule.remedy}"


def _found(key: tuple[str, str | None], count: int, places: list[str]) -> str:
    code, column = key
    where = f" in {printable(column)}" if column is not None else ""
    more = f" and {count - _PLACES:,} more" if count > _PLACES else ""
    lines = "line" if count == 1 and places[0].isdigit() else "lines"
    return f"    {code}{where} ({count:,}): {lines} {', '.join(places)}{more}"
