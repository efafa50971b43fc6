"""Watches what is written to ASCIP, and judges it by what was approved: nothing else, and once.

It knows the reviews, not how the engine works on them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.simulator.model import Effect
from shared.domain.action import Kind
from shared.ports.plans import StoredAction

#: As the API calls what a plan calls otherwise.
_WIRE = {
    "email": "email", "username": "username", "first_name": "firstName", "last_name": "lastName",
    "employee_number": "employeeNumber", "personal_email": "personalEmail", "role_id": "roleId",
    "timezone_id": "timezoneId",
}  # fmt: skip


@dataclass(slots=True)
class Witness:
    """Collects what must not have happened."""

    people: dict[int, Any]
    at_work: str | None = None
    #: Run → approved actions by id, as the review made them.
    approved: dict[str, dict[str, StoredAction]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    #: (run, action) → how often it has changed something.
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: People somebody else has changed while a run was applied: theirs may be changed twice.
    _at_hand: list[tuple[str, str, int | None]] = field(default_factory=list)

    def arrived(self, run_id: str | None, method: str, path: str, body: bytes) -> None:
        """See `Watcher`."""
        self._at_hand = []
        for what, action in self._wanted(run_id or "", method, path, json.loads(body)):
            if action is None:
                self.broken.append(f"{what} was not approved for {run_id}")
            else:
                self._compare(what, action)
                self._at_hand.append((run_id or "", action.action.id, action.ascip_id))

    def _compare(self, what: str, stored: StoredAction) -> None:
        """Nothing is overwritten that differs from what was shown to whoever approved."""
        person = self.people.get(stored.ascip_id or 0)
        if person is None:
            return
        has = {"buckets." + str(v["bucketId"]): v.get("valueId") for v in person["buckets"]}
        has |= {path: person[field] for path, field in _WIRE.items()}
        for change in stored.action.sent:
            if change.path != "status" and has.get(change.path) not in (
                change.before,
                change.after,
            ):
                self.broken.append(f"{what} overwrites what somebody else wrote")

    def changed(self, run_id: str | None, effect: Effect) -> None:
        """See `Watcher`."""
        touched = set((effect or {}).get("added", [])) | set((effect or {}).get("removed", []))
        for run, action_id, person_id in self._at_hand:
            if touched and self._id_of(run, action_id, person_id) not in touched:
                continue
            self.done[run, action_id] += 1
            if self.done[run, action_id] > 1:
                self.broken.append(f"{action_id} of {run_id} was done twice")

    def forgive(self, person_id: int) -> None:
        """Somebody else has changed a person: what was done to them may have to be done again."""
        for run, actions in self.approved.items():
            for action in actions.values():
                if self._id_of(run, action.action.id, action.ascip_id) == person_id:
                    self.done.pop((run, action.action.id), None)

    def _id_of(self, run: str, action_id: str, person_id: int | None) -> int | None:
        if person_id is not None:
            return person_id
        key = self.approved[run][action_id].action.person_key
        return next((p["id"] for p in self.people.values() if p["employeeNumber"] == key), None)

    def _wanted(
        self, run_id: str, method: str, path: str, body: dict[str, Any]
    ) -> Iterator[tuple[str, StoredAction | None]]:
        """What a request asks for, each with the approved action that asks for it."""
        approved = self.approved.get(run_id, {}).values()
        match method, path.removeprefix("/api/v1/").split("/"):
            case "POST", ["people"]:
                yield (
                    f"an add of {body['email']}",
                    _first(a for a in approved if a.action.kind is Kind.ADD and _says(a, body)),
                )
            case "PUT", ["people", number]:
                yield (
                    f"an update of {number}: {sorted(body)}",
                    _first(
                        a
                        for a in approved
                        if a.action.kind is Kind.UPDATE
                        and a.ascip_id == int(number)
                        and _says(a, body)
                    ),
                )
            case "POST", ["people", number, verb]:
                yield (
                    f"{verb} of {number}",
                    _first(
                        a
                        for a in approved
                        if a.action.kind.value == verb and a.ascip_id == int(number)
                    ),
                )
            case "POST", ["groups", group, "members"]:
                for kind, ids in ((Kind.JOIN, body["add"]), (Kind.LEAVE, body["remove"])):
                    for person_id in ids:
                        yield (
                            f"a {kind} of {person_id} and {group}",
                            _first(
                                a
                                for a in approved
                                if a.action.kind is kind
                                and a.action.group_id == int(group)
                                and self._id_of(run_id, a.action.id, a.ascip_id) == person_id
                            ),
                        )
            case _:
                yield f"{method} {path}", None


def _first(found: Iterator[StoredAction]) -> StoredAction | None:
    return next(found, None)


def _says(stored: StoredAction, body: dict[str, Any]) -> bool:
    """Whether a body is exactly what was approved."""
    return body == body_of(stored)


def body_of(stored: StoredAction) -> dict[str, Any]:
    """What a request for an add or an update must say."""
    body: dict[str, Any] = {}
    for change in stored.action.changes:
        if change.hold or (change.after is None and stored.action.kind is Kind.ADD):
            continue
        if change.path.startswith("buckets."):
            bucket_id = int(change.path.removeprefix("buckets."))
            value = {"bucketId": bucket_id, "valueId": change.after}
            body.setdefault("buckets", []).append(value)
        elif change.path != "status":
            body[_WIRE[change.path]] = change.after
    return body
