"""Random sequences of what people and files do, beside a model of what must then be stored.

The model knows nothing of transactions, plans or keys: lists of payloads, and one waiting record a tag.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from shared.domain.errors import Conflict
from shared.domain.remediation import OPEN, QuarantineState
from shared.domain.review import Decision, Review, Select
from shared.domain.run import Run, RunState
from shared.pipeline.decide import decide
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.remediate import assign, attest, close
from shared.pipeline.resubmit import resubmit_file
from tests.fakes.dying import Moment
from tests.fakes.installation import APPROVER, OPERATOR, Installation
from tests.fakes.lab import KIM, Lab
from tests.fakes.lab_feed import LAB

_S = QuarantineState
TAGS = ("T1", "T2", "T3")
Payload = dict[str, object]


@dataclass
class Waiting:
    """The newest quarantined record of a tag."""

    state: QuarantineState
    run: int
    text: str
    upload: int
    payload: Payload | None
    before: QuarantineState | None = None
    sent_in: int | None = None


@dataclass
class Planned:
    """What a run has taken, and how many versions there were of each tag then."""

    number: int
    run: Run
    taken: dict[str, tuple[Payload, int]]
    #: Tags that ask for a new version.
    due: set[str]


@dataclass
class Model:
    """The store and the quarantine, as they must be."""

    versions: dict[str, list[Payload]] = field(default_factory=lambda: {tag: [] for tag in TAGS})
    waiting: dict[str, Waiting] = field(default_factory=dict)
    #: (code, run it was found in).
    codes: dict[str, set[tuple[str, int]]] = field(
        default_factory=lambda: {tag: set() for tag in TAGS}
    )
    confirmed: list[Payload] = field(default_factory=list)
    plans: list[Planned] = field(default_factory=list)
    runs: int = 0
    uploads: list[str] = field(default_factory=list)

    def landed(self, text: str) -> int:
        if text not in self.uploads:
            self.uploads.append(text)
        return self.uploads.index(text)

    def read(self, run: Run, text: str, upload: int, only: str | None = None) -> Planned:
        """A file is read and planned."""
        self.runs += 1
        columns, rows = _parsed(text)
        taken: dict[str, list[Payload]] = {}
        before, refused = dict(self.waiting), set[str]()
        for payload in rows:
            tag = str(payload["tag"])
            if only not in (None, tag):
                continue
            if code := self._fault(payload):
                found = Waiting(_S.NEW, self.runs, text, upload, payload)
                self._set_aside(tag, code, found, before.get(tag))
                refused.add(tag)
            else:
                taken.setdefault(tag, []).append(payload)
        plan = Planned(self.runs, run, {}, set())
        for tag, (payload, *others) in taken.items():
            if tag in refused or any(other != payload for other in others):
                found = Waiting(_S.NEW, self.runs, text, upload, None)
                self._set_aside(tag, "conflict", found, self.waiting.get(tag))
            else:
                self._compare(plan, tag, payload, columns)
        if plan.due:
            self.plans.append(plan)
        else:
            self.settle(plan, set(plan.taken))
        return plan

    def _compare(self, plan: Planned, tag: str, payload: Payload, columns: set[str]) -> None:
        force = self.versions[tag][-1] if self.versions[tag] else None
        silent = {k: v for k, v in (force or {}).items() if k not in columns}
        said = silent | payload
        plan.taken[tag] = said, len(self.versions[tag])
        news = said.get("record_status") != "retired" if force is None else said != force
        if news:
            plan.due.add(tag)

    def _fault(self, payload: Payload) -> str | None:
        count = int(str(payload["count"]))
        if count < 1:
            return "LAB-COUNT"
        return "LAB-MANY" if count > 100 and payload not in self.confirmed else None

    def _set_aside(self, tag: str, code: str, found: Waiting, earlier: Waiting | None) -> None:
        """Codes of this very run make nothing regress; the same file read again is no news."""
        if any(known == code and run < self.runs for known, run in self.codes[tag]):
            found.state = _S.REGRESSED
        if earlier and earlier.state in OPEN - {_S.RESUBMITTED} and earlier.upload == found.upload:
            found.state = earlier.state
        self.codes[tag].add((code, self.runs))
        self.waiting[tag] = found

    def apply(self, plan: Planned, without: set[str]) -> None:
        """A plan is applied but for some."""
        self.plans.remove(plan)
        done = set(plan.taken) - plan.due
        for tag in plan.due - without:
            payload, before = plan.taken[tag]
            if len(self.versions[tag]) == before:
                self.versions[tag].append(payload)
            if self.versions[tag][before] == payload:
                done.add(tag)
        self.settle(plan, done)

    def settle(self, plan: Planned, done: set[str]) -> None:
        for tag, record in self.waiting.items():
            if record.state in OPEN and record.run < plan.number:
                if tag in done:
                    record.state = _S.RESOLVED
                elif record.state is _S.RESUBMITTED and record.sent_in == plan.number:
                    assert record.before
                    record.state, record.before = record.before, None

    def sent_in(self, tag: str) -> None:
        """The next run is meant for a record."""
        record = self.waiting[tag]
        record.before = record.before if record.state is _S.RESUBMITTED else record.state
        record.state, record.sent_in = _S.RESUBMITTED, self.runs + 1


def _parsed(text: str) -> tuple[set[str], list[Payload]]:
    header, *lines = (line.split(",") for line in text.splitlines())
    names = [name.lower().replace(" ", "_") for name in header]
    rows = []
    for line in lines:
        payload: Payload = {k: v for k, v in zip(names, line, strict=True) if v}
        payload["count"] = int(str(payload["count"]))
        rows.append(payload)
    return set(names), rows


class Play:
    """Does the same to the engine and to the model, and compares."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab, self.chance, self.model = lab, random.Random(seed), Model()
        self.told: list[str] = []
        self.last = ""
        self.seen: list[tuple[datetime, object]] = []

    def go(self, steps: int) -> None:
        acts: list[Callable[[], None]] = [
            self.file, self.file, self.file, self.again, self.apply, self.apply, self.apply,
            self.discard, self.resubmit, self.resubmit, self.attest, self.attest, self.close,
            self.assign,
        ]  # fmt: skip
        for _ in range(steps):
            self.chance.choice(acts)()
            self.compare()
        while self.model.plans:
            self.apply()
            self.compare()
        self.look_back()

    def text(self, tags: tuple[str, ...] = ()) -> str:
        names = ["Tag", "Name", "Count"]
        names += [n for n in ("Room", "Record Status") if self.chance.random() < 0.6]
        chosen = tags or tuple(self.chance.sample(TAGS, self.chance.randint(1, 3)))
        lines = [self.row(tag, names) for tag in chosen]
        if self.chance.random() < 0.3:
            lines.append(self.chance.choice(lines))
        if self.chance.random() < 0.2:
            lines.append(self.row(self.chance.choice(chosen), names))
        return ",".join(names) + "\n" + "".join(lines)

    def row(self, tag: str, names: list[str]) -> str:
        count = self.chance.choice(("1", "2", "2", "2", "0", "500", "500"))
        status = self.chance.choice(("", "", "", "retired", "active"))
        cells = [tag, "Scale", count, self.chance.choice(("R1", "R1", "")), status]
        cells = cells[:3] + [
            cells[3 + i] for i, n in enumerate(("Room", "Record Status")) if n in names
        ]
        return ",".join(cells) + "\n"

    def work(self) -> None:
        """Work until nothing is due; often a worker dies meanwhile."""
        engine = self.lab.engine
        if self.chance.random() < 0.5:
            engine.transactions.arm(self.chance.randint(1, 12), self.chance.choice(list(Moment)))
        engine.workers.until_quiet()
        engine.transactions.arm(10**9, Moment.BEFORE)

    def land(self, text: str) -> None:
        sender = Sender(actor=OPERATOR, name="lab.csv", feed=LAB.name)
        run = land(self.lab.engine.tools, io.BytesIO(text.encode()), sender, Order(trigger="cli"))
        self.work()
        self.planned(run, text, self.model.landed(text))
        self.last = text

    def planned(self, run_id: str, text: str, upload: int, only: str | None = None) -> None:
        run = self.lab.engine.run(run_id)
        self.told.append(f"{run_id} {run.state.value} only {only}: {text!r}")
        plan = self.model.read(run, text, upload, only)
        waits = run.state in (RunState.AWAITING_APPROVAL, RunState.HELD)
        assert waits == bool(plan.due), (run.state, run.detail, plan)

    def file(self) -> None:
        self.land(self.text())

    def again(self) -> None:
        if self.model.uploads:
            self.land(
                self.chance.choice((self.last, self.chance.choice(self.model.uploads)))
                or self.text()
            )

    def apply(self) -> None:
        if self.model.plans:
            plan = self.chance.choice(self.model.plans)
            without = {t for t in sorted(plan.due) if self.chance.random() < 0.3}
            without = set() if without == plan.due else without
            self.told.append(f"apply {plan.run.id} without {without}")
            self.lab.engine.approve(plan.run, select=Select(exclude=tuple(sorted(without))))
            self.lab.engine.begin(plan.run)
            self.work()
            self.model.apply(plan, without)

    def discard(self) -> None:
        if self.model.plans:
            plan = self.chance.choice(self.model.plans)
            self.told.append(f"discard {plan.run.id}")
            stored = self.lab.engine.plan_of(plan.run)
            review = Review(decision=Decision.DISCARD, plan_digest=stored.digest)
            decide(self.lab.engine.tools, stored.id, review, APPROVER)
            self.work()
            self.model.plans.remove(plan)
            self.model.settle(plan, set(plan.taken) - plan.due)

    def an_open_one(self) -> str | None:
        tags = sorted(t for t, w in self.model.waiting.items() if w.state in OPEN)
        return self.chance.choice(tags) if tags else None

    def resubmit(self) -> None:
        if tag := self.an_open_one():
            text = self.text((tag,))
            record = self.lab.record(tag)
            source = io.BytesIO(text.encode())
            sender = Sender(actor=KIM, name="f.csv")
            run = resubmit_file(self.lab.engine.tools, [record.id], source, sender)
            self.told.append(f"resubmit {tag}")
            self.work()
            if run not in {plan.run.id for plan in self.model.plans}:
                self.model.sent_in(tag)
                self.planned(run, text, self.model.landed(text))

    def attest(self) -> None:
        if tag := self.an_open_one():
            record, mine = self.lab.record(tag), self.model.waiting[tag]
            payload = mine.payload
            odd = payload is not None and int(str(payload["count"])) > 100
            new = odd and payload not in self.model.confirmed and mine.state is not _S.RESUBMITTED
            self.told.append(f"attest {tag} {new}")
            try:
                sent = attest(self.lab.engine.tools, record.id, "LAB-MANY", "counted", KIM)
            except Conflict:
                assert not new
                return
            assert new
            assert payload
            self.model.confirmed.append(payload)
            self.work()
            self.model.sent_in(tag)
            self.planned(str(sent.resubmitted_run), mine.text, mine.upload, tag)

    def close(self) -> None:
        if tag := self.an_open_one():
            self.told.append(f"close {tag}")
            close(self.lab.engine.tools, self.lab.record(tag).id, "gone", KIM)
            self.model.waiting[tag].state = _S.CLOSED

    def assign(self) -> None:
        if tag := self.an_open_one():
            self.told.append(f"assign {tag}")
            assign(self.lab.engine.tools, [self.lab.record(tag).id], "kim", KIM)
            mine = self.model.waiting[tag]
            if mine.state in (_S.NEW, _S.REGRESSED):
                mine.state = _S.ASSIGNED

    def compare(self) -> None:
        with self.lab.engine.database.transactions.begin() as uow:
            stored = {tag: uow.records.versions(LAB.name, tag) for tag in TAGS}
            force = {v.source_id: dict(v.payload) for v in uow.records.as_of(LAB.name, None)}
            assert not list(uow.records.reconcile(LAB.name))
        said = {tag: [dict(v.payload) for v in versions] for tag, versions in stored.items()}
        assert said == self.model.versions, self.told
        assert force == {t: v[-1] for t, v in self.model.versions.items() if v}
        wanted = {tag: record.state for tag, record in self.model.waiting.items()}
        assert self.lab.states() == wanted, self.told
        every = self.lab.records(superseded=True)
        opened = [record.source_id for record in every if record.state in OPEN]
        assert len(opened) == len(set(opened))
        keys = {v.idempotency_key for versions in stored.values() for v in versions}
        assert all(r.resolved_key in keys | {None} for r in every)
        now = self.lab.engine.database.value("SELECT clock_timestamp()")
        self.seen.append((now, force))

    def look_back(self) -> None:
        """What was in force at every time that was looked at."""
        with self.lab.engine.database.transactions.begin() as uow:
            for at, force in self.seen:
                then = {v.source_id: dict(v.payload) for v in uow.records.as_of(LAB.name, at)}
                assert then == force


@pytest.mark.parametrize("seed", [113, 115])
def test_whatever_happens_store_and_quarantine_hold_what_they_must(
    engine: Installation, seed: int
) -> None:
    """Takes seconds: each sequence is some ten whole runs, with workers that die."""
    Play(Lab(engine), seed).go(6)
