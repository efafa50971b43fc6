"""`inspect`: what the reader makes of files, without a run, a database or a call to ASCIP."""

import csv
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

import typer

from services.cli import inspect_report
from services.cli.exits import Exit
from shared.bootstrap_files import spools, tabular_reader
from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.feed import Feed
from shared.domain.feeds.governed import FEEDS
from shared.domain.feeds.staff import FEED
from shared.domain.mapping import parse_mapping
from shared.domain.policy import FeedPolicy, StaffPolicy
from shared.domain.text import printable
from shared.pipeline.inspect import Declared, Inspected, inspect
from shared.pipeline.read_records import dialect, headers, judge_of
from shared.pipeline.read_staff import staff_dialect, staff_headers
from shared.ports.reader import Dialect, Source

if TYPE_CHECKING:
    from shared.settings import Loaded

_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_STDIN = "-"
#: Where nothing is declared: as `[district]` has it.
_TIMEZONE = "America/Los_Angeles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for, as written."""

    files: tuple[str, ...]
    columns: str | None
    feed: str | None
    delimiter: str | None
    quote: str | None
    encoding: str | None
    config: Path | None


def inspect_files(wish: Wish, *, as_json: bool) -> int:
    """Judge each file; 4 if one of them can't be read, the others are judged all the same."""
    try:
        return _inspect(wish, _declared(wish), as_json=as_json)
    except ConfigInvalid as error:
        given = {wish.columns, wish.delimiter, wish.quote, wish.encoding} != {None}
        if wish.config is None and given:
            raise typer.BadParameter(str(error)) from error
        raise


def _inspect(wish: Wish, declared: Declared, *, as_json: bool) -> int:
    reader, tally = tabular_reader(), inspect_report.Tally()
    tell: Callable[[str, Inspected], None] = inspect_report.tell
    if as_json:
        tell = partial(inspect_report.tell_json, write=sys.stdout.write)
    # Rules withdraw rows at the end of the file, so they need them even where nobody sees them.
    rows = as_json or declared.by_rules
    for name in wish.files:
        with spools(rows=rows) as kept:
            found = _judged(name, partial(inspect, reader, declared=declared, spools=kept))
            tally.count(found)
            if found is not None:
                tell(name, found)
    if not as_json:
        print(tally.summary(), file=sys.stderr)
    return Exit.INVALID if tally.unreadable else Exit.DONE


def _judged(name: str, judge: Callable[[Source], Inspected]) -> Inspected | None:
    """The verdict on a file; None, and said, if it can't be read."""
    try:
        with source_of(name) as source:
            return judge(source)
    except OSError as error:
        why = error.strerror or "it can't be read"
        print(f"x   {printable(name)}: not judged: {why}", file=sys.stderr)
        return None


def _declared(wish: Wish) -> Declared:
    if wish.columns is not None and wish.feed is not None:
        raise typer.BadParameter("--columns and --feed exclude each other.")
    if wish.feed not in (None, FEED, *FEEDS):
        raise typer.BadParameter(f"There is no such feed; known: {', '.join([FEED, *FEEDS])}.")
    if wish.files.count(_STDIN) > 1:
        raise typer.BadParameter("- stands twice, and standard input can be read once.")
    if wish.feed in FEEDS:
        return _governed(wish, FEEDS[wish.feed])
    if wish.columns is not None:
        headers = HeaderDictionary.exactly(_columns(wish.columns))
        staff, judging = (_policy(wish.config)[0] if wish.config else StaffPolicy()), None
    else:
        staff, attributes = _policy(wish.config)
        headers, judging = staff_headers(staff, attributes), staff
    return Declared(dialect=_dialect(wish, staff_dialect(staff)), headers=headers, staff=judging)


def _governed(wish: Wish, feed: Feed) -> Declared:
    """As the configuration declares the feed, judged as of today in the district's time zone."""
    loaded = _loaded(wish.config)
    policy = loaded.settings.policy.feeds[feed.name] if loaded else FeedPolicy()
    zone = loaded.settings.district.timezone if loaded else _TIMEZONE
    today = datetime.now(ZoneInfo(zone)).date()
    return Declared(
        dialect=_dialect(wish, dialect(feed, policy)), headers=headers(feed, policy),
        governed=judge_of(feed, policy, today),
    )  # fmt: skip


def _dialect(wish: Wish, dialect: Dialect) -> Dialect:
    """The configuration's, but for what the command line names."""
    delimiter = dialect.delimiter if wish.delimiter is None else wish.delimiter
    return replace(
        dialect,
        encoding=dialect.encoding if wish.encoding is None else wish.encoding,
        delimiter=_DELIMITERS.get(delimiter.lower(), delimiter),
        quote=dialect.quote if wish.quote is None else wish.quote,
        feed=dialect.feed,
        date_format=dialect.date_format,
    )


def _columns(text: str) -> list[str]:
    """Names as a line of CSV, so that one with a comma in it can be quoted."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise typer.BadParameter(f"--columns is no line of CSV: {error}.") from error


def _policy(config: Path | None) -> tuple[StaffPolicy, frozenset[str]]:
    """The feed's settings and the columns its mapping needs; the defaults without a configuration."""
    loaded = _loaded(config)
    if loaded is None:
        return StaffPolicy(), frozenset()
    if not loaded.mapping_path.is_file():
        return loaded.settings.staff, frozenset()
    return loaded.settings.staff, frozenset(parse_mapping(loaded.mapping_text()).attribute_columns)


def _loaded(config: Path | None) -> "Loaded | None":
    """The configuration, if there is one."""
    from shared.settings import DEFAULT_CONFIG, load_settings  # noqa: PLC0415  # slow to import

    if config is None and not DEFAULT_CONFIG.is_file():
        return None
    return load_settings(config)


@contextmanager
def source_of(name: str) -> Iterator[Source]:
    """Opens a file as often as it is wanted; what can be read only once is copied first."""
    if name != _STDIN and not _only_once(name):
        yield partial(_open, name)
        return
    with NamedTemporaryFile() as copy:
        if name == _STDIN:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        else:
            with _open(name) as pipe:
                shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield partial(_open, copy.name)


def _only_once(name: str) -> bool:
    """Whether a file is a pipe or the like (a folder is told by opening it)."""
    mode = Path(name).stat().st_mode
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _open(name: str) -> BinaryIO:
    return open(name, "rb")  # noqa: PTH123  # the reader closes it
