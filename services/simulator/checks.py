"""Judges the body of a write to a person: allowed, required, length, known ids. Used by `writes`.

All that is wrong is reported at once, one code per field.
"""

from collections.abc import Callable

from .model import BucketValue, JsonObject
from .refusals import Refusal
from .state import State

REQUIRED = ("username", "email", "firstName", "lastName")
LONGEST = {
    "username": 100,
    "email": 254,
    "firstName": 100,
    "lastName": 100,
    "personalEmail": 254,
}
LONGEST_TEXT_BUCKET = 500
NOT_ALLOWED = frozenset({"id", "status", "groupIds"})
#: the server sets it; what a client sends there is ignored
IGNORED = frozenset({"updatedAt"})

#: a field's value to the code of what is wrong with it, or None
Check = Callable[[State, object], str | None]


def checked_person(state: State, body: JsonObject, *, creating: bool) -> None:
    wrong = {name: code for name, value in body.items() if (code := _field(state, name, value))}
    if creating:
        wrong |= {name: "required" for name in REQUIRED if name not in body}
    if wrong:
        raise refused(wrong)


def refused(wrong: dict[str, str]) -> Refusal:
    code = next(iter(wrong.values()))
    return Refusal(422, code, f"The value of {', '.join(sorted(wrong))} is refused.", fields=wrong)


def _field(state: State, name: str, value: object) -> str | None:
    if name in NOT_ALLOWED:
        return "not_allowed"
    if name in IGNORED:
        return None
    check = _CHECKS.get(name)
    return check(state, value) if check else "unknown_field"


def _required_text(longest: int, *, email: bool = False) -> Check:
    def check(_state: State, value: object) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return "required"
        return _text(value, longest) or ("invalid" if email and "@" not in str(value) else None)

    return check


def _optional_text(longest: int | None) -> Check:
    def check(_state: State, value: object) -> str | None:
        return None if value is None else _text(value, longest)

    return check


def _text(value: object, longest: int | None) -> str | None:
    if not isinstance(value, str):
        return "invalid"
    if longest is not None and len(value) > longest:
        return "too_long"
    # JSON can carry half a surrogate pair; it has no UTF-8 form to answer with.
    return "invalid" if any("\ud800" <= char <= "\udfff" for char in value) else None


def _known(state_ids: Callable[[State], dict[int, str]]) -> Check:
    def check(state: State, value: object) -> str | None:
        if not _is_id(value):
            return "invalid"
        return None if value in state_ids(state) else "unknown_id"

    return check


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _buckets(state: State, value: object) -> str | None:
    if not isinstance(value, list):
        return "invalid"
    ids = [item.get("bucketId") for item in value if isinstance(item, dict)]
    if len(ids) != len(value) or len({str(each) for each in ids}) != len(ids):
        return "invalid"
    return next((code for item in value if (code := _bucket(state, item))), None)


def _bucket(state: State, item: JsonObject) -> str | None:
    if not _is_id(item.get("bucketId")):
        return "invalid"
    bucket = state.buckets.get(item["bucketId"])
    if bucket is None:
        return "unknown_id"
    if set(item) == {"bucketId", "valueId"} and item["valueId"] is None:
        return None
    if bucket["type"] == "text":
        if set(item) != {"bucketId", "text"}:
            return "invalid"
        return _text(item["text"], LONGEST_TEXT_BUCKET) or (None if item["text"] else "required")
    if set(item) != {"bucketId", "valueId"} or not _is_id(item["valueId"]):
        return "invalid"
    known = any(choice["id"] == item["valueId"] for choice in bucket["values"])
    return None if known else "unknown_id"


_CHECKS: dict[str, Check] = {
    **{name: _required_text(LONGEST[name], email=name == "email") for name in REQUIRED},
    "personalEmail": _optional_text(LONGEST["personalEmail"]),
    "employeeNumber": _optional_text(None),
    "roleId": _known(lambda state: state.roles),
    "timezoneId": _known(lambda state: state.timezones),
    "buckets": _buckets,
}


def merged_buckets(current: list[BucketValue], given: list[JsonObject]) -> list[BucketValue]:
    values = {value["bucketId"]: value for value in current}
    for item in given:
        if item.get("valueId", 0) is None:
            values.pop(item["bucketId"], None)
        else:
            values[item["bucketId"]] = (
                {"bucketId": item["bucketId"], "text": item["text"]}
                if "text" in item
                else {"bucketId": item["bucketId"], "valueId": item["valueId"]}
            )
    return [values[bucket_id] for bucket_id in sorted(values)]
