"""Sound delimited files, by seed: what exporters of staff data write, in their manners."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

BOM = b"\xef\xbb\xbf"
QUOTE = '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an exporter writes."""

    delimiter: str = ","
    #: `minimal`, `all`, `non_numeric` or `columns` (the same columns in every row).
    quoting: str = "minimal"
    line_end: str = "\n"
    final_newline: bool = True
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column: its header, its values, and the shape all of them have (None: free text)."""

    header: str
    make: Callable[[Random], str]
    shape: re.Pattern[str] | None = None


@dataclass(slots=True)
class Sound:
    """A sound file and where everything stands in it; offsets are of bytes."""

    header: list[str]
    rows: list[list[str]]
    manner: Manner
    kinds: list[Kind] = field(default_factory=list)
    data: bytes = b""
    #: Of the header: each cell's first byte and the one after it, quotes included.
    header_cells: list[tuple[int, int]] = field(default_factory=list)
    #: The same of each row.
    cells: list[list[tuple[int, int]]] = field(default_factory=list)
    #: First and last physical line of each row, from 1.
    lines: list[tuple[int, int]] = field(default_factory=list)

    @property
    def delimiter(self) -> bytes:
        """The delimiter as a byte."""
        return self.manner.delimiter.encode()

    @property
    def line_end(self) -> bytes:
        """The line end as bytes."""
        return self.manner.line_end.encode()

    def start(self, row: int) -> int:
        """The first byte of a row; of the row after the last one, the end of the file."""
        return self.cells[row][0][0] if row < len(self.rows) else len(self.data)

    def end(self, row: int) -> int:
        """The byte after a row's last cell."""
        return self.cells[row][-1][1]

    def quoted(self, cell: tuple[int, int]) -> bool:
        """Whether a cell is written in quotes."""
        return self.data[cell[0] : cell[0] + 1] == b'"'

    def outside(self, row: int) -> list[int]:
        """Positions of a row that stand in no quoted cell and inside no character."""
        found: list[int] = []
        for start, end in self.cells[row]:
            found += (start, end) if self.quoted((start, end)) else range(start, end + 1)
        return [at for at in dict.fromkeys(found) if not inside_character(self.data, at)]


def inside_character(data: bytes, at: int) -> bool:
    """Whether a position stands between the bytes of one UTF-8 character."""
    return at < len(data) and data[at] & 0xC0 == 0x80


def written(value: str, manner: Manner, *, always: bool = False) -> str:
    """One cell as its exporter writes it."""
    needed = any(c in value for c in (manner.delimiter, QUOTE, "\r", "\n"))
    wanted = manner.quoting == "all" or always
    if manner.quoting == "non_numeric":
        wanted = re.fullmatch(r"\d+(\.\d+)?", value) is None
    return f'"{value.replace(QUOTE, QUOTE * 2)}"' if needed or wanted else value


def line_of(row: list[str], manner: Manner) -> str:
    """One row as its exporter writes it, without the line end."""
    return manner.delimiter.join(written(value, manner) for value in row)


def render(
    header: list[str], rows: list[list[str]], manner: Manner, kinds: list[Kind] | None = None
) -> Sound:
    """Write a file and note where everything stands."""
    sound = Sound(header, rows, manner, kinds or [])
    always = [manner.quoting == "columns" and len(name) % 2 == 1 for name in header]
    parts = [BOM] if manner.bom else []
    at, line = len(BOM) * manner.bom, 1
    for number, row in enumerate([header, *rows]):
        spans = []
        first = line
        for place, value in enumerate(row):
            cell = written(value, manner, always=always[place] and number > 0).encode()
            spans.append((at, at + len(cell)))
            last = place == len(row) - 1
            parts += (cell, sound.line_end if last else sound.delimiter)
            at += len(cell) + len(parts[-1])
            line += cell.count(b"\n")
        if number:
            sound.cells.append(spans)
            sound.lines.append((first, line))
        else:
            sound.header_cells = spans
        line += 1
    if not manner.final_newline:
        parts.pop()
    sound.data = b"".join(parts)
    return sound


FIRST = ("Ana", "José", "Mary Ann", "Zoë", "D'Arcy", "Li", "Renée", "Null", "Søren", "Bo", "Nguyễn", "John",
         "Chris", "Anne-Marie", "Łukasz", "Иван", "明", "Siobhán", "Peter", "Tom")  # fmt: skip
LAST = ("Lopez", "O'Brien", "Smith", "Nguyen", "García Márquez", "Müller", "de la Cruz", "Lee",
        "Smith, Jr.", "Van der Berg", "True", "King", "Chavez", "Ng", "Brown", "Johnson, III", 'Lee "Bud"',
        "Ortiz")  # fmt: skip
