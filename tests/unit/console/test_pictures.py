"""Pictures: sound markup, the same numbers as their tables, hostile names inert, any number of runs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, FileSystemLoader

import services.console
from services.console.pictures import runs
from services.console.pictures.columns import Column, ceiling, draw
from services.console.pictures.lists import reasons, waiting
from services.console.pictures.phases import phases
from services.console.pictures.picture import Picture, Series, element
from shared.domain.action import ActionStatus, Kind
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate, Verdict
from shared.domain.run import Phase, RunMode, RunState
from shared.ports.trends import OpenRecords, PastRun, ReasonCount, RowFigures
from shared.ports.views import PhaseSpan

ZONE = ZoneInfo("America/Los_Angeles")
AT = datetime(2026, 10, 20, 5, 12, tzinfo=UTC)
HOSTILE = "\"><script>alert(1)</script>&' <b onload=x>"
CONSOLE = Path(services.console.__file__).parent


def past(number: int, updates: int = 3, *, removals: int = 1, **more: Any) -> PastRun:
    tripped = Verdict.TRIPPED if removals >= 47 else Verdict.OK
    return PastRun(
        **{
            "id": f"run_{number}", "feed": "staff", "mode": RunMode.PLAN, "state": RunState.APPLIED,
            "created_at": AT + timedelta(days=number), "file_name": "staff.csv",
            "planned": {Kind.UPDATE: updates, Kind.ADD: 2, Kind.JOIN: 1, Kind.DEACTIVATE: removals},
            "removals": Gate(name=GateName.REMOVALS, limit=47, value=removals, verdict=tripped),
            "rows": RowFigures(rows_in=4000 + number, accepted=3990, quarantined=number % 3),
            "ended": {ActionStatus.FAILED: 1, ActionStatus.CONFLICT: 1}, **more,
        }
    )  # fmt: skip


def every(history: Sequence[PastRun]) -> list[Picture]:
    return [runs.actions(history, ZONE), runs.removals(history, ZONE), runs.rows(history, ZONE)]


def parsed(markup: str | None) -> ET.Element:
    assert markup
    return ET.fromstring(markup)  # noqa: S314  # our own markup


def shown(picture: Picture) -> str:
    folder = FileSystemLoader(CONSOLE / "templates")
    environment = Environment(loader=folder, autoescape=True)
    part = environment.get_template("parts/picture.html.j2")
    return str(part.module.picture(picture))  # type: ignore[attr-defined]  # a macro


def numbers(picture: Picture) -> list[list[str]]:
    return [[cell.text for cell in row] for row in picture.table.rows]


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_any_number_of_runs_is_a_sound_picture_with_name_sentence_and_table(count: int) -> None:
    for picture in every([past(number, removals=number * 3) for number in range(count)]):
        assert picture.summary
        assert len(picture.table.rows) == count
        whole = parsed(shown(picture))
        tables = whole.findall(".//table")
        if not count:
            assert (picture.svg, tables) == (None, [])
            continue
        svg = parsed(picture.svg)
        assert (svg.get("role"), len(tables)) == ("img", 1)
        named = {element.get("id"): element.text for element in svg.iter() if element.get("id")}
        assert named[svg.get("aria-labelledby")] == picture.title
        assert named[svg.get("aria-describedby")] == picture.summary
        assert len(svg.findall("g")) == count
        assert len(tables[0].findall(".//th[@scope='row']")) == count


def test_an_id_stands_once_on_a_page_and_every_pattern_that_is_used_is_there() -> None:
    history = [past(number, removals=number * 3) for number in range(30)]
    page = "".join(map(shown, every(history)))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    assert "style=" not in page


def test_three_pictures_of_thirty_runs_fit_into_a_page() -> None:
    """Of its 100 KB and 3,000 nodes; the longest ids and numbers there are."""
    history = [
        past(100_000 + number, 48_000, removals=number * 300, id=f"run_{'A' * 22}{number:02d}",
             created_at=AT + timedelta(days=number), state=RunState.APPLIED_WITH_ERRORS)
        for number in range(30)
    ]  # fmt: skip
    pages = [shown(picture) for picture in every(history)]
    nodes = sum(1 for page in pages for _ in parsed(page).iter())
    assert sum(len(page.encode()) for page in pages) < 90_000
    assert nodes < 2_800


def test_bars_are_as_high_as_the_numbers_of_the_table() -> None:
    history = [past(number, updates=10 * (number + 1)) for number in range(4)]
    picture = runs.actions(history, ZONE)
    bars = parsed(picture.svg).findall("g")
    heights = [float(bar.findall("rect")[0].get("height", "")) for bar in bars]
    assert [height / heights[0] for height in heights] == pytest.approx([1, 2, 3, 4], rel=0.01)
    assert picture.table.head[3:] == [
        "Updates", "Additions", "Group changes", "Removals", "Held", "Failed",
    ]  # fmt: skip
    assert numbers(picture)[2] == [
        "run_2", "21 Oct 2026", "Applied", "30", "2", "1", "1", "0", "2",
    ]  # fmt: skip
    words = bars[2].findtext("title")
    assert words == (
        "run_2, 21 Oct 2026, Applied: updates 30, additions and reactivations 2, group changes 1,"
        " removals 1"
    )


def test_a_bar_that_towers_is_broken_with_its_number_and_the_others_stay_tall() -> None:
    history = [past(number, updates=3) for number in range(12)]
    history[5] = past(5, updates=50_000)
    svg = parsed(runs.actions(history, ZONE).svg)
    assert [text.text for text in svg.iter("text")] == ["50,004"]
    bars = [bar.findall("rect") for bar in svg.findall("g")]
    usual = sum(float(r.get("height", "")) for r in bars[0] if "url" not in r.get("fill", ""))
    assert usual > 60
    assert runs.actions(history, ZONE).scale[0] == "8"
    every_y = [float(rect.get("y", "")) for bar in bars for rect in bar]
    assert min(every_y) > 0, "nothing stands out at the top"


@pytest.mark.parametrize(
    ("heights", "limit", "top"),
    [
        ([], None, 2), ([0, 0], None, 2), ([3], None, 4), ([50_000], None, 60_000),
        ([3, 3, 3, 3, 19], None, 4), ([3, 3, 3, 3, 18], None, 20), ([90, 80, 3, 3, 3], None, 100),
        ([3, 3, 62], 47, 80), ([3, 3, 3, 3, 600], 47, 60), ([8, 8, 8, 8, 1001], None, 8),
        ([65, 608], None, 800),
    ],
)  # fmt: skip
def test_the_top_is_round_and_above_whatever_does_not_tower(
    heights: list[int], limit: int | None, top: int
) -> None:
    columns = [
        Column(words="", parts=[(Series.CHANGED, height)], limit=limit) for height in heights
    ]
    assert ceiling(columns) == top


def test_three_beside_fifty_thousand_in_one_bar_are_seen() -> None:
    parts = [(Series.CHANGED, 50_000), (Series.REMOVED, 3), (Series.ADDED, 0)]
    drawn = draw("x", "t", "s", [Column(words="", parts=parts)])
    (bar,) = parsed(drawn.svg).findall("g")
    heights = {rect.get("class"): float(rect.get("height", "")) for rect in bar.iter("rect")}
    assert heights["picture-removed"] == 3
    assert "picture-added" not in heights


def test_removals_over_the_limit_are_told_by_pattern_shape_and_word() -> None:
    picture = runs.removals([past(1, removals=46), past(2, removals=47)], ZONE)
    below, over = parsed(picture.svg).findall("g")
    assert [r.get("class") for r in below.findall("rect")] == ["picture-changed"]
    assert [r.get("fill") for r in over.findall("rect")] == [None, "url(#removals-hatch)"]
    assert over.find("svg/path[@class='picture-diamond']") is not None
    assert [row[2:] for row in numbers(picture)] == [
        ["46", "47", "below the limit"], ["47", "47", "held"],
    ]  # fmt: skip
    assert picture.summary == (
        "1 of 2 plans reached the limit. The newest would remove 47; its limit is 47."
    )
    first = Gate(name=GateName.REMOVALS, limit=0, value=3, verdict=Verdict.NO_BASELINE)
    alone = runs.removals([replace(past(1), removals=first)], ZONE)
    assert numbers(alone)[0][3] == "none yet"
    assert parsed(alone.svg).find(".//line[@class='picture-limit']") is None


def test_hostile_names_are_text() -> None:
    hostile = past(1, id=HOSTILE, file_name=HOSTILE)
    told = [ReasonCount(status=ActionStatus.FAILED, code=HOSTILE, count=2)]
    for picture in (*every([hostile]), reasons(told, lambda reason: f"/x?{reason.code}")):
        page = shown(picture)
        assert "<script" not in page
        assert "<b " not in page
        whole = parsed(page)
        assert not {"script", "b"} & {element.tag for element in whole.iter()}
        assert HOSTILE.replace("_", " ") in "".join(whole.itertext())


def test_attributes_are_escaped_too() -> None:
    made = parsed(element("g", HOSTILE, class_=HOSTILE, width=1.005, height=None))
    assert (made.get("class"), made.text) == (HOSTILE, HOSTILE)
    assert (made.get("width"), made.get("height"), len(made)) == ("1", None, 0)


def test_phases_lie_one_after_the_other_and_a_long_wait_is_cut() -> None:
    begun = [0, 10, 12_000, 12_100]
    spans = [
        PhaseSpan(
            phase=phase, started_at=AT + timedelta(seconds=start),
            ended_at=None if phase is Phase.VERIFY else AT + timedelta(seconds=start + took),
        )
        for phase, start, took in zip(
            (Phase.VALIDATE, Phase.FETCH, Phase.APPLY, Phase.VERIFY), begun, (10, 90, 100, 0),
            strict=True,
        )
    ]  # fmt: skip
    picture = phases(spans, AT + timedelta(seconds=12_110), ZONE)
    svg = parsed(picture.svg)
    lying = [
        (float(r.get("x", "")[:-1]), float(r.get("width", "")[:-1])) for r in svg.findall("rect")
    ]
    widths = [width for _, width in lying]
    assert [width / widths[0] for width in widths] == pytest.approx([1, 9, 10, 1], rel=0.01)
    ends = [x + width for x, width in lying]
    assert ends[0] == pytest.approx(lying[1][0], abs=0.02)
    assert lying[2][0] - ends[1] == pytest.approx(5, abs=0.02)
    assert ends[-1] <= 100.01
    assert len(svg.findall("line[@class='picture-cut']")) == 1
    assert numbers(picture)[0] == [
        "Read the file", "19 Oct 22:12:00", "19 Oct 22:12:10", "10.0 s",
    ]  # fmt: skip
    assert numbers(picture)[3][2:] == ["goes on", "10.0 s"]
    assert picture.summary == "3 min 30 s of work; longest: Apply, 1 min 40 s."
    assert phases([], AT, ZONE).svg is None


def test_reasons_are_links_with_bars_and_the_table_has_more_than_are_drawn() -> None:
    told = [
        ReasonCount(status=ActionStatus.FAILED, code=f"code_{n}", count=1000 - n) for n in range(12)
    ]
    picture = reasons(told, lambda reason: f"/runs/run_1/plan?status={reason.status}")
    assert (len(picture.rows), len(picture.table.rows)) == (8, 12)
    assert picture.rows[0].name == "code 0 (failed)"
    assert picture.rows[0].number == "1,000"
    page = parsed(shown(picture))
    assert page.find("ul/li/span/a[@href='/runs/run_1/plan?status=failed']") is not None
    assert "11,934 actions for 12 reasons; most frequent: code 0 (1,000)." in picture.summary
    assert reasons([], lambda _: "").rows == ()


def test_what_waits_is_counted_by_age() -> None:
    today = date(2026, 11, 22)
    records = [
        OpenRecords(feed="f", opened_on=today - timedelta(days=age), records=count, overdue=1)
        for age, count in ((0, 1), (7, 2), (8, 4), (30, 8), (31, 16), (900, 32))
    ]
    picture = waiting(records, today)
    assert [row[1] for row in numbers(picture)] == ["3", "4", "8", "48"]
    assert picture.summary == "63 records wait, 6 past the due date."
    assert waiting([], today).rows == ()


def test_every_class_of_a_picture_has_its_colour_in_both_schemes() -> None:
    css = (CONSOLE / "static" / "pictures.css").read_text(encoding="utf-8")
    history = [past(n, removals=n * 3, state=state) for n, state in enumerate(RunState)]
    page = "".join(map(shown, every(history)))
    drawn = set(re.findall(r'<(?:rect|line|path|text)[^>]* class="(picture-[a-z-]+)"', page))
    assert len(drawn) > 8
    assert not {name for name in drawn if not re.search(rf"\.{name}\b", css)}
    of = dict(re.findall(r"--(picture-[a-z]+): var\(--([a-z]+)\)", css))
    app = (CONSOLE / "static" / "app.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", part))
        for part in app.partition("@media print")[0].split("prefers-color-scheme: dark")
    )
    for scheme in (light, dark):
        for name in ("changed", "added", "groups", "removed", "limit", "base"):
            ground = scheme[of["picture-ground"]]
            assert contrast(scheme[of[f"picture-{name}"]], ground) >= 3, name


def contrast(one: str, other: str) -> float:
    """As WCAG 2 counts it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
