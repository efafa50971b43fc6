"""The target's state as read at one time: people, groups and reference data, with its hash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from shared.domain.canonical import Json, canonical, fingerprint, sha256

#: Email and username of somebody new.
Login: TypeAlias = tuple[str, str]


class PersonStatus(StrEnum):
    """Status of a person in the LMS."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the LMS with every field a plan can compare; `updatedAt` is left out on purpose."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    status: PersonStatus
    employee_number: str | None = None
    personal_email: str | None = None
    role_id: int | None = None
    timezone_id: int | None = None
    #: Ascending, without repetition.
    group_ids: tuple[int, ...] = ()
    #: Bucket id → value id (choice) or text, by ascending bucket id.
    buckets: tuple[tuple[int, int | str], ...] = ()

    def bucket(self, bucket_id: int) -> int | str | None:
        """The value of a bucket, None if it has none."""
        return dict(self.buckets).get(bucket_id)

    def to_json(self) -> dict[str, Json]:
        """The stored and hashed form; `from_json` reads it back."""
        return {
            "id": self.id,
            "username": self.username,
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "status": self.status.value,
            "employee_number": self.employee_number,
            "personal_email": self.personal_email,
            "role_id": self.role_id,
            "timezone_id": self.timezone_id,
            "group_ids": list(self.group_ids),
            "buckets": [[bucket, value] for bucket, value in self.buckets],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Person":
        """Read what `to_json` wrote."""
        values = dict(data)
        values["status"] = PersonStatus(str(values["status"]))
        values["group_ids"] = tuple(values["group_ids"])  # type: ignore[arg-type]  # our own form
        values["buckets"] = tuple((b, v) for b, v in values["buckets"])  # type: ignore[attr-defined]  # our own form
        return cls(**values)  # type: ignore[arg-type]  # our own form


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of the LMS. ``member_ids`` is filled for managed groups only, else empty."""

    id: int
    name: str
    code: str | None = None
    member_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """An attribute of the LMS: ``values`` (id → name) for a choice, empty for text."""

    id: int
    name: str
    type: str
    values: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Reference data of the LMS: what mapping ids are checked against."""

    tenant_id: str
    tenant_name: str
    groups: Mapping[int, Group]
    buckets: Mapping[int, Bucket]
    roles: Mapping[int, str]
    timezones: Mapping[int, str]

    def to_json(self) -> dict[str, Json]:
        """The stored form; `from_json` reads it back. Members are stored with the snapshot's groups."""
        return {
            "tenant": {"id": self.tenant_id, "name": self.tenant_name},
            "groups": [
                {"id": g.id, "name": g.name, "code": g.code}
                for g in sorted(self.groups.values(), key=lambda g: g.id)
            ],
            "buckets": [
                {
                    "id": b.id,
                    "name": b.name,
                    "type": b.type,
                    "values": [{"id": i, "name": n} for i, n in sorted(b.values.items())],
                }
                for b in sorted(self.buckets.values(), key=lambda b: b.id)
            ],
            "roles": [{"id": i, "name": n} for i, n in sorted(self.roles.items())],
            "timezones": [{"id": i, "name": n} for i, n in sorted(self.timezones.items())],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What was read: every listed person, in full where the detail call worked."""

    people: Mapping[int, Person]
    #: Listed, but the detail could not be fetched: shielded from every change.
    missing_details: frozenset[int] = frozenset()
    #: Listed, but not there when they were asked for, twice: deleted in the meantime, it seems.
    gone: frozenset[int] = frozenset()
    groups: Mapping[int, Group] = field(default_factory=dict)
    #: Whether the unique ids of the list numbered `totalItems`.
    list_complete: bool = True
    #: What the target was asked besides: whether nobody has the email or the username.
    looked_up: Mapping[Login, bool] = field(default_factory=dict)

    def content_hash(self) -> str:
        """Hash over ids, fields and gaps, whatever the order of pages or the time of reading."""
        people = (sha256(canonical(person.to_json())) for person in self.people.values())
        return fingerprint(
            {
                "people": sorted(people),
                "missing_details": sorted(self.missing_details),
                "gone": sorted(self.gone),
                "groups": [
                    {"id": g.id, "name": g.name, "members": sorted(g.member_ids)}
                    for g in sorted(self.groups.values(), key=lambda g: g.id)
                ],
                "list_complete": self.list_complete,
                "looked_up": [[*login, nobody] for login, nobody in sorted(self.looked_up.items())],
            }
        )


def reference_from_json(data: Mapping[str, Any]) -> Reference:
    """Read what `Reference.to_json` wrote."""
    return Reference(
        tenant_id=str(data["tenant"]["id"]),
        tenant_name=str(data["tenant"]["name"]),
        groups={g["id"]: Group(id=g["id"], name=g["name"], code=g["code"]) for g in data["groups"]},
        buckets={
            b["id"]: Bucket(
                id=b["id"], name=b["name"], type=b["type"],
                values={v["id"]: v["name"] for v in b["values"]},
            )
            for b in data["buckets"]
        },
        roles={r["id"]: r["name"] for r in data["roles"]},
        timezones={z["id"]: z["name"] for z in data["timezones"]},
    )  # fmt: skip
