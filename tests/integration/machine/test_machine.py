"""Histories of a district in any order, over the real pipeline: what was approved happens, and that once.

`make test` plays some; `make histories` plays many, and others with another SEED.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fakes.servers import Servers
from tests.integration.machine.district import QuickDatabase
from tests.integration.machine.machine import Machine

#: Histories in all, steps of each, and of how many each test plays its share.
HISTORIES = int(os.environ.get("ASCIP_SYNC_TEST_HISTORIES", "200"))
STEPS = int(os.environ.get("ASCIP_SYNC_TEST_STEPS", "1"))
SHARE = 50
#: Another one plays other histories.
SEED = int(os.environ.get("ASCIP_SYNC_TEST_SEED", "1"))
#: Shrinking a failure takes minutes, and says much more; `ASCIP_SYNC_TEST_SHRINK=0` goes without.
PHASES = tuple(Phase) if os.environ.get("ASCIP_SYNC_TEST_SHRINK") != "0" else (Phase.generate,)

# A worker that was killed in the middle of reading leaves its cursor to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:<psycopg.ServerCursor:ResourceWarning")


@pytest.fixture(scope="module")
def quick(servers: Servers, template: str) -> Iterator[QuickDatabase]:
    """One database for all histories, emptied before each."""
    made = QuickDatabase(servers.create("machine", template))
    yield made
    gc.collect()
    made.close()
    servers.drop("machine")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(-(-HISTORIES // SHARE)))
def test_whatever_happens_in_any_order_what_was_approved_is_done_and_that_once(
    quick: QuickDatabase, tmp_path: Path, number: int
) -> None:
    """Long, because each history has several runs over PostgreSQL: fifty take ten seconds."""

    class Here(Machine):
        database, folder = quick, tmp_path

    run_state_machine_as_test(
        seed(1000 * SEED + number)(Here),
        settings=settings(
            max_examples=min(SHARE, HISTORIES), stateful_step_count=STEPS,
            phases=PHASES, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        ),
    )  # fmt: skip
