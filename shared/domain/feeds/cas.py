"""CAS Registry Numbers: their form and check digit."""

import re
from functools import lru_cache

_FORM = re.compile(r"[1-9][0-9]{1,6}-[0-9]{2}-[0-9]")


@lru_cache(maxsize=8192)
def cas_fault(text: str) -> str | None:
    """What is wrong with a CAS number; None for a sound one.

    Two to seven digits, two, and the check digit: the sum of the other digits, each times its place
    from the right, modulo 10 (cas.org, "Check Digit Verification of CAS Registry Numbers").
    """
    if not _FORM.fullmatch(text):
        return "expected 2 to 7 digits, 2 digits and a check digit, with hyphens between them"
    digits = text[:-1].replace("-", "")
    total = sum(place * int(digit) for place, digit in enumerate(reversed(digits), 1))
    return None if total % 10 == int(text[-1]) else "the check digit does not fit the others"
