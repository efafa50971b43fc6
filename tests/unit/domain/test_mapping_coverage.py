"""Which values of an extract the mapping knows, with the rows that hang on each."""

from dataclasses import replace
from typing import Any

from shared.domain.mapping import MappedBucket
from shared.domain.mapping_coverage import Coverage, Part, PartCoverage, alike, cover
from tests.fakes.people import (
    CLERK,
    COLUMNS,
    HIGH,
    JOB,
    LEARNER,
    MANAGER,
    ROOM,
    TEACHER,
    a_mapping,
    a_record,
    a_reference,
)

ALL = COLUMNS | {"role", "timezone", "room"}


def title(number: int, word: str, **values: Any) -> Any:
    return a_record(number, attributes={"job_title": word}, **values)


def covered(*records: Any, columns: frozenset[str] = ALL, **values: Any) -> Coverage:
    return cover(alike(records), columns, a_mapping(**values), a_reference())


def part(coverage: Coverage, wanted: Part) -> PartCoverage:
    (found,) = [each for each in coverage.parts if each.part is wanted]
    return found


def test_unmapped_values_come_first_and_then_the_most_rows() -> None:
    rows = [title(1, "Cook"), title(2, "Nurse"), title(3, "Nurse"), title(4, "Clerk")]
    rows += [title(5, "Teacher"), title(6, "Teacher")]
    job = part(covered(*rows), Part.BUCKET)
    assert [(use.value, use.rows, use.target) for use in job.values] == [
        ("Nurse", 2, None), ("Cook", 1, None), ("Teacher", 2, (TEACHER, "Teacher")),
        ("Clerk", 1, (CLERK, "Clerk")),
    ]  # fmt: skip
    assert (job.bucket, job.column, job.rows, job.percent) == ("Job Class", "job_title", 6, 50.0)


def test_spellings_that_are_compared_as_one_are_one() -> None:
    """Shown as most rows write it."""
    job = part(covered(title(1, "TCHR"), title(2, "tchr"), title(3, "tchr")), Part.BUCKET)
    assert [(use.value, use.rows, use.target) for use in job.values] == [
        ("tchr", 3, (TEACHER, "Teacher")),
    ]  # fmt: skip


def test_site_codes_are_text_and_each_site_of_a_person_counts() -> None:
    coverage = covered(a_record(1, site_codes=("010", "093")), a_record(2, site_codes=("10",)))
    site = part(coverage, Part.SITE)
    assert [(use.value, use.target) for use in site.values] == [
        ("093", None), ("10", None), ("010", (HIGH, "Lincoln High")),
    ]  # fmt: skip


def test_blank_cells_need_no_mapping() -> None:
    job = part(covered(title(1, ""), title(2, "Teacher")), Part.BUCKET)
    assert (job.rows, job.percent) == (1, 100.0)
    assert part(covered(title(1, "")), Part.BUCKET).percent == 100.0


def test_roles_and_time_zones_are_known_by_word_and_by_name() -> None:
    rows = [a_record(1, role="PRIN", timezone="Mars"), a_record(2, role=" learner"), a_record(3)]
    coverage = covered(*rows)
    assert {use.value: use.target for use in part(coverage, Part.ROLE).values} == {
        "PRIN": (MANAGER, "Manager"), " learner": (LEARNER, "Learner"),
    }  # fmt: skip
    assert [use.target for use in part(coverage, Part.TIMEZONE).values] == [None]


def test_a_word_whose_role_is_gone_or_ambiguous_is_unmapped() -> None:
    twice = a_reference(roles={1: "Learner", 2: "Manager", 7: "MANAGER"})
    rows = alike([a_record(1, role="PRIN"), a_record(2, role="Manager")])
    coverage = cover(rows, ALL, a_mapping(), twice)
    assert [use.target for use in part(coverage, Part.ROLE).values] == [None, None]
    gone = a_mapping(role_values={"learner": "Wizard"})
    coverage = cover(alike([a_record(1, role="Learner")]), ALL, gone, a_reference())
    assert [use.target for use in part(coverage, Part.ROLE).values] == [None]


def test_a_text_bucket_takes_everything() -> None:
    room = MappedBucket(id=ROOM, name="Room", column="room")
    rows = [a_record(1, attributes={"room": "B 12"})]
    assert part(covered(*rows, buckets=(room,)), Part.BUCKET).values[0].target == (None, "B 12")


def test_columns_that_the_extract_lacks_are_left_out() -> None:
    coverage = covered(a_record(1), columns=frozenset({"site_code"}))
    assert [each.part for each in coverage.parts] == [Part.SITE]
    assert coverage.unused == ("site '020'",)


def test_what_no_row_uses_is_told() -> None:
    assert covered(title(1, "Teacher")).unused == (
        "site '020'", "alias 'Tchr' of bucket 'Job Class'", "role word 'prin'",
    )  # fmt: skip
    used = [title(1, "TCHR", role="Prin"), title(2, "Clerk", site_codes=("020",))]
    assert covered(*used).unused == ()


def test_two_buckets_may_read_one_column() -> None:
    job = a_mapping().buckets[0]
    other = replace(job, id=ROOM, name="Room", values={"Nurse": 7}, aliases={})
    coverage = covered(title(1, "Nurse"), buckets=(job, other))
    found = {each.bucket: each.percent for each in coverage.parts if each.part is Part.BUCKET}
    assert found == {"Job Class": 0.0, "Room": 100.0}
    assert job.id == JOB
