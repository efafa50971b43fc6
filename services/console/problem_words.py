"""Problems as a page says them, where the catalogue speaks to programs of keys and addresses."""

from collections.abc import Mapping

from shared.http.catalogue import ProblemType

#: By code: what a reader of a page is told instead.
TITLES: Mapping[str, str] = {
    "forbidden": "You may not do that",
    "idempotency_key_missing": "The form was not whole",
    "idempotency_key_reused": "This form was sent before, with something else in it",
    "idempotency_in_flight": "This form is being worked on",
}
MEANINGS: Mapping[str, str] = {
    "forbidden": "None of your roles allows this. The audit has a note of it.",
    "idempotency_key_missing": "A field that each form has is missing.",
    "idempotency_key_reused": "A form is taken once, as it was sent first.",
    "idempotency_in_flight": "It was sent a moment ago and has not been answered yet.",
}
_AGAIN = "Open the page again, fill in its form and send it."
_PLAN_AGAIN = "Plan again on the run's page, or upload the newest file."
TO_DO: Mapping[str, str] = {
    "invalid_request": "Open the page from the navigation again: the address or the form was not whole.",
    "invalid_body": _AGAIN,
    "forbidden": "Ask an administrator for a role that may do it.",
    "not_found": "Look it up in a list: runs, people, quarantine.",
    "method_not_allowed": "Open the page from the navigation again.",
    "unsupported_media_type": "Choose a file of the feed, not compressed.",
    "invalid_multipart": "Choose one file, and send the form again.",
    "idempotency_key_missing": _AGAIN,
    "idempotency_key_reused": _AGAIN,
    "idempotency_in_flight": "Look at the list in a second; what was sent is there.",
    "plan_stale": _PLAN_AGAIN,
    "plan_expired": _PLAN_AGAIN,
    "plan_tampered": f"Don't apply it. {_PLAN_AGAIN}",
    "digest_mismatch": "Open the plan again and look at what it says now.",
    "not_approved": "Have it approved on the plan's page.",
    "wrong_state": "Look at the run: its page says who acts next.",
    "too_many_runs": "Send it again in a minute. Runs that nobody needs can be canceled on their pages.",
    "address_missing": "Write an address, or assign the record to somebody first.",
    "export_not_ready": "Wait until the export is ready; order one that failed again.",
    "release_count": "Open the plan again and type the number that is held.",
    "release_reason": "Write the reason.",
    "until_past": "Choose an end that is still to come, or none.",
    "reason_missing": "Write the reason.",
    "mapping_changed": "Open the mapping again, look at the change, and choose once more.",
    "mapping_invalid": "Have the mapping file corrected, then open the page again.",
    "content_digest_mismatch": "Send the file again.",
    "unavailable": "Open the page again in a few seconds.",
    "internal_error": "Look whether it was done before you do it again; if this page comes back, report it.",
}


def title_of(kind: ProblemType) -> str:
    """What is wrong, in a line."""
    return TITLES.get(kind.code, kind.title)


def meaning_of(kind: ProblemType) -> str:
    """What happened, and whether anything was written."""
    written = (
        kind.written if kind.written.startswith("Nothing") else "Something may have been written."
    )
    return f"{MEANINGS.get(kind.code, kind.means)} {written}"


def to_do(kind: ProblemType) -> str:
    """What the reader does about it."""
    return TO_DO.get(kind.code, kind.fix)
