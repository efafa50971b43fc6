"""The texts that cells of a workbook share: all in memory, so within limits."""

import re
from collections.abc import Iterable

from shared.adapters.tabular.xlsx.limits import Limits, too_large
from shared.adapters.tabular.xlsx.markup import SPREADSHEET, Element, Markup

#: A character XML can't hold, such as `_x000D_` (ECMA-376 part 1, 22.9.2.19).
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def shared_strings(chunks: Iterable[bytes], limits: Limits) -> list[str]:
    """The texts of a part.

    Raises:
        InputInvalid: the part isn't sound, or they are beyond the limits.
    """
    texts: list[str] = []
    pieces: list[str] = []
    size = 0

    def add() -> None:
        nonlocal size
        texts.append(unescaped("".join(pieces)))
        size += len(texts[-1])
        pieces.clear()

    # What is read out to somebody, `rPh`, is not named here, so it is left out.
    text = Element(text=pieces.append)
    elements = {"sst/si": Element(end=add), "sst/si/t": text, "sst/si/r/t": text}
    for _ in Markup("the shared strings", SPREADSHEET, elements).read(chunks):
        check_text(pieces, limits)
        if len(texts) > limits.strings:
            raise too_large("its different texts", limits.strings)
        if size > limits.strings_characters:
            raise too_large("its different texts", limits.strings_characters, " characters")
    return texts


def unescaped(text: str) -> str:
    """The text with escapes turned into what they stand for; half a character becomes U+FFFD."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def check_text(pieces: Iterable[str], limits: Limits) -> None:
    """Look at a text that is still being read."""
    if sum(map(len, pieces)) > limits.text:
        raise too_large("the text of a cell", limits.text, " characters")
