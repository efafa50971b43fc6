"""The model beside the engine: what was asked for, what was approved, and what must be true of it.

It computes for itself what a review approves, whom a file keeps, and how ASCIP must end; each broken
promise is named by the invariant it belongs to.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.action import (
    RELEASABLE,
    ActionClass,
    ActionStatus,
    HeldReason,
    Kind,
)
from shared.domain.run import RunState
from shared.domain.work import WorkItem, WorkKind
from shared.ports.plans import StoredAction
from shared.ports.target import Attempt
from tests.integration.machine.district import REMOVALS_HELD_FROM, District
from tests.integration.machine.hr import File
from tests.integration.machine.tenant import ADMIN, DISTRICT, JOB, SITES

_ZONE = ZoneInfo("America/Los_Angeles")
_S = ActionStatus
_SETTLED = {RunState.APPLIED, RunState.APPLIED_WITH_ERRORS, RunState.CANCELED}


@dataclass(slots=True)
class Known:
    """What is known of a run without asking the engine."""

    file: File
    #: How many times somebody else had changed ASCIP when it landed.
    touches: int
    planned_on: date | None = None
    #: Hours that have passed since it was planned.
    age_h: int = 0
    #: Of its actions, as planned.
    actions: dict[str, StoredAction] = field(default_factory=dict)
    #: Something went wrong on purpose while it was applied.
    disturbed: bool = False
    reviewed: bool = False
    clean: bool = False


class Broken(AssertionError):
    """An invariant does not hold."""


def require(holds: object, invariant: str, told: object) -> None:
    """Fail unless it holds."""
    if not holds:
        raise Broken(f"{invariant}: {told}")


class Judge:
    """Judges one district."""

    def __init__(self, district: District, *, over_limits: bool) -> None:
        self._district = district
        self._over_limits = over_limits
        self.runs: dict[str, Known] = {}
        #: Person → number of the last change by somebody else.
        self.touched: dict[int, int] = {}
        self.touches = 0
        #: The last run that was planned.
        self.last: str | None = None
        #: What the calls that are about to be made are about.
        self.at_hand: Sequence[Attempt] = ()
        district.watch(self.worked_on, self.look)

    @property
    def people(self) -> dict[int, Any]:
        return self._district.lms.state.people

    @property
    def today(self) -> date:
        return self._district.clock.now().astimezone(_ZONE).date()

    def landed(self, run_id: str, file: File) -> None:
        self.runs[run_id] = Known(file, self.touches)

    def touch(self, person_id: int) -> None:
        """Somebody else has changed a person."""
        self.touches += 1
        self.touched[person_id] = self.touches
        self._district.witness.forgive(person_id)

    # What a review approves

    def approved(
        self, actions: Iterable[StoredAction], *,
        classes: set[ActionClass], people: set[str], exclude: set[str],
        released: set[ActionClass],
    ) -> dict[str, StoredAction]:  # fmt: skip
        """The actions that may be carried out after it."""
        every = {stored.action.id: stored for stored in actions}
        taken = {
            id_: stored
            for id_, stored in every.items()
            if _lifted(stored, released)
            and (not classes or stored.action.action_class in classes)
            and (not people or stored.action.person_key in people)
            and stored.action.person_key not in exclude
        }
        while lost := [
            id_ for id_, stored in taken.items()
            if any(d in every and d not in taken for d in stored.action.depends_on)
        ]:  # fmt: skip
            for id_ in lost:
                del taken[id_]
        return taken

    def by_rule(self, run_id: str) -> dict[str, StoredAction]:
        """What needs nobody's approval."""
        actions = self.runs[run_id].actions
        quiet = all(stored.action.hold not in RELEASABLE for stored in actions.values())
        if not (self._over_limits and quiet):
            return {}
        return self.approved(
            actions.values(), classes=set(), people=set(), exclude=set(), released=set()
        )

    # What the engine does

    def look(self, attempts: Sequence[Attempt], may_send: Callable[[], bool]) -> None:
        """Before each chunk of calls: who may send owns the work, and has committed its intent."""
        item = self._district.crew.item
        assert item is not None
        self.at_hand = attempts
        approved = self._district.witness.approved
        if item.run_id not in approved:
            approved[item.run_id] = self.by_rule(item.run_id)
        rows = self._district.database.rows(
            "SELECT w.epoch, w.state AS work, r.state AS run FROM work_item AS w"
            " JOIN run AS r ON r.id = w.run_id WHERE w.id = :id", id=item.id,
        )  # fmt: skip
        (row,) = rows
        intents = self._district.database.rows(
            "SELECT id FROM action WHERE work_item_id = :id AND status = 'attempting'"
            " AND attempts > 0 AND intent_at IS NOT NULL", id=item.id,
        )  # fmt: skip
        known = {intent.id for intent in intents}
        # Asked after the queries: a wave of a worker that sleeps in another one is not sent any more.
        sends = may_send()
        owned = row.epoch == item.epoch and row.work == "leased"
        self._note(owned or not sends, "I7", "a fenced owner calls")
        told = f"calls are made for a run that is {row.run}"
        self._note(row.run == "applying" or not sends, "I12", told)
        for attempt in attempts:
            action = attempt.action
            self._note(action.id in known or not sends, "I4", f"{action.kind} without an intent")
            stored = approved[item.run_id].get(action.id)
            same = stored is not None and stored.action.hash == action.hash
            self._note(same, "I5", f"{action.kind} of {action.person_key} was not approved")

    def _note(self, holds: object, invariant: str, told: str) -> None:
        """Kept until the step is over: whatever is raised here the engine would take for its own."""
        if not holds:
            self._district.witness.broken.append(f"{invariant}: {told}")

    def worked_on(self, item: WorkItem) -> None:
        """After each piece of work."""
        if item.kind is WorkKind.PLAN:
            self._planned(item.run_id)
        elif item.kind is WorkKind.REPORT:
            self._reported(item.run_id)

    # I3, I5: what is proposed

    def _planned(self, run_id: str) -> None:
        known, plan = self.runs[run_id], self._district.plan_of(run_id)
        if plan is None or known.planned_on:
            return
        known.planned_on, self.last = self.today, run_id
        known.actions = {a.action.id: a for a in self._district.actions(plan.id)}
        wanted = known.file.wanted(self.today)
        removed = {
            a.action.person_key
            for a in known.actions.values()
            if a.action.action_class is ActionClass.REMOVALS
        }
        for stored in known.actions.values():
            self._judge_proposal(known, stored, wanted, removed)

    def _judge_proposal(
        self, known: Known, stored: StoredAction, wanted: dict[str, dict[str, object]],
        removed: set[str],
    ) -> None:  # fmt: skip
        action = stored.action
        who = f"{action.kind} of {action.person_key}"
        person = self.people.get(stored.ascip_id or 0)
        row = wanted.get(action.person_key)
        if person:
            ours = DISTRICT in person["groupIds"] or person["employeeNumber"] in known.file.sound
            require(ours and person["id"] != ADMIN, "I3", f"{who}: not ours to change")
        match action.kind:
            case Kind.ADD:
                there = [
                    p for p in self.people.values() if p["employeeNumber"] == action.person_key
                ]
                require(
                    (row or action.hold) and not there, "I2", f"{who} who is there, or isn't wanted"
                )
            case Kind.DEACTIVATE:
                number = person["employeeNumber"] if person else None
                require(
                    not known.file.keeps(number, self.today), "I5", f"{who} whom the file keeps"
                )
                many = len(removed) >= REMOVALS_HELD_FROM
                require(action.hold or not many, "I5", f"{who}: {len(removed)} at once, not held")
            case Kind.LEAVE:
                stays = row is None or action.group_id in (DISTRICT, row["site"])
                require(
                    action.hold or not stays,
                    "I3",
                    f"{who} and {action.group_id}, where they belong",
                )
            case Kind.JOIN:
                belongs = row and action.group_id in (DISTRICT, row["site"])
                require(
                    belongs or action.hold,
                    "I3",
                    f"{who} and {action.group_id}, where they don't belong",
                )
            case Kind.UPDATE | Kind.REACTIVATE:
                require(row or action.hold, "I3", f"{who} whom the file doesn't have")

    # I1, I3, I5, I8: what has become of it

    def _reported(self, run_id: str) -> None:
        run, known = self._district.run(run_id), self.runs[run_id]
        if run.state is RunState.SKIPPED_UNCHANGED:
            self._judge_skip(known)
        if run.counts:
            damaged = sum(1 for row in known.file.rows if row.damaged)
            counted = run.counts.get("rows_in"), run.counts.get("quarantined")
            rows = len(known.file.rows), damaged
            require(counted == rows, "I1", f"rows and damaged rows are {counted}, and were {rows}")
        plan = self._district.plan_of(run_id)
        if plan is None:
            return
        stored = {a.action.id: a for a in self._district.actions(plan.id)}
        require(stored.keys() == known.actions.keys(), "I1", "actions were lost")
        audited = self._district.audited(run_id)
        for id_, action in stored.items():
            ended = action.status in (_S.SUCCEEDED, _S.CONFLICT, _S.FAILED)
            told = f"{action.action.kind} {action.status}, and the audit has {audited.get(id_)}"
            require(not ended or audited.get(id_) == action.status, "I6", told)
        if run.state in _SETTLED:
            self._judge_ends(run_id, run.state, stored)
        if run.state in (RunState.APPLIED, RunState.NO_CHANGES):
            excused = self._judge_people(run_id, stored)
            known.clean = not excused and all(a.status is _S.SUCCEEDED for a in stored.values())

    def _judge_ends(self, run_id: str, state: RunState, stored: dict[str, StoredAction]) -> None:
        known = self.runs[run_id]
        approved = self._district.witness.approved.get(run_id) or self.by_rule(run_id)
        for id_, action in stored.items():
            who = f"{action.action.kind} of {action.action.person_key}"
            if id_ not in approved:
                left = action.status in (_S.HELD, _S.NOT_APPROVED)
                require(left, "I5", f"{who} was not approved and is {action.status}")
                continue
            require(action.status not in (_S.HELD, _S.NOT_APPROVED), "I1", f"{who} was forgotten")
            if state is RunState.APPLIED:
                require(action.status is _S.SUCCEEDED, "I12", f"applied, but {who} {action.status}")
            if action.status is _S.SUCCEEDED:
                require(self._is_done(known, action), "I3", f"{who} is told as done and isn't")
        if state is RunState.APPLIED_WITH_ERRORS and not known.disturbed:
            for id_ in approved:
                self._judge_excuse(known, stored, stored[id_])

    def _judge_excuse(
        self, known: Known, stored: dict[str, StoredAction], action: StoredAction
    ) -> None:
        """Undisturbed, only what somebody else did keeps an action from being done."""
        if action.status in (_S.SUCCEEDED, _S.CONFLICT, _S.FAILED):
            excused = action.status is _S.SUCCEEDED or self._touched(known, action.ascip_id)
        else:
            excused = any(
                stored[d].status is not _S.SUCCEEDED
                for d in action.action.depends_on
                if d in stored
            )
        told = f"{action.action.kind} of {action.action.person_key} is {action.status}"
        require(excused, "I3", f"{told} ({action.outcome_code}), and nothing was in its way")

    def _is_done(self, known: Known, stored: StoredAction) -> bool:
        person = self.people.get(stored.ascip_id or 0) or self._person(stored.action.person_key)
        if person is None:
            return False
        if self._touched(known, person["id"]):
            return True
        match stored.action.kind:
            case Kind.JOIN:
                return stored.action.group_id in person["groupIds"]
            case Kind.LEAVE:
                return stored.action.group_id not in person["groupIds"]
            case Kind.DEACTIVATE:
                return bool(person["status"] == "inactive")
            case Kind.ADD | Kind.REACTIVATE:
                return bool(person["status"] == "active")
            case _:
                return True

    def _judge_people(self, run_id: str, stored: dict[str, StoredAction]) -> set[str]:
        """Everybody of the file is as the file says; who needn't be is returned."""
        known = self.runs[run_id]
        excused = self._district.held_rows(run_id)
        excused |= {row.employee_id for row in known.file.rows if row.damaged}
        excused |= {a.action.person_key for a in stored.values() if a.status is not _S.SUCCEEDED}
        excused |= {
            a.action.person_key for a in stored.values() if any(c.hold for c in a.action.changes)
        }
        day = known.planned_on or self.today
        for employee_id, wanted in known.file.wanted(day).items():
            person = self._person(employee_id)
            if employee_id in excused or (person and self._touched(known, person["id"])):
                continue
            require(person, "I3", f"{employee_id} is not there")
            require(as_wanted(person, wanted), "I3", f"{person} instead of {wanted}")
        for person in self.people.values():
            number = person["employeeNumber"]
            ours = DISTRICT in person["groupIds"] and person["id"] != ADMIN
            gone = ours and not known.file.keeps(number, day)
            if gone and not (number in excused or self._touched(known, person["id"])):
                require(person["status"] == "inactive", "I3", f"{number} has left and is active")
        return excused

    def _judge_skip(self, known: Known) -> None:
        """I8: only what was done without any rest is not done again."""
        last = self.runs.get(self.last or "")
        require(last and last.clean, "I8", "skipped, and the last run left something undone")
        assert last
        same = known.file.content == last.file.content and known.file.mapping == last.file.mapping
        require(same, "I8", "skipped, and it says something else")
        then, now = last.file.wanted(last.planned_on or self.today), known.file.wanted(self.today)
        require(then == now, "I8", "skipped, and somebody's last day has passed")

    def _touched(self, known: Known, person_id: int | None) -> bool:
        return self.touched.get(person_id or 0, 0) > known.touches

    def _person(self, employee_id: str) -> Any:
        found = [p for p in self.people.values() if p["employeeNumber"] == employee_id]
        require(len(found) <= 1, "I2", f"{employee_id} is there {len(found)} times")
        return found[0] if found else None

    def judge_witness(self) -> None:
        """What the simulator has seen."""
        broken = self._district.witness.broken
        require(not broken, "seen by ASCIP", broken)


def as_wanted(person: Any, wanted: dict[str, object]) -> bool:
    """Whether somebody is as the file says."""
    fields = ("firstName", "lastName", "email", "employeeNumber", "status")
    groups = set(person["groupIds"]) & {DISTRICT, *SITES.values()}
    jobs = [v.get("valueId") for v in person["buckets"] if v["bucketId"] == JOB]
    return (
        all(person[name] == wanted[name] for name in fields)
        and groups == {DISTRICT, wanted["site"]}
        and jobs == [wanted["job"]]
    )


def _lifted(stored: StoredAction, released: set[ActionClass]) -> bool:
    hold: HeldReason | None = stored.action.hold
    return hold is None or (hold in RELEASABLE and stored.action.action_class in released)
