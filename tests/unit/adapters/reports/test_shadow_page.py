"""The page on shadow mode: whole, and closed to whatever a file name brings along."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shared.adapters.reports import FileReports
from shared.adapters.vault.shelves import FolderShelf
from shared.domain.shadow import ShadowReview, WouldLeave
from tests.unit.domain.test_shadow import DAY, an_extract, back

NOW = datetime(2026, 11, 4, 12, tzinfo=UTC)


def page(folder: Path, review: ShadowReview) -> str:
    FileReports().write_shadow(
        FolderShelf(folder), "shadow.html", review, district="Lincoln USD", environment="test",
        generated_at=NOW,
    )  # fmt: skip
    return (folder / "shadow.html").read_text(encoding="utf-8")


def test_it_says_the_verdict_first_and_names_who_would_have_been_wronged(tmp_path: Path) -> None:
    leaver = WouldLeave(person_key="E9", email_masked="p***@x.example", since=DAY, hold="gate")
    review = ShadowReview(
        days=14, extracts=[replace(an_extract(3), file="<b>.csv")], removed=2,
        returned=[back("E1", held=False)], would_leave=[leaver], would_leave_total=2,
        holds={"gate": 2},
    )  # fmt: skip
    text = page(tmp_path, review)
    places = [text.index(part) for part in (*review.verdict, "&lt;b&gt;.csv", "E1", "E9")]
    assert places == sorted(places)
    assert "<b>.csv" not in text
    assert "the first 1 of 2" in text


def test_without_extracts_it_is_still_a_page(tmp_path: Path) -> None:
    text = page(tmp_path, ShadowReview(days=14))
    assert "No extract was planned" in text
    assert "</html>" in text
