"""Extracts of waste lines as a generator exports them: headers found, lines taken or told why not."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

from shared.domain.feeds.dictionary import normalized_header
from shared.domain.feeds.epa_waste import EPA_WASTE
from shared.domain.feeds.feed import Day
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.record import GovernedRecord
from tests.fakes.waste_lines import Line

FIXTURES = Path(__file__).parents[3] / "fixtures/feeds"


def outcomes(name: str) -> list[GovernedRecord | Refused]:
    """Each line of an extract, its headers read by the feed's spellings."""
    spelled = {
        normalized_header(s): f.name for f in EPA_WASTE.fields for s in (f.name, *f.spellings)
    }
    judge = RowJudge(EPA_WASTE, Day(as_of=date(2026, 3, 10)), None)
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        judge.judge(
            Line({spelled[normalized_header(header)]: cell for header, cell in row.items()}, row=n)
        )
        for n, row in enumerate(rows, 1)
    ]


def test_a_sound_extract_is_taken_whole() -> None:
    """PCB of a generator without an id among it."""
    taken = outcomes("epa_waste.csv")
    assert [r.source_id for r in taken] == ["012345678ELC/1", "012345678ELC/2", "012345679ELC/1"]
    assert all(isinstance(each, GovernedRecord) for each in taken)


def test_an_unsound_extract_is_told_line_by_line() -> None:
    """Every code of every line."""
    told = [
        {v.code for v in each.violations} if isinstance(each, Refused) else set()
        for each in outcomes("epa_waste_invalid.csv")
    ]
    assert told == [
        {"EPA-MTN"},
        {
            "EPA-GENERATOR-ID", "EPA-TSDF-ID", "EPA-WASTE-CODE", "EPA-MGMT-METHOD", "EPA-QUANTITY",
            "EPA-CONTAINERS", "EPA-PCB",
        },
        {"EPA-TRANSPORTER-ORDER", "EPA-DATES", "EPA-HAZ-FLAG"},
    ]  # fmt: skip


def test_no_header_means_two_fields() -> None:
    """Or a column would be read by chance."""
    spelled = [
        (normalized_header(spelling), field.name)
        for field in EPA_WASTE.fields
        for spelling in (field.name, *field.spellings)
    ]
    fields_of: dict[str, set[str]] = {}
    for spelling, name in spelled:
        fields_of.setdefault(spelling, set()).add(name)
    assert {s: names for s, names in fields_of.items() if len(names) > 1} == {}


def test_the_feed_says_how_it_is_kept() -> None:
    """Three years after shipment; a new version waits for a review."""
    assert (EPA_WASTE.retention_days, EPA_WASTE.dated_by) == (3 * 365, "shipped_on")
    assert EPA_WASTE.state == {"manifest_status": "PENDING_REVIEW"}
    assert "manifest_status" not in EPA_WASTE.by_name
    assert replace(EPA_WASTE).source_id == ("manifest_tracking_number", "waste_line_number")
