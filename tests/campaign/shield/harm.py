"""Damage to staff extracts beyond what a reader alone is tried with: bytes, blocks, spreadsheets, blanks."""

from collections.abc import Callable
from random import Random

from tests.campaign.damage import ALL, Damage, Edit, any_row, one
from tests.campaign.sound import Sound, inside_character, line_of, written

#: What names a person, if the file has it.
NAMING = ("employee_id", "work_email", "username", "personal_email", "Network Login")


def naming_cell(sound: Sound, rng: Random) -> tuple[int, int]:
    """A row, and mostly a column that names its person."""
    columns = [at for at, name in enumerate(sound.header) if name in NAMING]
    column = rng.choice(columns) if rng.random() < 0.8 else rng.randrange(len(sound.header))
    return any_row(sound, rng), column


def place_in(sound: Sound, cell: tuple[int, int], rng: Random) -> int:
    """Between two characters of a cell."""
    start, end = cell
    inner = sound.quoted(cell)
    places = [
        at for at in range(start + inner, end - inner + 1) if not inside_character(sound.data, at)
    ]
    return rng.choice(places)


def stray_byte(sound: Sound, rng: Random) -> Damage | None:
    """A byte too many that is none of the encoding."""
    row, column = naming_cell(sound, rng)
    at = place_in(sound, sound.cells[row][column], rng)
    return one("stray byte", row, Edit(at, at, bytes([rng.randrange(0x80, 0x100)])))


def changed_byte(sound: Sound, rng: Random) -> Damage | None:
    """A byte of which one bit fell over."""
    row, column = naming_cell(sound, rng)
    start, end = sound.cells[row][column]
    if start == end:
        return None
    at = rng.randrange(start, end)
    return one("changed byte", row, Edit(at, at + 1, bytes([sound.data[at] | 0x80])))


def control(sound: Sound, rng: Random) -> Damage | None:
    """A control character in the middle of a cell."""
    row, column = naming_cell(sound, rng)
    at = place_in(sound, sound.cells[row][column], rng)
    return one("control character", row, Edit(at, at, rng.choice((b"\x00", b"\x1f", b"\x7f"))))


def invisible(sound: Sound, rng: Random) -> Damage | None:
    """A soft hyphen, a zero width space, a mark that turns the direction."""
    row, column = naming_cell(sound, rng)
    at = place_in(sound, sound.cells[row][column], rng)
    return one("invisible", row, Edit(at, at, rng.choice("\u00ad\u200b\u202e\u2060").encode()))


def broken_cell(sound: Sound, rng: Random) -> Damage | None:
    """A line break inside a cell, which is then quoted as it should be."""
    row, column = naming_cell(sound, rng)
    value = sound.rows[row][column]
    at = rng.randrange(len(value) + 1)
    return with_value("broken cell", sound, row, column, f"{value[:at]}\n{value[at:]}")


def with_value(kind: str, sound: Sound, row: int, column: int, value: str) -> Damage | None:
    """A cell with another value."""
    if sound.rows[row][column] == value:
        return None
    start, end = sound.cells[row][column]
    return one(kind, row, Edit(start, end, written(value, sound.manner).encode()))


def block(sound: Sound, rng: Random, longest: int = 4000) -> tuple[int, int, Damage]:
    """A stretch of the file with the rows it touches and those it holds whole."""
    start = rng.randrange(sound.start(0), len(sound.data))
    end = min(len(sound.data), start + rng.randint(1, longest))
    rows = range(len(sound.rows))
    touched = {r for r in rows if sound.start(r) < end and sound.start(r + 1) > start}
    whole = {r for r in touched if sound.start(r) >= start and sound.start(r + 1) <= end}
    return start, end, Damage("", (), frozenset(touched - whole), frozenset(whole))


def block_lost(sound: Sound, rng: Random) -> Damage | None:
    """Bytes that were not transferred; of rows in the middle of them nothing is left."""
    start, end, hit = block(sound, rng)
    return Damage("block lost", (Edit(start, end),), hit.rows, hit.gone)


def block_zeroed(sound: Sound, rng: Random) -> Damage | None:
    """Zero bytes, as a disk leaves them."""
    start, end, hit = block(sound, rng)
    return Damage("block zeroed", (Edit(start, end, bytes(end - start)),), hit.rows, hit.gone)


def block_garbage(sound: Sound, rng: Random) -> Damage | None:
    """Bytes of something else."""
    start, end, hit = block(sound, rng, 600)
    return Damage(
        "block garbage", (Edit(start, end, rng.randbytes(end - start)),), hit.rows, hit.gone
    )


