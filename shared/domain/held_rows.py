"""Rows that are held, and why, in words: what the list of exceptions says."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from shared.domain.action import HeldReason
from shared.domain.diff import Proposal
from shared.domain.doubts import Doubts
from shared.domain.identity import Identified, IdentityConflict
from shared.domain.mapping import Mapping
from shared.domain.staff import StaffRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A row that is held, with the reason in words."""

    row: int
    line: int
    #: The employee id.
    person_key: str
    reason: HeldReason
    detail: str


def list_held_rows(
    identified: Identified,
    proposals: MappingOf[int, Proposal],
    mapping: Mapping,
    doubts: Doubts,
) -> tuple[HeldRow, ...]:
    """Rows with a hold of their own, in order; ``proposals`` are by row."""
    matches = {match.record.row: match for match in identified.matches}
    rows = [
        HeldRow(
            row=c.record.row, line=c.record.line, person_key=c.record.employee_id,
            reason=HeldReason.IDENTITY_CONFLICT, detail=_with_candidates(c),
        )
        for c in identified.conflicts
    ]  # fmt: skip
    for row, proposal in proposals.items():
        record = matches[row].record
        if proposal.held is not None:
            rows.append(HeldRow(
                row=row, line=record.line, person_key=record.employee_id, reason=proposal.held,
                detail=_unmapped_sites(record, mapping),
            ))  # fmt: skip
            continue
        doubtful = [
            HeldRow(
                row=row, line=record.line, person_key=record.employee_id, reason=action.hold,
                detail=doubts.words[action.id],
            )
            for action in proposal.actions
            if action.id in doubts.words and action.hold
        ]  # fmt: skip
        rows.extend(doubtful)
        words = _unmapped_words(proposal, mapping)
        if words and not doubtful:
            rows.append(HeldRow(
                row=row, line=record.line, person_key=record.employee_id,
                reason=HeldReason.UNMAPPED_BUCKET_VALUE, detail=words,
            ))  # fmt: skip
    return tuple(sorted(rows, key=lambda held: held.row))


def _unmapped_sites(record: StaffRecord, mapping: Mapping) -> str:
    """Why sites of a row have no group, and where that is mended."""
    unmapped = (code for code in record.site_codes if code not in mapping.sites)
    return "; ".join(_unmapped_site(code, mapping) for code in unmapped)


def _with_candidates(conflict: IdentityConflict) -> str:
    """Why, and who in ASCIP it is about: a few of them."""
    ids = ", ".join(map(str, conflict.candidates[:5]))
    return f"{conflict.reason} (ASCIP {ids})" if ids else conflict.reason


def _unmapped_site(code: str, mapping: Mapping) -> str:
    if gone := mapping.gone_sites.get(code):
        return (
            f"site {code!r}: group {gone.id} of the mapping does not exist in ASCIP (groups.sites)"
        )
    return f"site {code!r} is not in the mapping (groups.sites)"


def _unmapped_words(proposal: Proposal, mapping: Mapping) -> str:
    """Which values of a row nothing stands for, for the exceptions report."""
    names = {"role_id": "the roles of ASCIP", "timezone_id": "the time zones of ASCIP"}
    names |= {f"buckets.{bucket.id}": f"bucket {bucket.name!r}" for bucket in mapping.buckets}
    held = [c for a in proposal.actions for c in a.changes if c.hold]
    return "; ".join(f"{change.after!r} is not a value of {names[change.path]}" for change in held)