TITLES = ("Teacher", "Principal", "Bus Driver", "Custodian II", "Nurse", "Teacher, Math", "Cook",
          "Aide (1:1)", "Clerk; night", 'Coach "B" team', "Librarian", "Psychologist, School")  # fmt: skip
PLACES = (
    "Lincoln High",
    "Jefferson Elementary",
    "District Office",
    "Bell Gardens, East",
    "Adult School",
)
WORDS = ("on leave", "called back", "see file", "ok", "returns in May", "needs badge", "6' tall", "½ day",
         "moved, twice", 'said "yes"', "a; b", "c|d", "100%", "café", "ﬁne", "done", "n/a",
         "= none")  # fmt: skip
STREETS = ("12 Main St", "4 Elm Ave, Apt 3", "900 Ocean Blvd", 'c/o "Sunny" Care', "PO Box 7")


def digits(rng: Random, count: int) -> str:
    """So many digits, zeros in front kept."""
    return str(rng.randrange(10**count)).zfill(count)


def iso_date(rng: Random) -> str:
    """A day as ISO writes it."""
    return f"{rng.randint(1960, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def us_date(rng: Random) -> str:
    """A day as an American office writes it."""
    return f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/{rng.randint(1960, 2026)}"


def uuid(rng: Random) -> str:
    """A random UUID."""
    text = f"{rng.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def email(rng: Random) -> str:
    """An address of the district."""
    name = rng.choice("abcdefghjklm") + rng.choice(
        ("lopez", "obrien", "smith", "lee", "ng", "ortiz")
    )
    return f"{name}{rng.randrange(1000)}@{rng.choice(('lincoln', 'usd', 'k12.ca'))}.example"


def address(rng: Random) -> str:
    """An address over two or three lines."""
    street, town = rng.choice(STREETS), f"Long Beach, CA {digits(rng, 5)}"
    return rng.choice(("{0}\n{1}", "{0}\n{1}", "{0}, {1}", "{0}\nSuite 5\n{1}")).format(
        street, town
    )


def cell(rng: Random) -> str:
    """A mobile number, or none."""
    return rng.choice(("", f"562-{digits(rng, 3)}-{digits(rng, 4)}"))


def salary(rng: Random) -> str:
    """An amount, with a comma from a thousand on."""
    return f"{rng.randint(900, 150000):,}.{digits(rng, 2)}"


def note(rng: Random) -> str:
    """Free text: empty, short, with commas, over several lines, with quotes at its ends."""
    count = rng.choice((0, 0, 1, 1, 1, 2, 3, 5))
    joint = rng.choice((", ", ",", "; ", "\n", ", \n", " ", ',"', '","', "\n\n"))
    text = joint.join(rng.choice(WORDS) for _ in range(count))
    return (
        rng.choice(("{}",) * 6 + ('"{}"', '{}"', '"{}', "{}\n", ", {}", '{},"')).format(text)
        if text
        else ""
    )


def plain_note(rng: Random) -> str:
    """Free text of an ordinary office: commas, quotes, several lines, all well inside."""
    joint = rng.choice((", ", "; ", "\n", " ", "\n\n"))
    return joint.join(rng.choice(WORDS) for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 5))))


def of(values: tuple[str, ...]) -> Callable[[Random], str]:
    """A maker that chooses."""
    return lambda rng: rng.choice(values)


def shape(pattern: str) -> re.Pattern[str]:
    """A shape that a whole value has."""
    return re.compile(rf"(?s:{pattern})\Z")