def block_twice(sound: Sound, rng: Random) -> Damage | None:
    """Bytes that were transferred twice."""
    start, end, hit = block(sound, rng, 1500)
    return Damage("block twice", (Edit(end, end, sound.data[start:end]),), hit.rows | hit.gone)


def spreadsheet(sound: Sound, rng: Random) -> Damage | None:
    """Ids as a spreadsheet leaves them: as powers, too narrow, as dates."""
    column = sound.header.index("employee_id")
    rows = {any_row(sound, rng) for _ in range(rng.choice((1, 1, 2, 30)))}
    value = rng.choice(("1.23E+05", "########", "5-Jan", "#N/A"))
    return cells("spreadsheet", sound, rows, column, value)


def cells(kind: str, sound: Sound, rows: set[int], column: int, value: str) -> Damage:
    """The same value in several rows."""
    spans = [sound.cells[row][column] for row in sorted(rows)]
    text = written(value, sound.manner).encode()
    return Damage(kind, tuple(Edit(a, b, text) for a, b in spans), frozenset(rows))


def blanked(sound: Sound, rng: Random) -> Damage | None:
    """A cell, or two of a row, without what stood in it."""
    row, column = naming_cell(sound, rng)
    columns = {column, naming_cell(sound, rng)[1]} if rng.random() < 0.4 else {column}
    spans = [sound.cells[row][at] for at in sorted(columns)]
    edits = [Edit(a, b) for a, b in spans if a != b]
    return one("blanked", row, *edits) if edits else None


def rubbish(sound: Sound, rng: Random) -> Damage | None:
    """A cell with what nobody can be found by."""
    row, column = naming_cell(sound, rng)
    value = sound.rows[row][column]
    wrong = rng.choice(("n/a", "#REF!", "see HR", value.replace("a", "\u0430"), f"{value}@", f"<{value}>",
                        value.replace("@", " at ")))  # fmt: skip
    return with_value("rubbish", sound, row, column, wrong)


def zeros_lost(sound: Sound, rng: Random) -> Damage | None:
    """An id without its zeros, in a row of which the email is wrong too."""
    row = any_row(sound, rng)
    number, email = sound.header.index("employee_id"), sound.header.index("work_email")
    edits = []
    for column, value in ((number, sound.rows[row][number].lstrip("0")), (email, "")):
        start, end = sound.cells[row][column]
        edits.append(Edit(start, end, written(value, sound.manner).encode()))
    return one("zeros lost", row, *edits)


def wrapped(sound: Sound, rng: Random) -> Damage | None:
    """Rows that a spreadsheet took for one cell each: in quotes, those inside doubled."""
    first = any_row(sound, rng)
    rows = range(first, min(first + rng.choice((1, 1, 3)), len(sound.rows)))
    edits = []
    for row in rows:
        text = line_of(sound.rows[row], sound.manner).replace('"', '""')
        edits.append(Edit(sound.start(row), sound.end(row), f'"{text}"'.encode()))
    return Damage("wrapped", tuple(edits), frozenset(rows))


def strange_site(sound: Sound, rng: Random) -> Damage | None:
    """A site that the mapping doesn't know: the row is read, and held."""
    column = sound.header.index("site_code")
    return with_value("strange site", sound, any_row(sound, rng), column, "999")


Maker = Callable[[Sound, Random], Damage | None]
HARM: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        stray_byte, changed_byte, control, invisible, broken_cell, block_lost, block_zeroed, block_garbage,
        block_twice, spreadsheet, blanked, rubbish, zeros_lost, wrapped, strange_site,
    )
}  # fmt: skip


def several(sound: Sound, rng: Random) -> Damage | None:
    """Two to five kinds at once, where they don't overlap."""
    makers = [*HARM.values(), *(maker for name, maker in ALL.items() if name != "double")]
    chosen = [d for _ in range(rng.randint(2, 5)) if (d := rng.choice(makers)(sound, rng))]
    edits: list[Edit] = []
    rows: set[int] = set()
    gone: set[int] = set()
    for damage in chosen:
        if all(e.end < o.start or o.end < e.start for e in damage.edits for o in edits):
            edits += damage.edits
            rows |= damage.rows
            gone |= damage.gone
    ordered = tuple(sorted(edits, key=lambda e: (e.start, e.end)))
    return Damage("several", ordered, frozenset(rows), frozenset(gone))


EVERY: dict[str, Maker] = {**ALL, **HARM, "several": several}
