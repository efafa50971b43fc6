"""Reference exports: groups, buckets, roles, time zones and people of the LMS, one CSV each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from shared.adapters.reports.cells import Cell
from shared.adapters.reports.writing import Filing
from shared.domain.canonical import Json
from shared.domain.snapshot import Group, Person
from shared.ports.shelf import Filed

_Item = Mapping[str, Json]

_PERSON = (
    "id", "username", "email", "first_name", "last_name", "status", "employee_number",
    "role_id", "timezone_id", "group_ids",
)  # fmt: skip


def write_reference(
    filing: Filing,
    reference: Mapping[str, Json],
    groups: Iterable[Group],
    people: Iterable[Person] | None,
) -> list[Filed]:
    """Write the CSV files; people are streamed."""

    def write(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        with filing.csv(name, columns) as table:
            table.write_all(rows)

    buckets = _items(reference, "buckets")
    write("groups.csv", ("id", "name", "code"), _groups(reference, groups))
    write("buckets.csv", ("bucket_id", "bucket", "type", "value_id", "value"), _buckets(buckets))
    write("roles.csv", ("id", "name"), _named(reference, "roles"))
    write("timezones.csv", ("id", "name"), _named(reference, "timezones"))
    if people is not None:
        ids = [cast("int", bucket["id"]) for bucket in buckets]
        columns = (*_PERSON, *(f"bucket_{bucket}" for bucket in ids))
        write("people.csv", columns, (_person(person, ids) for person in people))
    return filing.written


def _items(reference: Mapping[str, Json], name: str) -> list[_Item]:
    return sorted(
        cast("Sequence[_Item]", reference.get(name) or ()), key=lambda item: cast("int", item["id"])
    )


def _groups(reference: Mapping[str, Json], groups: Iterable[Group]) -> Iterator[Sequence[Cell]]:
    # The reference names all groups; a group of the snapshot is listed even if it is gone since.
    rows: dict[int, Sequence[Cell]] = {g.id: (g.id, g.name, g.code) for g in groups}
    for item in _items(reference, "groups"):
        group_id = cast("int", item["id"])
        rows[group_id] = (group_id, cast("str", item["name"]), cast("str | None", item.get("code")))
    return (rows[group_id] for group_id in sorted(rows))


def _buckets(buckets: Iterable[_Item]) -> Iterator[Sequence[Cell]]:
    for bucket in buckets:
        head = [cast("Cell", bucket[key]) for key in ("id", "name", "type")]
        values = cast("Sequence[_Item]", bucket.get("values") or ())
        if not values:
            yield [*head, None, None]
        for value in values:
            yield [*head, cast("Cell", value["id"]), cast("Cell", value["name"])]


def _named(reference: Mapping[str, Json], name: str) -> Iterator[Sequence[Cell]]:
    for item in _items(reference, name):
        yield cast("Cell", item["id"]), cast("Cell", item["name"])


def _person(person: Person, buckets: Iterable[int]) -> Sequence[Cell]:
    values = dict(person.buckets)
    return [
        person.id, person.username, person.email, person.first_name, person.last_name,
        person.status.value, person.employee_number, person.role_id, person.timezone_id,
        " ".join(map(str, person.group_ids)),
        *(values.get(bucket) for bucket in buckets),
    ]  # fmt: skip
