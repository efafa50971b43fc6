"""Checks of what the engine stands on: each adapter brings its own beside what it talks to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a check says."""

    OK = "ok"
    WARNING = "warning"  # works, but somebody should look
    ERROR = "error"  # what depends on it doesn't work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``detail`` and ``remedy`` hold no secret and no personal data."""

    #: Short and stable, such as `db-clock`: people exclude checks by it.
    name: str
    verdict: Verdict = Verdict.OK
    detail: str
    #: What to do about it; empty where nothing is wrong.
    remedy: str = ""
    #: `config.toml:12`, where the place of the mistake is known.
    where: str = ""
    #: Figures for programs, with their unit in the name.
    facts: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Looks at one part and tells everything it finds; what goes wrong is a finding, not an exception."""

    name: str
    look: Callable[[], Iterable[Finding]]
