"""The machine: uploads, reviews, faults, crashes and edits elsewhere in any order, judged after each step."""

from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.simulator import writes
from shared.domain.action import RELEASABLE, ActionClass
from shared.domain.errors import Conflict
from shared.domain.review import Decision, Release, Review, Select
from shared.domain.run import RunState
from shared.ports.plans import StoredPlan
from tests.fakes.dying import Moment
from tests.integration.machine.district import District, QuickDatabase
from tests.integration.machine.hr import Edit, Hr
from tests.integration.machine.judge import Judge, require
from tests.integration.machine.tenant import DISTRICT, HIGH, JOB, NOBODYS
from tests.integration.machine.troubles import (
    ACTS,
    EDITS,
    READING,
    WRITING,
    Act,
    Edited,
    Elsewhere,
    Forged,
    Frozen,
    Hit,
    Killed,
    Meanwhile,
    Outage,
    Passed,
    Remapped,
    Steer,
    Steered,
    Trouble,
)

_WAITING = (RunState.AWAITING_APPROVAL, RunState.HELD)
_APPLYABLE = (
    RunState.APPROVED, RunState.PAUSED, RunState.APPLIED_WITH_ERRORS, RunState.CANCELED,
)  # fmt: skip
TTL_H = 72


class How(StrEnum):
    """How somebody approves."""

    ALL = "all that isn't held"
    RELEASED = "all, and releases what gates hold"
    ONE_CLASS = "one class"
    ONE_PERSON = "one person"
    BUT_ONE = "all but one person"


class Again(StrEnum):
    """How the same file comes once more."""

    FORCED = "with --force"
    AS_IT_IS = "as it is"


class Wait(StrEnum):
    """Why a plan is out of date."""

    EXPIRES = "hours have passed"
    OTHER_MAPPING = "the mapping has changed"
    NEWER_EXTRACT = "a newer extract was planned"


#: Mostly not.
_AGAIN = st.sampled_from((None, None, *Again))
_HOW = st.sampled_from((How.RELEASED, How.RELEASED, How.ALL, How.BUT_ONE, How.ONE_CLASS))


Edits = list[tuple[Edit, str]]


