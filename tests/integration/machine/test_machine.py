"""Histories of everything that happens to a district, over the real pipeline and PostgreSQL."""

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

# A worker that was killed in the middle of reading leaves its cursor to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:<psycopg.ServerCursor:ResourceWarning")
EXAMPLES = int(os.environ.get("EXAMPLES", "50"))


@pytest.fixture(scope="module")
def quick(servers: Servers, template: str) -> Iterator[QuickDatabase]:
    made = QuickDatabase(servers.create("machine", template))
    yield made
    gc.collect()
    made.close()
    servers.drop("machine")


@pytest.mark.parametrize("number", range(4))
def test_nothing_happens_but_what_was_approved_and_that_once(
    quick: QuickDatabase, tmp_path: Path, number: int
) -> None:
    class Here(Machine):
        database, folder = quick, tmp_path

    run_state_machine_as_test(
        seed(number + int(os.environ.get("SEED", "0")))(Here),
        settings=settings(max_examples=EXAMPLES, stateful_step_count=int(os.environ.get("STEPS", "5")), suppress_health_check=list(HealthCheck), phases=[Phase.generate] if os.environ.get('NOSHRINK') else list(Phase), report_multiple_bugs=False),
    )
