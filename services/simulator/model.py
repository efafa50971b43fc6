"""The shapes of the LMS in memory, equal to those on the wire: nothing is translated per request.

Used by every other module of the simulator.
"""

from typing import Any, Literal, NotRequired, TypedDict

JsonObject = dict[str, Any]

Status = Literal["active", "inactive"]


class BucketValue(TypedDict):
    bucketId: int
    #: present for a bucket of type "choice"
    valueId: NotRequired[int]
    #: present for a bucket of type "text"
    text: NotRequired[str]


class Person(TypedDict):
    id: int
    username: str
    email: str
    firstName: str
    lastName: str
    status: Status
    #: RFC 3339, UTC; moves only when something really changed
    updatedAt: str
    employeeNumber: str | None
    personalEmail: str | None
    roleId: int
    timezoneId: int
    groupIds: list[int]
    buckets: list[BucketValue]


SUMMARY_FIELDS = ("id", "username", "email", "firstName", "lastName", "status", "updatedAt")


class NamedId(TypedDict):
    id: int
    name: str


class Group(TypedDict):
    id: int
    name: str
    code: str | None


class Bucket(TypedDict):
    id: int
    name: str
    type: Literal["choice", "text"]
    values: list[NamedId]


class Tenant(TypedDict):
    id: int
    name: str
    timezoneId: int


class Dump(TypedDict):
    """The whole tenant as one JSON document: what `/_sim/state` gives and takes."""

    tenant: Tenant
    groups: list[Group]
    buckets: list[Bucket]
    roles: list[NamedId]
    timezones: list[NamedId]
    people: list[Person]


#: what a request changed, for the journal; None where it changed nothing
Effect = JsonObject | None
