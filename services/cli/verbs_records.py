"""`records list|show|export|reconcile|review`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.exits import Exit
from services.cli.session import Session, open_session, say
from shared import bootstrap
from shared.domain.access import Scope
from shared.domain.errors import NotFound
from shared.domain.feeds.feed import Feed
from shared.domain.record import RecordStatus, RecordVersion
from shared.pipeline.documents import page_document
from shared.pipeline.look_up_records import (
    count_versions,
    export_records,
    list_records,
    reconcile_records,
    record_history,
)
from shared.pipeline.record_documents import (
    changed_fields,
    history_document,
    mismatch_document,
    record_document,
)
from shared.pipeline.review_record import review_record
from shared.ports.records import Mismatch
from shared.ports.views import Page, PageOf, RecordFilter

_FORMS = (".csv", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which records are listed."""

    feed: str
    as_of: str | None
    statuses: Sequence[RecordStatus]
    after: str | None
    limit: int


def list_feed(config: Path | None, wish: Wish, *, as_json: bool) -> int:
    """Records in order of source id."""
    with open_session(config) as session:
        wanted = RecordFilter(
            feed=wish.feed, at=_moment(session, wish.as_of), statuses=wish.statuses
        )
        found = list_records(session.tools, wanted, PageOf(after=wish.after, limit=wish.limit))
        feed = session.tools.governed(wish.feed)
    if as_json:
        document = page_document(found, lambda v: record_document(v, feed), key="source_id")
        print(json.dumps(document))
        return Exit.DONE
    for line in list_lines(found):
        print(line)
    return Exit.DONE


def list_lines(found: Page[RecordVersion]) -> Iterator[str]:
    """A page for a terminal."""
    for version in found.items:
        when = version.recorded_at.strftime("%Y-%m-%d %H:%M UTC")
        yield f"{version.source_id:<32}  v{version.version:<3} {when}  {_state(version)}"
    yield f"{len(found.items):,} of {found.total:,} records"
    if found.has_more:
        yield f"More: --after {found.items[-1].source_id!r}"


def show(config: Path | None, feed_name: str, source_id: str, *, as_json: bool) -> int:
    """Every version, newest first."""
    with open_session(config) as session:
        versions = record_history(session.tools, feed_name, source_id)
        feed = session.tools.governed(feed_name)
    if as_json:
        print(json.dumps(history_document(versions, feed)))
        return Exit.DONE
    for line in show_lines(versions, feed):
        print(line)
    return Exit.DONE


def show_lines(versions: Sequence[RecordVersion], feed: Feed) -> Iterator[str]:
    """A record's versions for a terminal, newest first; what speaks of a person is masked."""
    kept = "1 version is kept" if len(versions) == 1 else f"{len(versions)} versions are kept"
    yield f"{feed.name} {versions[-1].source_id}: {kept}"
    changed = changed_fields(versions, feed)
    for version, fields in reversed([*zip(versions, changed, strict=True)]):
        when = version.recorded_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        yield f"v{version.version}  {when}  {_state(version)}  {version.run_id} row {version.row}"
        for change in fields:
            before, after = ("-" if v is None else v for v in (change.before, change.after))
            yield f'      {change.path} "{before}" -> "{after}"'
        if not fields:
            for name, value in sorted(record_document(version, feed)["payload"].items()):  # type: ignore[union-attr]  # a table
                yield f"      {name} = {json.dumps(value, ensure_ascii=False)}"


def export(config: Path | None, feed: str, out: Path, *, as_of: str | None, as_json: bool) -> int:
    """A feed's records in clear, into a file of their owner's; audited."""
    if out.suffix not in _FORMS:
        raise NotFound(f"{out.name} ends in neither {' nor '.join(_FORMS)}. Nothing was written.")
    with open_session(config) as session:
        shelf = bootstrap.folder_shelf(out.parent)
        at = _moment(session, as_of)
        filed = export_records(session.tools, feed, at, session.actor, to=(shelf, out.name))
    if as_json:
        print(
            json.dumps({"file": str(out), "size_bytes": filed.size_bytes, "sha256": filed.sha256})
        )
    else:
        print(f"Wrote {out}: {filed.size_bytes:,} bytes, SHA-256 {filed.sha256}")
    return Exit.DONE


def reconcile(config: Path | None, feed: str | None, *, as_json: bool) -> int:
    """Each version that doesn't fit, then the verdict."""
    wrong = looked_at = 0
    with open_session(config) as session:
        for name in [feed] if feed else session.tools.feeds:
            for mismatch in reconcile_records(session.tools, name):
                wrong += 1
                print(json.dumps(mismatch_document(mismatch)) if as_json else _line(mismatch))
            looked_at += count_versions(session.tools, name)
    if not wrong:
        say(f"All {looked_at:,} versions fit: hashes, keys, chains.")
        return Exit.DONE
    say(
        f"{wrong:,} mismatches in {looked_at:,} versions. Keep the database as it is and investigate:"
        " somebody changed the store behind the engine's back, or it was restored in part."
    )
    return Exit.UNEXPECTED


def review(config: Path | None, named: tuple[str, str, int], *, reason: str, as_json: bool) -> int:
    """Confirm one version."""
    with open_session(config) as session:
        actor = session.act(Scope.QUARANTINE_WRITE)
        version = review_record(session.tools, named, actor=actor, reason=reason)
        feed = session.tools.governed(named[0])
    if as_json:
        print(json.dumps(record_document(version, feed)))
    else:
        print(f"Reviewed by {actor}: {version.source_id} v{version.version}, {_state(version)}")
    return Exit.DONE


def _line(found: Mismatch) -> str:
    return (
        f"{found.feed} {found.source_id} v{found.version}: {found.what} does not fit:"
        f" stored {found.stored}, computed {found.computed}"
    )


def _state(version: RecordVersion) -> str:
    words = [version.status.value]
    if version.hazcom_verified is not None:
        words.append("hazcom verified" if version.hazcom_verified else "hazcom not verified")
    if version.manifest_status is not None:
        words.append(version.manifest_status)
    return ", ".join(words)


def _moment(session: Session, text: str | None) -> datetime | None:
    """A time as people write it; without a zone it is the district's."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotFound(
            f"--as-of {text!r} is not a time such as 2026-10-01T08:00. Nothing was written."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(session.tools.policy.timezone))
