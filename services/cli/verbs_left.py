"""`who-left` and `shadow`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from services.cli.exits import Exit
from services.cli.render import minute
from services.cli.session import open_session
from shared import bootstrap
from shared.domain.absence import Because
from shared.domain.errors import NotFound
from shared.domain.shadow import ShadowedExtract, ShadowReview
from shared.pipeline.documents import page_document
from shared.pipeline.presence_documents import removal_document, shadow_document
from shared.pipeline.shadow import look_at_shadow, write_shadow
from shared.pipeline.who_left import list_removals
from shared.ports.presence import Removal, RemovalFilter
from shared.ports.views import PageOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which removals are listed."""

    person: str
    since: str | None
    after: str | None
    limit: int


def who_left(config: Path | None, wish: Wish, *, as_json: bool) -> int:
    """Removals that were applied, newest first, each with its evidence."""
    wanted = RemovalFilter(person=wish.person, since=_day(wish.since))
    with open_session(config) as session:
        found = list_removals(session.tools, wanted, PageOf(after=wish.after, limit=wish.limit))
    if as_json:
        print(json.dumps(page_document(found, removal_document)))
        return Exit.DONE
    for removal in found.items:
        for line in removal_lines(removal):
            print(line)
    print(f"{len(found.items):,} of {found.total:,} removals")
    if found.has_more:
        print(f"More: --after {found.items[-1].id}")
    return Exit.DONE


def removal_lines(removal: Removal) -> Iterator[str]:
    """The evidence in words."""
    of = removal.of
    done = f"left {removal.groups} groups" if removal.groups else "deactivated"
    applied = minute(removal.applied_at) if removal.applied_at else "-"
    maybe = "" if removal.status.value == "succeeded" else f" ({removal.status.value})"
    yield f"{of.person_key}  {of.email_masked}  {done} {applied}{maybe}"
    if of.seen_run:
        yield f"    last seen  {of.seen_on}  row {of.seen_row} of {of.seen_file}, {of.seen_run}"
        yield f"               sha256 {of.seen_sha256}"
    else:
        yield "    last seen  never: no extract had a row that kept them"
    yield f"    left       {_why(removal)}, found in {removal.file}, {removal.run_id}"
    yield f"               sha256 {removal.sha256}"
    yield f"    grace      {of.grace_days} days, since {of.since}"
    yield f"    approved   {removal.approved_by}, {minute(removal.approved_at)}, {removal.plan_id}"
    if removal.released_by:
        yield f"    released   {removal.released_by}: {removal.release_reason}"


def _why(removal: Removal) -> str:
    of = removal.of
    row = f" (row {of.row})" if of.row else ""
    match of.because:
        case Because.END_DATE:
            return f"end date {of.end_date}{row}"
        case Because.INACTIVE:
            return f"inactive{row}"
        case _:
            return f"absent, last working day {of.end_date}" if of.end_date else "absent"


def shadow(config: Path | None, days: int, out: Path | None, *, as_json: bool) -> int:
    """What would have happened in shadow mode."""
    with open_session(config) as session:
        review = look_at_shadow(session.tools, days)
        if out is not None:
            write_shadow(session.tools, review, bootstrap.folder_shelf(out.parent), out.name)
    if as_json:
        print(json.dumps(shadow_document(review)))
        return Exit.DONE
    for line in shadow_lines(review):
        print(line)
    if out is not None:
        print(f"The page: {out}")
    return Exit.DONE


def shadow_lines(review: ShadowReview) -> Iterator[str]:
    """The look back for a terminal; the verdict comes first."""
    yield from review.verdict
    if not review.extracts:
        yield 'Set approval.mode = "shadow", then plan extracts as they come.'
        return
    yield ""
    for extract in review.extracts:
        yield _line(extract)
    for person in review.returned:
        held = ", held by a gate" if person.held else ""
        yield (
            f"  ! {person.person_key:<10}  {person.email_masked}  removal planned on"
            f" {person.removed_on}{held}; seen again on {person.returned_on}"
        )
    yield ""
    yield f"The newest plan would remove {review.would_leave_total:,}; all of it: {_show(review)}"
    for leaver in review.would_leave[:10]:
        held = f"  held: {leaver.hold}" if leaver.hold else ""
        yield f"  - {leaver.person_key:<10}  {leaver.email_masked}  since {leaver.since}{held}"
    if review.would_leave_total > len(review.would_leave[:10]):
        yield f"    … and {review.would_leave_total - len(review.would_leave[:10]):,} more"
    if review.holds:
        yield "It holds: " + ", ".join(f"{n:,} {hold}" for hold, n in review.holds.items())


def _show(review: ShadowReview) -> str:
    return f"ascip-sync show {review.extracts[-1].plan_id} --limit 1000"


def _line(extract: ShadowedExtract) -> str:
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in extract.kinds.items() if n) or "no change"
    tripped = f"  TRIPPED: {', '.join(extract.tripped)}" if extract.tripped else ""
    return (
        f"{minute(extract.planned_at)}  {extract.file}  {extract.rows:,} rows,"
        f" {extract.quarantined:,} quarantined  {kinds}; held {extract.held:,};"
        f" naive removals {extract.naive_removals:,}{tripped}"
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        _refuse(text)


def _refuse(text: str | None) -> NoReturn:
    raise NotFound(f"--since wants a day such as 2026-07-01, not {text!r}. Nothing was read.")
