"""What an unmapped value probably means: sure only where one name alone is nearly the same."""

from typing import Any

import pytest

from shared.domain.mapping_coverage import Part, alike, cover
from shared.domain.mapping_suggest import SURE, Meaning, Scored, Suggestion, score, suggest
from shared.domain.snapshot import Group, Reference
from tests.fakes.people import (
    CLERK,
    COLUMNS,
    DISTRICT,
    HIGH,
    TEACHER,
    a_mapping,
    a_record,
    a_reference,
)


def suggested(*records: Any, reference: Reference | None = None, **values: Any) -> list[Suggestion]:
    known, mapping = reference or a_reference(), a_mapping(**values)
    columns = COLUMNS | {"role", "timezone"}
    return suggest(cover(alike(records), columns, mapping, known), mapping, known)


def schools(*names: str, codes: dict[str, str] | None = None) -> Reference:
    groups = {
        500 + number: Group(id=500 + number, name=name, code=(codes or {}).get(name))
        for number, name in enumerate(names)
    }
    return a_reference(groups={**a_reference().groups, **groups})


def a_site(code: str, *names: str, codes: dict[str, str] | None = None) -> Suggestion:
    (found,) = suggested(a_record(1, site_codes=(code,)), reference=schools(*names, codes=codes))
    return found


@pytest.mark.parametrize(
    ("value", "words", "rule", "least", "most"),
    [
        ("Clerk", ("Clerk",), "exact", 1, 1),
        ("Cafe\u0301", ("Caf\u00e9 ",), "exact", 1, 1),
        ("093", ("Harbor", "093"), "exact", 1, 1),
        ("CLERK", ("Clerk",), "casefold", 0.99, 0.99),
        ("Tchr.", ("Teacher", "TCHR"), "alias", 0.95, 0.95),
        ("Clerk, Senior", ("Senior Clerk",), "similar", 0.94, 0.94),
        ("Sr Clerk", ("Clerk",), "similar", 0.6, 0.8),
        ("Elementary 12", ("Elementary 13",), "similar", 0, 0),
        ("10", ("010",), "similar", 0, 0),
        ("10001", ("100010",), "similar", 0, 0),
        ("!", ("?",), "similar", 0, 0),
    ],
)
def test_the_score_of_a_likeness(
    value: str, words: tuple[str, ...], rule: str, least: float, most: float
) -> None:
    name, *others = words
    found = score(value, Meaning(id=1, name=name, words=tuple(others)))
    assert found.rule == rule
    assert least <= found.score <= most


@pytest.mark.parametrize(
    ("best", "second", "sure"),
    [(0.89, None, False), (0.9, None, True), (0.95, 0.95, False), (0.95, 0.94, True)],
)
def test_sure_is_what_is_near_and_has_no_equal(
    best: float, second: float | None, sure: bool
) -> None:
    meaning = Meaning(id=1, name="x")
    made = Suggestion(
        part=Part.SITE, bucket=None, value="x", rows=1,
        best=Scored(meaning=meaning, score=best, rule="similar"),
        runner_up=None if second is None else Scored(meaning=meaning, score=second, rule="similar"),
    )  # fmt: skip
    assert made.preselected is sure
    assert SURE == 0.9


def test_a_site_is_found_by_the_code_of_its_group() -> None:
    found = a_site("093", "Harbor Middle", "Harbor High", codes={"Harbor Middle": "093"})
    assert found.best is not None
    assert (found.best.meaning.name, found.best.rule, found.preselected) == (
        "Harbor Middle", "exact", True,
    )  # fmt: skip


def test_a_name_that_two_groups_have_is_a_tie() -> None:
    found = a_site("Harbor", "Harbor", "Harbor")
    assert found.best is not None
    assert found.runner_up is not None
    assert (found.best.meaning.id, found.runner_up.meaning.id) == (500, 501)
    assert not found.preselected


def test_a_site_never_means_the_whole_district() -> None:
    found = a_site("Lincoln USD", "Lincoln Union")
    assert found.best is not None
    assert found.best.meaning.id not in (DISTRICT, HIGH)


def test_nothing_like_it_is_told_without_a_meaning() -> None:
    found = a_site("Zzyzx", "Harbor Middle")
    assert (found.best, found.runner_up, found.preselected) == (None, None, False)


def test_a_bucket_value_is_found_by_its_spellings() -> None:
    rows = [a_record(number, attributes={"job_title": "TCHR."}) for number in (1, 2)]
    (found,) = suggested(*rows)
    assert found.best is not None
    assert (found.part, found.bucket, found.value, found.rows) == (
        Part.BUCKET, "Job Class", "TCHR.", 2,
    )  # fmt: skip
    assert (found.best.meaning.id, found.best.rule) == (TEACHER, "alias")


def test_a_value_that_the_mapping_forgot_is_found_by_its_name() -> None:
    mapping = a_mapping()
    (job,) = mapping.buckets
    without = type(job)(id=job.id, name=job.name, column=job.column, values={"Teacher": TEACHER})
    rows = [a_record(1, attributes={"job_title": "Clerk"})]
    (found,) = suggested(*rows, buckets=(without,))
    assert found.best is not None
    assert (found.best.meaning.id, found.best.rule) == (CLERK, "exact")


def test_roles_are_proposed_and_time_zones_are_not() -> None:
    """A time zone is known by its name alone: there is nothing to write into the mapping."""
    (found,) = suggested(a_record(1, role="Managers", timezone="America/Los_Angelos"))
    assert found.best is not None
    assert (found.part, found.best.meaning.name) == (Part.ROLE, "Manager")


def test_what_is_mapped_is_not_proposed() -> None:
    assert suggested(a_record(1), a_record(2, role="PRIN")) == []
