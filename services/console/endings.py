"""How an action ended that didn't succeed: what ASCIP said, which request that was, what to do."""

from dataclasses import dataclass

from shared.domain.action import ActionStatus, Kind
from shared.domain.remedies import outcome_remedy

#: Codes of ours, where nothing of ASCIP's is known.
_OURS = {
    "unreachable": "ASCIP could not be reached",
    "no_answer": "ASCIP gave no answer",
    "garbled_answer": "ASCIP's answer could not be read",
    "throttled": "ASCIP asked to wait too long",
    "rate_limited": "ASCIP asked to wait",
    "breaker_open": "ASCIP failed call after call",
    "limiter_unavailable": "the rate could not be kept",
    "lease_over": "Nothing was sent: another worker may go on with it",
    "dependency_failed": "What it depends on did not succeed",
}
#: What is sent for a kind; the values in it are shown nowhere.
_REQUESTS = {
    Kind.ADD: "POST /people",
    Kind.UPDATE: "PUT /people/{id}",
    Kind.REACTIVATE: "POST /people/{id}/reactivate",
    Kind.DEACTIVATE: "POST /people/{id}/deactivate",
    Kind.JOIN: "POST /groups/{id}/members",
    Kind.LEAVE: "POST /groups/{id}/members",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingWords:
    """An ending in words."""

    what: str
    to_do: str


def ending_words(status: ActionStatus, code: str | None) -> EndingWords:
    """What happened, and what to do about it."""
    return EndingWords(what=_what(status, code), to_do=outcome_remedy(status, code) or "")


def request_of(kind: Kind) -> str:
    """The request that was sent, without what is personal."""
    return _REQUESTS.get(kind, "")


def _what(status: ActionStatus, code: str | None) -> str:
    if code in _OURS:
        return f"{_OURS[code]}."
    match status:
        case ActionStatus.CONFLICT:
            return "ASCIP has something else than when it was read."
        case ActionStatus.UNKNOWN:
            return "No answer came."
        case ActionStatus.NOT_ATTEMPTED:
            return "The run ended before its turn."
        case _:
            return f"ASCIP answered {code}." if code else "ASCIP refused it."
