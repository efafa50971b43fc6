"""What a report says, as data: `report.json` as it is, and what the HTML is rendered from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from shared.adapters.reports import words
from shared.adapters.reports.names import bucket_names, field_name
from shared.adapters.reports.tally import Tally
from shared.domain.absence import grace_sentence
from shared.domain.action import ActionStatus, HeldReason, Kind
from shared.domain.adoption import adoption_sentences
from shared.domain.books import ROW_OUTCOMES, Books
from shared.domain.canonical import Json
from shared.domain.completeness import gap_sentences
from shared.domain.counterfactual import counterfactual_sentence
from shared.domain.gate_rules import RULES
from shared.domain.gate_words import gate_words
from shared.domain.gates import Gate
from shared.domain.remedies import HELD_REMEDIES
from shared.domain.run import Run, TargetName
from shared.ports.plans import StoredReview
from shared.ports.reports import RunReport

#: The keys of `report.json`, in their order. Within version 1 keys are only added.
KEYS = {
    "version": "1",
    "notice": "how to handle the files of the run, and which of them hold full emails",
    "generated_at": "RFC 3339, UTC, as all times",
    "district": "its name",
    "environment": "such as PROD",
    "sentences": "books, verdict, what is next, the counterfactual, the grace, what was not read; as in HTML",
    "run": "id, state, who acts next, why, times",
    "books": "both equations with their numbers; null if the run ended before",
    "counts": "actions per kind, in total and by status",
    "gates": "each gate as in the plan, the name of its site, and in words what it counted and what it holds",
    "held_classes": "classes a tripped gate holds",
    "held": "per reason: rows of the extract, actions, remedy",
    "review": "who decided what when, and each release; null if nobody did",
    "comments": "what people wrote about the plan: when, who, text",
    "counterfactual": "naive_removals and what the plan makes of them; saved_by_shield; null if not known",
    "adoption": "of a first run: rows by the rule that found their person, and who is left; else null",
    "phases": "seconds per phase, in order",
    "inputs": "the file and everything the plan is a function of, with SHA-256",
    "identical_changes": "the most frequent changes that several actions share",
    "exceptions": "lines of each file in exceptions/, by its name without .csv",
}


def report_content(
    report: RunReport, tally: Tally, exceptions: Mapping[str, int]
) -> dict[str, object]:
    """Everything but the lists of rows and actions."""
    plan, facts = report.plan, report.plan.facts if report.plan else {}
    content: dict[str, object] = {
        "version": 1,
        "notice": words.notice(report.run),
        "generated_at": words.utc(report.generated_at),
        "district": report.district,
        "environment": report.environment,
        "sentences": _sentences(report, tally),
        "run": _run(report.run),
        "books": _books(report.books),
        "counts": _counts(report.kind_counts),
        "gates": _gates(plan.header if plan else {}, facts),
        "held_classes": sorted(plan.held_classes) if plan else [],
        "held": _held(report, tally),
        "review": _review(report.review),
        "comments": [
            {"at": words.utc(c.at), "actor": c.actor, "text": c.text} for c in report.comments
        ],
        "counterfactual": _counterfactual(facts),
        "adoption": facts.get("adoption") if facts.get("first_run") else None,
        "phases": [{"phase": p, "seconds": round(s, 3)} for p, s in report.phases],
        "inputs": _inputs(report),
        "identical_changes": _identical(tally, bucket_names(facts)),
        "exceptions": dict(exceptions),
    }
    return content


def _counterfactual(facts: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """Plans that an older release stored have none."""
    told = facts.get("counterfactual")
    if not isinstance(told, dict):
        return None
    return {**told, "saved_by_shield": facts.get("saved_by_shield")}


def _sentences(report: RunReport, tally: Tally) -> dict[str, object]:
    naive = _counterfactual(report.plan.facts if report.plan else {})
    statuses: Counter[ActionStatus] = Counter()
    for (_, status), count in report.kind_counts.items():
        statuses[status] += count
    return {
        "books": words.books_sentences(report.books),
        "verdict": words.verdict(report.run, statuses),
        "next": words.next_sentence(report.run, tally.held),
        "read_again": words.read_again_sentence(tally.verified, tally.mismatches.total()),
        "counterfactual": counterfactual_sentence(naive) if naive else None,
        "grace": _grace(report.plan.facts if report.plan else {}),
        "adoption": _adoption(report.plan.facts if report.plan else {}),
        "not_read": _not_read(report),
    }


def _grace(facts: Mapping[str, Json]) -> str | None:
    """Where anybody is in theirs."""
    ends = facts.get("grace_ends")
    return grace_sentence(cast("Mapping[str, int]", ends)) if ends else None


def _adoption(facts: Mapping[str, Json]) -> list[str]:
    """Where it is the first run."""
    told = facts.get("adoption") if facts.get("first_run") else None
    return adoption_sentences(told) if isinstance(told, dict) else []


def _not_read(report: RunReport) -> list[str]:
    """Governed feeds read nothing of ASCIP."""
    staff = report.plan is not None and report.run.target is TargetName.ASCIP
    return list(gap_sentences(report.plan.facts)) if staff and report.plan else []


def _run(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "feed": run.feed,
        "target": run.target.value,
        "mode": run.mode.value,
        "trigger": run.trigger,
        "actor": run.actor,
        "state": run.state.value,
        "next_actor": run.next.actor,
        "next_step": run.next.step,
        "reason": run.reason,
        "detail": run.detail,
        "superseded_by": run.superseded_by,
        "reverts": run.reverts,
        "as_of": run.as_of.isoformat() if run.as_of else None,
        "created_at": words.utc(run.created_at),
        "started_at": words.utc(run.started_at),
        "ended_at": words.utc(run.ended_at),
    }


def _books(books: Books | None) -> dict[str, object] | None:
    if books is None:
        return None
    return {
        "rows_in": books.rows_in,
        "rows": {name: books.rows.get(name, 0) for name in ROW_OUTCOMES},
        "planned": books.planned,
        "actions": {s.value: books.actions.get(s.value, 0) for s in ActionStatus},
        "balanced": books.balanced,
    }


def _counts(counts: Mapping[tuple[Kind, ActionStatus], int]) -> list[dict[str, object]]:
    table: list[dict[str, object]] = []
    for kind in Kind:
        by_status = {s.value: n for s in ActionStatus if (n := counts.get((kind, s), 0))}
        if by_status:
            table.append(
                {"kind": kind.value, "total": sum(by_status.values()), "statuses": by_status}
            )
    return table


def _gates(header: Mapping[str, Json], facts: Mapping[str, Json]) -> list[dict[str, object]]:
    judged = map(Gate.from_json, cast("Sequence[Mapping[str, Json]]", header.get("gates") or ()))
    sites = cast("Mapping[str, str]", facts.get("sites") or {})
    return [
        {
            **gate.to_json(), "site_name": sites.get(gate.site or ""), "words": gate_words(gate),
            "holds": RULES[gate.name].holds,
        }
        for gate in judged
    ]  # fmt: skip


def _held(report: RunReport, tally: Tally) -> list[dict[str, object]]:
    rows = Counter(held.reason for held in report.held_rows)
    return [
        {
            "reason": reason.value,
            "rows": rows[reason],
            "actions": tally.held[reason],
            "remedy": HELD_REMEDIES[reason],
        }
        for reason in HeldReason
        if rows[reason] or tally.held[reason]
    ]


def _review(review: StoredReview | None) -> dict[str, object] | None:
    if review is None:
        return None
    body = review.body
    select = cast("Mapping[str, Json]", body.get("select") or {})
    releases = cast("Sequence[Mapping[str, Json]]", body.get("releases") or ())
    return {
        "actor": review.actor,
        "decided_at": words.utc(review.decided_at),
        "decision": body.get("decision"),
        "plan_digest": body.get("plan_digest"),
        "select": {k: select.get(k) or [] for k in ("classes", "sites", "people", "exclude")},
        "releases": [
            {k: release.get(k) for k in ("class", "count", "reason", "people")}
            for release in releases
        ],
        "comment": body.get("comment") or "",
    }


def _inputs(report: RunReport) -> dict[str, object]:
    run, plan, upload = report.run, report.plan, report.upload
    header: Mapping[str, Json] = plan.header if plan else {}
    return {
        "file": report.run.file_name,
        "file_sha256": upload and upload.sha256,
        "file_size_bytes": upload and upload.size_bytes,
        "records_sha256": run.input_sha256 or header.get("input_sha256"),
        "mapping_sha256": run.mapping_sha256,
        "config_sha256": run.config_sha256,
        "snapshot_sha256": header.get("snapshot_sha256"),
        "plan_id": plan and plan.id,
        "plan_digest": plan and f"sha256:{plan.digest.removeprefix('sha256:')}",
        "engine_version": run.engine_version,
    }


def _identical(tally: Tally, buckets: Mapping[str, str]) -> list[dict[str, object]]:
    return [
        {
            "path": key.path,
            "field": field_name(key.path, buckets),
            "before": key.before,
            "before_name": key.before_name,
            "after": key.after,
            "after_name": key.after_name,
            "held_reason": key.hold.value if key.hold else None,
            "count": count,
        }
        for key, count in tally.identical()
    ]
