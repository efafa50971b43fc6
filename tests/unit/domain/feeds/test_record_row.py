"""Rows of a governed feed: taken, taken with warnings, or refused with all that is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from shared.domain.feeds.feed import (
    RECORD_STATUS,
    Broken,
    Classification,
    Day,
    Feed,
    Field,
    FieldKind,
    Payload,
    PolicyRule,
    Severity,
)
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.record import GovernedRecord, payload_hash
from shared.domain.violation import Violation
from shared.ports.reader import SoundRecord


def heavy(payload: Payload, _day: Day) -> Iterable[Broken]:
    """Broken by more than 100."""
    if isinstance(load := payload.get("load"), int) and load > 100:
        yield Broken("load", "more than 100")


def rule(
    code: str, severity: Severity, since: date = date(2020, 1, 1), until: date | None = None
) -> PolicyRule:
    return PolicyRule(
        code=code, title="Too heavy", authority="TEST", citation="none", remedy="Take some out.",
        check=heavy, severity=severity, valid_from=since, valid_to=until,
    )  # fmt: skip


def feed(*rules: PolicyRule, dated_by: str | None = None) -> Feed:
    return Feed(
        name="crates", title="Crates", classification=Classification.OSHA_INVENTORY,
        fields=(
            Field(name="yard", meaning="where", required=True),
            Field(name="crate", meaning="which", required=True, identifier=True),
            Field(name="load", meaning="kilograms", kind=FieldKind.INTEGER),
            Field(name="packed_on", meaning="when", kind=FieldKind.DATE),
            RECORD_STATUS,
        ),
        source_id=("yard", "crate"), rules=rules, dated_by=dated_by, retention_days=1,
    )  # fmt: skip


def judged(
    values: Mapping[str, str],
    *rules: PolicyRule,
    dated_by: str | None = None,
    attested: Mapping[str, frozenset[str]] | None = None,
) -> GovernedRecord | Refused:
    """A crate of yard N, its values changed."""
    day = Day(as_of=date(2026, 11, 21))
    judge = RowJudge(feed(*rules, dated_by=dated_by), day, None, attested)
    row = SoundRecord(row=3, line=5, values={"yard": "N", "crate": "007", **values})
    return judge.judge(row)


def codes(found: GovernedRecord | Refused) -> list[str]:
    assert isinstance(found, Refused)
    return [violation.code for violation in found.violations]


def test_a_sound_row_is_a_record() -> None:
    assert judged({"load": " 12 ", "packed_on": ""}) == GovernedRecord(
        row=3, line=5, source_id="N/007", payload={"yard": "N", "crate": "007", "load": 12}
    )


def test_columns_the_feed_does_not_have_are_nothing() -> None:
    found = judged({"colour": "red"})
    assert isinstance(found, GovernedRecord)
    assert "colour" not in found.payload


def test_without_a_part_there_is_no_source_id() -> None:
    found = judged({"crate": "  "})
    assert isinstance(found, Refused)
    assert found.source_id is None
    assert found.violations == (
        Violation("missing_value", "crate", "a value is required", "empty"),
    )


def test_all_that_is_wrong_is_told_in_the_order_of_the_fields() -> None:
    found = judged(
        {"crate": "1E+05", "load": "101", "packed_on": "soon"}, rule("T-1", Severity.QUARANTINE)
    )
    assert codes(found) == ["excel_damage", "invalid_date", "T-1"]


def test_a_refused_row_keeps_what_could_be_read() -> None:
    found = judged({"load": "many"})
    assert isinstance(found, Refused)
    assert (found.source_id, found.payload) == ("N/007", {"yard": "N", "crate": "007"})
    assert found.violations[0].value_class == "text(4)"


def test_the_same_text_is_judged_the_same_a_second_time() -> None:
    judge = RowJudge(feed(), Day(as_of=date(2026, 11, 21)), None)
    for _ in range(2):
        row = SoundRecord(row=1, line=1, values={"yard": "N", "crate": "", "load": "x"})
        assert codes(judge.judge(row)) == ["missing_value", "invalid_number"]


def test_the_same_text_means_different_things_in_different_columns() -> None:
    found = judged({"crate": "1", "yard": "1", "load": "1"})
    assert isinstance(found, GovernedRecord)
    assert found.payload == {"yard": "1", "crate": "1", "load": 1}


def test_a_rule_s_violation_has_the_shape_of_the_value() -> None:
    found = judged({"load": "101"}, rule("T-1", Severity.QUARANTINE))
    assert isinstance(found, Refused)
    assert found.violations == (Violation("T-1", "load", "more than 100", "digits(3)"),)
    assert isinstance(judged({"load": "100"}, rule("T-1", Severity.QUARANTINE)), GovernedRecord)


def test_what_only_warns_is_taken_and_told() -> None:
    found = judged({"load": "101"}, rule("T-1", Severity.WARN))
    assert isinstance(found, GovernedRecord)
    assert [warning.code for warning in found.warnings] == ["T-1"]


def test_a_refused_row_tells_its_warnings_too() -> None:
    rules = rule("T-1", Severity.WARN), rule("T-2", Severity.QUARANTINE)
    assert codes(judged({"load": "101"}, *rules)) == ["T-1", "T-2"]


def test_a_rule_holds_from_its_first_to_its_last_day() -> None:
    held = rule("T-1", Severity.QUARANTINE, date(2026, 1, 2), date(2026, 1, 3))
    refused = [
        day
        for day in ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04")
        if isinstance(
            judged({"load": "101", "packed_on": day}, held, dated_by="packed_on"), Refused
        )
    ]
    assert refused == ["2026-01-02", "2026-01-03"]


def test_without_a_date_the_day_of_reading_decides() -> None:
    """Where the feed dates by nothing, where the field is empty and where it can't be read."""
    today = date(2026, 11, 21)
    held = rule("T-1", Severity.QUARANTINE, today, today)
    assert codes(judged({"load": "101", "packed_on": "2020-01-01"}, held)) == ["T-1"]
    assert codes(judged({"load": "101"}, held, dated_by="packed_on")) == ["T-1"]
    unread = judged({"load": "101", "packed_on": "soon"}, held, dated_by="packed_on")
    assert codes(unread) == ["invalid_date", "T-1"]


