"""`explain KEY`: one person, or one governed record, step by step."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.cli.exits import Exit
from services.cli.session import open_session
from shared.domain.explanation import Step, StepStatus
from shared.domain.feeds.staff import FEED as STAFF
from shared.pipeline.explain import Explanation, explain
from shared.pipeline.explain_document import (
    explanation_document,
    record_explanation_document,
)
from shared.pipeline.explain_ground import ExplainedRun
from shared.pipeline.explain_record import RecordExplanation, explain_record
from shared.ports.views import Page, PageOf

_SIGNS = {
    StepStatus.SUCCESS: "ok", StepStatus.WARNING: "!", StepStatus.FAILURE: "x", StepStatus.SKIPPED: "-",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which runs are told of, and of which feed."""

    feed: str
    run_id: str | None
    after: str | None
    limit: int


def explain_one(config: Path | None, key: str, wish: Wish, *, as_json: bool) -> int:
    """What became of somebody, or of a governed record, the newest run first."""
    with open_session(config) as session:
        # Not everybody wants an address in the shell's history.
        key = sys.stdin.readline() if key == "-" else key
        page = PageOf(after=wish.after, limit=wish.limit)
        if wish.feed == STAFF:
            found = explain(session.tools, key, page, run_id=wish.run_id)
            document, told = explanation_document(found), lines(found)
        else:
            record = explain_record(session.tools, (wish.feed, key), page, run_id=wish.run_id)
            document, told = record_explanation_document(record), record_lines(record)
    if as_json:
        print(json.dumps(document))
        return Exit.DONE
    for line in told:
        print(line)
    return Exit.DONE


def lines(found: Explanation) -> Iterator[str]:
    """The explanation for a terminal: who it is, then six steps for each run."""
    yield from _who(found)
    yield from _runs(found.runs)


def record_lines(found: RecordExplanation) -> Iterator[str]:
    """The same of a governed record."""
    version = found.current
    force = (
        f"version {version.version}, {version.status.value}" if version else "no version in force"
    )
    yield f"{found.feed}  {found.source_id}  {force}"
    yield from _runs(found.runs)


def _runs(runs: Page[ExplainedRun]) -> Iterator[str]:
    for explained in runs.items:
        yield ""
        yield from _run(explained)
    if runs.has_more:
        yield ""
        yield f"Earlier runs: --after {runs.items[-1].run.id}"


def _who(found: Explanation) -> Iterator[str]:
    if found.who is None:
        yield f"Nobody goes with this {found.by.value.replace('_', ' ')}: no row, nobody in ASCIP, no link."
    else:
        parts = [
            found.who.employee_id, found.who.ascip_id and f"ASCIP {found.who.ascip_id}", found.name,
            found.email_masked,
        ]  # fmt: skip
        yield "  ".join(part for part in parts if part)
    standing = found.standing
    if standing.linked_id:
        yield f"Linked to ASCIP {standing.linked_id}, last by {standing.linked_by}."
    if standing.absent_since:
        yield f"Has left, by the runs so far: since {standing.absent_since}."
    if found.also:
        yield f"The same key also means: {', '.join(found.also)}."


def _run(explained: ExplainedRun) -> Iterator[str]:
    run = explained.run
    mode = "" if run.mode.value == "plan" else f" ({run.mode.value})"
    yield (
        f"{run.id}{mode}  {explained.plan_id or 'no plan'}  {run.state_and_reason}, as of {run.as_of or '-'}:"
        f" {run.made_from}"
    )
    for step in explained.steps:
        yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    first, *more = step.words
    yield f"  {_SIGNS[step.status]:<2} {step.name.value:<9} {first}"
    for sentence in more:
        yield f"               {sentence}"
