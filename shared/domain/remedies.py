"""What to do about what is held, in conflict or failed: the same texts in reports and on pages."""

from shared.domain.action import ActionStatus, HeldReason

_REASON = HeldReason

#: One remedy per reason; a test holds the keys against the enumeration.
HELD_REMEDIES: dict[HeldReason, str] = {
    _REASON.GATE: (
        "A limit was reached. If the number is right, an approver releases the class with a reason;"
        " if not, mend the extract and plan again."
    ),
    _REASON.UNMAPPED_SITE: (
        "Add the site to the mapping (groups.sites) and plan again; until then its people are left"
        " as they are."
    ),
    _REASON.UNMAPPED_BUCKET_VALUE: (
        "Add the value or an alias to the bucket in the mapping and plan again; only this change"
        " waits, the rest of the row goes on."
    ),
    _REASON.IDENTITY_CONFLICT: (
        "Find out who the row means: correct employee id, email or username at the source, or the"
        " person in ASCIP, and plan again. Nobody is guessed."
    ),
    _REASON.POSSIBLE_DUPLICATE: (
        "Compare with the person in ASCIP who looks alike. If they are two people, an approver"
        " releases this person by name; if one, give the ASCIP person the employee id."
    ),
    _REASON.KEY_CYCLE: (
        "Emails or usernames go round in a circle. Change one of them by hand in ASCIP to a free"
        " value and plan again."
    ),
    _REASON.TARGET_INCOMPLETE: (
        "ASCIP could not be read completely, so this could be wrong. Plan again when ASCIP answers"
        " for everybody."
    ),
    _REASON.UNIDENTIFIED_ROWS: (
        "Damaged rows name nobody, so somebody who seems absent may be in them. Mend the rows and"
        " plan again, or an approver releases the class with a reason."
    ),
    _REASON.PRIVILEGED_ROLE: (
        "The extract asks for a privileged role. An approver releases this person by name, or the"
        " role is corrected at the source."
    ),
    _REASON.PROTECTED: (
        "The mapping protects this account (protected). It is never changed; take it off that list"
        " if it should be."
    ),
    _REASON.CALENDAR: (
        "The school-year calendar allows only adds now. Plan again after the window named in the"
        " configuration ([calendar])."
    ),
}

#: Of actions that ended without success, unless their code says more (see `outcome_remedy`).
_OUTCOME_REMEDIES: dict[ActionStatus, str] = {
    ActionStatus.CONFLICT: (
        "Somebody else changed the person since ASCIP was read, so nothing was written for this"
        " action. Look at the person in ASCIP; the next run plans it anew."
    ),
    ActionStatus.FAILED: "ASCIP refused it. Mend what the code names, then retry the run.",
    ActionStatus.UNKNOWN: (
        "The answer was lost and the action may have been done. Retry the run: it reads back"
        " before it writes."
    ),
}

_NOT_REACHED = (
    "ASCIP could not be reached or gave no usable answer; this action was not done. Retry the run:"
    " ascip-sync retry RUN."
)
_TAKEN = (
    "The ASCIP person `holder_id` has this email or username. If they are the same person, give that"
    " person the employee id in ASCIP; if not, a free email or username to one of the two. Plan again."
)
#: Where the code asks for something else than its status does.
_CODE_REMEDIES: dict[tuple[ActionStatus, str], str] = {
    (ActionStatus.FAILED, "unreachable"): _NOT_REACHED,
    (ActionStatus.FAILED, "throttled"): _NOT_REACHED,
    (ActionStatus.FAILED, "no_answer"): _NOT_REACHED,
    (ActionStatus.FAILED, "garbled_answer"): _NOT_REACHED,
    (ActionStatus.FAILED, "limiter_unavailable"): _NOT_REACHED,
    (ActionStatus.FAILED, "identity_conflict"): _TAKEN,
    (ActionStatus.FAILED, "duplicate_email"): _TAKEN,
    (ActionStatus.FAILED, "duplicate_username"): _TAKEN,
    (ActionStatus.CONFLICT, "not_found"): (
        "The person no longer exists in ASCIP. The next plan takes it into account."
    ),
}


def outcome_remedy(status: ActionStatus, code: str | None) -> str | None:
    """The remedy of an outcome, by its code where that says more; None if there is nothing to mend."""
    return _CODE_REMEDIES.get((status, code or ""), _OUTCOME_REMEDIES.get(status))
