"""Explains what is wrong with a configuration: file, line, what, and what was probably meant."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel

from shared.domain.policy import ExpectedPolicy
from shared.domain.schedule import cron_fault, expected_faults


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend."""

    where: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key} {self.what}{'' if self.what.endswith('?') else '.'}"

    @classmethod
    def at(cls, files: Sequence[Path], key: Sequence[str], what: str) -> "Problem":
        """A problem of a key, located in the last file that has it."""
        return cls(_locate(files, key), ".".join(key), what)


def explain(
    errors: Iterable[Mapping[str, Any]], files: Sequence[Path], model: type[BaseModel]
) -> list[Problem]:
    """Pydantic's errors in words, without the values."""
    problems: dict[tuple[str, ...], Problem] = {}
    for error in errors:
        key = location(error)
        if key not in problems:
            problems[key] = Problem.at(files, key, _what(error, key, model))
    return list(problems.values())


def location(error: Mapping[str, Any]) -> tuple[str, ...]:
    """The key that one of pydantic's errors is about."""
    return tuple(str(part) for part in error["loc"] if not _is_branch(str(part)))


def unusable_times(
    files: Sequence[Path], crons: Mapping[str, str], expected: ExpectedPolicy
) -> list[Problem]:
    """Cron expressions (by key) and expected times that mean nothing."""
    found = [(key, what) for key, text in crons.items() if (what := cron_fault(text))]
    found += [(f"staff.expected.{key}", what) for key, what in expected_faults(expected)]
    return [Problem.at(files, key.split("."), what) for key, what in found]


def not_toml(path: Path) -> list[Problem]:
    """Why a file can't be read, if it can't."""
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [Problem(path.name, "the file", f"is not TOML: {error}")]
    return []


def literal_secrets(path: Path) -> list[Problem]:
    """Secrets that stand in the file itself."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))

    def text(table: str, key: str) -> str:
        value = tables.get(table, {}).get(key)
        return value if isinstance(value, str) else ""

    local = f"or put it in {path.stem}.local.toml (mode 0600)"
    found = []
    if text("ascip", "secret"):
        use = 'Use { env = "NAME" } or { file = "path" }'
        found.append(Problem.at((path,), ("ascip", "secret"), f"is written out. {use}, {local}"))
    for table in ("database", "redis"):
        if urlsplit(text(table, "url")).password:
            use = f'Use {table}.password = {{ file = "path" }}'
            found.append(Problem.at((path,), (table, "url"), f"holds a password. {use}, {local}"))
    return found


def joined(problems: list[Problem]) -> str:
    """All of them in one message."""
    lines = "\n".join(f"  {problem}" for problem in problems)
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    return f"The configuration has {count}. Nothing was started.\n{lines}"


def _is_branch(part: str) -> bool:
    """Whether a part of a location names a union's branch, not a key."""
    return (
        part in ("SecretSource", "SecretStr", "str") or "[" in part or part.startswith("function-")
    )


def _what(error: Mapping[str, Any], key: tuple[str, ...], model: type[BaseModel]) -> str:
    kind = error["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument", "unexpected_property"):
        known = _keys(model, key[:-1])
        close = difflib.get_close_matches(key[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else "known here: " + ", ".join(sorted(known))
        return f"is not a key; {hint}"
    if kind == "missing":
        return "is missing"
    return "is not right: " + str(error["msg"]).removeprefix("Value error, ")


def _keys(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Names that are allowed in a table."""
    table: object = model
    for part in path:
        table = tables(table).get(part)
    return list(tables(table))


def tables(table: object) -> dict[str, object]:
    """Name → the table it is, None if it is a plain key."""
    if isinstance(table, type) and issubclass(table, BaseModel):
        return {
            field.alias or name: _table_in(field.annotation)
            for name, field in table.model_fields.items()
        }
    if is_dataclass(table):
        return {field.name: _table_in(field.type) for field in fields(table)}
    return {}


def _table_in(annotation: object) -> object:
    for candidate in (annotation, *get_args(annotation)):
        model = isinstance(candidate, type) and issubclass(candidate, BaseModel)
        if model or is_dataclass(candidate):
            return candidate
    return None


def _locate(files: Sequence[Path], key: Sequence[str]) -> str:
    """`config.toml:12` of the last file that has the key, else of its table, else the environment."""
    for length in range(len(key), 0, -1):
        for path in reversed(files):
            line = _line_of(path, key[:length])
            if line:
                return f"{path.name}:{line}"
    return files[0].name


def _line_of(path: Path, key: Sequence[str]) -> int | None:
    table: tuple[str, ...] = ()
    wanted = tuple(key)
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", text):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if table == wanted:
                return number
        elif pair := re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", text):
            name = tuple(part.strip("\"'") for part in pair[1].split("."))
            if (*table, *name) == wanted[: len(table) + len(name)] and len(wanted) <= len(
                table
            ) + len(name):
                return number
    return None
