"""What became of a run in words: the line of an apply, the books, where the reports are."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from shared.domain.action import ActionStatus
from shared.domain.audit import AuditVerb
from shared.domain.books import ROW_OUTCOMES, Books
from shared.domain.review import Decision
from shared.domain.run import Run
from shared.ports.views import Happening


def applied_line(run: Run, statuses: dict[ActionStatus, int]) -> str:
    """The last line of an apply."""
    n = {status: statuses.get(status, 0) for status in ActionStatus}
    approved = sum(n.values()) - n[ActionStatus.HELD] - n[ActionStatus.NOT_APPROVED]
    text = (
        f"Applied: {n[ActionStatus.SUCCEEDED]:,} of {approved:,} approved actions succeeded,"
        f" {n[ActionStatus.FAILED]} failed, {n[ActionStatus.CONFLICT]} conflict,"
        f" {n[ActionStatus.UNKNOWN]} unknown, {n[ActionStatus.NOT_ATTEMPTED]} not attempted;"
        f" {n[ActionStatus.HELD]} held."
    )
    if left := n[ActionStatus.PLANNED] + n[ActionStatus.ATTEMPTING]:
        text += f" Still to do: {left:,}."
    if run.state.value == "applied_with_errors":
        text += f" Safe to repeat: ascip-sync retry {run.id}"
    return text


def made_from(run: Run) -> str:
    """The file a run has read, or the run it takes back."""
    return f"takes back {run.reverts}" if run.reverts else f"file {run.file_name}"


def export_hint(run_id: str) -> str:
    """How to get at a run's reports, which are kept encrypted."""
    return f"ascip-sync export {run_id} --out DIR"


def books_lines(run: Run) -> Iterator[str]:
    """Both equations, zeros left out."""
    if not run.books:
        return
    books = Books.from_json(run.books)
    told = " + ".join(f"{books.rows[name]:,} {name}" for name in ROW_OUTCOMES if books.rows[name])
    yield f"Books: {books.rows_in:,} rows in = {told or '0'}"
    done = " + ".join(f"{count:,} {name}" for name, count in books.actions.items() if count)
    yield f"       {books.planned:,} planned = {done or '0'}"
    if not books.balanced:
        yield f"       {books.verdict}"
    yield from _verified(int(str(run.books["verified"])), int(str(run.books["mismatches"])))


def timeline_lines(happened: Sequence[Happening], most: int = 20) -> Iterator[str]:
    """The newest of what happened to a run, with times in UTC."""
    if (left := len(happened) - most) > 0:
        yield f"… {left:,} earlier: status --json"
    for event in happened[-most:]:
        yield f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}  {_what(event):<34}  {event.actor}"


def _what(event: Happening) -> str:
    """In a few words."""
    detail = event.detail
    match event.verb:
        case AuditVerb.RUN_STATE_CHANGED:
            return str(detail["to"]) + (f" ({detail['reason']})" if detail.get("reason") else "")
        case AuditVerb.PLAN_REVIEWED:
            return f"plan {Decision(str(detail['decision'])).done}"
        case AuditVerb.PLAN_REFUSED:
            return f"refused to {detail['asked']}: {detail['code']}"
        case AuditVerb.RUN_VERIFIED:
            return f"{detail['verified']} read again, {detail['mismatches']} not as written"
        case _:
            return event.verb.value.replace(".", " ").replace("_", " ")


def _verified(verified: int, mismatches: int) -> Iterator[str]:
    """What reading again came to, where anything was written."""
    if not verified:
        return
    if not mismatches:
        actions = "1 action" if verified == 1 else f"{verified:,} actions"
        yield f"Read again: {actions}, all as written."
        return
    are = "is" if mismatches == 1 else "are"
    yield (
        f"Read again: {verified:,} actions, {mismatches:,} {are} not as written (somebody else was at"
        " it): exceptions/mismatches.csv of ascip-sync export. The next run sets them again."
    )
