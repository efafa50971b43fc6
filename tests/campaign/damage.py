"""Damage to a sound file, kind by kind, as edits of its bytes: so what they touch is known exactly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from tests.campaign.sound import Sound, inside_character, line_of, written


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from `start` up to `end` give way to `text`."""

    start: int
    end: int
    text: bytes = b""


@dataclass(frozen=True, slots=True)
class Damage:
    """Edits in order of place, and the rows they damage directly."""

    kind: str
    edits: tuple[Edit, ...]
    rows: frozenset[int] = frozenset()
    #: Rows of which nothing is left, so nobody can report them.
    gone: frozenset[int] = frozenset()

    def apply(self, data: bytes) -> bytes:
        """The damaged file."""
        parts: list[bytes] = []
        at = 0
        for edit in self.edits:
            parts += (data[at : edit.start], edit.text)
            at = edit.end
        return b"".join((*parts, data[at:]))

    def moved(self, at: int) -> int:
        """Where a byte of the sound file stands in the damaged one; of a removed byte, its place."""
        shift = 0
        for edit in self.edits:
            if edit.start > at:
                break
            if edit.end > at and edit.start != edit.end:
                return edit.start + shift
            shift += len(edit.text) - (edit.end - edit.start)
        return at + shift


#: Kinds after which a row may have the right width and cells that look right. A part of them is
#: beyond any reader, since another sound file has the same bytes: a delimiter that moved between
#: two columns of free text, a file cut in the last cell of free text, cells of two columns that
#: look alike exchanged, a table of the same look appended. What the look of the cells gives away
#: must be found.
SAME_WIDTH = {
    "cut", "cut unluckily", "second header row", "second table, same width", "moved delimiter",
    "missing before quoted", "rotated", "slid", "text after", "two at once",
}  # fmt: skip
#: Kinds after which a file may be refused whole: a part of it, or its header, is not there.
MAY_REFUSE = {"cut", "cut unluckily", "header in several rows", "two at once"}

Maker = Callable[[Sound, Random], Damage | None]


def one(kind: str, row: int, *edits: Edit) -> Damage:
    """Damage to one row."""
    return Damage(kind, tuple(sorted(edits, key=lambda e: (e.start, e.end))), frozenset((row,)))


def any_row(sound: Sound, rng: Random) -> int:
    """A row, the last and the first a little oftener."""
    return rng.choice((0, len(sound.rows) - 1, *(rng.randrange(len(sound.rows)) for _ in range(8))))


def characters(sound: Sound, row: int) -> list[int]:
    """All positions of a row between characters, its line end not counted."""
    span = range(sound.start(row), sound.end(row) + 1)
    return [at for at in span if not inside_character(sound.data, at)]


def quote_added(sound: Sound, rng: Random) -> Damage | None:
    """A quote, anywhere in a row; often where a cell begins or ends."""
    row = any_row(sound, rng)
    edges = [at for cell in sound.cells[row] for at in cell]
    at = rng.choice(edges if rng.random() < 0.4 else characters(sound, row))
    return one("quote added", row, Edit(at, at, b'"'))


def quote_removed(sound: Sound, rng: Random) -> Damage | None:
    """One of the quotes, be it at an edge or half of a doubled one."""
    quotes = [(row, at) for row in range(len(sound.rows)) for at in range(sound.start(row), sound.end(row))
              if sound.data[at] == 0x22]  # fmt: skip
    if not quotes:
        return None
    row, at = rng.choice(quotes)
    return one("quote removed", row, Edit(at, at + 1))


def delimiter_added(sound: Sound, rng: Random) -> Damage | None:
    """A delimiter outside quotes; inside them it would be another sound file."""
    row = any_row(sound, rng)
    at = rng.choice(sound.outside(row))
    return one("delimiter added", row, Edit(at, at, sound.delimiter))


def delimiter_removed(sound: Sound, rng: Random) -> Damage | None:
    """One of those between cells."""
    row = any_row(sound, rng)
    at = rng.choice(sound.cells[row][:-1])[1]
    return one("delimiter removed", row, Edit(at, at + 1))


def break_added(sound: Sound, rng: Random) -> Damage | None:
    """A line end outside quotes; often in the first or last cell, where the width stays right."""
    row = any_row(sound, rng)
    places = sound.outside(row)
    if rng.random() < 0.4:
        first, last = sound.cells[row][0], sound.cells[row][-1]
        places = [at for at in places if at <= first[1] or at >= last[0]]
    at = rng.choice(places)
    text = rng.choice((sound.line_end, sound.line_end, b"\n", b"\r\n", b"\r"))
    return one("line break added", row, Edit(at, at, text))


