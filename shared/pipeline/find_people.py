"""Find people of the staff feed by part of a name, an employee id or an address. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.errors import InputInvalid, NotFound
from shared.domain.text import plain, tidy
from shared.pipeline.tools import Tools
from shared.ports.people import FoundPerson
from shared.ports.views import PageOf

#: Whoever is found beyond these asks for more letters.
MOST_FOUND = 500
#: Fewer letters fit nearly everybody.
FEWEST_LETTERS = 2
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPeople:
    """A page of those who were found."""

    items: Sequence[FoundPerson]
    has_more: bool
    #: How many were found, at most `MOST_FOUND`.
    total: int

    @property
    def too_many(self) -> bool:
        """Whether there may be more than were looked at."""
        return self.total >= MOST_FOUND


def find_people(tools: Tools, typed: str, page: PageOf) -> FoundPeople:
    """Whoever has all of the words typed; who has exactly what was typed comes first, then by name.

    Raises:
        InputInvalid: too little was typed, or too much. What was typed is not repeated.
        NotFound: ``page.after`` is not the key of somebody found.
    """
    words = plain(tidy(typed)).split()
    if max(map(len, words), default=0) < FEWEST_LETTERS or len(typed) > _LONGEST:
        raise InputInvalid(
            f"Type at least {FEWEST_LETTERS} letters of a name, or an employee id or email address, and"
            f" at most {_LONGEST}. Nothing was looked up.",
            code="search_words",
        )
    with tools.transactions.begin() as uow:
        found = uow.people.matching(words, most=MOST_FOUND)
    ordered = sorted(found, key=lambda person: _order(person, " ".join(words)))
    start = _start(ordered, page.after)
    return FoundPeople(
        items=ordered[start : start + page.limit], has_more=len(ordered) > start + page.limit,
        total=len(ordered),
    )  # fmt: skip


def _order(person: FoundPerson, typed: str) -> tuple[bool, str, str]:
    said = (person.employee_id, person.email, person.username, person.name)
    exact = typed in [plain(word) for word in said if word]
    return not exact, plain(person.name or ""), person.key


def _start(ordered: Sequence[FoundPerson], after: str | None) -> int:
    if after is None:
        return 0
    keys = [person.key for person in ordered]
    if after not in keys:
        raise NotFound("The person to go on after is no longer among those found. Search again.")
    return keys.index(after) + 1
