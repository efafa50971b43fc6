"""Gates in words: every one that a plan is judged by has some, with its numbers."""

import pytest

from shared.domain.gate_rules import RULES, GateName
from shared.domain.gate_words import gate_words
from shared.domain.gates import Gate, Verdict


def a_gate(name: GateName, value: int, population: int | None, **more: int | Verdict) -> Gate:
    given = {"limit": 10, "verdict": Verdict.TRIPPED} | more
    return Gate(name=name, value=value, population=population, **given)  # type: ignore[arg-type]  # of both kinds


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.classes])
def test_every_gate_of_a_plan_says_what_it_counted_and_its_limit(name: GateName) -> None:
    told = gate_words(a_gate(name, 1234, 5000))
    assert "1,234" in told
    assert told.endswith("; limit 10")
    assert "{" not in told


def test_a_file_that_is_short_is_held_against_the_usual_one() -> None:
    assert gate_words(a_gate(GateName.ROWS_FEWER, 270, 300)) == (
        "270 rows fewer than usual (30 instead of 300); limit 10"
    )


def test_without_a_population_or_a_limit_neither_is_told() -> None:
    assert gate_words(a_gate(GateName.ADDS, 3, None)) == "3 would be added or reactivated; limit 10"
    fresh = a_gate(GateName.UPDATES, 3, 8, limit=0, verdict=Verdict.NO_BASELINE)
    assert gate_words(fresh) == "3 of 8 would be updated"
