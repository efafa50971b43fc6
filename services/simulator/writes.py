"""What changes the tenant, each with the effect the journal records. Used by `api` and `faults`."""

from typing import cast

from .checks import checked_person, merged_buckets, refused
from .model import Effect, JsonObject, Person, Status
from .refusals import Refusal, not_found
from .state import State

_PLAIN = (
    "username",
    "email",
    "firstName",
    "lastName",
    "employeeNumber",
    "personalEmail",
    "roleId",
    "timezoneId",
)


def create_person(state: State, body: JsonObject) -> tuple[Person, Effect]:
    checked_person(state, body, creating=True)
    _refuse_duplicates(state, body, None)
    person: Person = {
        "id": state.new_id(),
        "username": body["username"],
        "email": body["email"],
        "firstName": body["firstName"],
        "lastName": body["lastName"],
        "status": "active",
        "updatedAt": state.timestamp(),
        "employeeNumber": body.get("employeeNumber"),
        "personalEmail": body.get("personalEmail"),
        "roleId": body.get("roleId", min(state.roles)),
        "timezoneId": body.get("timezoneId", state.tenant["timezoneId"]),
        "groupIds": [],
        "buckets": merged_buckets([], body.get("buckets", [])),
    }
    state.put(person)
    return person, {"kind": "person_created", "personId": person["id"]}


def update_person(state: State, person_id: int, body: JsonObject) -> tuple[Person, Effect]:
    person = existing(state, person_id)
    checked_person(state, body, creating=False)
    _refuse_duplicates(state, body, person_id)
    fields: JsonObject = {name: body[name] for name in _PLAIN if name in body}
    if "buckets" in body:
        fields["buckets"] = merged_buckets(person["buckets"], body["buckets"])
    current = cast("JsonObject", person)
    changed = sorted(name for name, value in fields.items() if current[name] != value)
    if not changed:
        return person, None
    updated = cast("Person", {**current, **fields, "updatedAt": state.timestamp()})
    state.put(updated)
    return updated, {"kind": "person_updated", "personId": person_id, "fields": changed}


def set_status(state: State, person_id: int, status: Status) -> tuple[Person, Effect]:
    person = existing(state, person_id)
    if person["status"] == status:
        return person, None
    updated: Person = {**person, "status": status, "updatedAt": state.timestamp()}
    state.put(updated)
    kind = "person_reactivated" if status == "active" else "person_deactivated"
    return updated, {"kind": kind, "personId": person_id}


def delete_person(state: State, person_id: int) -> Effect:
    existing(state, person_id)
    state.remove(person_id)
    return {"kind": "person_deleted", "personId": person_id}


def change_members(state: State, group_id: int, body: JsonObject) -> tuple[JsonObject, Effect]:
    if group_id not in state.groups:
        raise not_found("group")
    adding, removing = _batch(body, state.leniency.largest_batch)
    failed = [
        {"personId": person_id, "code": "not_found"}
        for person_id in [*adding, *removing]
        if person_id not in state.people
    ]
    members = state.members[group_id]
    added = [each for each in adding if each in state.people and each not in members]
    removed = [each for each in removing if each in members]
    for person_id in added:
        _regroup(state, person_id, [*state.people[person_id]["groupIds"], group_id])
    for person_id in removed:
        kept = [other for other in state.people[person_id]["groupIds"] if other != group_id]
        _regroup(state, person_id, kept)
    answer = {
        "added": len(added),
        "removed": len(removed),
        "unchanged": len(adding) + len(removing) - len(added) - len(removed) - len(failed),
        "failed": failed,
    }
    if not (added or removed):
        return answer, None
    effect = {"kind": "members_changed", "groupId": group_id, "added": added, "removed": removed}
    return answer, effect


def existing(state: State, person_id: int) -> Person:
    person = state.people.get(person_id)
    if person is None:
        raise not_found("person")
    return person


def _regroup(state: State, person_id: int, group_ids: list[int]) -> None:
    person = state.people[person_id]
    state.put({**person, "groupIds": sorted(group_ids), "updatedAt": state.timestamp()})


def _batch(body: JsonObject, largest: int) -> tuple[list[int], list[int]]:
    """The ids to add and to remove, each once; refuses a body that says anything else."""
    wrong = {name: "unknown_field" for name in body if name not in {"add", "remove"}}
    lists = {name: body.get(name, []) for name in ("add", "remove")}
    for name, ids in lists.items():
        if not isinstance(ids, list) or any(type(each) is not int or each < 1 for each in ids):
            wrong[name] = "invalid"
    if wrong:
        raise refused(wrong)
    adding, removing = lists["add"], lists["remove"]
    if len(adding) + len(removing) > largest:
        raise Refusal(
            422,
            "too_many",
            f"At most {largest} ids in all.",
            fields={name: "too_many" for name, ids in lists.items() if ids},
        )
    if set(adding) & set(removing):
        raise refused({"remove": "invalid"})
    return list(dict.fromkeys(adding)), list(dict.fromkeys(removing))


def _refuse_duplicates(state: State, body: JsonObject, own_id: int | None) -> None:
    if state.accept_duplicates:
        return
    for field, index in (("email", state.emails), ("username", state.usernames)):
        if field not in body:
            continue
        others = index.holders(body[field]) - {own_id}
        if state.leniency.sharing:
            others = {each for each in others if not _may_share(state, field, body[field], each)}
        if others:
            raise Refusal(
                409,
                f"duplicate_{field}",
                f"Another person has this {field}.",
                fields={field: "duplicate"},
                extra={"personId": min(others)},
            )


def _may_share(state: State, field: str, wanted: str, holder_id: int) -> bool:
    holder = state.people[holder_id]
    return any(allows(field, wanted, holder) for allows in state.leniency.sharing)
