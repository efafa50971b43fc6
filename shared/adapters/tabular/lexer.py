"""Splits one record into fields, strictly after RFC 4180: what is not sound comes back as a Fault."""

import re
from itertools import islice

from shared.adapters.tabular.faults import Fault

_CLOSED = re.compile(r'"(?:[^"]++|"")*+"')
_OPEN = re.compile(r'"(?:[^"]++|"")*+')
#: C0 without tab and line ends, DEL, C1.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

#: `_CONTROL` below U+0080 as bytes, for a check of whole blocks.
CONTROL_BYTES = bytes(set(range(32)) - {9, 10, 13} | {127})


def has_control_character(text: str) -> bool:
    """Whether a character stands in ``text`` that no sound export writes."""
    return _CONTROL.search(text) is not None


def split_record(text: str, delimiter: str) -> list[str] | Fault:
    """Split ``text``, a record without its line end, into fields.

    Returns:
        The fields; or `bare_quote`, `text_after_quote`; or `unclosed_quote` where a field that
        began with a quote is sound so far and not closed.
    """
    if '"' not in text:
        return text.split(delimiter)
    return _all_quoted(text, delimiter) or _mixed(text, delimiter)


def _all_quoted(text: str, delimiter: str) -> list[str] | None:
    """The common export that quotes every field and holds no quote inside; None for all others."""
    if text[0] != '"' or text[-1] != '"':
        return None
    fields = text[1:-1].split(f'"{delimiter}"')
    return fields if text.count('"') == 2 * len(fields) else None


def _mixed(text: str, delimiter: str) -> list[str] | Fault:
    fields: list[str] = []
    pieces = text.split(delimiter)
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if '"' not in piece:
            fields.append(piece)
            at += 1
            continue
        if piece[0] != '"':
            return Fault("bare_quote", f"field {len(fields) + 1}", len(fields))
        # An open field holds an odd number of quotes, a closed one an even number.
        end, quotes = at + 1, piece.count('"')
        while quotes % 2 and end < len(pieces):
            quotes += pieces[end].count('"')
            end += 1
        field = delimiter.join(islice(pieces, at, end))
        sound = _OPEN if quotes % 2 else _CLOSED
        if sound.fullmatch(field) is None:
            return Fault("text_after_quote", f"field {len(fields) + 1}", len(fields))
        if quotes % 2:
            return Fault("unclosed_quote", f"opened in field {len(fields) + 1}", len(fields))
        fields.append(field[1:-1].replace('""', '"'))
        at = end
    return fields