def break_removed(sound: Sound, rng: Random) -> Damage | None:
    """The end of a row's line, or one byte of it; two rows become one."""
    row = any_row(sound, rng)
    start, end = sound.end(row), sound.start(row + 1)
    if start == end:
        return None
    if end - start == 2 and rng.random() < 0.4:
        start, end = rng.choice(((start, end - 1), (start + 1, end)))
    rows = {row, row + 1} & set(range(len(sound.rows)))
    return Damage("line break removed", (Edit(start, end),), frozenset(rows))


def cut_at(sound: Sound, at: int, kind: str = "cut") -> Damage:
    """Nothing follows; the row that was being written is damaged, later ones are gone."""
    rows = range(len(sound.rows))
    gone = frozenset(row for row in rows if sound.start(row) >= at)
    torn = frozenset(row for row in rows if sound.start(row) < at < sound.start(row + 1))
    return Damage(kind, (Edit(at, len(sound.data)),), torn, gone)


def cut(sound: Sound, rng: Random) -> Damage | None:
    """At any byte, in the middle of a character, of a line end, of a doubled quote too."""
    lowest = sound.start(0)
    return cut_at(sound, rng.randrange(lowest, len(sound.data)))


def cut_unluckily(sound: Sound, rng: Random) -> Damage | None:
    """In a line end, a character, a doubled or closing quote, a quoted cell, the last cell."""
    data, kind = sound.data, rng.randrange(5)
    span = range(sound.start(0) + 1, len(data))
    if kind == 0:
        places = [at for at in span if data[at - 1] == 0x0D or data[at] in b"\r\n"]
    elif kind == 1:
        places = [at for at in span if inside_character(data, at)]
    elif kind == 2:
        places = [at for at in span if data[at - 1] == 0x22]
    elif kind == 3:
        places = [
            at
            for row in sound.cells
            for c in row
            if sound.quoted(c)
            for at in range(c[0] + 1, c[1])
        ]
    else:
        places = [at for row in sound.cells for at in range(row[-1][0], row[-1][1] + 1)]
    return cut_at(sound, rng.choice(places), "cut unluckily") if places else None


def inserted(kind: str, sound: Sound, row: int, lines: list[str]) -> Damage:
    """Whole lines before a row; after the last row, at the end of the file."""
    at, end = sound.start(row), sound.manner.line_end
    text = end.join(lines) + end
    if row == len(sound.rows) and not sound.manner.final_newline:
        text = end + text
    return Damage(kind, (Edit(at, at, text.encode()),))


def header_repeated(sound: Sound, rng: Random) -> Damage | None:
    """The header once more, as it is or in other case, spacing, quoting."""
    manner, header = sound.manner, sound.header
    form = rng.choice((header, header, [h.upper() for h in header],
                       [h.replace("_", " ").title() for h in header],
                       [f" {h} " for h in header],
                       [h.lower().replace(" ", "_") for h in header]))  # fmt: skip
    quoting = replace(manner, quoting=rng.choice((manner.quoting, "all", "minimal")))
    row = rng.randrange(len(sound.rows) + 1)
    return inserted("header repeated", sound, row, [line_of(form, quoting)])


def header_of_two_rows(sound: Sound, rng: Random) -> Damage | None:
    """Below the header a row of units, types, labels, numbers or lines."""
    width = len(sound.header)
    labels = (
        "text",
        "Text(50)",
        "(required)",
        "VARCHAR",
        "string",
        "Name",
        "number",
        "yyyy-mm-dd",
        "optional",
    )
    form = rng.choice((
        [rng.choice(labels) for _ in range(width)], ["-" * max(1, len(h)) for h in sound.header],
        [f"Label of {h}" for h in sound.header], [str(i + 1) for i in range(width)],
        [rng.choice(labels)] * width, [rng.choice(("", *labels)) for _ in range(width - 1)] + ["text"],
        [chr(65 + i) for i in range(width)], [f"c{i}" for i in range(width)],
    ))  # fmt: skip
    return inserted("second header row", sound, 0, [line_of(form, sound.manner)])


def header_in_rows(sound: Sound, rng: Random) -> Damage | None:
    """The header broken over several lines, or a row of groups above it."""
    begin, end = sound.header_cells[0][0], sound.header_cells[-1][1]
    if rng.random() < 0.4:
        groups = [rng.choice(("Person", "Contact", "")) for _ in sound.header]
        line = line_of(groups, sound.manner) + sound.manner.line_end
        return Damage("header in several rows", (Edit(begin, begin, line.encode()),))
    if rng.random() < 0.5:
        at = rng.choice(sound.header_cells[:-1])[1]
        hold = rng.choice((0, 1))
        return Damage("header in several rows", (Edit(at + hold, at + 1, sound.line_end),))
    at = rng.randrange(begin + 1, end)
    return Damage("header in several rows", (Edit(at, at, sound.line_end),))


