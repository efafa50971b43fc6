"""The list of rules: ids that can be quoted, statements that can be read."""

import re

from shared.adapters.lms.conformance.registry import READING, RULES, WRITING


def test_an_id_is_a_word_of_its_own() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids) == 44
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", rule_id) for rule_id in ids)


def test_a_statement_is_a_sentence_that_fits_into_a_table() -> None:
    for rule in RULES:
        assert rule.statement.endswith(".")
        assert "|" not in rule.statement
        assert "\n" not in rule.statement


def test_rules_that_write_are_marked_so() -> None:
    assert not any(check.rule.writes for check in READING)
    assert all(check.rule.writes for check in WRITING)


def test_the_rule_that_uses_up_the_limit_is_the_last() -> None:
    assert RULES[-1].id == "rate_limited"
