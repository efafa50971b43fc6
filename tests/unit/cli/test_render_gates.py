"""Gates on the first screen of a plan: what tripped is read first, with its site and its numbers."""

from types import SimpleNamespace
from typing import cast

from services.cli.render_gates import gates_lines, judged_lines, tripped_lines
from shared.domain.action import Kind
from shared.domain.baseline import ExtractFigures, ExtractSize
from shared.domain.gates import Measures, judge
from shared.domain.planning import build_plan
from shared.domain.policy import Limits, RemovalLimit
from shared.pipeline.look import PlanView
from tests.fakes.people import (
    DISTRICT,
    MIDDLE,
    a_person,
    an_action,
    people,
    plan_inputs,
    records,
)


def test_an_extract_of_one_site_says_first_what_is_strange_about_it() -> None:
    found = people(range(1, 101)) | {
        n: a_person(n, group_ids=(DISTRICT, MIDDLE)) for n in range(101, 151)
    }
    size, usual = ExtractSize(rows=100, size_bytes=9100), ExtractSize(rows=150, size_bytes=10_000)
    made = build_plan(
        plan_inputs(
            people=found.values(), records=records(range(1, 101)),
            extract=ExtractFigures(size=size, usual=usual),
        )
    )  # fmt: skip
    facts = {"sites": {"020": "Lincoln Middle"}}
    plan = SimpleNamespace(gates=made.gates, facts=facts)
    view = cast("PlanView", SimpleNamespace(plan=plan))
    *tripped, fine = gates_lines(view)
    assert list(tripped_lines(view)) == tripped
    assert tripped == [
        "Gates: 3 of 12 TRIPPED.",
        "  ! removals: 50 of 150 would be removed; limit 10; holds removals",
        (
            "  ! removals_site Lincoln Middle: 50 of 50 there would be removed; limit 12;"
            " holds removals of that site"
        ),
        "  ! rows_fewer: 50 rows fewer than usual (100 instead of 150); limit 7; holds removals",
    ]
    assert fine == (
        "  ok: memberships_removed 0 (limit 15) · adds 0 (limit 30) · updates 0 (limit 60) ·"
        " key_changes 0 (limit 3) · blanked 0 (limit 7) · bytes_fewer 900 (limit 1,000) ·"
        " quarantined 0 (limit 1) · unidentified_rows 0 (limit 1) · details_missing 0 (limit 1)"
    )


def test_gates_without_a_baseline_name_no_limit() -> None:
    made = build_plan(plan_inputs())
    view = cast("PlanView", SimpleNamespace(plan=SimpleNamespace(facts={})))
    first, *_, last = judged_lines(made.gates, view, again=True)
    assert first == "Gates over what is approved: none tripped."
    assert last == "  no baseline: rows_fewer 0 · bytes_fewer 0"


def told(removed: dict[str, int]) -> list[str]:
    """What is said of so many removals at sites of a hundred people."""
    actions = [
        an_action(Kind.DEACTIVATE, f"{site}-{n}", site=site)
        for site, count in removed.items()
        for n in range(count)
    ]
    limits = Limits(removals=RemovalLimit(count=999))
    measures = Measures(managed=900, managed_at=dict.fromkeys(removed, 100))
    view = cast("PlanView", SimpleNamespace(plan=SimpleNamespace(facts={})))
    return list(judged_lines(judge(actions, limits=limits, measures=measures), view))


def test_of_many_sites_over_their_limit_the_worst_are_named() -> None:
    lines = told({"010": 25, "020": 30, "030": 1, "040": 26, "050": 27})
    assert lines[0] == "Gates: 1 of 12 TRIPPED."
    assert [line.split(";")[0] for line in lines[1:5]] == [
        "  ! removals_site 020: 30 of 100 there would be removed",
        "  ! removals_site 050: 27 of 100 there would be removed",
        "  ! removals_site 040: 26 of 100 there would be removed",
        "    … and at 1 more site",
    ]


def test_of_sites_below_their_limit_the_nearest_is_named() -> None:
    fine = told({"010": 3, "020": 24, "030": 1})[1]
    assert "removals_site nearest of 3 sites: 020 24 (limit 25) ·" in fine
