"""The configuration as this process read it, for people: each key with its value and where it comes from."""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from shared.settings import Loaded, Settings
from shared.settings_errors import Problem
from shared.settings_tables import SecretSource

#: What stands for something that nobody should read here.
HIDDEN = "••••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A key of the configuration."""

    key: str
    value: str
    #: `config.toml:12`, the name of a variable, or `default`.
    origin: str


def shown(loaded: Loaded, *tables: str) -> list[Shown]:
    """The keys of some tables, in their order. No secret is among the values."""
    parsed = [tomllib.loads(path.read_text(encoding="utf-8")) for path in loaded.files]
    return [
        Shown(key=".".join(key), value=value, origin=_origin(loaded.files, parsed, key))
        for table in tables
        for key, value in _walk(getattr(loaded.settings, table), (table,))
    ]


def _walk(value: object, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match value:
        case SecretSource():
            place = f"environment variable {value.env}" if value.env else f"file {value.file}"
            yield key, f"from the {place}"
        case BaseModel():
            for name, field in type(value).model_fields.items():
                yield from _walk(getattr(value, name), (*key, field.alias or name))
        case _ if is_dataclass(value) and not isinstance(value, type):
            for each in fields(value):
                yield from _walk(getattr(value, each.name), (*key, each.name))
        case _:
            yield key, _text(value)


def _text(value: object) -> str:
    match value:
        case None:
            return "not set"
        case SecretStr():
            return HIDDEN
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case float():
            return f"{value:g}"
        case Mapping():
            return "; ".join(f"{name} = {_text(each)}" for name, each in value.items()) or "none"
        case list() | tuple():
            return ", ".join(map(_text, value)) or "none"
        case _:
            return _without_password(str(value)) or "empty"


def _without_password(text: str) -> str:
    """An address may hold one; the rest of it is worth reading."""
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return parts._replace(netloc=f"{HIDDEN}@{parts.netloc.rpartition('@')[2]}").geturl()


def _origin(files: Sequence[Path], parsed: Sequence[Mapping[str, Any]], key: Sequence[str]) -> str:
    """The strongest place that sets the key: a table may be set as a whole."""
    prefix = Settings.model_config["env_prefix"]
    known = {name.upper() for name in os.environ}
    for length in range(len(key), 0, -1):
        variable = (prefix + "__".join(key[:length])).upper()
        if variable in known:
            return variable
    for path, table in zip(reversed(files), reversed(parsed), strict=True):
        if _has(table, key):
            return Problem.at((path,), key, "").where
    return "default"


def _has(table: object, key: Sequence[str]) -> bool:
    for part in key:
        if not isinstance(table, Mapping) or part not in table:
            return False
        table = table[part]
    return True
