"""The list of faults, `faults.toml`, and that of settings, `settings.toml`: facts that stand once."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: F22 and F50 to F52 are about signed checkpoints, which later work brings.
IN_SCOPE = (*range(1, 22), *range(23, 50), *range(53, 59))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A row of the table of faults."""

    number: int
    fault: str
    promise: str
    #: `tests/…/test_x.py::test_y`, without the cases of parameters.
    shown_by: tuple[str, ...]
    #: What of the promise no test here shows, and why.
    not_shown: str = ""

    @property
    def name(self) -> str:
        return f"F{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row of the table of settings: what is lost without it, and what holds all the same."""

    setting: str
    without: str
    holds: str
    shown_by: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.setting


Row = Fault | Setting


def rows() -> list[Row]:
    """Both tables' rows."""
    return [*faults(), *settings()]


def faults() -> list[Fault]:
    """In the order of the file."""
    return [
        Fault(
            number=int(name.removeprefix("F")), fault=row["fault"], promise=row["promise"],
            shown_by=tuple(row["shown_by"]), not_shown=row.get("not_shown", ""),
        )
        for name, row in _read("faults.toml").items()
    ]  # fmt: skip


def settings() -> list[Setting]:
    """In the order of the file."""
    return [
        Setting(
            setting=name, without=row["without"], holds=row["holds"],
            shown_by=tuple(row["shown_by"]),
        )
        for name, row in _read("settings.toml").items()
    ]  # fmt: skip


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
