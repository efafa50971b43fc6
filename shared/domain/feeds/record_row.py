"""Judges the rows of a governed feed, one by one: a record, or all its violations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from shared.domain.canonical import Json
from shared.domain.feeds.cell_values import read, says_none
from shared.domain.feeds.feed import Day, Feed, Field, Payload, PolicyRule, Severity
from shared.domain.record import GovernedRecord, payload_hash
from shared.domain.staff_row import Row
from shared.domain.text import tidy
from shared.domain.violation import Violation, value_class

#: Texts of one column that are remembered with what they say: most columns repeat themselves.
_REMEMBERED = 1 << 13

#: A value; or none and what is wrong; or neither, where the cell is blank.
_Cell = tuple[Json, tuple[Violation, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that was not taken."""

    row: int
    line: int
    #: Where its fields are sound.
    source_id: str | None
    violations: tuple[Violation, ...]
    #: What could be read.
    payload: Mapping[str, Json] = field(default_factory=dict)
    #: Canonical column → text as written.
    values: Mapping[str, str] = field(default_factory=dict)


class RowJudge:
    """A feed's fields and rules, ready for many rows."""

    def __init__(
        self,
        feed: Feed,
        day: Day,
        date_format: str | None,
        attested: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Prepare.

        Args:
            feed: whose rows they are. ``day``: what rules may know.
            date_format: a `strptime` format; None for YYYY-MM-DD.
            attested: hash of a payload → codes that a person has confirmed for exactly it.
        """
        self._feed, self._day, self._attested = feed, day, attested or {}
        self._severities = {rule.code: rule.severity for rule in feed.rules}
        self._columns = [
            (each.name, each.required, _reader(each, date_format)) for each in feed.fields
        ]
        self._in_force = lru_cache(_REMEMBERED)(self._in_force_on)

    def source_id(self, row: Row) -> str | None:
        """What a row is about, as far as it says so soundly."""
        return self._source_id(self._cells(row.values)[0])

    def judge(self, row: Row, silent: Payload | None = None) -> GovernedRecord | Refused:
        """One row.

        ``silent``: what is in force of the fields for which the file has no column. It says nothing of
        them, so they stay, and the rules see the record as it would be stored.
        """
        payload, found = self._cells(row.values)
        if silent:
            payload = {**silent, **payload}
        found += self._policy(payload)
        source_id = self._source_id(payload)
        warnings = (
            tuple(v for v in found if self.severity(v.code) is Severity.WARN) if found else ()
        )
        refused = len(warnings) < len(found) and not self._is_confirmed(payload, found)
        if source_id is None or refused:
            return Refused(
                row=row.row, line=row.line, source_id=source_id, violations=tuple(found),
                payload=payload, values=row.values,
            )  # fmt: skip
        return GovernedRecord(
            row=row.row, line=row.line, source_id=source_id, payload=payload, warnings=warnings
        )

    def severity(self, code: str) -> Severity:
        """What a violation with this code does; only rules of an authority do less than quarantine."""
        return self._severities.get(code, Severity.QUARANTINE)

    def _cells(self, values: Mapping[str, str]) -> tuple[dict[str, Json], list[Violation]]:
        payload: dict[str, Json] = {}
        violations: list[Violation] = []
        for name, required, reader in self._columns:
            written = values.get(name, "")
            if not written and not required:
                continue
            try:
                value, faults = reader(written)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001  # as a rule's; of the value it may say anything
                value, faults = None, (_not_judged("the engine", name, error),)
            if value is not None:
                payload[name] = value
            violations += faults
        return payload, violations

    def _policy(self, payload: Mapping[str, Json]) -> list[Violation]:
        found: list[Violation] = []
        for rule in self._in_force(payload.get(self._feed.dated_by or "")):
            try:
                for broken in rule.check(payload, self._day):
                    value = payload.get(broken.field) if broken.field else None
                    found.append(Violation(rule.code, broken.field, broken.detail, _shape(value)))
            except MemoryError:
                raise  # not the row's doing
            except Exception as error:  # noqa: BLE001  # a fault of a rule costs one row, not the file
                found.append(_not_judged(f"rule {rule.code}", None, error))
        return found

    def _in_force_on(self, dated: Json) -> tuple[PolicyRule, ...]:
        day = date.fromisoformat(str(dated)) if dated is not None else self._day.as_of
        return tuple(rule for rule in self._feed.rules if rule.holds_on(day))

    def _source_id(self, payload: Mapping[str, Json]) -> str | None:
        parts = [payload.get(name) for name in self._feed.source_id]
        return "/".join(map(str, parts)) if None not in parts else None

    def _is_confirmed(self, payload: Mapping[str, Json], found: list[Violation]) -> bool:
        """Whether a person has confirmed all that a person can, for exactly this payload."""
        if not self._attested:
            return False
        confirmed = self._attested.get(payload_hash(payload), frozenset())
        return all(
            severity is Severity.WARN or (severity is Severity.ATTEST and v.code in confirmed)
            for v in found
            for severity in (self.severity(v.code),)
        )


def _reader(column: Field, date_format: str | None) -> Callable[[str], _Cell]:
    """Reads the cells of a column, as written."""

    @lru_cache(_REMEMBERED)
    def cell(written: str) -> _Cell:
        text = tidy(written)
        if text and not says_none(column, text):
            value, faults = read(column, text, date_format)
            shape = value_class(text) if faults else ""
            return value, tuple(Violation(c, column.name, d, shape) for c, d in faults)
        if column.required:
            return None, (Violation("missing_value", column.name, "a value is required", "empty"),)
        return None, ()

    return cell


def _not_judged(who: str, column: str | None, error: Exception) -> Violation:
    """What a row costs at which our own code fails; the error may hold a value, so its kind alone is told."""
    return Violation("not_judged", column, f"{who} failed at it ({type(error).__name__})")


def _shape(value: Json) -> str:
    """The value's shape, not the value."""
    if value is None:
        return "empty"
    if isinstance(value, (list, tuple)):
        return f"list({len(value)})"
    return value_class(str(value))
