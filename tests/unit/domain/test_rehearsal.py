"""How two plans over the same extract differ."""

from typing import Any

from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.rehearsal import compare_plans
from tests.fakes.people import JOB, a_mapping, a_person, a_record, plan_inputs, records

SITES = a_mapping().sites


def plan(**values: Any) -> Plan:
    rows = [a_record(1, site_codes=("020",)), *records(range(2, 31))]
    return build_plan(plan_inputs(records=rows, mapping=a_mapping(**values)))


def test_the_same_plan_differs_in_nothing() -> None:
    assert compare_plans(plan(), plan()).same
    assert compare_plans(plan(), plan(sha256="bb" * 32)).people == ()


def test_counts_and_people_are_told_for_both() -> None:
    found = compare_plans(plan(sites={"010": SITES["010"]}), plan())
    assert not found.same
    assert found.kinds == {"join": (0, 1), "leave": (0, 1)}
    assert found.classes == {"memberships_added": (0, 1), "memberships_removed": (0, 1)}
    assert found.held_rows == {"unmapped_site": (1, 0)}
    (person,) = found.people
    assert (person.person_key, person.email_masked) == ("E1", "p***@lincoln.example")
    assert (person.today, person.new) == ((), ("join 'Lincoln Middle'", "leave 'Lincoln High'"))


def test_a_row_that_is_held_without_an_action_makes_a_difference() -> None:
    rows = [a_record(1, site_codes=("093",)), *records(range(2, 31))]
    known = a_mapping(sites={**SITES, "093": SITES["010"]})
    today, new = (build_plan(plan_inputs(records=rows, mapping=m)) for m in (a_mapping(), known))
    found = compare_plans(today, new)
    assert (found.people, found.same) == ((), False)


def test_names_of_reference_data_are_told_and_values_of_people_are_not() -> None:
    people = [a_person(1, last_name="Secret", buckets=()), *map(a_person, range(2, 31))]
    rows = [a_record(1, attributes={"job_title": "Cook"}), *records(range(2, 31))]
    (job,) = a_mapping().buckets
    knows = type(job)(id=JOB, name=job.name, column=job.column, values={**job.values, "Cook": 56})
    today, new = (
        build_plan(plan_inputs(records=rows, people=people, mapping=m))
        for m in (a_mapping(), a_mapping(buckets=(knows,)))
    )
    (person,) = compare_plans(today, new, {JOB: "Job Class"}).people
    assert person.today == ("update (bucket 'Job Class', held: unmapped_bucket_value, last_name)",)
    assert person.new == ("update (bucket 'Job Class' -> 'Clerk', last_name)",)
