"""The tenant in memory with its indexes; every change of a person goes through `put` or `remove`.

Used by `reading`, `writes` and `admin`. A person's value is replaced, never edited, so that
the previous one can still be shown by a stale read and the cached bytes are never wrong.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .model import SUMMARY_FIELDS, Bucket, Dump, Group, Person, Tenant

#: how many earlier versions are kept for stale reads; a number, so that no clock decides
HISTORY = 100_000


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Index:
    """Which people hold a text, without regard to case."""

    def __init__(self) -> None:
        self._holders: dict[str, set[int]] = {}

    def add(self, text: str, person_id: int) -> None:
        self._holders.setdefault(text.lower(), set()).add(person_id)

    def discard(self, text: str, person_id: int) -> None:
        holders = self._holders.get(text.lower())
        if holders:
            holders.discard(person_id)
            if not holders:
                del self._holders[text.lower()]

    def holders(self, text: str) -> set[int]:
        return self._holders.get(text.lower(), set())


@dataclass(slots=True)
class Leniency:
    """What a tenant lets pass; more than the contract allows only where a rule is broken."""

    largest_batch: int = 100
    #: field, wanted value and who has it: whether one of these allows them to share it
    sharing: list[Callable[[str, str, Person], bool]] = field(default_factory=list)


class State:
    def __init__(self, dump: Dump, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.tenant: Tenant = dump["tenant"]
        self.groups: dict[int, Group] = {group["id"]: group for group in dump["groups"]}
        self.buckets: dict[int, Bucket] = {bucket["id"]: bucket for bucket in dump["buckets"]}
        self.roles: dict[int, str] = {role["id"]: role["name"] for role in dump["roles"]}
        self.timezones: dict[int, str] = {zone["id"]: zone["name"] for zone in dump["timezones"]}
        self.people: dict[int, Person] = {}
        #: deleted people, for the fault that brings one back
        self.deleted: dict[int, Person] = {}
        self.members: dict[int, set[int]] = {group_id: set() for group_id in self.groups}
        self.emails = Index()
        self.usernames = Index()
        #: some tenants accept what the contract refuses; set by /_sim/settings
        self.accept_duplicates = False
        self.leniency = Leniency()
        #: move when the set of people or a status, or a group's members change: lists are kept
        self.people_revision = 0
        #: how many changes there were
        self.changes = 0
        self.member_revisions = dict.fromkeys(self.groups, 0)
        self._history: deque[tuple[float, int, Person | None]] = deque(maxlen=HISTORY)
        self._details: dict[int, bytes] = {}
        self._summaries: dict[int, bytes] = {}
        for person in dump["people"]:
            self._place(person)
        self._next_id = max(self.people, default=0) + 1

    def put(self, person: Person) -> None:
        old = self.people.get(person["id"])
        self._remember(person["id"], old)
        if old is not None:
            self._displace(old)
        if old is None or old["status"] != person["status"]:
            self.people_revision += 1
        self._mark_groups(old["groupIds"] if old else [], person["groupIds"])
        self._place(person)

    def remove(self, person_id: int) -> None:
        old = self.people[person_id]
        self._remember(person_id, old)
        self._displace(old)
        self.deleted[person_id] = old
        self.people_revision += 1
        self._mark_groups(old["groupIds"], [])

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def timestamp(self) -> str:
        moment = datetime.fromtimestamp(self._now(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def detail(self, person_id: int) -> bytes | None:
        found = self._details.get(person_id)
        if found is None:
            person = self.people.get(person_id)
            if person is None:
                return None
            found = self._details[person_id] = encoded(person)
        return found

    def summary(self, person_id: int) -> bytes:
        found = self._summaries.get(person_id)
        if found is None:
            found = self._summaries[person_id] = encoded(summary_of(self.people[person_id]))
        return found

    def earlier(self, lag_s: float) -> dict[int, Person | None]:
        """People as they were so long ago, for those changed since (None: not there yet)."""
        moment_s = self._now() - lag_s
        earlier: dict[int, Person | None] = {}
        for changed_at, person_id, old in reversed(self._history):
            if changed_at <= moment_s:
                break
            earlier[person_id] = old
        return earlier

    def drop_group(self, group_id: int) -> None:
        for person_id in sorted(self.members.get(group_id, ())):
            person = self.people[person_id]
            kept = [other for other in person["groupIds"] if other != group_id]
            self.put({**person, "groupIds": kept})
        self.changes += 1
        self.groups.pop(group_id, None)
        self.members.pop(group_id, None)
        self.member_revisions.pop(group_id, None)

    def drop_bucket(self, bucket_id: int) -> None:
        for person in list(self.people.values()):
            kept = [value for value in person["buckets"] if value["bucketId"] != bucket_id]
            if len(kept) != len(person["buckets"]):
                self.put({**person, "buckets": kept})
        self.changes += 1
        self.buckets.pop(bucket_id, None)

    def dump(self) -> Dump:
        return {
            "tenant": self.tenant,
            "groups": list(self.groups.values()),
            "buckets": list(self.buckets.values()),
            "roles": [{"id": key, "name": name} for key, name in self.roles.items()],
            "timezones": [{"id": key, "name": name} for key, name in self.timezones.items()],
            "people": [self.people[person_id] for person_id in sorted(self.people)],
        }

    def _mark_groups(self, before: list[int], after: list[int]) -> None:
        for group_id in set(before) ^ set(after):
            self.member_revisions[group_id] += 1

    def _remember(self, person_id: int, old: Person | None) -> None:
        self.changes += 1
        self._history.append((self._now(), person_id, old))

    def _place(self, person: Person) -> None:
        person_id = person["id"]
        self.people[person_id] = person
        self.emails.add(person["email"], person_id)
        self.usernames.add(person["username"], person_id)
        for group_id in person["groupIds"]:
            self.members[group_id].add(person_id)

    def _displace(self, person: Person) -> None:
        person_id = person["id"]
        del self.people[person_id]
        self._details.pop(person_id, None)
        self._summaries.pop(person_id, None)
        self.emails.discard(person["email"], person_id)
        self.usernames.discard(person["username"], person_id)
        for group_id in person["groupIds"]:
            self.members[group_id].discard(person_id)


def summary_of(person: Person) -> dict[str, object]:
    return {name: value for name, value in person.items() if name in SUMMARY_FIELDS}
