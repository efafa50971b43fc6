"""Who left, and shadow mode, as documents: the same on the command line and in the API."""

from datetime import date

from shared.domain.canonical import Json
from shared.domain.shadow import ShadowedExtract, ShadowReview
from shared.pipeline.documents import moment
from shared.ports.presence import Removal


def removal_document(removal: Removal) -> dict[str, Json]:
    """A removal with its evidence."""
    of = removal.of
    return {
        "id": removal.id,
        "person": {"key": of.person_key, "ascip_id": of.ascip_id, "email_masked": of.email_masked},
        "kind": removal.kind.value,
        "groups": removal.groups,
        "status": removal.status.value,
        "applied_at": moment(removal.applied_at),
        "because": of.because.value if of.because else None,
        "end_date": _day(of.end_date),
        "absent_since": _day(of.since),
        "grace_days": of.grace_days,
        "leaves_on": _day(of.leaves_on),
        "last_seen": _last_seen(removal),
        "found_in": {
            "file": removal.file, "sha256": removal.sha256, "run_id": removal.run_id,
            "on": _day(removal.as_of), "row": of.row,
        },
        "plan_id": removal.plan_id,
        "approved_by": removal.approved_by,
        "approved_at": moment(removal.approved_at),
        "comment": removal.comment,
        "released_by": removal.released_by,
        "release_reason": removal.release_reason,
    }  # fmt: skip


def _last_seen(removal: Removal) -> Json:
    of = removal.of
    if of.seen_run is None:
        return None
    return {
        "file": of.seen_file, "sha256": of.seen_sha256, "run_id": of.seen_run,
        "on": _day(of.seen_on), "row": of.seen_row,
    }  # fmt: skip


def shadow_document(review: ShadowReview) -> dict[str, Json]:
    """What would have happened."""
    return {
        "days": review.days,
        "verdict": review.verdict,
        "extracts": [_extract(extract) for extract in review.extracts],
        "not_planned": review.not_planned,
        "removed": review.removed,
        "removals_held": review.removals_held,
        "returned": [
            {
                "person_key": person.person_key, "email_masked": person.email_masked,
                "removed_on": _day(person.removed_on), "returned_on": _day(person.returned_on),
                "held": person.held,
            }
            for person in review.returned
        ],
        "newest": {
            "would_leave": [
                {
                    "person_key": person.person_key, "email_masked": person.email_masked,
                    "absent_since": _day(person.since), "hold": person.hold,
                }
                for person in review.would_leave
            ],
            "would_leave_total": review.would_leave_total,
            "holds": dict(review.holds),
        },
    }  # fmt: skip


def _extract(extract: ShadowedExtract) -> dict[str, Json]:
    return {
        "run_id": extract.run_id,
        "plan_id": extract.plan_id,
        "file": extract.file,
        "planned_at": moment(extract.planned_at),
        "as_of": _day(extract.as_of),
        "rows": extract.rows,
        "quarantined": extract.quarantined,
        "kinds": dict(extract.kinds),
        "held": extract.held,
        "gates_tripped": list(extract.tripped),
        "naive_removals": extract.naive_removals,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
