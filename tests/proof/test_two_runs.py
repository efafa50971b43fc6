"""Two runs of a feed at once, fifty times: one has the target, and they never write by turns."""

import io
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

import pytest

from shared.domain.policy import ApprovalPolicy
from shared.domain.run import LOCKING, RunMode, RunState
from shared.pipeline.land import Order, Sender, land
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.staff_extract import StaffExtract

REPEATS = 50
#: In the order of the audit: which run came into which state, and which an action of was finished.
_STORY = (
    "SELECT run_id, verb, CAST(entry AS jsonb)->'detail'->>'to' AS state FROM audit_entry"
    " WHERE verb IN ('run.state_changed', 'action.finished') ORDER BY sequence"
)


@pytest.fixture
def by_itself(engine: Installation) -> Installation:
    """What reaches no limit is applied without a person; four workers, each message three times."""
    approval = ApprovalPolicy(mode="over_limits")
    engine.configure(policy=replace(engine.tools.policy, approval=approval))
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)
    engine.workers.threads, engine.workers.copies = 4, 3
    engine.workers.random = random.Random(38)
    return engine


def order(engine: Installation, extract: StaffExtract) -> str:
    wanted = Order(trigger="cli", mapping_text=extract.mapping_text, mode=RunMode.PLAN_AND_APPLY)
    sender = Sender(actor=OPERATOR, name="staff.csv")
    return land(engine.tools, io.BytesIO(extract.csv()), sender, wanted)


def require_one_at_a_time(engine: Installation) -> None:
    """No run has the target while another has it, and actions of runs stand in one block each."""
    having: set[str] = set()
    blocks = []
    for run, entries in groupby(engine.database.rows(_STORY), lambda row: row.run_id):
        for entry in entries:
            if entry.verb == "action.finished":
                blocks.append(run)
            elif RunState(entry.state) in LOCKING:
                having.add(run)
            else:
                having.discard(run)
            assert len(having) <= 1, having
    apart = [run for run, _ in groupby(blocks)]
    assert len(apart) == len(set(apart)), "they wrote by turns"


@pytest.mark.slow
def test_of_two_runs_at_once_one_has_the_target_fifty_times(by_itself: Installation) -> None:
    """Takes about two minutes: a hundred runs."""
    engine, waited, overtaken = by_itself, 0, 0
    for repeat in range(REPEATS):
        extracts = engine.extract(), engine.extract()
        for place, extract in enumerate(extracts):
            first = (repeat * 2 + place * 25) % 50
            extract.rename(extract.ids[first : first + 3])
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda extract: order(engine, extract), extracts))
        engine.workers.until_quiet()
        ordered = "SELECT id FROM run ORDER BY number DESC LIMIT 2"
        newest, older = (engine.run(row.id) for row in engine.database.rows(ordered))
        assert {newest.id, older.id} == {*runs}
        assert newest.state is RunState.APPLIED, (newest.state, newest.reason, newest.detail)
        assert older.state in {RunState.APPLIED, RunState.STALE}, (older.state, older.reason)
        waited += older.state is RunState.APPLIED
        overtaken += older.superseded_by == newest.id
        said = extracts[runs.index(newest.id)]
        for row in said.rows:
            assert engine.simulator.person(row["employee_id"])["lastName"] == row["last_name"]
    require_one_at_a_time(engine)
    assert (waited + overtaken, waited > 0, overtaken > 0) == (REPEATS, True, True)
    assert not engine.simulator.people_twice()
