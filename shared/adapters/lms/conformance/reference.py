"""Rules about groups with their members, buckets, roles and time zones, as they are read."""

from shared.adapters.lms.conformance.judging import Broken, NotChecked, rule
from shared.adapters.lms.conformance.lms import Lms, Record, count
from shared.adapters.lms.shapes import array, mapping, optional_text, positive, text

#: So many groups are asked for members, and so many members for their groups.
_SAMPLE = 5


@rule("A group has `id`, `name`, `code` (which may be null) and `memberCount`.")
def groups(lms: Lms) -> str:
    for group in lms.groups:
        _named(group)
        optional_text(group, "code")
        count(group, "memberCount")
    return _seen("groups", lms.groups)


@rule("A member of a group is `{personId}`, and names the group in its `groupIds`.")
def group_members(lms: Lms) -> str:
    filled = sorted(lms.groups, key=lambda group: group.get("memberCount") == 0)
    for group in filled[:_SAMPLE]:
        group_id = positive(group, "id")
        members = lms.items(f"/groups/{group_id}/members")
        for member in members[:_SAMPLE]:
            person_id = positive(member, "personId")
            if group_id not in array(lms.person(person_id), "groupIds"):
                raise Broken(f"group {group_id} has member {person_id}, who doesn't name the group")
        if members:
            return f"members of group {group_id} name it in their groupIds"
    raise NotChecked("no group with members was found")


@rule("A bucket has `id`, `name`, `type` (`choice` or `text`) and `values`.")
def buckets(lms: Lms) -> str:
    for bucket in lms.buckets:
        _named(bucket)
        if text(bucket, "type") not in {"choice", "text"}:
            raise Broken(f"the type of bucket {bucket['id']} is neither choice nor text")
        for value in array(bucket, "values"):
            _named(mapping(value, "a value"))
    return _seen("buckets", lms.buckets)


@rule("A role is `{id, name}`.")
def roles(lms: Lms) -> str:
    return _all_named(lms, "roles")


@rule("A time zone is `{id, name}`.")
def timezones(lms: Lms) -> str:
    return _all_named(lms, "timezones")


def _all_named(lms: Lms, what: str) -> str:
    items = lms.items(f"/{what}")
    for item in items:
        _named(item)
    return _seen(what, items)


def _named(item: Record) -> None:
    positive(item, "id")
    text(item, "name")


def _seen(what: str, items: list[Record]) -> str:
    if not items:
        raise NotChecked(f"there are no {what}")
    return f"all fields of {len(items)} {what} are there"


REFERENCE = (groups, group_members, buckets, roles, timezones)
