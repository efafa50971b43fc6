"""A run in ten lines that name nobody, whatever state it is in."""

import re

from services.cli.render_markdown import markdown_lines
from shared.domain.run import Run, RunState
from shared.pipeline.look import view_plan, view_run
from tests.fakes.installation import Installation
from tests.integration.pipeline.test_governed_run import HEADER, A, lab, plan

__all__ = ["lab"]


def told(engine: Installation, run: Run) -> list[str]:
    view = view_run(engine.tools, run.id)
    return list(markdown_lines(view, view_plan(engine.tools, run.id) if view.plan_id else None))


def test_a_run_is_told_in_ten_lines_from_beginning_to_end(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    waiting = engine.plan(extract)
    lines = told(engine, waiting)
    assert lines[0] == f"## Run `{waiting.id}`: awaiting_approval"
    assert "- **Review**: none" in lines
    assert "- **Next**: approver, review" in lines
    done = engine.apply(engine.approve(waiting))
    lines = told(engine, done)
    assert len(lines) == 10
    text = "\n".join(lines)
    assert re.search(r"- \*\*Rows\*\*: (\d+) = \d+ unchanged \+ \d+ applied\n", text)
    assert "succeeded; read again " in text
    assert "- **Review**: approved by a person on 20" in text
    assert "3 add, 4 update" in text
    words = text.casefold()
    for row in extract.rows:
        for name in ("last_name", "first_name", "work_email", "employee_id"):
            assert f" {row[name].casefold()} " not in words
    for somebody in ("anna", "olga", "staff.csv", "@"):
        assert somebody not in words, somebody


def test_a_run_without_a_plan_has_its_ten_lines_too(engine: Installation) -> None:
    run = engine.plan(b"no,header\n1,2\n")
    assert run.state is RunState.REJECTED_INPUT
    lines = told(engine, run)
    assert len(lines) == 10
    assert lines[2] == "- **Extract**: not read"
    assert lines[-1] == "- **Next**: operator, mend_the_extract"


def test_a_governed_run_has_the_kinds_of_its_store(lab: Installation) -> None:  # the fixture
    lines = told(lab, plan(lab, A + HEADER.splitlines()[0] + "\n"))
    assert len(lines) == 10
    assert "3 add, 0 update, 0 retire; held 0" in lines[5]
