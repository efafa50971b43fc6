"""Audit entries: canonical (RFC 8785), hashed as RFC 6962 leaves, without personal data.

A person appears as a pseudonym and values as HMACs, both under a secret of that person which can be
destroyed without touching an entry.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.canonical import Json, canonical

ENTRY_VERSION = 1


class ActorType(StrEnum):
    """Who did something."""

    USER = "user"
    SYSTEM = "system"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a user by login name, a service key by its id, or `system`."""

    type: ActorType
    name: str

    def __str__(self) -> str:
        return self.name if self.type is ActorType.SYSTEM else f"{self.type.value}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """Read what `str` wrote."""
        kind, _, name = text.partition(":")
        return cls(ActorType(kind), name or kind)


SYSTEM = Actor(ActorType.SYSTEM, "system")


class AuditVerb(StrEnum):
    """What happened, in the past tense."""

    EXTRACT_LANDED = "extract.landed"
    RUN_CREATED = "run.created"
    RUN_STATE_CHANGED = "run.state_changed"
    MAPPING_RECORDED = "mapping.recorded"
    REFERENCE_FETCHED = "reference.fetched"  # groups, buckets, roles and time zones, by themselves
    PLAN_CREATED = "plan.created"
    PLAN_REVIEWED = "plan.reviewed"
    PLAN_COMMENTED = "plan.commented"
    PLAN_REFUSED = (
        "plan.refused"  # somebody, or a work item, asked for what may not be done with it
    )
    ACTION_FINISHED = "action.finished"
    RUN_VERIFIED = "run.verified"  # what was written was read again
    EXTRACT_REFUSED = "extract.refused"  # a dropped file that was not taken
    EXTRACT_MISSED = "extract.missed"  # none came by the time it was expected
    RECORD_REVIEWED = "record.reviewed"
    RECORDS_EXPIRED = "records.expired"  # versions no longer in force were deleted
    RUN_REPORT_RETRIED = "run.report_retried"  # its reports, which were given up, are made again
    RUN_ARCHIVED = "run.archived"  # its reports were written; with the hash of their list
    PLAN_EXPORTED = "plan.exported"  # actions as one file, written or ordered
    REPORT_EXPORTED = "report.exported"
    QUARANTINE_OPENED = "quarantine.opened"  # by a run, with counts; the others of single records
    QUARANTINE_ASSIGNED = "quarantine.assigned"
    QUARANTINE_COMMENTED = "quarantine.commented"
    QUARANTINE_NOTIFIED = "quarantine.notified"
    QUARANTINE_ATTESTED = "quarantine.attested"
    QUARANTINE_RESUBMITTED = "quarantine.resubmitted"
    QUARANTINE_RETURNED = "quarantine.returned"
    QUARANTINE_RESOLVED = "quarantine.resolved"
    QUARANTINE_CLOSED = "quarantine.closed"
    QUARANTINE_ESCALATED = "quarantine.escalated"
    MAIL_SUBMITTED = "mail.submitted"
    MAIL_FAILED = "mail.failed"
    SYNC_PAUSED = "sync.paused"
    SYNC_RESUMED = "sync.resumed"
    USER_CHANGED = "user.changed"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    PASSWORD_ISSUED = "password.issued"  # noqa: S105  # one that is changed at the first sign-in
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    SESSION_OPENED = "session.opened"
    SESSION_ENDED = "session.ended"  # not when its time is over
    SIGN_IN_REFUSED = "sign_in.refused"  # never with what was typed
    ACCOUNT_LOCKED = "account.locked"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    ACCESS_REFUSED = "access.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that happened."""

    at: datetime
    actor: Actor
    verb: AuditVerb
    object_type: str
    object_id: str
    run_id: str | None = None
    plan_digest: str | None = None
    #: Pseudonym of the person concerned, and HMACs of the values before and after.
    subject: str | None = None
    before: str | None = None
    after: str | None = None
    #: Names of fields, codes and counts; never values.
    detail: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """The canonical form's content."""
        return {
            "v": ENTRY_VERSION,
            "at": self.at.isoformat(timespec="microseconds"),
            "actor": {"type": self.actor.type.value, "name": self.actor.name},
            "verb": self.verb.value,
            "object": {"type": self.object_type, "id": self.object_id},
            "run_id": self.run_id,
            "plan_digest": self.plan_digest,
            "subject": self.subject,
            "before": self.before,
            "after": self.after,
            "detail": dict(self.detail),
        }

    def sealed(self) -> tuple[str, str]:
        """The canonical text and its leaf hash."""
        text = canonical(self.to_json())
        return text.decode(), leaf_hash(text)


def leaf_hash(entry: bytes) -> str:
    """RFC 6962 section 2.1: SHA-256 over 0x00 and the entry, so that a leaf is never a node."""
    return hashlib.sha256(b"\x00" + entry).hexdigest()


def pseudonym(secret: bytes, person_key: str) -> str:
    """Who an entry speaks of, for those who hold the person's secret."""
    return hmac.new(secret, b"subject\x00" + person_key.encode(), "sha256").hexdigest()[:32]


def value_mac(secret: bytes, value: Json) -> str:
    """What a value was, for those who hold the person's secret and the value."""
    return hmac.new(secret, b"value\x00" + canonical(value), "sha256").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEntry:
    """A line of `audit export`: the position, the stored text and the stored hash."""

    sequence: int
    entry: str
    hash: str

    def line(self) -> str:
        """As it stands in the file, with its line end."""
        said = {"sequence": self.sequence, "entry": self.entry, "hash": self.hash}
        return json.dumps(said) + "\n"

    @classmethod
    def of_line(cls, line: str) -> "ExportedEntry":
        """Read what `line` wrote. Raises `ValueError`."""
        try:
            said = json.loads(line)
            return cls(
                sequence=int(said["sequence"]), entry=str(said["entry"]), hash=str(said["hash"])
            )
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError("not a line of an audit export") from error


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that fails verification."""

    position: int
    what: str
    expected: str
    computed: str


def verify(entries: Iterable[ExportedEntry]) -> Iterator[Fault]:
    """Recompute every entry from its text: hash, canonical form, rising sequence.

    An entry that was removed, or a tail that was cut, can't be seen without a signed checkpoint.
    """
    last = 0
    for position, exported in enumerate(entries, start=1):
        raw = exported.entry.encode(errors="surrogatepass")  # a lone surrogate is a fault, no crash
        computed = leaf_hash(raw)
        if computed != exported.hash:
            yield Fault(position, "hash", exported.hash, computed)
        try:
            form = canonical(json.loads(raw))
        except ValueError:
            yield Fault(position, "canonical form", "JSON", "not JSON")
            continue
        if form != raw:
            yield Fault(position, "canonical form", leaf_hash(form), computed)
        if exported.sequence <= last:
            yield Fault(position, "sequence", f"more than {last}", str(exported.sequence))
        last = max(last, exported.sequence)
