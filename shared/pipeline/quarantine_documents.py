"""Quarantined records as documents: the same on the command line and in the API."""

from collections.abc import Sequence
from datetime import date

from shared.domain.canonical import Json
from shared.domain.feeds.feed import Feed, PolicyRule, Severity
from shared.domain.remediation import QuarantineRecord, is_overdue, next_after
from shared.domain.violation import RECOVERY, RULES, Violation, ViolationRule
from shared.pipeline.documents import moment
from shared.pipeline.look_at_quarantine import CodeView, RecordView
from shared.pipeline.notify import Told
from shared.pipeline.tools import Tools
from shared.ports.remediation import Resubmission


def quarantine_document(tools: Tools, record: QuarantineRecord) -> dict[str, Json]:
    """A record; never what stands in it."""
    feed, today = tools.feeds.get(record.feed), tools.today()
    after = next_after(record.state)
    return {
        "id": record.id,
        "feed": record.feed,
        "classification": feed.classification.value if feed else None,
        "run_id": record.run_id,
        "upload_id": record.upload_id,
        "file": record.file_name,
        "row": record.row,
        "line": record.line,
        "last_line": record.last_line,
        "source_id": record.source_id,
        "state": record.state.value,
        "owner": record.owner,
        "due_on": record.due_on.isoformat(),
        "overdue": is_overdue(record.state, record.due_on, today),
        "codes": list(record.codes),
        "errors": [_error(record, feed, v) for v in record.violations],
        "idempotency_key": record.idempotency_key,
        "supersedes": record.supersedes,
        "superseded_by": record.superseded_by,
        "opened_at": moment(record.opened_at),
        "closed_at": moment(record.closed_at),
        "closed_reason": record.closed_reason,
        "resubmitted_run": record.resubmitted_run,
        "resolved_by": (
            {"run_id": record.resolved_run, "idempotency_key": record.resolved_key}
            if record.resolved_run
            else None
        ),
        "next_actor": after.actor,
        "next_step": after.step,
    }


def _error(record: QuarantineRecord, feed: Feed | None, violation: Violation) -> dict[str, Json]:
    rules = {rule.code: rule for rule in feed.rules} if feed else {}
    rule = rules.get(violation.code) or RULES.get(violation.code)
    about = _rule(rule) if rule else {}
    return {
        "file": record.file_name, "row": record.row, "line": record.line,
        "column": violation.column, "code": violation.code, "detail": violation.detail,
        **{name: about.get(name) for name in _OF_ERROR},
    }  # fmt: skip


_OF_ERROR = ("class", "recovery", "severity", "title", "authority", "citation", "remedy")


def _rule(rule: ViolationRule | PolicyRule) -> dict[str, Json]:
    if isinstance(rule, ViolationRule):
        severity = Severity.REJECT if rule.refuses_file else Severity.QUARANTINE
        return {
            "code": rule.code, "title": rule.title, "authority": None, "citation": None,
            "severity": severity.value, "class": rule.violation_class.value,
            "recovery": RECOVERY[rule.violation_class], "remedy": rule.remedy,
            "version": None, "valid_from": None, "valid_to": None,
        }  # fmt: skip
    return {
        "code": rule.code, "title": rule.title, "authority": rule.authority,
        "citation": rule.citation, "severity": rule.severity.value,
        "class": rule.violation_class.value, "recovery": RECOVERY[rule.violation_class],
        "remedy": rule.remedy, "version": rule.version,
        "valid_from": rule.valid_from.isoformat(), "valid_to": _day(rule.valid_to),
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def code_document(view: CodeView) -> dict[str, Json]:
    """A code with its rule and the open records that have it."""
    oldest = min((count.oldest for count in view.open), default=None)
    return {
        **_rule(view.rule),
        "feed": view.feed,
        "open": sum(count.records for count in view.open),
        "oldest": _day(oldest),
    }


def record_view_document(tools: Tools, view: RecordView) -> dict[str, Json]:
    """A record with its timeline, its attestations and the values of its row; those of people are masked."""
    failed = {v.column for v in view.record.violations}
    return {
        **quarantine_document(tools, view.record),
        "values": (
            [
                {"field": name, "value": text, "failed": name in failed}
                for name, text in view.values.items()
            ]
            if view.values is not None
            else None
        ),
        "attestations": [
            {"code": a.code, "actor": a.actor, "reason": a.reason, "at": moment(a.at)}
            for a in view.attestations
        ],
        "timeline": [
            {
                "at": moment(e.at), "record_id": e.quarantine_id, "actor": e.actor,
                "event": e.event.value, "detail": e.detail,
            }
            for e in view.timeline
        ],
    }  # fmt: skip


def resubmission_documents(named: Sequence[Resubmission]) -> list[Json]:
    """What a run came to for each record it was meant to mend."""
    return [
        {
            "id": r.quarantine_id, "source_id": r.source_id, "superseded_by": r.superseded_by,
            "outcome": r.outcome.value if r.outcome else None,
        }
        for r in named
    ]  # fmt: skip


def told_documents(told: Sequence[Told]) -> list[Json]:
    """Who was told of what, and whether the mail server has it."""
    return [
        {"to": t.to, "ids": list(t.ids), "sent": t.failure is None, "failure": t.failure}
        for t in told
    ]
