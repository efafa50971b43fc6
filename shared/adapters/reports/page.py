"""`report.html`: one file that needs nothing else, rendered from the content of `report.json`."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice

from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.adapters.reports import tables, words
from shared.adapters.reports.cells import Cell
from shared.adapters.reports.names import bucket_names, field_name, value_name
from shared.adapters.reports.tally import Tally
from shared.domain.action import ActionStatus, HeldReason
from shared.domain.run import TargetName
from shared.domain.shadow import ShadowReview
from shared.ports.plans import StoredAction
from shared.ports.reports import RunReport

#: Rows of an exception shown; all of them are in the CSV.
SHOWN_ROWS = 200
_PACKAGE = "shared.adapters.reports"


def render(content: Mapping[str, object], report: RunReport, tally: Tally) -> str:
    """The page as text."""
    pages = _pages()
    facts = report.plan.facts if report.plan else {}
    buckets = bucket_names(facts)
    file = report.run.file_name or ""
    return pages.get_template("report.html.j2").render(
        content,
        whom="Person" if report.run.target is TargetName.ASCIP else "Record",
        style_hash=_style_hash(pages),
        quarantined=_first(tables.QUARANTINED, tables.quarantined_rows(file, report.quarantine)),
        held_rows=report.held_rows[:SHOWN_ROWS],
        total_held_rows=len(report.held_rows),
        would_remove=_first(tables.WOULD_REMOVE, tables.would_remove_rows(facts)),
        would_remove_reason=tables.would_remove_reason(facts),
        ends=[_end(status, ended, tally, buckets) for status, ended in tally.ends.items()],
        mismatched=[
            {**_shown(stored, buckets), "mismatch": stored.mismatch} for stored in tally.mismatched
        ],
        actions=[_shown(stored, buckets) for stored in tally.shown()],
        total_actions=tally.total,
    )


def render_shadow(
    review: ShadowReview, *, district: str, environment: str, generated_at: datetime
) -> str:
    """The page on shadow mode as text."""
    pages = _pages()
    return pages.get_template("shadow.html.j2").render(
        review=review, district=district, environment=environment,
        generated_at=words.utc(generated_at), style_hash=_style_hash(pages),
    )  # fmt: skip


@cache
def _pages() -> Environment:
    """Made once: to compile the templates takes ten times as long as to fill them."""
    pages = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(
        number=words.number, spoken=words.spoken, duration=words.duration, named=value_name
    )
    return pages


def _style_hash(pages: Environment) -> str:
    """What lets the page's own style through its content security policy, and no other."""
    # The template puts nothing between the tags and the style.
    style = pages.get_template("report.css").render()
    digest = hashlib.sha256(style.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _first(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> list[dict[str, Cell]]:
    return [dict(zip(columns, row, strict=True)) for row in islice(rows, SHOWN_ROWS)]


def _end(
    status: ActionStatus, ended: Iterable[StoredAction], tally: Tally, buckets: Mapping[str, str]
) -> dict[str, object]:
    return {
        "status": status.value,
        "total": tally.ended[status],
        "remedies": tally.remedies[status].most_common(),
        "actions": [_shown(stored, buckets) for stored in ended],
    }


def _shown(stored: StoredAction, buckets: Mapping[str, str]) -> dict[str, object]:
    """An action as the page shows it: the person by key and masked email only."""
    action = stored.action
    return {
        "person_key": action.person_key,
        "email_masked": action.email_masked,
        "kind": action.kind.value,
        "class": action.action_class.value,
        "site": action.site,
        "group": value_name(action.group_id, action.group_name),
        "marks": [mark.value for mark in action.marks],
        "match": action.match_rule,
        "changes": [
            {
                "field": field_name(change.path, buckets),
                "before": value_name(change.before, change.before_name),
                "after": value_name(change.after, change.after_name),
                "held": _word(change.hold),
            }
            for change in action.changes
        ],
        "reason": action.reason,
        "status": stored.status.value,
        "held": _word(action.hold) if stored.status is ActionStatus.HELD else None,
        "outcome_code": stored.outcome_code,
        "settled": stored.settled,
        "source_row": action.source_row,
    }


def _word(reason: HeldReason | None) -> str | None:
    return reason.value if reason else None
