"""The audit page: filters in the address, pages, an export for those who may have one."""

import re

import pytest

from shared.domain.access import Role
from shared.domain.audit import ExportedEntry, verify
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn
from tests.integration.console.filled_in import send, send_bare


@pytest.fixture
def engine(engine: Installation) -> Installation:
    """With a run that was applied to sixty people: more entries than a page has."""
    extract = engine.extract()
    extract.rename(extract.ids)
    engine.sync(extract)
    return engine


def test_the_audit_is_narrowed_by_its_address_and_read_page_by_page(signed_in: SignIn) -> None:
    viewer = signed_in(Role.VIEWER)
    first = viewer.get("/audit")
    numbers = re.findall(r'<th scope="row" class="n">([\d,]+)</th>', first.text)
    assert len(numbers) == 50
    assert len(first.text) < 100_000
    assert "signed checkpoints" in first.text
    older = first.text.partition('rel="next" href="')[2].partition('"')[0]
    second = viewer.get(older).text
    assert not set(numbers) & set(re.findall(r'<th scope="row" class="n">([\d,]+)</th>', second))
    assert 'href="/audit">Newest' in second

    facet = re.search(r'href="(/audit\?verb=plan.reviewed)"', first.text)
    assert facet
    found = viewer.get(facet[1]).text
    assert "1 entry, 1 on this page" in found
    assert "decision: approve" in found
    assert "anna" in viewer.get("/audit?actor=anna&verb=plan.reviewed&from=2026-11-20").text
    assert "No entry fits" in viewer.get("/audit?actor=anna&to=2026-11-19").text


def test_an_address_that_means_nothing_is_a_page_that_says_so(signed_in: SignIn) -> None:
    viewer = signed_in(Role.VIEWER)
    for query in ("from=soon", "after=0", "after=x", "after=99999999999999999999"):
        answer = viewer.get(f"/audit?{query}")
        assert answer.status_code == 422, query
        assert "not valid" in answer.text or "Write the day as year" in answer.text


def test_an_auditor_takes_away_what_is_listed(signed_in: SignIn) -> None:
    auditor, viewer = signed_in(Role.AUDITOR, user="aud"), signed_in(Role.VIEWER)
    assert "/audit/export" not in viewer.get("/audit").text
    assert "This needs audit:read" in send_bare(viewer, "/audit/export").text
    answer = send(auditor, "/audit?actor=anna", "/audit/export")
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="audit-2026-11-20'
    )
    entries = [ExportedEntry.of_line(line) for line in answer.text.splitlines()]
    assert entries
    assert not list(verify(entries))
    assert all('"name":"anna"' in entry.entry for entry in entries)
    assert "report.exported" in auditor.get("/audit?actor=aud").text
