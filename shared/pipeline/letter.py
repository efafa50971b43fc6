"""Letters: the form of every mail, plain and the same in HTML. No value of a record is in one."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from shared.domain.notice import Word
from shared.domain.text import masked_email, printable
from shared.pipeline.tools import Tools
from shared.ports.mail import Mail

#: Characters of a line; a link is never broken.
_WIDTH = 78
_URL = re.compile(r"https?://\S+")
_CELL = "padding:2px 10px"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A few lines under a title."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says, before it has a form."""

    word: Word
    #: The rest of the subject.
    about: str
    #: What is the case, in one or two sentences.
    verdict: str
    #: Who must do what by when; empty if nobody must do anything.
    ask: Sequence[str] = ()
    #: Where to look: an address of the console, or a command.
    where: str = ""
    #: Names and numbers; the first row is the heading.
    table: Sequence[Sequence[str]] = ()
    sections: Sequence[Section] = ()
    #: Why it came, and how to stop the like of it.
    why: str = ""
    #: CSV to go along.
    summary: str = ""


def mail_of(
    tools: Tools, letter: Letter, to: Sequence[str], *, id_: str = "", thread: str = ""
) -> Mail:
    """A letter as a mail."""
    subject = printable(f"{_tag(tools)} {letter.word.value}: {letter.about}")
    sign = f"{printable(tools.district)}, ASCIP Sync Engine"
    return Mail(
        to=to, subject=subject, text=_text(letter, sign), html=_html(letter, sign, subject), id=id_,
        thread=thread, summary=letter.summary,
    )  # fmt: skip


def link(tools: Tools, path: str, command: str) -> str:
    """Where somebody looks: the console, behind its sign-in, or the command line."""
    if tools.console_url:
        return f"{tools.console_url.rstrip('/')}/{path}"
    return f"ascip-sync {command}"


def local(tools: Tools, at: datetime) -> str:
    """A moment as the district's clock has it: `Mon 04:20`, of another week with its date."""
    there = at.astimezone(ZoneInfo(tools.policy.timezone))
    far = abs((at - tools.clock.now()).days) >= 6
    return f"{there:%d %b %H:%M}" if far else f"{there:%a %H:%M}"


def who(actor: str) -> str:
    """An actor as mails name one: a user whose name is an address is masked."""
    name = actor.partition(":")[2] or actor
    return masked_email(name) if "@" in name else printable(name)


def _tag(tools: Tools) -> str:
    environment = "PROD" if tools.environment == "production" else tools.environment.upper()
    return f"[ASCIP Sync][{environment}]"


def _text(letter: Letter, sign: str) -> str:
    blocks = [
        [*_wrapped(letter.verdict), *_asked(letter), *_where(letter)],
        _rows(letter.table),
        [line for section in letter.sections for line in _section(section)],
        [*_wrapped(letter.why), sign],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _asked(letter: Letter) -> list[str]:
    """On one line if it has room."""
    line = "   ".join(letter.ask)
    return [line] if 0 < len(line) <= _WIDTH else list(letter.ask)


def _where(letter: Letter) -> Iterator[str]:
    if letter.where:
        yield f"{'Link' if _URL.match(letter.where) else 'Command'}: {letter.where}"


def _section(section: Section) -> Iterator[str]:
    first, *more = section.lines
    if not more:
        yield from _wrapped(f"{section.title}: {first}")
        return
    yield f"{section.title}:"
    for line in section.lines:
        yield from _wrapped(f"  {line}", "    ")


def _rows(table: Sequence[Sequence[str]]) -> list[str]:
    """Names to the left, numbers to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return [
        "  " + "   ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]  # fmt: skip


def _wrapped(line: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        printable(line),
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _html(letter: Letter, sign: str, subject: str) -> str:
    """No picture, no script, nothing from elsewhere; colours are the reader's own."""
    body = [f"<p><strong>{_marked(letter.verdict)}</strong></p>"]
    if near := [*letter.ask, *_where(letter)]:
        body.append(f"<p>{'<br>'.join(map(_marked, near))}</p>")
    if letter.table:
        body.append(_html_table(letter.table))
    body += map(_html_section, letter.sections)
    foot = [letter.why, sign] if letter.why else [sign]
    body.append(f"<p><small>{'<br>'.join(map(_marked, foot))}</small></p>")
    page = "\n".join(body)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(subject)}</title></head>"
        f'<body style="font-family:sans-serif;max-width:44em">\n{page}\n</body></html>\n'
    )


def _html_section(section: Section) -> str:
    first, *more = section.lines
    if not more:
        return f"<p>{escape(section.title)}: {_marked(first)}</p>"
    items = "".join(f"<li>{_marked(line)}</li>" for line in section.lines)
    return f"<p>{escape(section.title)}:</p><ul>{items}</ul>"


def _html_table(table: Sequence[Sequence[str]]) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        first = f'<th style="{_CELL};text-align:left">{escape(cells[0])}</th>'
        rest = "".join(
            f'<{tag} style="{_CELL};text-align:right">{escape(cell)}</{tag}>' for cell in cells[1:]
        )
        return f"<tr>{first}{rest}</tr>"

    head, *rows = table
    body = "".join(row(cells, "td") for cells in rows)
    return f"<table><thead>{row(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _marked(text: str) -> str:
    """Escaped, with links that can be followed."""
    return _URL.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(printable(text)))