NAMES = ("Site", "Principal", "Count", "Code", "Zone", "Total", "Year", "Phone", "Grade", "Room", "Bus",
         "Key", "Tel", "Fax", "Area", "Head", "Dept", "Unit", "Cost", "Fund", "Goal", "Item", "Ref", "Date",
         "Note")  # fmt: skip


def second_table(sound: Sound, rng: Random) -> Damage | None:
    """Another table below: of another width, or of the same one under another header."""
    same = rng.random() < 0.5
    width = (
        len(sound.header)
        if same
        else rng.choice([w for w in range(1, 9) if w != len(sound.header)])
    )
    names = rng.sample(NAMES, width)
    makers: list[Callable[[], str]] = [
        lambda: rng.choice(("Lincoln High", "Bell, East", "JES", "North", "Ana Lopez")),
        lambda: str(rng.randrange(900)), lambda: rng.choice(("A", "B", "", "x,y", 'Room "4"')),
        lambda: f"{rng.randrange(100)}%", lambda: f"2026-0{rng.randint(1, 9)}-11",
    ]  # fmt: skip
    chosen = [rng.choice(makers) for _ in range(width)]
    rows = [
        [maker() or "0" * (place == 0) for place, maker in enumerate(chosen)]
        for _ in range(rng.randint(1, 12))
    ]
    lines = [""] * rng.choice((0, 0, 1, 2)) + [line_of(row, sound.manner) for row in [names, *rows]]
    return inserted(
        f"second table, {'same' if same else 'other'} width", sound, len(sound.rows), lines
    )


def other_delimiter(sound: Sound, rng: Random) -> Damage | None:
    """One whole row, written with another delimiter; quoted as that one needs, or as it was."""
    row = any_row(sound, rng)
    delimiter = rng.choice([d for d in ",;\t|" if d != sound.manner.delimiter])
    if rng.random() < 0.5:
        text = line_of(sound.rows[row], replace(sound.manner, delimiter=delimiter)).encode()
    else:
        text = delimiter.encode().join(sound.data[a:b] for a, b in sound.cells[row])
    return one("another delimiter", row, Edit(sound.start(row), sound.end(row), text))


def moved_delimiter(sound: Sound, rng: Random) -> Damage | None:
    """A delimiter lost in one place, another gained: the width stays right."""
    row = any_row(sound, rng)
    lost = rng.choice(sound.cells[row][:-1])[1]
    gained = rng.choice(sound.outside(row))
    if gained in (lost, lost + 1):
        return None
    return one("moved delimiter", row, Edit(lost, lost + 1), Edit(gained, gained, sound.delimiter))


def missing_before_quoted(sound: Sound, rng: Random) -> Damage | None:
    """The delimiter before a quoted cell that holds one delimiter is missing; the quotes stay or go."""
    d = sound.delimiter
    found = [
        (row, cells[place - 1][1], cells[place])
        for row, cells in enumerate(sound.cells) for place in range(1, len(cells))
        if sound.quoted(cells[place]) and sound.data[slice(*cells[place])].count(d) == 1
    ]  # fmt: skip
    if not found:
        return None
    row, at, cell = rng.choice(found)
    edits = [Edit(at, at + 1)]
    if rng.random() < 0.5 and b"\n" not in sound.data[slice(*cell)]:
        edits = [Edit(at, at + 2), Edit(cell[1] - 1, cell[1])]
    return one("missing before quoted", row, *edits)


def rewritten(kind: str, sound: Sound, row: int, values: list[str]) -> Damage | None:
    """A row written anew with other values."""
    if values == sound.rows[row]:
        return None
    text = line_of(values, sound.manner).encode()
    return one(kind, row, Edit(sound.start(row), sound.end(row), text))


def rotated(sound: Sound, rng: Random) -> Damage | None:
    """All cells one place on, or a part of them; what falls out comes in at the other side."""
    row = any_row(sound, rng)
    old = sound.rows[row]
    first = rng.choice((0, 0, rng.randrange(len(old) - 1)))
    part = old[first:]
    part = part[-1:] + part[:-1] if rng.random() < 0.5 else part[1:] + part[:1]
    return rewritten("rotated", sound, row, old[:first] + part)


def slid(sound: Sound, rng: Random) -> Damage | None:
    """An empty cell gained and another cell lost: what stands between is one place off."""
    row = any_row(sound, rng)
    values = list(sound.rows[row])
    empty = [place for place, value in enumerate(values) if not value]
    out = rng.choice(empty) if empty and rng.random() < 0.6 else len(values) - 1
    values.pop(out)
    into = rng.choice([place for place in range(len(values) + 1) if place != out])
    values.insert(into, "")
    return rewritten("slid", sound, row, values)


