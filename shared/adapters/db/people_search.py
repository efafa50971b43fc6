"""People of the newest file and the newest reading, found by part of a name, an id or an address.

There is no index over names: a look through 50,000 people takes less than half a second, and what an
index costs would be paid by every plan. The database narrows by plain text; what a row really says is
looked at here. Rows with letters beyond ASCII are all looked at: their case is a matter of its locale.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from shared.domain.snapshot import PersonStatus
from shared.domain.text import fold, plain
from shared.ports.people import FoundPerson

#: What JSON writes as it is.
_PLAIN = re.compile(r"[!#-\[\]-~]+")
#: Rows that are fetched at once: a common word is not followed through the whole table.
_PORTION = 2000

_NEWEST = text("""
    SELECT (SELECT run.id FROM run WHERE run.feed = 'staff' AND run.input_sha256 IS NOT NULL
               AND (EXISTS (SELECT 1 FROM record WHERE record.run_id = run.id)
                    OR EXISTS (SELECT 1 FROM quarantine WHERE quarantine.run_id = run.id))
             ORDER BY run.number DESC LIMIT 1) AS file,
           (SELECT snapshot.id FROM snapshot JOIN run ON run.id = snapshot.run_id
             WHERE snapshot.target = 'ascip' AND snapshot.completed_at IS NOT NULL
             ORDER BY run.number DESC LIMIT 1) AS reading
""")
_MAY_FIT = "(strpos(lower(body), :within) > 0 OR octet_length(body) <> length(body))"
_ROWS = text(f"""
    SELECT "row" AS place, source_id, ascip_id, body FROM record
     WHERE run_id = :of AND "row" > :after AND {_MAY_FIT} ORDER BY "row" LIMIT {_PORTION}
""")  # noqa: S608  # of our own
_READ = text(f"""
    SELECT ascip_id AS place, NULL AS source_id, ascip_id, body FROM snapshot_person
     WHERE snapshot_id = :of AND ascip_id > :after AND body IS NOT NULL AND {_MAY_FIT}
     ORDER BY ascip_id LIMIT {_PORTION}
""")  # noqa: S608  # of our own
_REFUSED = text("""
    SELECT DISTINCT source_id FROM quarantine
     WHERE run_id = :of AND strpos(lower(source_id), :within) > 0 ORDER BY source_id LIMIT :most
""")
_OTHER_ROWS = text("""
    SELECT source_id, ascip_id, body FROM record
     WHERE run_id = :of AND (source_id = ANY(:names) OR ascip_id = ANY(:ids))
""")
_OTHER_READ = text("""
    SELECT NULL AS source_id, ascip_id, body FROM snapshot_person
     WHERE snapshot_id = :of AND ascip_id = ANY(:ids) AND body IS NOT NULL
""")


class PeopleSearch:
    """See `shared.ports.people.People`."""

    _db: Connection

    def matching(self, words: Sequence[str], *, most: int) -> Sequence[FoundPerson]:
        """At most one look through the file and one through the reading."""
        newest = self._db.execute(_NEWEST).one()
        found = _Merged()
        for query, of, make in (
            (_ROWS, newest.file, _of_row),
            (_READ, newest.reading, _of_reading),
        ):
            for person in self._look_through(query, of, words) if of else ():
                if _fits(each := make(person), words):
                    found.add(each)
                if len(found.people) >= most:
                    break
        if newest.file and len(words) == 1:
            values = {"of": newest.file, "within": words[0], "most": most}
            for refused in self._db.execute(_REFUSED, values):
                found.add(_unread(refused.source_id))
        people = found.people[:most]
        self._complete(found, people, newest)
        return found.people[:most]

    def _look_through(self, query: TextClause, of: str, words: Sequence[str]) -> Iterator[Row[Any]]:
        within = max((_stretch(word) for word in words), key=len)
        after = 0
        while True:
            rows = self._db.execute(query, {"of": of, "after": after, "within": within}).all()
            yield from rows
            if len(rows) < _PORTION:
                return
            after = rows[-1].place

    def _complete(self, found: "_Merged", people: Iterable[FoundPerson], newest: Row[Any]) -> None:
        """What the other place has of those whom one place has found."""
        ids = [p.ascip_id for p in people if p.ascip_id is not None]
        names = [p.employee_id for p in people if p.employee_id is not None]
        if newest.file:
            values = {"of": newest.file, "names": names, "ids": ids}
            for row in self._db.execute(_OTHER_ROWS, values):
                found.add(_of_row(row))
        if newest.reading:
            ids = [p.ascip_id for p in found.people if p.ascip_id is not None]
            for row in self._db.execute(_OTHER_READ, {"of": newest.reading, "ids": ids}):
                found.add(_of_reading(row))


class _Merged:
    """Each person once, by employee id or else by the id in ASCIP."""

    def __init__(self) -> None:
        self.people: list[FoundPerson] = []
        self._by_key: dict[str | int, int] = {}

    def add(self, new: FoundPerson) -> None:
        keys = [
            key for key in (new.ascip_id, new.employee_id and fold(new.employee_id)) if key
        ]  # fmt: skip
        at = next((self._by_key[key] for key in keys if key in self._by_key), None)
        if at is None:
            at = len(self.people)
            self.people.append(new)
        else:
            self.people[at] = _both(self.people[at], new)
        for key in keys:
            self._by_key.setdefault(key, at)


def _both(known: FoundPerson, new: FoundPerson) -> FoundPerson:
    """The file's word counts before ASCIP's."""
    first, second = (new, known) if new.in_file and not known.in_file else (known, new)
    return replace(
        first, employee_id=first.employee_id or second.employee_id,
        ascip_id=first.ascip_id or second.ascip_id, name=first.name or second.name,
        email=first.email or second.email, username=first.username or second.username,
        sites=tuple(dict.fromkeys((*first.sites, *second.sites))),
        in_file=first.in_file or second.in_file,
        quarantined=first.quarantined or second.quarantined,
        status=first.status or second.status,
    )  # fmt: skip


def _of_row(row: Row[Any]) -> FoundPerson:
    body = json.loads(row.body)
    return FoundPerson(
        employee_id=row.source_id, ascip_id=row.ascip_id, name=_name(body),
        email=body["work_email"], username=body["username"], sites=tuple(body["site_codes"]),
        in_file=True,
    )  # fmt: skip


def _of_reading(row: Row[Any]) -> FoundPerson:
    body = json.loads(row.body)
    return FoundPerson(
        employee_id=body["employee_number"], ascip_id=row.ascip_id, name=_name(body),
        email=body["email"], username=body["username"], status=PersonStatus(body["status"]),
    )  # fmt: skip


def _unread(employee_id: str) -> FoundPerson:
    return FoundPerson(employee_id=employee_id, ascip_id=None, quarantined=True)


def _name(body: dict[str, str]) -> str:
    return f"{body['first_name']} {body['last_name']}".strip()


def _fits(person: FoundPerson, words: Iterable[str]) -> bool:
    said = (person.name, person.employee_id, person.email, person.username)
    places = [plain(word) for word in said if word]
    return all(any(word in place for place in places) for word in words)


def _stretch(word: str) -> str:
    """What of a word surely stands in the text of a body that has it in plain letters."""
    return max(_PLAIN.findall(word), key=len, default="") if word.isascii() else ""
