"""The audit as people look through it, and as a file that somebody can check without us."""

import re
from datetime import date

import pytest

from shared.domain.audit import AuditVerb, ExportedEntry, verify
from shared.pipeline.audit_list import OBJECT_TYPES, AuditWish, audit_page, export_audit
from shared.ports.audit_log import AuditPage
from shared.ports.views import PageOf
from tests.architecture.checkout import sources
from tests.fakes.installation import APPROVER, Installation


@pytest.fixture
def engine(engine: Installation) -> Installation:
    """With a run that was applied."""
    extract = engine.extract()
    extract.rename(extract.ids[:3])
    engine.sync(extract)
    return engine


def page(engine: Installation, **wish: object) -> AuditPage:
    return audit_page(engine.tools, AuditWish(**wish), PageOf())  # type: ignore[arg-type]  # its fields


def test_entries_are_found_by_what_they_are_about(engine: Installation) -> None:
    everything = page(engine)
    sequences = [each.sequence for each in everything.items]
    assert sequences == sorted(sequences, reverse=True)
    assert everything.newest == sequences[0]
    assert everything.total == len(sequences) == sum(everything.verbs.values())
    assert everything.verbs[AuditVerb.ACTION_FINISHED] == 3

    by_anna = page(engine, actor="anna").items
    assert {each.actor for each in by_anna} == {"user:anna"}
    (approved,) = (each for each in by_anna if each.verb is AuditVerb.PLAN_REVIEWED)
    assert approved.detail["decision"] == "approve"
    assert [e.sequence for e in page(engine, object_id=approved.object_id).items] == [
        e.sequence for e in everything.items if e.object_id == approved.object_id
    ]
    assert not page(engine, object_type="run", object_id=approved.object_id).items
    narrowed = page(engine, verbs=[AuditVerb.PLAN_REVIEWED])
    assert narrowed.total == 1
    assert narrowed.verbs == everything.verbs, "the other verbs stay to choose from"
    assert page(engine, run_id=approved.run_id).total > 3
    # The set clock stands at 10 in the morning of the 20th in the district.
    assert page(engine, first=date(2026, 11, 20), last=date(2026, 11, 20)).total == len(sequences)
    assert page(engine, last=date(2026, 11, 19)).total == 0
    assert page(engine, first=date(2026, 11, 21)).total == 0


def test_a_list_goes_on_after_the_last_entry_seen(engine: Installation) -> None:
    wish = AuditWish()
    seen: list[int] = []
    more, after = True, None
    while more:
        found = audit_page(engine.tools, wish, PageOf(after=after, limit=4))
        seen += [each.sequence for each in found.items]
        more, after = found.has_more, str(seen[-1])
    assert len(seen) == len(set(seen)) == found.total


def test_an_export_verifies_and_says_that_it_was_made(engine: Installation) -> None:
    lines = list(export_audit(engine.tools, AuditWish(), APPROVER))
    entries = [ExportedEntry.of_line(line) for line in lines]
    assert not list(verify(entries))
    assert '"verb":"report.exported"' in entries[-1].entry
    assert len(entries) == page(engine).total
    some = list(export_audit(engine.tools, AuditWish(actor="system"), APPROVER))
    assert 0 < len(some) < len(entries)


def test_every_type_of_object_is_looked_for() -> None:
    """An id alone is looked for in the types that are named in the code."""
    said = re.compile(r'\bof=\("(\w+)"|object_type="(\w+)"')
    found = {
        word
        for source in sources("shared/pipeline")
        for words in said.findall(source.text)
        for word in words
        if word
    }
    assert found - set(OBJECT_TYPES) == set()
