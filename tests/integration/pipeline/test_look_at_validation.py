"""What reading a file came to, as people see it: counts, rules by rows hit, and a file of all bad rows."""

import csv
import io

from shared.domain.run import Run, RunState
from shared.domain.violation import ViolationClass
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.look_at_validation import errors_file, view_validation
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.lab_feed import LAB


def errors(engine: Installation, run: Run) -> list[dict[str, str]]:
    content = b"".join(errors_file(engine.tools, run.id)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_rules_stand_by_rows_hit_and_each_bad_row_is_one_line(engine: Installation) -> None:
    extract = engine.extract()
    for row in extract.rows[:5]:
        row["work_email"] = "no email at all"
    extract.rows[4]["last_name"] = extract.rows[5]["last_name"] = ""
    extract.rows[5]["first_name"] = ""
    extract.rows[6]["first_name"] = "=cmd"
    extract.rows[6]["employee_id"] = "1.5E+10"
    run = engine.plan(extract)
    found = view_validation(engine.tools, run.id)
    assert found.rows_in == len(extract.rows)
    assert found.counts["quarantined"] == 7
    assert found.counts["accepted"] == len(extract.rows) - 7
    assert found.upload is not None
    told = [(rule.found.code, rule.found.rows) for rule in found.rules]
    assert told == [("invalid_email", 5), ("missing_value", 2), ("excel_damage", 1)]
    first = found.rules[0]
    assert first.rule is not None
    assert first.rule.violation_class is ViolationClass.SCHEMA
    assert first.found.columns == [("work_email", 5)]
    assert found.rules[1].found.columns == [("last_name", 2), ("first_name", 1)]
    assert [row.line for row in first.found.first] == [2, 3, 4, 5, 6]
    assert "no email at all" not in str(found)

    lines = errors(engine, run)
    assert len(lines) == 7
    both = next(line for line in lines if line["line"] == "6")
    assert (both["file"], both["row"]) == ("staff.csv", "5")
    assert both["column"].split("; ") == ["last_name", "work_email"]
    assert both["code"].split("; ") == ["missing_value", "invalid_email"]
    assert not any(word in str(lines) for word in ("no email at all", "=cmd", "1.5E+10"))


def test_a_refused_file_says_what_is_wrong_and_what_to_do(engine: Installation) -> None:
    run = engine.plan(b"employee_id,first_name\nE1,Zoe\n")
    found = view_validation(engine.tools, run.id)
    assert (run.state, found.refused, found.rows_in) == (RunState.REJECTED_INPUT, True, None)
    assert found.refusal is not None
    assert found.refusal.code == "missing_header"
    assert "last_name" in (found.run.detail or "")
    assert errors(engine, run) == []


def test_rules_and_warnings_of_a_governed_feed_are_told(engine: Installation) -> None:
    engine.configure(feeds={LAB.name: LAB})
    sender = Sender(actor=OPERATOR, name="lab.csv", feed=LAB.name)
    text = "Tag,Name,Count,Room\nT1,Scale,2,\nT2,Burner,0,R1\nT3,Hood,0,R2\n"
    run_id = land(engine.tools, io.BytesIO(text.encode()), sender, Order(trigger="cli"))
    engine.workers.until_quiet()
    found = view_validation(engine.tools, run_id)
    assert [(rule.found.code, rule.found.rows) for rule in found.rules] == [("LAB-COUNT", 2)]
    assert [row.source_id for row in found.rules[0].found.first] == ["T2", "T3"]
    assert [(code, rows) for _, code, rows in found.warnings] == [("LAB-ROOM", 1)]
    assert found.rules[0].policy is LAB.rules[0]
    assert len(errors(engine, engine.run(run_id))) == 2
