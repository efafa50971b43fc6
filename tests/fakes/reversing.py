"""For tests that take a run back: a story with every kind of action, and dumps side by side."""

from collections.abc import Mapping
from typing import Any

from shared.domain.run import Run
from shared.pipeline.revert import revert
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.staff_extract import StaffExtract


def take_back(engine: Installation, run: Run) -> Run:
    """Order that a run be taken back, and work until its plan waits for a review."""
    mapping = engine.extract().mapping_text
    run_id = revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text=mapping)
    engine.workers.until_quiet()
    return engine.run(run_id)


def with_every_kind(engine: Installation) -> StaffExtract:
    """An extract that adds, updates, reactivates, joins, leaves and deactivates."""
    extract = engine.extract()
    # Inactive, and in the extract all the same.
    engine.simulator.edit(extract.ids[9], status="inactive")
    extract.story()
    return extract


def people(engine: Installation) -> dict[int, Mapping[str, Any]]:
    """Everybody in the simulator by id, without the time of their last change."""
    state = engine.simulator.state()
    return {p["id"]: {k: v for k, v in p.items() if k != "updatedAt"} for p in state["people"]}
