"""Judges what is left after a fault: the engine's tables against the simulator's journal.

The journal is the witness: it is written by ASCIP's side and knows nothing of plans. The invariants are
those of docs/explanation/reliability.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.staff_extract import StaffExtract
from tests.faults.plant import Plant

#: Two clocks of one machine, read one after the other.
_CLOCKS = timedelta(milliseconds=50)
_COLUMNS = (
    "first_name", "last_name", "work_email", "site_code", "job_title", "department",
    "employee_type",
)  # fmt: skip
_ACTIONS = """
SELECT action.id, action.kind, action.status, action.ascip_id, action.group_id, action.intent_at,
       action.outcome_at, plan.run_id FROM action
  JOIN plan ON plan.id = action.plan_id JOIN run ON run.id = plan.run_id
 ORDER BY run.number, position
"""
_AUDITED = """
SELECT run_id, coalesce(entry::jsonb #>> '{detail,action_id}', object_id) AS action_id,
       entry::jsonb #>> '{detail,status}' AS status
  FROM audit_entry WHERE verb = 'action.finished' ORDER BY sequence
"""
_MOVED = """
SELECT run_id, entry::jsonb #>> '{detail,from}' AS before, entry::jsonb #>> '{detail,to}' AS after
  FROM audit_entry WHERE verb = 'run.state_changed' ORDER BY sequence
"""
_ENDED = {"succeeded", "failed", "conflict"}


class Checker:
    """Knows a plant, and what ASCIP had before anything happened."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._first = {p["id"]: p for p in plant.simulator.state()["people"]}

    def broken(self) -> list[str]:
        """What doesn't hold, now that everything is at rest and what HR has was applied to its end."""
        found = [
            *self._books(), *self._twice(), *self._as_wanted(), *self._witnessed(),
            *self._audited(), *self._left_open(), *self._personal(),
        ]  # fmt: skip
        return sorted(set(found))

    def _books(self) -> Iterator[str]:
        for run in self._plant.rows("SELECT * FROM run WHERE books IS NOT NULL"):
            if not run.books.get("balanced", True):
                yield f"I1: the books of {run.id} don't balance: {run.books}"
        for run in self._plant.rows("SELECT * FROM run WHERE state = 'applied'"):
            open_ones = self._plant.value(
                "SELECT count(*) FROM action JOIN plan ON plan.id = plan_id WHERE run_id = %s"
                " AND action.status NOT IN ('succeeded', 'held', 'not_approved')",
                run.id,
            )
            if open_ones:
                yield f"I12: {run.id} is applied with {open_ones} actions that aren't done"

    def _twice(self) -> Iterator[str]:
        for name in self._plant.simulator.people_twice():
            yield f"I2: {name} is there twice"
        per_run: Counter[tuple[object, ...]] = Counter()
        for _, action in self._effects():
            if action is not None:
                per_run[action.run_id, action.id] += 1
        for (run_id, action_id), count in per_run.items():
            if count > 1:
                yield f"I2: {action_id} of {run_id} was done {count} times"

    def _as_wanted(self) -> Iterator[str]:
        state = self._plant.simulator.state()
        wanted = {row["employee_id"]: row for row in self._plant.extract.rows}
        there = {row["employee_id"]: row for row in StaffExtract(state).rows}
        for employee_id in wanted.keys() ^ there.keys():
            where = "isn't in ASCIP" if employee_id in wanted else "is still active in ASCIP"
            yield f"I3: {employee_id} {where}"
        for employee_id in wanted.keys() & there.keys():
            for column in _COLUMNS:
                has, wants = there[employee_id][column], wanted[employee_id][column]
                if has.casefold() != wants.casefold():
                    yield f"I3: {employee_id} has {column} {has!r}, not {wants!r}"
        touched = {action.ascip_id for action in self._plant.rows(_ACTIONS)}
        for person in state["people"]:
            before = self._first.get(person["id"])
            if before is not None and person["id"] not in touched and before != person:
                yield f"I3: {person['id']} was changed, and is in no plan"

    def _witnessed(self) -> Iterator[str]:
        for entry, action in self._effects():
            what = f"{entry['method']} {entry['path']} at {entry['time']}"
            if action is None:
                yield f"I5: {what} is in no plan"
                continue
            at = datetime.fromisoformat(entry["time"])
            if action.status in ("held", "not_approved", "planned"):
                yield f"I5: {what} happened, and its action is {action.status}"
            if action.intent_at is None:
                yield f"I4: {what} has no intent"
            if action.outcome_at is not None and action.outcome_at < at - _CLOCKS:
                yield f"I4: {what} came after its outcome of {action.outcome_at}"

    def _audited(self) -> Iterator[str]:
        told: dict[tuple[str, str], list[str]] = defaultdict(list)
        for entry in self._plant.rows(_AUDITED):
            told[entry.run_id, entry.action_id].append(entry.status)
        for action in self._plant.rows(_ACTIONS):
            entries = told[action.run_id, action.id]
            if action.status in _ENDED and (not entries or entries[-1] != action.status):
                yield f"I6: {action.id} is {action.status}, and the audit says {entries}"
            if len(entries) != len(set(entries)):
                yield f"I6: {action.id} ended once, and the audit says {entries}"
        at: dict[str, str] = {}
        for entry in self._plant.rows(_MOVED):
            if entry.run_id in at and at[entry.run_id] != entry.before:
                yield f"I6: {entry.run_id} went from {at[entry.run_id]}, not from {entry.before}"
            at[entry.run_id] = entry.after
        for run in self._plant.rows("SELECT id, state FROM run"):
            if at.get(run.id, run.state) != run.state:
                yield f"I6: {run.id} is {run.state}, and the audit's last word is {at[run.id]}"

    def _left_open(self) -> Iterator[str]:
        for item in self._plant.rows("SELECT * FROM work_item WHERE ended_at IS NULL"):
            yield f"I9: {item.kind} {item.id} of {item.run_id} is {item.state} ({item.error})"
        for action in self._plant.rows("SELECT id FROM action WHERE status = 'attempting'"):
            yield f"I9: {action.id} is still being attempted"

    def _personal(self) -> Iterator[str]:
        logs = self._plant.logs()
        for canary in ("newcomer", "lincoln.example", " Renamed"):
            if canary in logs.lower():
                yield f"I10: {canary!r} is in a log"

    def _effects(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """Each change that ASCIP's side saw, with the action that asked for it, if there is one."""
        actions = self._plant.rows(_ACTIONS)
        for entry in self._plant.simulator.journal(effects=True):
            effect = entry["effect"]
            if effect["kind"] == "members_changed":
                for key, kind in (("added", "join"), ("removed", "leave")):
                    for person_id in effect[key]:
                        yield (
                            entry,
                            _first(
                                actions, entry, kind=kind, person=person_id, group=effect["groupId"]
                            ),
                        )
            else:
                kind, person_id = _KINDS[effect["kind"]], effect["personId"]
                yield entry, _first(actions, entry, kind=kind, person=person_id, group=None)


_KINDS = {
    "person_created": "add", "person_updated": "update", "person_deactivated": "deactivate",
    "person_reactivated": "reactivate",
}  # fmt: skip


def _first(
    actions: list[Any], entry: dict[str, Any], *, kind: str, person: int, group: int | None
) -> Any:
    """The action of the run that was being applied at that time."""
    at = datetime.fromisoformat(entry["time"])
    found = [
        a for a in actions
        if a.kind == kind and a.ascip_id == person and a.group_id == group
    ]  # fmt: skip
    begun = [a for a in found if a.intent_at and a.intent_at <= at + _CLOCKS]
    return begun[-1] if begun else (found[-1] if found else None)
