"""Each fault of the simulator on each call of the client: outcome, requests and waiting, as a table.

`fault_table.md` says what is due; `fault_calls.py` has the rows and the columns.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.ports.target import OutcomeStatus
from tests.fakes.simulator_thread import SimulatorThread
from tests.integration.lms.fault_calls import READS, ROWS, WRITES, Call, Row, World

TABLE = Path(__file__).with_name("fault_table.md")
#: Outcomes after which the effect must not be there.
_NOT_DONE = frozenset({OutcomeStatus.TRANSIENT, OutcomeStatus.FAILED, OutcomeStatus.CONFLICT})


def table() -> dict[tuple[str, str], str]:
    """Row and column → cell; empty ones are left out."""
    cells: dict[tuple[str, str], str] = {}
    columns: list[str] = []
    for line in TABLE.read_text().splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        first, *rest = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = rest
        elif not first.startswith("---"):
            cells |= {(first, name): cell for name, cell in zip(columns, rest, strict=True) if cell}
    return cells


DUE = table()
CELLS = [(row, call) for row in ROWS for call in (*READS, *WRITES) if row.can_strike(call)]


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    simulator = SimulatorThread()
    yield simulator
    simulator.close()


@pytest.fixture
def world(simulator: SimulatorThread, row: Row) -> Iterator[World]:
    simulator.reset(20, 1)
    world = World(simulator, row.timeout_s)
    yield world
    world.target.close()


def test_the_table_has_every_cell_that_is_possible_and_no_other() -> None:
    assert {(row.name, call.name) for row, call in CELLS} == DUE.keys()


@pytest.mark.parametrize(
    ("row", "call"), CELLS, ids=[f"{row.name} - {call.name}" for row, call in CELLS]
)
def test_a_fault_has_the_outcome_the_table_says(world: World, row: Row, call: Call) -> None:
    if row.primed or call.name == "look-up":
        world.prime()
    before = len(world.simulator.journal())
    world.simulator.faults(*row.rules_for(call))
    said = call.do(world)
    sent = [entry for entry in world.simulator.journal()[before:] if entry["connection"]]
    waited_s = round(world.time.now_s - 1000, 2)
    assert world.simulator.fired()
    assert f"{said}; {len(sent)}; {waited_s:g} s" == DUE[row.name, call.name]
    if row.late:
        world.simulator.faults()
        for _ in range(30):
            world.target.ping()
    assert_nothing_untrue(world, row, call)


def assert_nothing_untrue(world: World, row: Row, call: Call) -> None:
    """Nothing happened twice, and what was called done or undone is."""
    assert not world.simulator.done_twice()
    assert not world.simulator.people_twice()
    if call.done is None or row.believable or row.late:
        return
    done = call.done(world.people())
    status = world.outcomes[0].status
    assert done or status is not OutcomeStatus.SUCCEEDED
    assert not (done and status in _NOT_DONE)
