"""Gates on the first screen of a plan: what tripped is read first, with its site and its numbers."""

from types import SimpleNamespace
from typing import cast

from services.cli.render_gates import gates_lines, judged_lines
from shared.domain.baseline import ExtractFigures, ExtractSize
from shared.domain.planning import build_plan
from shared.pipeline.look import PlanView
from tests.fakes.people import DISTRICT, MIDDLE, a_person, people, plan_inputs, records


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
    plan = SimpleNamespace(header=made.header, facts=facts)
    *tripped, fine = gates_lines(cast("PlanView", SimpleNamespace(plan=plan)))
    assert tripped == [
        "Gates: 3 of 12 TRIPPED.",
        "  ! removals: 50 of at most 9; holds removals",
        "  ! removals_site Lincoln Middle: 50 of at most 11; holds removals of that site",
        "  ! rows_fewer: 50 of at most 6; holds removals",
    ]
    assert fine == (
        "  ok: memberships_removed 0 (limit 15) · adds 0 (limit 30) · updates 0 (limit 60) ·"
        " key_changes 0 (limit 3) · blanked 0 (limit 7) · bytes_fewer 900 (limit 1,000) ·"
        " quarantined 0 (limit 1) · unidentified_rows 0 (limit 1) · details_missing 0 (limit 1)"
    )


def test_gates_without_a_baseline_name_no_limit() -> None:
    made = build_plan(plan_inputs())
    view = cast("PlanView", SimpleNamespace(plan=SimpleNamespace(facts={})))
    first, *_, last = judged_lines(made.gates, view, of=" over what is approved")
    assert first == "Gates over what is approved: none tripped."
    assert last == "  no baseline: rows_fewer 0 · bytes_fewer 0"
