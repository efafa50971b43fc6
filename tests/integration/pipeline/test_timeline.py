"""What happened to a run: states with times and actors, reviews, pauses; nothing of a person."""

import json
import re

from services.cli.render_outcome import timeline_lines
from shared.domain.run import RunState
from shared.pipeline.carry_out import RESUMABLE, go_on_with, pause_by
from shared.pipeline.documents import timeline_document
from shared.pipeline.look import timeline
from shared.ports.views import Happening, PageOf
from tests.fakes.installation import OPERATOR, Installation


def test_a_run_tells_who_did_what_to_it_and_when(engine: Installation) -> None:
    extract = engine.extract()
    people = extract.ids[:4]
    extract.rename(people)
    run = engine.approve(engine.plan(extract))
    engine.clock.go_on(hours=1)
    engine.begin(run)
    pause_by(engine.tools, run.id, OPERATOR)
    engine.workers.until_quiet()
    sha = run.mapping_sha256
    go_on_with(engine.tools, run.id, OPERATOR, states=RESUMABLE, mapping=lambda: sha)
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED
    found = timeline(engine.tools, run.id, PageOf(limit=500))
    told = [re.split(" {2,}", line) for line in timeline_lines(found.happenings.items)]
    assert [line[1] for line in told] == [
        "mapping recorded", "run created", "validating", "fetching", "planning", "plan created",
        "awaiting_approval", "plan approved", "approved", "applying", "paused (operator)", "applying",
        "4 read again, 0 not as written", "applied",
    ]  # fmt: skip
    by = {line[1]: line[-1] for line in told}
    assert (by["plan approved"], by["paused (operator)"], by["applied"]) == (
        "user:anna", "user:olga", "system",
    )  # fmt: skip
    assert told[9][0] > told[8][0], "an hour later"
    document = timeline_document(found)
    phases = [phase["phase"] for phase in document["phases"]]  # type: ignore[union-attr,index,call-overload]  # its own form
    assert phases[:3] == ["validate", "fetch", "plan"]
    assert phases.count("apply") == 2
    text = json.dumps(document)
    assert not any(key in text for key in people)
    _walked(engine, run.id, found.happenings.items)


def _walked(engine: Installation, run_id: str, everything: object) -> None:
    """Page by page it is the same."""
    pages: list[Happening] = []
    while True:
        after = str(pages[-1].sequence) if pages else None
        page = timeline(engine.tools, run_id, PageOf(after=after, limit=4)).happenings
        pages += page.items
        if not page.has_more:
            break
    assert pages == everything
    assert page.total == len(pages)