IDS = (
    Kind("employee_id", lambda rng: f"E{digits(rng, 5)}", shape(r"E\d{5}")),
    Kind("employee_id", lambda rng: digits(rng, 5), shape(r"\d{5}")),
    Kind("employee_id", lambda rng: str(rng.randint(1, 99999)), shape(r"\d{1,5}")),
    Kind("guid", uuid, shape(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    Kind("Person No", lambda rng: f"{rng.choice('ABC')}-{digits(rng, 4)}", shape(r"[ABC]-\d{4}")),
)
SHAPED = (
    Kind("work_email", email, shape(r"\S+@\S+")),
    Kind("Home email", lambda rng: rng.choice(("", email(rng))), shape(r"(\S+@\S+)?")),
    Kind("site_code", lambda rng: digits(rng, 3), shape(r"\d{3}")),
    Kind("Site", of(("LHS", "JES", "DO", "BGE")), shape(r"LHS|JES|DO|BGE")),
    Kind("hire_date", iso_date, shape(r"\d{4}-\d\d-\d\d")),
    Kind("end_date", lambda rng: rng.choice(("", "", iso_date(rng))), shape(r"(\d{4}-\d\d-\d\d)?")),
    Kind("Birth Date", us_date, shape(r"\d+/\d+/\d{4}")),
    Kind("phone", lambda rng: f"(562) {digits(rng, 3)}-{digits(rng, 4)}", shape(r"\(\d{3}\) \d{3}-\d{4}")),
    Kind("cell", cell, shape(r"(\d{3}-\d{3}-\d{4})?")),
    Kind("FTE", of(("1.0", "0.8", "0.5", "1.00")), shape(r"[01]\.\d+")),
    Kind("salary", salary, shape(r"[\d,]+\.\d\d")),
    Kind("type", of(("FT", "PT", "SUB")), shape(r"FT|PT|SUB")),
    Kind("active", of(("Y", "N")), shape(r"Y|N")),
    Kind("Manager", lambda rng: rng.choice(("", f"E{digits(rng, 5)}")), shape(r"(E\d{5})?")),
)  # fmt: skip
TEXTS = (
    Kind("first_name", of(FIRST)),
    Kind("last_name", of(LAST)),
    Kind("middle", of(("", "", "", "A.", "Jo", "M"))),
    Kind("Full Name", lambda rng: f"{rng.choice(LAST)}, {rng.choice(FIRST)}"),
    Kind("job_title", of(TITLES)),
    Kind("department", of(PLACES)),
    Kind("username", lambda rng: email(rng).partition("@")[0]),
    Kind("notes", note),
    Kind("Remarks", note),
    Kind("address", address),
    Kind("Mail-to", address),
    Kind("spare", of(("",))),
)  # fmt: skip


def quote_rows(rng: Random, sound: Sound) -> None:
    """Let some notes hold whole rows of the same file, as they stand in it or nearly so."""
    places = [p for p, kind in enumerate(sound.kinds) if kind.make is note]
    for _ in range(rng.choice((0, 1, 2, 4)) if places else 0):
        other = list(rng.choice(sound.rows))
        if rng.random() < 0.5:
            other[0] = sound.kinds[0].make(rng)
        if rng.random() < 0.2:
            other = sound.header
        line = line_of(other, sound.manner)
        if len(line) > 2000:
            continue
        text = rng.choice(
            ("{}", "see\n{}\nabove", "was:\n{}", "{}\nwrong", "a,\n{}\n{}\n,b")
        ).replace("{}", line)
        rng.choice(sound.rows)[rng.choice(places)] = text


def columns(rng: Random, width: int, *, plain: bool) -> list[Kind]:
    """So many kinds of columns, in an order; mostly an id first, names and shapes mixed."""
    kinds = [rng.choice(IDS)] if rng.random() < 0.95 else []
    pool = [*SHAPED, *TEXTS] if rng.random() < 0.8 else [*TEXTS, *SHAPED[:4]]
    rng.shuffle(pool)
    kinds += pool[: width - len(kinds)]
    if rng.random() < 0.15:
        rng.shuffle(kinds)
    if plain:
        kinds = [Kind(k.header, plain_note) if k.make is note else k for k in kinds]
    return kinds


def manner(rng: Random) -> Manner:
    """One exporter's way."""
    return Manner(
        delimiter=rng.choice((",",) * 6 + ("\t", ";", ";", "|")),
        quoting=rng.choice(("minimal",) * 4 + ("all", "non_numeric", "columns")),
        line_end=rng.choice(("\n", "\r\n")),
        final_newline=rng.random() < 0.85,
        bom=rng.random() < 0.2,
    )


def make(rng: Random, *, plain: bool = False) -> Sound:
    """A sound file of the generator's choice: 2 to 25 columns, 1 to 400 rows, mostly 20 to 100.

    A `plain` one has no notes that begin or end in quotes or delimiters, or quote rows.
    """
    width = rng.choice(
        (2, 3, 4, rng.randint(4, 9), rng.randint(5, 12), rng.randint(5, 12), rng.randint(12, 25))
    )
    few = rng.randint(20, 100)
    height = rng.choice((few,) * 7 + (rng.randint(1, 19), rng.randint(1, 8), rng.randint(100, 400)))
    kinds, how = columns(rng, width, plain=plain), manner(rng)
    rows = [[kind.make(rng) for kind in kinds] for _ in range(height)]
    for row in rows:
        row[0] = row[0] or "x"
    draft = Sound([kind.header for kind in kinds], rows, how, kinds)
    quote_rows(rng, draft)
    if how.line_end == "\r\n" and rng.random() < 0.5:
        rows = [[re.sub(r"\r?\n", "\r\n", value) for value in row] for row in rows]
    return render(draft.header, rows, how, kinds)
