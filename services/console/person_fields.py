"""One person's values in the file and in ASCIP, side by side, with what the newest plan would change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from shared.domain.errors import NotFound
from shared.domain.explanation import StepName
from shared.pipeline.explain_ground import ExplainedRun
from shared.pipeline.reference import ReferenceList, list_reference
from shared.pipeline.tools import Tools
from shared.ports.views import PageOf

#: More groups, buckets or roles than any tenant has.
_ALL = PageOf(limit=100_000)
#: What it is called, the column of the extract, the field of ASCIP.
_PAIRS = (
    ("First name", "first_name", "first_name"), ("Last name", "last_name", "last_name"),
    ("Email", "work_email", "email"), ("Username", "username", "username"),
    ("Personal email", "personal_email", "personal_email"),
    ("Employee id", "employee_id", "employee_number"), ("Hired", "hire_date", ""),
    ("Last working day", "end_date", ""),
)  # fmt: skip
_Values = Mapping[str, Any]
_Lines = Sequence[_Values]


class Field(NamedTuple):
    """A value in both places as it is shown, None where there is none; addresses are masked."""

    name: str
    in_file: str | None
    in_ascip: str | None
    #: Masked values may look alike and differ, so the plan's own word counts.
    changes: bool = False


def person_fields(tools: Tools, explained: ExplainedRun) -> Iterator[Field]:
    """Every field, as one run has them."""
    of = {step.name: cast("_Values", step.detail) for step in explained.steps}
    row = next(iter(of[StepName.IMPORT].get("rows") or ()), None)
    person, diff = of[StepName.MATCHING].get("ascip"), of[StepName.DIFF]
    changed = {change["path"] for change in diff.get("changes") or ()}
    for name, ours, theirs in _PAIRS:
        yield Field(name, _text(row, ours), _text(person, theirs), theirs in changed)
    left = None if row is None else "left" if row["inactive"] else "active"
    yield Field("Status", left, _text(person, "status"))
    roles = _named(tools, "roles")
    role = roles.get(person["role_id"], {}).get("name") if person else None
    yield Field("Role", _text(row, "role"), role, "role_id" in changed)
    lines = of[StepName.MAPPING].get("lines") or ()
    moves = bool(diff.get("joins") or diff.get("leaves"))
    yield Field("Sites; groups", _sites(row, lines), _groups(tools, person), moves)
    yield from _attributes(tools, row, person, lines, changed)


def _attributes(
    tools: Tools, row: _Values | None, person: _Values | None, lines: _Lines, changed: set[str]
) -> Iterator[Field]:
    """Further columns, each beside the bucket that the mapping makes of it."""
    buckets = {each["name"]: each for each in _named(tools, "buckets").values()}
    has = dict(person["buckets"]) if person else {}
    mapped = {line["column"]: line["line"] or "" for line in lines}
    for column, value in (row["attributes"] if row else {}).items():
        kind, _, rest = mapped.get(column, "").partition(".")
        bucket = buckets.get(rest.partition(".values.")[0]) if kind == "buckets" else None
        theirs = has.get(bucket["id"]) if bucket else None
        names = {str(v["id"]): v["name"] for v in (bucket["values"] if bucket else ())}
        shown = None if theirs is None else names.get(str(theirs), str(theirs))
        path = f"buckets.{bucket['id']}" if bucket else ""
        yield Field(column, str(value), shown, path in changed)


def _sites(row: _Values | None, lines: _Lines) -> str | None:
    if row is None:
        return None
    names = {line["value"]: line["name"] for line in lines if line["column"] == "site_code"}
    return ", ".join(
        f"{code} ({names[code]})" if names.get(code) else code for code in row["site_codes"]
    )


def _groups(tools: Tools, person: _Values | None) -> str | None:
    if person is None:
        return None
    groups = _named(tools, "groups")
    return ", ".join(groups.get(id_, {}).get("name", str(id_)) for id_ in person["group_ids"])


def _text(place: _Values | None, field: str) -> str | None:
    value = place.get(field) if place else None
    return None if value is None else str(value)


def _named(tools: Tools, which: ReferenceList) -> dict[int, _Values]:
    """What ids of ASCIP stand for; nothing is known before it was read."""
    try:
        items = list_reference(tools, which, _ALL).items.items
    except NotFound:
        return {}
    return {int(str(item["id"])): item for item in items}
