"""Reads one JSON document strictly: numbers as they are written, no key twice, nothing but JSON."""

import json
import re

from shared.adapters.tabular.documents.pieces import MAX_DEPTH, Piece
from shared.adapters.tabular.faults import Fault

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Number(str):
    """A number as it is written: no float ever stands between a document and the store."""

    __slots__ = ()


#: A value of a document.
Value = dict[str, "Value"] | list["Value"] | str | bool | None


class _Refused(Exception):  # carries what is wrong to `document` below, and never leaves it
    """It is no JSON that says one thing."""


def document(piece: Piece) -> dict[str, Value] | Fault:
    """The object that stands there, or why it can't be read."""
    if piece.deep:
        return Fault("not_json", f"nested deeper than {MAX_DEPTH} levels")
    try:
        found = json.loads(
            piece.raw.decode(), object_pairs_hook=_once, parse_constant=_constant,
            parse_float=Number, parse_int=Number,
        )  # fmt: skip
        if _SURROGATE.search(piece.raw):
            # A lone one (`"\ud800"`) is no text: it can be neither hashed nor stored.
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        return Fault("encoding", f"byte 0x{piece.raw[error.start]:02X} is not UTF-8")
    except UnicodeEncodeError:
        return Fault("encoding", "it holds text that is not Unicode")
    except json.JSONDecodeError as error:
        return Fault("not_json", f"{error.msg}: {_place(piece, error)}")
    except _Refused as error:
        return Fault("not_json", str(error))
    if not isinstance(found, dict):
        return Fault("document_shape", "a document must be an object: { … }")
    return found


def _place(piece: Piece, error: json.JSONDecodeError) -> str:
    if error.lineno == 1:
        return f"character {error.colno} of the document"
    return f"line {piece.line + error.lineno - 1}, character {error.colno}"


def _once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("a key stands twice in one object")
    return found


def _constant(name: str) -> None:
    raise _Refused(f"{name} is no JSON")
