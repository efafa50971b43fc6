"""Splits one record into fields, strictly after RFC 4180: what is not sound comes back as a Fault."""

import re
from itertools import islice

from shared.adapters.tabular.faults import Fault

#: C0 without tab and line ends, DEL, C1.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

#: `_CONTROL` below U+0080 as bytes, for a check of whole blocks.
CONTROL_BYTES = bytes(set(range(32)) - {9, 10, 13} | {127})


def has_control_character(text: str) -> bool:
    """Whether a character stands in ``text`` that no sound export writes."""
    return _CONTROL.search(text) is not None


class Lexer:
    """Fields between a delimiter, some of them quoted."""

    def __init__(self, delimiter: str, quote: str = '"') -> None:
        """Both are one character, and two different ones."""
        self.delimiter = delimiter
        self.quote = quote
        inside = rf"(?:[^{re.escape(quote)}]++|{re.escape(quote * 2)})*+"
        self._open = re.compile(re.escape(quote) + inside)
        self._rest = re.compile(rf"{inside}{re.escape(quote)}(?={re.escape(delimiter)}|\Z)")
        self._closed = re.compile(re.escape(quote) + inside + re.escape(quote))

    def closes(self, text: str) -> bool:
        """Whether ``text`` reads soundly if a quoted field was open before it, and closes that field."""
        end = self._rest.match(text)
        if end is None:
            return False
        if end.end() == len(text):
            return True
        rest = self.split(text[end.end() + 1 :])
        return not isinstance(rest, Fault) or rest.code == "unclosed_quote"

    def split(self, text: str) -> list[str] | Fault:
        """Split ``text``, a record without its line end, into fields.

        Returns:
            The fields; or `bare_quote`, `text_after_quote`; or `unclosed_quote` where a field that
            began with a quote is sound so far and not closed.
        """
        if self.quote not in text:
            return text.split(self.delimiter)
        return self._all_quoted(text) or self._mixed(text)

    def _all_quoted(self, text: str) -> list[str] | None:
        """The common export that quotes every field and holds no quote inside; None for all others."""
        quote = self.quote
        if text[0] != quote or text[-1] != quote:
            return None
        fields = text[1:-1].split(quote + self.delimiter + quote)
        return fields if text.count(quote) == 2 * len(fields) else None

    def _mixed(self, text: str) -> list[str] | Fault:
        quote = self.quote
        fields: list[str] = []
        pieces = text.split(self.delimiter)
        at = 0
        while at < len(pieces):
            piece = pieces[at]
            if quote not in piece:
                fields.append(piece)
                at += 1
                continue
            if piece[0] != quote:
                return Fault("bare_quote", f"field {len(fields) + 1}", len(fields))
            # An open field holds an odd number of quotes, a closed one an even number.
            end, quotes = at + 1, piece.count(quote)
            while quotes % 2 and end < len(pieces):
                quotes += pieces[end].count(quote)
                end += 1
            field = self.delimiter.join(islice(pieces, at, end))
            sound = self._open if quotes % 2 else self._closed
            if sound.fullmatch(field) is None:
                return Fault("text_after_quote", f"field {len(fields) + 1}", len(fields))
            if quotes % 2:
                return Fault("unclosed_quote", f"opened in field {len(fields) + 1}", len(fields))
            fields.append(field[1:-1].replace(quote * 2, quote))
            at = end
        return fields
