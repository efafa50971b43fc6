"""All rules in the order they are judged; the reference page is made of it."""

from shared.adapters.lms.conformance import (
    answers,
    limits,
    lists,
    members,
    people,
    reference,
    signing,
    writing,
)
from shared.adapters.lms.conformance.judging import Check
from shared.adapters.lms.conformance.lms import Lms
from shared.adapters.lms.conformance.sandbox import Sandbox

READING: tuple[Check[Lms], ...] = (
    *signing.SIGNING,
    *answers.ANSWERS,
    *lists.LISTS,
    *people.PEOPLE,
    *answers.ERRORS,
    *reference.REFERENCE,
    *answers.LIMITS,
)
#: `rate_limited` is the last: it uses up what the LMS lets in.
WRITING: tuple[Check[Sandbox], ...] = (
    *writing.WRITING,
    *members.STATUSES,
    *members.MEMBERS,
    *writing.VALUES,
    *limits.LIMITS,
)
RULES = (*(check.rule for check in READING), *(check.rule for check in WRITING))
