"""What the `mapping` verbs print, for people and for programs."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from services.cli import mapping_report as report
from services.cli.verbs_mapping import _asked, _chosen, _next_step
from shared.domain.mapping_coverage import Part, alike, cover
from shared.domain.mapping_drift import Drift
from shared.domain.mapping_proposals import Proposal, Proposals
from shared.domain.mapping_suggest import suggest
from shared.domain.planning import build_plan
from shared.domain.rehearsal import compare_plans
from shared.domain.staff_result import RowCounts
from shared.pipeline.check_mapping import Checked, Known
from shared.pipeline.mapping_documents import check_document
from shared.pipeline.rehearsal_document import rehearsal_document
from shared.pipeline.rehearse_mapping import Rehearsal
from shared.ports.mappings import MappingVersion
from tests.fakes.people import COLUMNS, a_mapping, a_record, a_reference, plan_inputs, records

THEN = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
KEPT = MappingVersion(
    sha256="ab" * 32, version=1, author="user:olga", recorded_at=THEN, runs=2, last_run="run_2"
)
ROWS = [
    a_record(1, site_codes=("093",)),
    *records(range(2, 1001)),
    a_record(1001, site_codes=("020",)),
]
COVERAGE = cover(alike(ROWS), COLUMNS, a_mapping(), a_reference())
CHECKED = Checked(
    mapping=a_mapping(), known=Known(reference=a_reference()), drift=(), same_number=(),
    counts=RowCounts(rows_in=1001, accepted=1001), coverage=COVERAGE,
)  # fmt: skip


def lines(found: Checked, *, limit: int = 20) -> str:
    return "\n".join(report.check_lines(found, limit=limit))


def test_coverage_is_told_unmapped_first_and_never_rounded_up() -> None:
    told = lines(CHECKED)
    assert "Mapping version 1 (aaaaaaaaaaaa) against ASCIP as it is now." in told
    assert "ok every id exists" in told
    assert "site from site_code: 99.9 % of 1,001 rows, 2 of 3 values mapped" in told
    assert told.index("'093' -> unmapped") < told.index("'010' -> 'Lincoln High' (402)")
    assert "Never used by this file: alias 'Tchr' of bucket 'Job Class'." in told
    assert "the file has no such column" not in told


def test_a_bucket_whose_column_the_file_lacks_is_told() -> None:
    narrow = cover(alike(ROWS), COLUMNS - {"job_title"}, a_mapping(), a_reference())
    assert (
        "bucket 'Job Class' from job_title: the file has no such column, the bucket is left alone"
    ) in lines(replace(CHECKED, coverage=narrow))


def test_more_values_than_wanted_are_counted() -> None:
    assert "… and 2 more values" in lines(CHECKED, limit=1)


def test_what_stops_a_run_comes_before_what_is_only_renamed() -> None:
    drift = (Drift("renamed", lost=False), Drift("gone", lost=True))
    found = replace(CHECKED, drift=drift, same_number=(KEPT,), coverage=None, counts=None)
    told = lines(found)
    assert (
        told.index("x  version 1 was used before")
        < told.index("x  gone")
        < told.index("!  renamed")
    )
    assert not found.sound
    assert not replace(found, same_number=()).sound
    assert replace(found, same_number=(), drift=drift[:1]).sound


def test_what_was_read_before_says_when() -> None:
    old = replace(CHECKED, known=Known(reference=a_reference(), read_at=THEN))
    assert "as read on 2026-03-02 09:05 UTC" in lines(old)
    assert check_document(old)["ascip_read_at"] == "2026-03-02T09:05:00+00:00"


def test_programs_are_told_the_same() -> None:
    document: dict[str, Any] = json.loads(json.dumps(check_document(CHECKED)))
    (site, _) = document["coverage"]
    assert (document["sound"], document["drift"]) == (True, [])
    assert (site["part"], site["rows"], site["rows_unmapped"]) == ("site", 1001, 1)
    assert site["values"][0] == {"value": "093", "rows": 1, "target": None}


def test_suggestions_are_numbered_as_in_their_file() -> None:
    groups = a_reference().groups
    reference = a_reference(groups={**groups, 500: replace(groups[900], id=500, name="093")})
    told = list(report.suggestion_lines(suggest(COVERAGE, a_mapping(), reference)))
    assert told == ["*   1  site '093', 1 row -> '093' (500), exact 1.00"]
    assert list(report.suggestion_lines([])) == [
        "Nothing to propose: every value of the file is mapped."
    ]


def rehearsed(**values: Any) -> Rehearsal:
    rows = [a_record(1, site_codes=("020",)), *records(range(2, 31))]
    today = build_plan(plan_inputs(records=rows))
    new = build_plan(plan_inputs(records=rows, mapping=a_mapping(**values)))
    return Rehearsal(difference=compare_plans(today, new), file_name="staff.csv", read_at=THEN)


@pytest.mark.parametrize(
    ("age_s", "age"),
    [
        (59.0, "less than a minute"),
        (60.0, "1 min"),
        (3599.0, "60 min"),
        (7200.0, "2 h"),
        (172_800.0, "2 d"),
    ],
)
def test_a_rehearsal_says_how_old_its_snapshot_is(age_s: float, age: str) -> None:
    told = list(report.rehearsal_lines(rehearsed(), age_s=age_s, limit=5))
    assert told == [
        f"staff.csv over ASCIP as read {age} ago. Nothing was called or stored.",
        "The plan would be the same.",
    ]


def test_a_rehearsal_shows_what_goes_and_what_comes() -> None:
    found = rehearsed(sites={"010": a_mapping().sites["010"]})
    told = list(report.rehearsal_lines(found, age_s=0, limit=5))
    assert any(line.split() == ["~", "join", "1", "0"] for line in told)
    assert "E1 p***@lincoln.example" in told
    assert "  - join 'Lincoln Middle'" in told
    document = cast("dict[str, Any]", rehearsal_document(found))
    assert document["kinds"]["join"] == {"today": 1, "new": 0}
    assert [person["key"] for person in document["people"]] == ["E1"]
    assert "… and 1 more people" in list(report.rehearsal_lines(found, age_s=0, limit=0))[-1]


def test_a_number_that_stands_for_two_contents_is_marked() -> None:
    other = replace(KEPT, sha256="cd" * 32, runs=0, last_run=None)
    told = list(report.history_lines([KEPT, other, replace(KEPT, version=2)]))
    assert [line.endswith("! number used twice") for line in told] == [True, True, False]
    assert "2 runs, last run_2" in told[0]
    assert "not used yet" in told[1]


PROPOSALS = Proposals(
    version=1, mapping_sha256="",
    items=tuple(
        Proposal(number=n, part=Part.SITE, bucket=None, value=str(n), target=(n, "x"))
        for n in (1, 2, 3)
    ),
)  # fmt: skip


def test_the_next_step_is_one_that_can_be_taken() -> None:
    """What has no target can't be accepted."""
    bare, filled = {"number": 1}, {"number": 2, "target": {"id": 1, "name": "x"}}
    assert _next_step(Path("p.json"), {"proposals": [bare]}).startswith(
        'Next: add to each "target"'
    )
    assert _next_step(Path("p.json"), {"proposals": [bare, filled]}) == (
        "Next: ascip-sync mapping accept p.json"
    )


def test_proposals_are_taken_by_their_numbers() -> None:
    assert [each.number for each in _chosen(PROPOSALS, "3, 1,3")] == [3, 1]
    assert _chosen(PROPOSALS, "") == []


@pytest.mark.parametrize("only", ["4", "1,x", None])
def test_what_nobody_can_mean_is_a_usage_error(only: str | None) -> None:
    """Without numbers somebody has to be asked, and a test has no terminal."""
    with pytest.raises(typer.BadParameter):
        _chosen(PROPOSALS, only)


def test_whoever_stops_at_a_question_learns_that_nothing_was_accepted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object, **__: object) -> bool:
        raise typer.Abort

    with pytest.raises(typer.Abort):
        _asked(PROPOSALS, stop)
    assert "Nothing was accepted. The mapping was not changed." in capsys.readouterr().err
