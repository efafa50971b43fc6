"""A run's timeline in words: the newest, each with its time in UTC and who it was."""

import re
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import cast

from services.cli.render_outcome import made_from, timeline_lines
from shared.domain.audit import AuditVerb
from shared.domain.canonical import Json
from shared.domain.run import Run
from shared.ports.views import Happening


def happened(verb: AuditVerb, **detail: Json) -> Happening:
    at = datetime(2026, 11, 20, 4, tzinfo=timezone(timedelta(hours=-8)))
    return Happening(sequence=1, at=at, actor="user:anna", verb=verb, detail=detail)


def test_what_happened_is_a_line() -> None:
    paused = happened(AuditVerb.RUN_STATE_CHANGED, to="paused", reason="operator")
    (line,) = timeline_lines([paused])
    assert re.split(" {2,}", line) == ["2026-11-20 12:00:00", "paused (operator)", "user:anna"]
    reviewed = happened(AuditVerb.PLAN_REVIEWED, decision="discard")
    assert "plan discarded" in next(timeline_lines([reviewed]))
    landed = happened(AuditVerb.MAPPING_RECORDED, version=3)
    assert "mapping recorded" in next(timeline_lines([landed]))


def test_of_many_the_newest_are_shown() -> None:
    many = [happened(AuditVerb.RUN_STATE_CHANGED, to=f"s{n}", reason=None) for n in range(21)]
    assert "s0 " in next(timeline_lines(many[:20]))
    lines = list(timeline_lines(many))
    assert len(lines) == 21
    assert lines[0] == "… 1 earlier: status --json"
    assert "s1 " in lines[1]
    assert datetime.fromisoformat(lines[1][:19]).replace(tzinfo=UTC) == many[0].at


def test_a_run_without_a_file_says_what_it_takes_back() -> None:
    runs = (
        SimpleNamespace(reverts=reverts, file_name=name)
        for reverts, name in ((None, "staff.csv"), ("run_1", None))
    )
    assert [made_from(cast("Run", run)) for run in runs] == ["file staff.csv", "takes back run_1"]
