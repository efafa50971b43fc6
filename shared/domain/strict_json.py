"""JSON from outside, read strictly: no key twice, no NaN, nothing so large or deep that it stops us."""

import json
from typing import Any

#: Far beyond any file a person keeps; 50,000 sites take about 4 MB.
MOST_CHARACTERS = 16_000_000
_SAFE_INTEGER = 2**53 - 1


def read_json(text: str) -> Any:  # noqa: ANN401  # JSON from outside
    """The document.

    A number such as `402.0` is the whole number it stands for, as JSON Schema has it.

    Raises:
        ValueError: what is wrong, with line and column where that is known; no value is repeated.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"it has {len(text):,} characters, at most {MOST_CHARACTERS:,} are read")
    try:
        found = json.loads(
            text, object_pairs_hook=_without_repetition, parse_constant=_refuse, parse_float=_number
        )
        # A lone surrogate (`"\ud800"`) is no text: it can be neither hashed nor stored.
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds text that is not Unicode") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return found


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A table in which no key stands twice: the second site "010" would hide the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f"{twice[:50]!r} stands twice in one place: remove one of them")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _number(text: str) -> int | float:
    value = float(text)
    if abs(value) > _SAFE_INTEGER:
        raise ValueError("it holds a number that is too large")
    return int(value) if value.is_integer() else value
