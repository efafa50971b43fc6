"""The check's own people in the LMS: made, counted, and put away again whatever happens."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from shared.adapters.lms.conformance.caller import Answer, Caller
from shared.adapters.lms.conformance.judging import Broken, NoAnswer, NotChecked
from shared.adapters.lms.conformance.lms import Lms, Record
from shared.adapters.lms.shapes import Garbled, array, mapping, positive, text
from shared.domain.canonical import Json
from shared.domain.errors import TargetError
from shared.domain.text import fold
from shared.ports.conformance import LeftBehind

#: Reserved by RFC 2606: no mail ever gets there.
DOMAIN = "example.invalid"
_ROUNDS = 3
#: One person's trouble must not keep the others from being put away.
TROUBLE = (NoAnswer, Broken, Garbled, TargetError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A person of the check, and the answer that made them."""

    id: int
    username: str
    email: str
    created: Answer


@dataclass(frozen=True, slots=True)
class Choice:
    """A bucket with something that it can be set to."""

    bucket_id: int
    #: `valueId` or `text`
    name: str
    value: int | str

    @property
    def as_json(self) -> dict[str, Json]:
        """As it stands in a body, and in a person."""
        return {"bucketId": self.bucket_id, self.name: self.value}


class Sandbox(Lms):
    """The LMS as the write rules see it. Nobody but its own people is ever named in a write."""

    def __init__(self, caller: Caller, tenant: Record) -> None:
        super().__init__(caller, tenant)
        self.mark = f"conformance-{secrets.token_hex(5)}"
        self._numbers = 0
        self._people: dict[str, Own] = {}
        #: Why no person can be made; not tried again for every rule.
        self._refusal = ""
        self._made: set[int] = set()
        self._unclean: set[int] = set()
        self._unanswered: dict[str, str] = {}

    @property
    def left(self) -> LeftBehind:
        """What this check leaves behind, as far as is known."""
        return LeftBehind(
            people=tuple(sorted(self._made)),
            unclean=tuple(sorted(self._unclean)),
            lost=tuple(sorted(self._unanswered)),
        )

    @cached_property
    def group_id(self) -> int:
        """The group that own people go in and out of: one with few members, so that little hangs on it."""
        if not self.groups:
            raise NotChecked("there is no group")
        return min((_size(group), positive(group, "id")) for group in self.groups)[1]

    @cached_property
    def choices(self) -> list[Choice]:
        """Buckets that can be set; those with values first."""
        found = [choice for choice in map(_choice, self.buckets) if choice]
        return sorted(found, key=lambda choice: choice.name == "text")

    def new_person(self) -> dict[str, Json]:
        """The body of a create that nobody else can have sent."""
        self._numbers += 1
        username = f"{self.mark}-{self._numbers}"
        return {
            "username": username,
            "email": f"{username}@{DOMAIN}",
            "firstName": "Conformance",
            "lastName": "Check",
        }

    def create(self, body: Mapping[str, Json]) -> Answer:
        """Try to make a person; whoever comes of it is put away at the end."""
        name = "email" if "email" in body else "username"
        value = str(body[name])
        # Noted before it is sent: the answer may never come, or a ^C in its place.
        self._unanswered[value] = name
        answer = self.caller.send("POST", "/people", body=body)
        if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            if answer.status < HTTPStatus.BAD_REQUEST:
                self._note(mapping(answer.document, "the person"))
            del self._unanswered[value]
        return answer

    def own(self, purpose: str) -> Own:
        """The person for a purpose; rules that would be in each other's way name different ones."""
        if self._refusal:
            raise NotChecked(self._refusal)
        if purpose not in self._people:
            self._people[purpose] = self._new_own()
        return self._people[purpose]

    def _new_own(self) -> Own:
        body = self.new_person()
        answer = self.create(body)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NoAnswer(f"{answer.asked} was answered {answer.said}")
        if answer.status >= HTTPStatus.BAD_REQUEST:
            self._refusal = f"no person could be made: {answer.asked} was answered {answer.said}"
            raise NotChecked(self._refusal)
        return Own(
            id=positive(mapping(answer.document, "the person"), "id"),
            username=str(body["username"]),
            email=str(body["email"]),
            created=answer,
        )

    def put(self, person_id: int, body: Mapping[str, Json]) -> Answer:
        """Change an own person."""
        return self.caller.send("PUT", f"/people/{person_id}", body=body)

    def set_status(self, person_id: int, verb: str) -> Answer:
        """``verb`` is `deactivate` or `reactivate`."""
        return self.caller.send("POST", f"/people/{person_id}/{verb}", body={})

    def change_members(
        self, group_id: int, *, add: Sequence[int] = (), remove: Sequence[int] = ()
    ) -> Answer:
        """Put own people into a group or take them out."""
        path = f"/groups/{group_id}/members"
        return self.caller.send("POST", path, body={"add": list(add), "remove": list(remove)})

    def group_ids(self, person_id: int) -> list[object]:
        """The groups that an own person names."""
        return array(self.person(person_id), "groupIds")

    def with_status(self, person_id: int, status: str) -> None:
        """Bring an own person to a status; `NotChecked` if that can't be seen."""
        if self.person(person_id).get("status") != status:
            self.set_status(person_id, "reactivate" if status == "active" else "deactivate")
            if self.person(person_id).get("status") != status:
                raise NotChecked(f"person {person_id} could not be made {status}")

    def with_group(self, person_id: int, *, member: bool) -> None:
        """Bring an own person into the group or out of it; `NotChecked` if that can't be seen."""
        if (self.group_id in self.group_ids(person_id)) is member:
            return
        change = {"add": [person_id]} if member else {"remove": [person_id]}
        self.change_members(self.group_id, **change)
        if (self.group_id in self.group_ids(person_id)) is not member:
            raise NotChecked(
                f"person {person_id} could not be put into group {self.group_id} or out"
            )

    def tidy_up(self) -> None:
        """Put own people away; who is seen to be so is no longer unclean. It never deletes."""
        for _round in range(_ROUNDS):
            for value, name in list(self._unanswered.items()):
                with suppress(*TROUBLE):
                    self._find(name, value)
            for person_id in sorted(self._unclean):
                with suppress(*TROUBLE):
                    self._put_away(person_id)
            if not self._unclean and not self._unanswered:
                return

    def _note(self, person: Record) -> None:
        """Take a person for an own one, but never somebody else whom a strange answer names."""
        names = (str(person.get(name)) for name in ("username", "email"))
        if not any(fold(name).startswith(self.mark) for name in names):
            raise Garbled("the person made is not the one that was sent")
        person_id = positive(person, "id")
        self._made.add(person_id)
        self._unclean.add(person_id)

    def _find(self, name: str, value: str) -> None:
        for found in self.items("/people", ((name, value),)):
            if fold(text(found, name)) == fold(value):
                self._note(found)
                self._unanswered.pop(value, None)

    def _put_away(self, person_id: int) -> None:
        person = self.person(person_id)
        for group_id in array(person, "groupIds"):
            if isinstance(group_id, int):
                self.change_members(group_id, remove=[person_id])
        if person.get("status") != "inactive":
            self.set_status(person_id, "deactivate")
        after = self.person(person_id)
        if after.get("status") == "inactive" and not array(after, "groupIds"):
            self._unclean.discard(person_id)


def _size(group: Record) -> int:
    members = group.get("memberCount")
    return members if isinstance(members, int) else 0


def _choice(bucket: Record) -> Choice | None:
    """How to set a bucket; None where that can't be known."""
    bucket_id, values = positive(bucket, "id"), array(bucket, "values")
    if values:
        return Choice(bucket_id, "valueId", positive(mapping(values[0], "a value"), "id"))
    return None if bucket.get("type") == "choice" else Choice(bucket_id, "text", "conformance")
