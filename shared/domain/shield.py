"""The shield: people who are present but unverified, so that this run can't remove them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shared.domain.identity import Identified, IdentityConflict, Match, PeopleIndex
from shared.domain.needles import Needles, bare, may_stand_in
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_rules import Template
from shared.domain.text import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """What the extract says of rows that were not taken: the shield's material."""

    #: Employee ids, emails and usernames of quarantined and excluded rows.
    identities: tuple[str, ...] = ()
    #: Those of excluded rows: whom they name nobody may add or change either.
    excluded: tuple[str, ...] = ()
    #: Of quarantined rows that name somebody, but not with all their values: what they name them by.
    partly: tuple[StaffIdentity, ...] = ()
    #: Text of damaged regions and quarantined rows (`reading`), searched for identifiers.
    regions: tuple[str, ...] = ()
    #: Regions that name nobody: while there is one, removals are held.
    unidentified: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """Who is shielded, and how many regions could mean anybody."""

    people: frozenset[int]
    unidentified: int
    #: Of these, whom rows that were not taken name or may mean; and whom excluded rows name.
    by_rows: frozenset[int] = frozenset()
    by_excluded: frozenset[int] = frozenset()


class Known:
    """Everything by which the people of a snapshot are known."""

    def __init__(self, index: PeopleIndex) -> None:
        """Look people up in ``index``."""
        self._index = index
        self._by_digits: dict[str, list[int]] = defaultdict(list)
        for number, people in index.by_number.items():
            self._by_digits[number.lstrip("0")] += [person.id for person in people]
        for number, person_id in index.links.items():
            self._by_digits[number.lstrip("0")].append(person_id)

    def by(self, values: Iterable[str | None]) -> set[int]:
        """People with one of ``values`` for employee number, email or username.

        Numbers are the same with and without zeros before them: spreadsheets take them away.
        """
        index, found = self._index, set[int]()
        for key in map(fold, filter(None, values)):
            for known in (
                index.by_number,
                index.by_email,
                index.by_username,
                index.by_personal_email,
            ):
                found.update(person.id for person in known.get(key, ()))
            found.update(self._by_digits.get(key.lstrip("0"), ()))
        return found

    def by_record(self, record: StaffRecord) -> set[int]:
        """People with an identifier that stands in a row."""
        return self.by(
            (record.employee_id, record.work_email, record.username, record.personal_email)
        )

    def without_number(self) -> set[int]:
        """People of whom no employee id is known."""
        people, linked = self._index.people.values(), self._index.by_link
        return {p.id for p in people if not p.employee_number and p.id not in linked}

    def in_text(self, regions: Iterable[str], templates: Iterable[Template] = ()) -> set[int]:
        """People whose identifiers, or what a template makes them of, occur anywhere in damaged text.

        Without regard to case, and a number inside a longer one counts too: rather one too many.
        """
        texts = [bare(region) for region in regions if region]
        if not texts:
            return set()
        clues = self._clues(templates, may_stand_in(texts))
        needles = Needles(piece for pieces in clues for piece in pieces)
        by_piece: dict[str, list[frozenset[str]]] = defaultdict(list)
        for pieces in clues:
            by_piece[min(pieces, default="")].append(pieces)
        # A clue without any piece that could be looked for may be anywhere.
        people = {who for pieces in by_piece[""] for who in clues[pieces]}
        for found in map(needles.found_in, texts):
            for piece in found:
                for pieces in by_piece.get(piece, ()):
                    if pieces <= found:
                        people.update(clues[pieces])
        return people

    def _clues(
        self, templates: Iterable[Template], possible: Callable[[str], bool]
    ) -> dict[frozenset[str], list[int]]:
        """What may give people away: texts that stand together in one region → whose they are."""
        clues: dict[frozenset[str], list[int]] = defaultdict(list)
        made_by = [[bare(literal) for literal in template.parts[::2]] for template in templates]
        for person_id, key in self._keys():
            whole = bare(key)
            if possible(whole):
                clues[frozenset({whole} if whole else ())].append(person_id)
            for literals in made_by:
                pieces = _made_of(whole, literals)
                if pieces is not None and all(map(possible, pieces)):
                    clues[pieces].append(person_id)
        return clues

    def _keys(self) -> Iterator[tuple[int, str]]:
        for person in self._index.people.values():
            for key in (
                person.employee_number,
                person.email,
                person.username,
                person.personal_email,
            ):
                if key and not key.isspace():
                    yield person.id, key
        for employee_id, person_id in self._index.links.items():
            yield person_id, employee_id


def raise_shield(
    known: Known, unverified: Unverified, templates: Iterable[Template] = ()
) -> Shield:
    """Shield everybody whom a row that was not taken names or may mean.

    A row with one damaged value may name its person by that very value. Where what is left of it names
    nobody we know, an employee id still tells it from everybody whose own is known; without one it may
    mean anybody, like a region that names nobody at all.
    """
    people = known.by(unverified.identities) | known.in_text(unverified.regions, templates)
    unidentified, numberless = unverified.unidentified, False
    for named in unverified.partly:
        if known.by((named.employee_id, named.work_email, named.username)):
            continue
        if named.employee_id:
            numberless = True
        else:
            unidentified += 1
    if numberless:
        people |= known.without_number()
    shielded = frozenset(people)
    return Shield(
        people=shielded, unidentified=unidentified, by_rows=shielded,
        by_excluded=frozenset(known.by(unverified.excluded)),
    )  # fmt: skip


def without_excluded(identified: Identified, excluded: Iterable[str]) -> Identified:
    """Hold rows about somebody whom an excluded row names: one of the two is wrong about who is ours."""
    keys = frozenset(map(fold, excluded))
    ours: list[Match] = []
    held: list[Match] = []
    for match in identified.matches:
        (held if keys.intersection(_named_by(match)) else ours).append(match)
    conflicts = [
        IdentityConflict(
            match.record,
            (match.person.id,) if match.person else (),
            "an excluded row names the same person",
        )
        for match in held
    ]
    return Identified(matches=tuple(ours), conflicts=(*identified.conflicts, *conflicts))


def _named_by(match: Match) -> Iterator[str]:
    record, person = match.record, match.person
    values = [record.employee_id, record.work_email, record.username]
    if person is not None:
        values += [person.employee_number, person.email, person.username]
    return map(fold, filter(None, values))


def reading(raw: bytes) -> str:
    """Everything that damaged bytes may say: as UTF-8 and, beyond ASCII, as Windows-1252 too.

    What is invalid is left out: a stray byte in an address doesn't hide it.
    """
    text = raw.decode("utf-8", "ignore")
    return text if raw.isascii() else f"{text}\n{raw.decode('cp1252', 'ignore')}"


def _made_of(value: str, literals: list[str]) -> frozenset[str] | None:
    """Pieces that cells must have held for a template to make ``value``; None if it can't have.

    Nobody knows where values that stand side by side were joined: then there are no pieces.
    """
    first, *inner, last = literals
    size = len(value) - len(first) - len(last)
    if size <= 0 or not (value.startswith(first) and value.endswith(last)):
        return None
    if not all(inner):
        return frozenset()
    pieces = [value[len(first) : len(first) + size]]
    for literal in inner:
        pieces = [part for piece in pieces for part in piece.split(literal)]
    return frozenset(filter(None, pieces))
