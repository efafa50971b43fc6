"""Which of a plan's actions a page shows: all of it stands in the URL, so that a link shows the same.

    ?class=removals&site=013&q=name:ng&by=change&after=act_…

Besides the facets' own parameters, `q` takes what people type: words, or `field:value` terms such as
`class:removals site:"Lincoln High" field:email mark:weak_match name:ng row:2211`.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.pipeline.look import searched
from shared.ports.plans import ActionFilter
from shared.ports.views import ActionSort, Facet, FacetCount, GroupBy

#: Parameter → field of the filter, and the words it takes.
_WORDS: Mapping[str, tuple[str, type[StrEnum]]] = {
    "kind": ("kinds", Kind), "class": ("classes", ActionClass), "status": ("statuses", ActionStatus),
    "hold": ("holds", HeldReason), "mark": ("marks", Mark),
}  # fmt: skip
_TEXTS: Mapping[str, str] = {
    "site": "sites", "field": "fields", "person": "people", "change": "changes",
}  # fmt: skip
_NUMBERS: Mapping[str, str] = {"group": "groups", "row": "rows"}
#: How a term of the search may call a parameter.
_ALIASES = {"held": "hold", "name": "", "email": "", "id": ""}
_LONGEST = 200
#: Of `by`: the actions themselves.
UNGROUPED = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAsked:
    """What the URL asks for."""

    plan_path: str
    #: Parameter → its values, without the page.
    narrowed: Mapping[str, Sequence[str]]
    text: str
    by: GroupBy | None
    after: str | None
    #: Whether the actions themselves are wanted where groups would be shown.
    ungrouped: bool = False
    #: What of it could not be understood.
    faults: Sequence[str] = ()

    @property
    def wanted(self) -> ActionFilter:
        """In the engine's words."""
        narrowed = ActionFilter()
        for name, values in self.narrowed.items():
            narrowed = _with(narrowed, name, values)
        words, terms = [], []
        for term in _terms(self.text):
            name, colon, value = term.partition(":")
            known = _ALIASES.get(name, name)
            if colon and value and known in (*_WORDS, *_TEXTS, *_NUMBERS):
                terms.append((known, value))
            else:
                words.append(value if colon and known == "" else term)
        for name, value in terms:
            narrowed = _with(narrowed, name, [value])
        return searched(narrowed, " ".join(words)) if words else narrowed

    @property
    def sort(self) -> ActionSort:
        """What deserves a look comes first."""
        return ActionSort.RISK

    @property
    def _by(self) -> str | None:
        return UNGROUPED if self.ungrouped else self.by and self.by.value

    def address(self, **changes: Sequence[str] | str | None) -> str:
        """The URL with other values; another filter begins at the first page."""
        values: dict[str, Sequence[str] | str | None] = {
            **self.narrowed, "q": self.text or None, "by": self._by,
            **changes,
        }  # fmt: skip
        query = urlencode({k: v for k, v in values.items() if v}, doseq=True)
        return f"{self.plan_path}?{query}" if query else self.plan_path

    def toggled(self, name: str, value: str) -> str:
        """The URL with one value more, or without it if it is there."""
        values = list(self.narrowed.get(name, ()))
        values = [v for v in values if v != value] if value in values else [*values, value]
        return self.address(**{name: values})

    def only(self, name: str, value: str) -> str:
        """The URL with nothing but this filter."""
        nothing: dict[str, None] = dict.fromkeys(self.narrowed)
        return self.address(**{**nothing, "q": None, "by": None, name: [value]})

    def has(self, name: str, value: str) -> bool:
        """Whether this value narrows now."""
        return value in self.narrowed.get(name, ())

    @property
    def grouped(self) -> bool:
        """Whether it is the first page of everything, on which what is alike is one line."""
        return self.plain and not self.ungrouped and self.after is None

    @property
    def plain(self) -> bool:
        """Whether nothing narrows."""
        return not self.narrowed and not self.text


def asked(path: str, query: QueryParams) -> ActionAsked:
    """Read the URL. A value that isn't known narrows nothing and is told, never guessed."""
    narrowed: dict[str, list[str]] = {}
    faults = []
    for name in (*_WORDS, *_TEXTS, *_NUMBERS):
        for value in query.getlist(name):
            if _sound(name, value):
                narrowed.setdefault(name, []).append(value)
            else:
                faults.append(f"{name} has no value {value[:40]!r}")
    text = query.get("q", "").strip()[:_LONGEST]
    for term in _terms(text):
        name, colon, value = term.partition(":")
        name = _ALIASES.get(name, name)
        if colon and name in (*_WORDS, *_NUMBERS) and not _sound(name, value):
            faults.append(f"{name} has no value {value[:40]!r}")
    by = query.get("by", "")
    return ActionAsked(
        plan_path=path, narrowed=narrowed, text="" if faults else text,
        by=GroupBy(by) if by in set(GroupBy) else None, ungrouped=by == UNGROUPED,
        after=query.get("after") or None,
        faults=faults,
    )  # fmt: skip


def _sound(name: str, value: str) -> bool:
    if name in _WORDS:
        return value in set(_WORDS[name][1])
    if name in _NUMBERS:
        return value.isascii() and value.isdigit() and len(value) <= 18  # digits of a bigint
    return 0 < len(value) <= _LONGEST


def _with(narrowed: ActionFilter, name: str, values: Iterable[str]) -> ActionFilter:
    if name in _WORDS:
        field, words = _WORDS[name]
        more: tuple[object, ...] = tuple(words(v) for v in values)
    elif name in _NUMBERS:
        field, more = _NUMBERS[name], tuple(int(v) for v in values)
    else:
        field, more = _TEXTS[name], tuple(values)
    changed: dict[str, Any] = {field: (*getattr(narrowed, field), *more)}
    return replace(narrowed, **changed)


def _terms(text: str) -> Iterator[str]:
    """Words and quoted words; a quote that isn't closed is a letter."""
    try:
        yield from shlex.split(text.replace("\\", "\\\\").replace("'", "\\'"))
    except ValueError:
        yield from text.split()


#: Facets beside the table, in the order of a reviewer's questions.
SHOWN = (
    Facet.CLASS, Facet.HOLD, Facet.MARK, Facet.SITE, Facet.FIELD, Facet.GROUP, Facet.KIND, Facet.STATUS,
)  # fmt: skip
#: Values of a facet that are listed; the rest is found by the search.
MOST_VALUES = 8


def listed(
    facets: Mapping[Facet, Sequence[FacetCount]], wanted: ActionAsked
) -> Sequence[tuple[Facet, Sequence[FacetCount], int]]:
    """Facets with their largest values and those that narrow now, and how many more there are."""
    found = []
    for facet in SHOWN:
        counts = facets.get(facet, ())
        shown = [
            c for at, c in enumerate(counts) if at < MOST_VALUES or wanted.has(facet.value, c.value)
        ]
        if shown:
            found.append((facet, shown, len(counts) - len(shown)))
    return found