ABOVE = ("Staff list", "Report of 2026-11-21", "District: Lincoln, Unified", "", "", "sep=;", "====",
         "# exported by HR", "Generated 11/21/2026 10:51", "Confidential", '"Staff, all sites"',
         "Page 1 of 1")  # fmt: skip
BELOW = ("Total: 531", "-- end of report --", "----------", "(531 rows affected)", '"', '"Total"', "531",
         "Records: 531", "Confidential, do not forward", "EOF", "\x1a", "", "", "# end", "NULL", "0", ".",
         "'", "This file, and all in it, is private; see policy.", "Generated by HR, 11/21/2026",
         "* totals, by site, by type", "Total rows:,531", 'He said "bye"')  # fmt: skip


def padded(line: str, sound: Sound, rng: Random) -> str:
    """As spreadsheets write it: filled up to the width of the table."""
    if '"' in line or rng.random() < 0.6:
        return line
    cells = [line, *[""] * (len(sound.header) - 1)]
    if rng.random() < 0.4:
        rng.shuffle(cells)
    return sound.manner.delimiter.join(written(cell, sound.manner) for cell in cells)


def text_before(sound: Sound, rng: Random) -> Damage | None:
    """Titles, dates, blank lines, comments above the header."""
    lines = [padded(rng.choice(ABOVE), sound, rng) for _ in range(rng.randint(1, 4))]
    begin = sound.header_cells[0][0]
    text = "".join(line + sound.manner.line_end for line in lines)
    return Damage("text before", (Edit(begin, begin, text.encode()),))


def text_after(sound: Sound, rng: Random) -> Damage | None:
    """Totals, ends of reports, disclaimers, a lone quote."""
    lines = [padded(rng.choice(BELOW), sound, rng) for _ in range(rng.choice((1, 1, 2, 3)))]
    return inserted("text after", sound, len(sound.rows), lines)


def undamaged(sound: Sound, rng: Random) -> Damage | None:  # noqa: ARG001 - a maker like the others
    """Nothing: what is lost here was never damaged."""
    return Damage("undamaged", ())


KINDS: dict[str, Maker] = {
    "undamaged": undamaged,
    "quote_added": quote_added,
    "quote_removed": quote_removed,
    "delimiter_added": delimiter_added,
    "delimiter_removed": delimiter_removed,
    "break_added": break_added,
    "break_removed": break_removed,
    "cut": cut,
    "cut_unluckily": cut_unluckily,
    "header_repeated": header_repeated,
    "header_of_two_rows": header_of_two_rows,
    "header_in_rows": header_in_rows,
    "second_table": second_table,
    "other_delimiter": other_delimiter,
    "moved_delimiter": moved_delimiter,
    "missing_before_quoted": missing_before_quoted,
    "rotated": rotated,
    "slid": slid,
    "text_before": text_before,
    "text_after": text_after,
}


def double(sound: Sound, rng: Random) -> Damage | None:
    """Two kinds at once, where they don't overlap."""
    pair = [rng.choice([*KINDS.values()])(sound, rng) for _ in range(2)]
    one_, two = (damage for damage in pair) if all(pair) else (None, None)
    if one_ is None or two is None:
        return None
    edits = sorted((*one_.edits, *two.edits), key=lambda e: (e.start, e.end))
    if any(a.end > b.start or a.start == b.start for a, b in pairwise(edits)):
        return None
    return Damage("two at once", tuple(edits), one_.rows | two.rows, one_.gone | two.gone)


ALL: dict[str, Maker] = {**KINDS, "double": double}


def every_position(sound: Sound) -> Iterator[Damage]:
    """Each character added or lost, and each cut, that can be."""
    for row in range(len(sound.rows)):
        for at in characters(sound, row):
            yield one("quote added", row, Edit(at, at, b'"'))
            if sound.data[at : at + 1] == b'"':
                yield one("quote removed", row, Edit(at, at + 1))
        for at in sound.outside(row):
            yield one("delimiter added", row, Edit(at, at, sound.delimiter))
            yield one("line break added", row, Edit(at, at, sound.line_end))
        for cell in sound.cells[row][:-1]:
            yield one("delimiter removed", row, Edit(cell[1], cell[1] + 1))
        start, end = sound.end(row), sound.start(row + 1)
        rows = frozenset({row, row + 1} & set(range(len(sound.rows))))
        if start < end:
            yield Damage("line break removed", (Edit(start, end),), rows)
    for at in range(sound.start(0), len(sound.data)):
        yield cut_at(sound, at)
