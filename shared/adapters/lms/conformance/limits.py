"""Rules about what the LMS refuses: too many requests, and writes with a key that may only read."""

import re
from http import HTTPStatus

from shared.adapters.lms.conformance.judging import Broken, NotChecked, rule
from shared.adapters.lms.conformance.lms import UNKNOWN_ID
from shared.adapters.lms.conformance.sandbox import Sandbox
from shared.adapters.lms.shapes import positive

#: Above that a burst would be an attack.
_MOST_PER_S = 100
#: A bucket that was full at the start is empty after so many, and what comes in meanwhile.
_SPARE = 60
#: Seconds, or an HTTP date.
_RETRY_AFTER = re.compile(r"\d+|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


@rule("A key that may only read gets 403 `insufficient_scope` for a write.", writes=True)
def write_scope(lms: Sandbox) -> str:
    scopes = lms.tenant.get("scopes")
    if not isinstance(scopes, list) or "write" in scopes:
        raise NotChecked("this key may write; check again with one that may only read")
    group_id = positive(lms.groups[0], "id") if lms.groups else UNKNOWN_ID
    # Names nobody: if it is let through, nothing changes.
    answer = lms.change_members(group_id)
    if (answer.status, answer.code) != (HTTPStatus.FORBIDDEN, "insufficient_scope"):
        raise Broken(f"answered {answer.said}, not 403 insufficient_scope")
    return "answered 403 insufficient_scope"


@rule("Too many requests are 429 `rate_limited` with `Retry-After`.", writes=True)
def rate_limited(lms: Sandbox) -> str:
    per_s = lms.caller.pace.per_s
    if per_s > _MOST_PER_S:
        raise NotChecked(f"the limit is {per_s:g} requests a second; only up to 100 is tried")
    most = int(4 * per_s) + _SPARE
    refused = lms.caller.burst(most)
    if refused is None:
        raise Broken(
            f"{most} requests at once were all let in, though {per_s:g} a second are allowed"
        )
    lms.caller.hold_as_told(refused)
    if refused.code != "rate_limited":
        raise Broken(f"answered {refused.said}, not 429 rate_limited")
    if not _RETRY_AFTER.fullmatch(refused.headers.get("retry-after", "").strip()):
        raise Broken("429 rate_limited without a Retry-After that says how long")
    return "429 rate_limited with Retry-After"


LIMITS = (write_scope, rate_limited)