def test_a_person_confirms_one_payload_and_no_other() -> None:
    asks = rule("T-1", Severity.ATTEST)
    refused = judged({"load": "101"}, asks)
    assert isinstance(refused, Refused)
    attested = {payload_hash(refused.payload): frozenset({"T-1"})}
    assert isinstance(judged({"load": "101"}, asks, attested=attested), GovernedRecord)
    assert isinstance(judged({"load": "102"}, asks, attested=attested), Refused)


def test_only_rules_that_ask_a_person_can_be_confirmed() -> None:
    payload: Payload = {"yard": "N", "crate": "007", "load": 101}
    attested = {payload_hash(payload): frozenset({"T-1", "T-2"})}
    for severity in (Severity.QUARANTINE, Severity.REJECT):
        assert isinstance(
            judged({"load": "101"}, rule("T-1", severity), attested=attested), Refused
        )
    both = rule("T-1", Severity.ATTEST), rule("T-2", Severity.QUARANTINE)
    assert isinstance(judged({"load": "101"}, *both, attested=attested), Refused)


def test_what_is_no_rule_s_code_can_not_be_confirmed() -> None:
    attested = {payload_hash({"yard": "N", "crate": "007"}): frozenset({"invalid_number"})}
    assert isinstance(judged({"load": "many"}, attested=attested), Refused)


def test_the_judge_tells_how_severe_a_code_is() -> None:
    """Who reads a file refuses all of it for a row with a code of severity reject."""
    judge = RowJudge(feed(rule("T-1", Severity.REJECT)), Day(as_of=date(2026, 11, 21)), None)
    assert judge.severity("T-1") is Severity.REJECT
    assert judge.severity("invalid_date") is Severity.QUARANTINE


def test_what_a_person_confirmed_may_warn_besides() -> None:
    rules = rule("T-1", Severity.ATTEST), rule("T-2", Severity.WARN)
    attested = {payload_hash({"yard": "N", "crate": "007", "load": 101}): frozenset({"T-1"})}
    found = judged({"load": "101"}, *rules, attested=attested)
    assert isinstance(found, GovernedRecord)
    assert [warning.code for warning in found.warnings] == ["T-2"]


class Cursed(str):
    """A cell that whoever reads it fails at."""

    __slots__ = ()

    def __hash__(self) -> int:
        raise ZeroDivisionError


def test_a_row_at_which_our_own_code_fails_is_refused_and_the_others_are_taken() -> None:
    """Cell or rule: one row, not the file. A later row that the same rule can judge is judged by it."""

    def check(payload: Payload, _day: Day) -> Iterable[Broken]:
        if payload.get("load") == 13:
            raise KeyError("load 13")
        return heavy(payload, _day)

    odd = replace(rule("T-1", Severity.WARN), check=check)
    judge = RowJudge(feed(odd), Day(as_of=date(2026, 11, 21)), None)
    loads = ["12", "13", Cursed("14"), "15", "101"]
    found = [
        judge.judge(
            SoundRecord(row=n, line=n + 1, values={"yard": "N", "crate": "007", "load": load})
        )
        for n, load in enumerate(loads, start=1)
    ]
    assert [isinstance(each, GovernedRecord) for each in found] == [True, False, False, True, True]
    told = {each.row: each.violations for each in found if isinstance(each, Refused)}
    assert told == {
        2: (Violation("not_judged", None, "rule T-1 failed at it (KeyError)"),),
        3: (Violation("not_judged", "load", "the engine failed at it (ZeroDivisionError)"),),
    }
    assert {each.source_id for each in found} == {"N/007"}, "known, so that a later file mends it"


def test_a_machine_without_memory_is_not_the_row_s_fault() -> None:
    def check(_payload: Payload, _day: Day) -> Iterable[Broken]:
        raise MemoryError

    with pytest.raises(MemoryError):
        judged({}, replace(rule("T-1", Severity.WARN), check=check))
