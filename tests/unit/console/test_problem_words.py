"""What the console says of problems."""

import re

import pytest

from services.console.problem_words import MEANINGS, TITLES, TO_DO, title_of, to_do
from shared.http.catalogue import PROBLEMS

#: What is said to programs: addresses, methods, headers, fields of bodies.
_FOR_PROGRAMS = re.compile(
    r"/api/|\b(GET|POST|PUT)\b|curl|Idempotency-Key|Authorization|Content-|ETag|Retry-After|"
    r"`(Allow|digest|errors|to|reason|user|state|next_actor)`",
)
#: Of the REST interface alone: no form of the console comes to these.
_NEVER = {
    "unauthorized", "if_match_missing", "idempotency_key_invalid", "scopes_and_user",
    "scope_for_people", "person_needed",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(PROBLEMS.keys() - _NEVER))
def test_nobody_is_told_to_do_what_only_a_program_can(code: str) -> None:
    kind = PROBLEMS[code]
    assert not _FOR_PROGRAMS.search(f"{title_of(kind)} {to_do(kind)}")


def test_words_are_kept_of_problems_that_there_are() -> None:
    assert {*TITLES, *MEANINGS, *TO_DO} <= PROBLEMS.keys()
