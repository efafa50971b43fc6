"""Which headers a feed's files may have, and a sample file that has them: for whoever makes the export."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.domain.feeds.declared import declared
from shared.domain.feeds.dictionary import Column
from shared.domain.feeds.examples import EXAMPLES
from shared.pipeline.feed_reading import FeedReading
from shared.ports.reader import Dialect

#: Where a rule speaks of blank cells, the first of these that it doesn't name.
_FILLED = ("teacher", "active", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedColumn:
    """A column that is read; everything else is dropped."""

    column: Column
    #: Headers that mean it; case, spaces and punctuation don't count.
    spellings: tuple[str, ...]
    #: What may stand in it, as it would be written in this feed's files; empty where nothing need.
    example: str


def accepted_headers(reading: FeedReading) -> tuple[AcceptedColumn, ...]:
    """The columns of a feed, required ones first."""
    examples, known = _examples(reading), reading.headers
    found = [
        AcceptedColumn(column=column, spellings=spellings, example=examples.get(name, ""))
        for name, column in known.columns.items()
        if (spellings := _spellings(reading, name))
    ]
    return tuple(sorted(found, key=lambda each: not each.column.required))


def _spellings(reading: FeedReading, name: str) -> tuple[str, ...]:
    """The one to write first: a system's own header, else the canonical name, which says more."""
    found = reading.headers.spellings(name)
    if name in reading.by_spelling:
        return found
    return tuple(sorted(found, key=lambda spelling: spelling != name))


def sample_file(reading: FeedReading) -> bytes:
    """A file with every accepted header and one row, in the declared encoding."""
    columns = accepted_headers(reading)
    return _written(
        reading, [each.spellings[0] for each in columns], [each.example for each in columns]
    )


def _written(reading: FeedReading, *rows: list[str]) -> bytes:
    dialect = reading.dialect
    lines = [dialect.delimiter.join(_cell(each, dialect) for each in row) for row in rows]
    return "".join(f"{line}\r\n" for line in lines).encode(dialect.encoding, "replace")


def _cell(text: str, dialect: Dialect) -> str:
    """In quotes where something in it would be taken for the end of the field."""
    quote = dialect.quote
    if not any(mark in text for mark in (dialect.delimiter, quote, "\r", "\n")):
        return text
    return f"{quote}{text.replace(quote, quote * 2)}{quote}"


def _examples(reading: FeedReading) -> Mapping[str, str]:
    ready = EXAMPLES.get(reading.feed, {})
    if reading.staff is None:
        return {name: _text(value, reading.dialect.date_format) for name, value in ready.items()}
    profile = declared(reading.staff)
    filled = {
        column: next((word for word in _FILLED if word not in words), "")
        for rules in (profile.exclude, profile.inactive)
        for column, words in rules.items()
        if "" in words
    }
    return filled | {name: _text(value, profile.date_format) for name, value in ready.items()}


def _text(value: str | date, date_format: str | None) -> str:
    if isinstance(value, str):
        return value
    return value.strftime(date_format) if date_format else value.isoformat()
