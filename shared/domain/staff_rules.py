"""What a configuration declares about the staff feed, compiled once for all rows."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.profiles import ANY
from shared.domain.feeds.staff import COLUMNS, CORE
from shared.domain.policy import RowsPerPerson
from shared.domain.text import fold, tidy

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """`{username}@lincoln.example`: literal text and column names, nothing else."""

    #: Literal, column, literal, column, …, literal.
    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a declared template.

        Raises:
            ConfigInvalid: there is more in braces than a column name.
        """
        parts = tuple(_PLACEHOLDER.split(text))
        if any("{" in literal or "}" in literal for literal in parts[::2]) or len(parts) < 3:
            raise ConfigInvalid(
                f"The template {text!r} can't be used: it needs placeholders like {{username}} and"
                " may hold nothing else in braces (staff.derive). Nothing was started."
            )
        return cls(parts)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.parts[1::2]

    def fill(self, values: Mapping[str, str]) -> str:
        """The made value; empty if one of its columns is."""
        cells = {column: tidy(values.get(column, "")) for column in self.columns}
        if not all(cells.values()):
            return ""
        return "".join(cells[p] if at % 2 else p for at, p in enumerate(self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRules:
    """How rows of one extract are judged.

    Raises:
        ConfigInvalid: a template can't be used.
    """

    #: Canonical columns the file has.
    columns: frozenset[str]
    #: Column → template; used where the file lacks the column.
    derive: Mapping[str, str] = field(default_factory=dict)
    #: Column → values of rows that are not ours; compared without case.
    exclude: Mapping[str, Collection[str]] = field(default_factory=dict)
    #: Column → values of people who have left; compared without case.
    inactive: Mapping[str, Collection[str]] = field(default_factory=dict)
    #: None for ISO dates, else a `strptime` format.
    date_format: str | None = None
    #: What stands between several sites in one cell; empty where a cell holds one.
    site_separator: str = ""
    rows_per_person: RowsPerPerson = RowsPerPerson.ONE
    #: Column → values of the row that counts of several; compared without case.
    primary: Mapping[str, Collection[str]] = field(default_factory=dict)

    #: Columns a record has: the file's and the derived ones; then made from the fields above.
    present: frozenset[str] = field(init=False, repr=False, compare=False)
    core: tuple[str, ...] = field(init=False, repr=False, compare=False)
    attributes: tuple[str, ...] = field(init=False, repr=False, compare=False)
    templates: tuple[tuple[str, Template], ...] = field(init=False, repr=False, compare=False)
    excluding: tuple[tuple[str, frozenset[str]], ...] = field(init=False, repr=False, compare=False)
    leaving: tuple[tuple[str, frozenset[str]], ...] = field(init=False, repr=False, compare=False)
    leading: tuple[tuple[str, frozenset[str]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check and compile."""
        templates = tuple(
            (column, Template.parse(text))
            for column, text in sorted(self.derive.items())
            if column not in self.columns
        )
        required = {column.name for column in COLUMNS if column.required}
        present = self.columns | {column for column, _ in templates}
        made = {
            "templates": templates,
            "present": present,
            "core": tuple(column.name for column in COLUMNS if column.name in present | required),
            "attributes": tuple(sorted(present - CORE)),
            "excluding": self._folded(self.exclude, present),
            "leaving": self._folded(self.inactive, present),
            "leading": self._folded(self.primary, present),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def without_column(self) -> tuple[str, ...]:
        """Columns that exclude, inactive or primary rules name and the file lacks: those rules can't work."""
        return tuple(sorted({*self.exclude, *self.inactive, *self.primary} - self.present))

    @staticmethod
    def _folded(
        declared: Mapping[str, Collection[str]], present: frozenset[str]
    ) -> tuple[tuple[str, frozenset[str]], ...]:
        return tuple(
            (column, frozenset(map(fold, values)))
            for column, values in sorted(declared.items())
            if column in present
        )


_folded = lru_cache(maxsize=8192)(fold)


def listed(
    values: Mapping[str, str], declared: tuple[tuple[str, frozenset[str]], ...]
) -> str | None:
    """The first column whose value is one of the declared ones."""
    for column, listed in declared:
        value = _folded(values[column])
        if value in listed or (value and ANY in listed):
            return column
    return None


def sites(text: str, rules: StaffRules) -> tuple[str, ...]:
    """The sites that one cell names: sorted, each once."""
    if not rules.site_separator:
        return (text,)
    return tuple(sorted({tidy(part) for part in text.split(rules.site_separator)} - {""}))