class Machine(RuleBasedStateMachine):
    """One district; ``database`` and ``folder`` are set by who runs it."""

    database: QuickDatabase
    folder: Path

    @initialize(
        over_limits=st.booleans(), makes_twice=st.sampled_from((True, True, False)),
        at_once=st.sampled_from((1, 1, 3)), edits=EDITS, how=_HOW, which=st.integers(0, 9),
        trouble=WRITING, again=_AGAIN,
    )  # fmt: skip
    def begin(self, *, over_limits: bool, makes_twice: bool, at_once: int, **values: Any) -> None:
        """``makes_twice``: ASCIP would make the same person twice; it is the engine that must not."""
        self.district = District(
            self.database, self.folder, over_limits=over_limits, at_once=at_once
        )
        self.district.lms.state.accept_duplicates = makes_twice
        self.judge = Judge(self.district, over_limits=over_limits)
        self.hr = Hr()
        self.newest = ""
        self.settled = True
        self._sync(**values)

    @rule(edits=EDITS, how=_HOW, which=st.integers(0, 9), trouble=WRITING, again=_AGAIN)
    def sync(self, **values: Any) -> None:
        """Upload, approve and apply, with trouble while it is applied; perhaps the same once more."""
        self._sync(**values)

    @rule(edits=EDITS, force=st.booleans(), apply=st.booleans(), trouble=READING, then=WRITING)
    def sync_in_trouble(
        self, edits: Edits, *, force: bool, apply: bool, trouble: Trouble, then: Trouble
    ) -> None:
        """The same with trouble from the beginning."""
        self._edit(edits)
        self._upload(force=force, apply=apply)
        self._work(trouble)
        self._approve(self.newest, How.RELEASED, 0)
        self._go_on(self.newest)
        self._work(then)

    @rule(edits=EDITS, approved=st.booleans(), wait=st.sampled_from(Wait))
    def hesitate(self, edits: Edits, *, approved: bool, wait: Wait) -> None:
        """A plan is looked at, and before it is decided or applied it is no longer what it was."""
        self._edit(edits)
        self._upload(force=False, apply=False)
        self._work(None)
        waiting = self.newest
        if approved:
            self._approve(waiting, How.RELEASED, 0)
        match wait:
            case Wait.EXPIRES:
                self._pass(80)
            case Wait.OTHER_MAPPING:
                self.hr.remap(1 + self.hr.mapping.version % 2)
            case Wait.NEWER_EXTRACT:
                self._edit(edits)
                self._upload(force=True, apply=False)
                self._work(None)
        self._approve(waiting, How.RELEASED, 0)
        self._go_on(waiting)
        self._work(None)

    @rule(
        edits=EDITS, steer=st.sampled_from(Steer), rounds=st.integers(0, 3), goes_on=st.booleans()
    )
    def interrupt(self, edits: Edits, *, steer: Steer, rounds: int, goes_on: bool) -> None:
        """Part of the work is done, then an operator acts, then the rest; perhaps somebody goes on."""
        self._edit(edits)
        self._upload(force=True, apply=False)
        self._work(None)
        self._approve(self.newest, How.RELEASED, 0)
        self._go_on(self.newest)
        for _ in range(rounds):
            self.district.crew.round()
        self._steer(self.newest, steer)
        self._work(None)
        if goes_on:
            self._go_on(self.newest)
            self._work(None)

    @rule(how=st.sampled_from(How), which=st.integers(0, 9), trouble=WRITING)
    def go_on(self, *, how: How, which: int, trouble: Trouble) -> None:
        """Whatever the newest run waits for, if it does."""
        self._approve(self.newest, how, which)
        self._go_on(self.newest)
        self._work(trouble)

    @rule(acts=st.lists(ACTS, min_size=1, max_size=2), again=_AGAIN)
    def meanwhile(self, acts: list[Act], *, again: Again | None) -> None:
        """Others act, or time does; perhaps the same file comes again then."""
        for act in acts:
            self._act(act)
        self._work(None)
        if again:
            self._upload_again(again)

    @precondition(lambda self: not self.settled)
    @rule()
    def settle(self) -> None:
        """Everything is mended, and the newest extract applied with whatever it takes."""
        self.district.calm()
        for employee_id in list(self.hr.rows):
            self.hr.change(Edit.MENDED, employee_id, self.judge.today)
        for run_id in self.judge.runs:
            if self.district.run(run_id).state is RunState.PAUSED:
                self._steer(run_id, Steer.CANCEL)
        self._work(None)
        self._upload(force=True, apply=False)
        self._work(None)
        if self.district.run(self.newest).state in _WAITING:
            self._approve(self.newest, How.RELEASED, 0)
        if self.district.run(self.newest).state is RunState.APPROVED:
            self._go_on(self.newest)
            self._work(None)
        state = self.district.run(self.newest).state
        only_held = state in _WAITING
        done = state in (RunState.APPLIED, RunState.NO_CHANGES)
        require(done or only_held, "I9", f"with nothing in its way the run is {state}")
        self.settled = True

    def teardown(self) -> None:
        if hasattr(self, "district"):
            self.district.close()

    # What rules share

    def _sync(
        self, edits: Edits, *, how: How, which: int, trouble: Trouble, again: Again | None
    ) -> None:
        self._edit(edits)
        self._upload(force=False, apply=False)
        self._work(None)
        self._approve(self.newest, how, which)
        self._go_on(self.newest)
        self._work(trouble)
        if again:
            self._upload_again(again)

    def _act(self, act: Act) -> None:
        match act:
            case Edited(who, elsewhere):
                self._change_elsewhere(who, elsewhere)
            case Remapped(which):
                self.hr.remap(which)
            case Passed(hours):
                self._pass(hours)
            case Steered(which, steer):
                runs = list(self.judge.runs)
                self._steer(runs[which % len(runs)], steer)
            case Forged():
                self.district.forge(self.newest)

    def _edit(self, edits: Edits) -> None:
        for edit, who in edits:
            self.hr.change(edit, who, self.judge.today)

    def _upload(self, *, force: bool, apply: bool) -> None:
        self.settled = False
        file = self.hr.file()
        if not file.rows:
            return
        self.newest = self.district.land(file, force=force, apply=apply)
        self.judge.landed(self.newest, file)

    def _upload_again(self, again: Again) -> None:
        before = self.judge.runs[self.newest]
        quiet = before.touches == self.judge.touches and self.judge.last == self.newest
        self._upload(force=again is Again.FORCED, apply=False)
        self._work(None)
        known, state = self.judge.runs[self.newest], self.district.run(self.newest).state
        same = before.file == known.file and before.planned_on == self.judge.today
        nothing = state in (RunState.NO_CHANGES, RunState.SKIPPED_UNCHANGED)
        if quiet and same and before.clean:
            require(nothing, "I8", f"all of it was done; the same again, and it is {state}")

    def _pass(self, hours: int) -> None:
        self.district.go_on(hours)
        for known in self.judge.runs.values():
            known.age_h += hours if known.planned_on else 0

    def _work(self, trouble: Trouble) -> None:
        if trouble is not None:
            for known in self.judge.runs.values():
                known.disturbed = True
        self._arm(trouble)
        self.district.crew.until_quiet()
        self.district.calm()
        if trouble is Outage.DOWN:
            # Its breaker is open by the real clock, which nobody waits for here.
            self.district.restart()
        self.judge.judge_witness()

    def _arm(self, trouble: Trouble) -> None:
        district = self.district
        match trouble:
            case Killed(number, moment):
                district.transactions.arm(number, moment)
            case Frozen(0, dies_after):
                district.target.before = partial(self._take_over, dies_after)
            case Frozen(number, dies_after):
                district.transactions.freeze(number, partial(self._take_over, dies_after))
            case Hit(number, fault):
                district.lms.fault = number, fault
            case Meanwhile(which):
                district.target.before = partial(self._change_at_hand, which)
            case Outage.DOWN:
                district.lms.down = True
            case Outage.REFUSING:
                district.lms.refusing = True

    def _take_over(self, dies_after: int) -> None:
        self.district.crew.expire_leases()
        if dies_after:
            self.district.transactions.arm(dies_after, Moment.AFTER)
        self.district.crew.round()

    def _approve(self, run_id: str, how: How, which: int) -> None:
        run, plan = self.district.run(run_id), self.district.plan_of(run_id)
        if plan is None:
            return
        known = self.judge.runs[run_id]
        actions = list(known.actions.values())
        review = self._review(plan, how, which)
        approved = self.judge.approved(
            actions, classes=set(review.select.classes), people=set(review.select.people),
            exclude=set(review.select.exclude), released={r.action_class for r in review.releases},
        )  # fmt: skip
        fresh = known.age_h < TTL_H and run_id == self.judge.last
        may = run.state in _WAITING and fresh
        try:
            self.district.decide(plan, review)
        except Conflict as refused:
            require(not may or not approved, "review", f"{how} is refused: {refused}")
            return
        require(may and approved, "I5", f"{how} is approved of a run that is {run.state}")
        self.district.witness.approved[run_id] = approved
        statuses = {s.action.id for s in self.district.actions(plan.id) if s.status == "planned"}
        require(statuses == approved.keys(), "I5", f"{how} approves something else")

    def _review(self, plan: StoredPlan, how: How, which: int) -> Review:
        actions = list(self.judge.runs[plan.run_id].actions.values())
        held: dict[ActionClass, int] = {}
        for stored in actions:
            if stored.action.hold in RELEASABLE:
                held[stored.action.action_class] = held.get(stored.action.action_class, 0) + 1
        releases: tuple[Release, ...] = ()
        select = Select()
        if how is How.RELEASED:
            releases = tuple(
                Release(action_class=c, count=n, reason="looked at") for c, n in held.items()
            )
        elif actions and how is not How.ALL:
            action = actions[which % len(actions)].action
            select = {
                How.ONE_CLASS: Select(classes=(action.action_class,)),
                How.ONE_PERSON: Select(people=(action.person_key,)),
                How.BUT_ONE: Select(exclude=(action.person_key,)),
            }[how]
        return Review(
            decision=Decision.APPROVE, plan_digest=plan.digest, select=select, releases=releases
        )

    def _go_on(self, run_id: str) -> None:
        """Apply, resume or retry: refused unless approved, fresh, and of the mapping there is now."""
        run, plan = self.district.run(run_id), self.district.plan_of(run_id)
        if plan is None:
            return
        known = self.judge.runs[run_id]
        fresh = known.age_h < TTL_H and run_id == self.judge.last
        fresh = fresh and known.file.mapping == self.hr.mapping
        may = run.state is RunState.APPLYING or (run.state in _APPLYABLE and fresh)
        try:
            self.district.begin(plan, self.hr.mapping)
        except Conflict as refused:
            require(not may or refused.code == "locked", "apply", f"refused: {refused}")
            return
        known.disturbed = run.state is RunState.PAUSED and known.disturbed
        require(may, "I5", f"a plan is applied whose run is {run.state}, or that is stale")

    def _steer(self, run_id: str, steer: Steer) -> None:
        plan = self.district.plan_of(run_id)
        with suppress(Conflict):
            match steer:
                case Steer.PAUSE:
                    self.district.pause(run_id)
                case Steer.CANCEL:
                    self.district.cancel(run_id)
                    self.judge.runs[run_id].disturbed = True
                case Steer.DISCARD if plan:
                    review = Review(decision=Decision.DISCARD, plan_digest=plan.digest)
                    self.district.decide(plan, review)
                case Steer.RESTART:
                    self.district.restart()
                case Steer.GO_ON:
                    self._go_on(run_id)

    def _change_at_hand(self, which: int) -> None:
        """Somebody else edits a person who is about to be written, just before that."""
        people, attempts = self.district.lms.state.people, self.judge.at_hand
        person = people.get(attempts[which % len(attempts)].ascip_id or 0)
        if person and person["employeeNumber"]:
            self._change_elsewhere(person["employeeNumber"], Elsewhere.RENAMES)
            self._change_elsewhere(person["employeeNumber"], Elsewhere.REASSIGNS)

    def _change_elsewhere(self, who: str, elsewhere: Elsewhere) -> None:
        state = self.district.lms.state
        found = [p for p in state.people.values() if p["employeeNumber"] == who]
        if not found:
            return
        person: Any = found[0]
        match elsewhere:
            case Elsewhere.RENAMES:
                writes.update_person(state, person["id"], {"lastName": "Elsewhere"})
            case Elsewhere.DEACTIVATES:
                writes.set_status(state, person["id"], "inactive")
            case Elsewhere.TAKES_OUT:
                writes.change_members(state, DISTRICT, {"remove": [person["id"]]})
            case Elsewhere.PUTS_IN:
                writes.change_members(state, HIGH, {"add": [person["id"]]})
            case Elsewhere.REASSIGNS:
                other = {"buckets": [{"bucketId": JOB, "valueId": NOBODYS}]}
                writes.update_person(state, person["id"], other)
        self.judge.touch(person["id"])
