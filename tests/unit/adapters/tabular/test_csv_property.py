"""One damaged position never makes a person: at worst a row is missing from what is accepted."""

import csv
import io

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.errors import InputInvalid
from tests.unit.adapters.tabular.extracts import HEADER, cells, read

NAMES = st.text('ab ,"\n', max_size=7)


def within_known_limits(name: str) -> bool:
    """Whether no line of a multi-line text holds so many commas that it passes for half a row.

    Where the first line of a text would fill its row to the end, and its last line another from the
    beginning, one lost quote makes two rows of one, and nothing in the file says so.
    """
    lines = name.split("\n")
    return len(lines) == 1 or max(line.count(",") for line in lines) <= 1


@st.composite
def sound_files(draw: st.DrawFn) -> str:
    """A file whose names hold commas, quotes and line breaks, in the manners exporters have."""
    names = draw(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=7))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if draw(st.booleans()):
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for at, (first, last) in enumerate(names):
        writer.writerow(
            [f"E{at}", first, last, f"a{at}@b.example", draw(st.sampled_from(["010", last]))]
        )
    assume(all(within_known_limits(name) for both in names for name in both))
    return text.getvalue()


def quoted_at(text: str, at: int) -> bool:
    """Whether a delimiter at this position is text of a quoted field."""
    return text[:at].count('"') % 2 == 1


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """The text with one quote or delimiter more or less, or cut."""
    at = draw(st.integers(0, len(text) - 1))
    match draw(st.sampled_from(["quote", "delimiter", "remove", "cut"])):
        case "quote":
            return text[:at] + '"' + text[at:]
        case "delimiter":
            # Inside quotes it makes another sound file, which no reader can tell from this one.
            assume(not quoted_at(text, at))
            return text[:at] + "," + text[at:]
        case "remove":
            assume(text[at] == '"' or (text[at] == "," and not quoted_at(text, at)))
            return text[:at] + text[at + 1 :]
        case _:
            return text[:at]


def accepted(text: str) -> list[list[str]]:
    try:
        return cells(read(f"{HEADER}\n{text}"))
    except InputInvalid:
        return []


@given(sound_files())
@settings(max_examples=150, deadline=None)
def test_what_is_accepted_of_a_sound_file_is_what_stands_in_it(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert all(row in rows for row in accepted(text))


def is_cut_in_its_last_cell(row: list[str], rows: list[list[str]]) -> bool:
    """What no reader can see where the last line has no line end (B30: accepted if complete)."""
    return any(row[:-1] == r[:-1] and r[-1].startswith(row[-1]) for r in rows)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_one_damaged_position_makes_no_row_that_was_not_there(data: st.DataObject) -> None:
    text = data.draw(sound_files())
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    broken = data.draw(damaged(text))
    made = [row for row in accepted(broken) if row not in rows]
    if text.startswith(broken) and made:
        assert is_cut_in_its_last_cell(made.pop(), rows)
    assert made == []
