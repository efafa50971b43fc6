"""What an unmapped value probably means, by its likeness to names of ASCIP. For mapping files only.

The score is 1 for the same text, .99 but for case, .95 but for signs and spaces (aliases included);
below that it is RapidFuzz's token sort ratio, at most .94.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from shared.domain.mapping import Mapping
from shared.domain.mapping_coverage import Coverage, Part, PartCoverage
from shared.domain.snapshot import Reference
from shared.domain.text import fold, tidy

#: From here on a proposal is preselected, if nothing else is as good.
SURE = 0.9
#: Below it nothing is proposed.
LEAST = 0.5
_MOST_ALIKE = 0.94


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Something of ASCIP that a value may stand for."""

    id: int
    name: str
    #: Further spellings: a group's code, aliases of a bucket value.
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """How like a value it is, and by which rule: `exact`, `casefold`, `alias` or `similar`."""

    meaning: Meaning
    score: float
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An unmapped value with the best meaning found and the next best."""

    part: Part
    bucket: str | None
    value: str
    rows: int
    best: Scored | None = None
    runner_up: Scored | None = None
    #: Sure enough to be offered as accepted.
    preselected: bool = field(init=False)

    def __post_init__(self) -> None:
        """Neither a tie nor a mere likeness is preselected."""
        second = self.runner_up.score if self.runner_up else 0.0
        sure = self.best is not None and self.best.score >= SURE and self.best.score > second
        object.__setattr__(self, "preselected", sure)


def suggest(coverage: Coverage, mapping: Mapping, reference: Reference) -> list[Suggestion]:
    """A suggestion for each unmapped site, bucket value and role, in the order of the coverage."""
    return [
        _suggestion(covered, use.value, use.rows, meanings)
        for covered in coverage.parts
        if covered.unmapped and covered.part is not Part.TIMEZONE
        for meanings in [tuple(_meanings(covered, mapping, reference))]
        for use in covered.unmapped
    ]


def _suggestion(
    covered: PartCoverage, value: str, rows: int, meanings: Iterable[Meaning]
) -> Suggestion:
    ranked = sorted(
        (found for meaning in meanings if (found := score(value, meaning)).score >= LEAST),
        key=lambda found: (-found.score, found.meaning.id),
    )
    return Suggestion(
        part=covered.part, bucket=covered.bucket, value=value, rows=rows,
        best=ranked[0] if ranked else None, runner_up=ranked[1] if len(ranked) > 1 else None,
    )  # fmt: skip


def _meanings(covered: PartCoverage, mapping: Mapping, reference: Reference) -> Iterator[Meaning]:
    match covered.part:
        case Part.SITE:
            for group in reference.groups.values():
                if group.id != mapping.district.id:
                    yield Meaning(id=group.id, name=group.name, words=_known(group.code))
        case Part.BUCKET:
            (bucket,) = [b for b in mapping.buckets if b.name == covered.bucket]
            for id_, name in reference.buckets[bucket.id].values.items():
                owned = [a for a, owner in bucket.aliases.items() if bucket.values[owner] == id_]
                yield Meaning(id=id_, name=name, words=_known(*owned))
        case _:
            for id_, name in reference.roles.items():
                owned = [w for w, role in mapping.role_values.items() if fold(role) == fold(name)]
                yield Meaning(id=id_, name=name, words=_known(*owned))


def _known(*words: str | None) -> tuple[str, ...]:
    return tuple(word for word in words if word)


def score(value: str, meaning: Meaning) -> Scored:
    """How well a meaning fits a value.

    Numbers must agree: school 12 is not nearly school 13, and the codes 010 and 10 are not alike.
    """
    words = (meaning.name, *meaning.words)
    if tidy(value) in map(tidy, words):
        return Scored(meaning=meaning, score=1.0, rule="exact")
    if fold(value) in map(fold, words):
        return Scored(meaning=meaning, score=0.99, rule="casefold")
    if _plain(value) and _plain(value) in map(_plain, words):
        return Scored(meaning=meaning, score=0.95, rule="alias")
    best = max(_likeness(value, word) for word in words)
    return Scored(meaning=meaning, score=round(best, 2), rule="similar")


def _likeness(value: str, word: str) -> float:
    left, right = _tokens(value), _tokens(word)
    if not (re.search(r"[^\W\d_]", left) and re.search(r"[^\W\d_]", right)):
        return 0.0
    if re.findall(r"\d+", left) != re.findall(r"\d+", right):
        return 0.0
    return min(_MOST_ALIKE, fuzz.token_sort_ratio(left, right) / 100)


def _tokens(text: str) -> str:
    """Words without signs, so that `Sr. Clerk` and `Clerk, Sr` are the same two."""
    return " ".join(re.findall(r"\w+", fold(text)))


def _plain(text: str) -> str:
    return "".join(re.findall(r"\w+", fold(text)))
