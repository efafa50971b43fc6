"""A whole run, from the extract to a target that matches it."""

from shared.domain.run import RunState
from tests.fakes.installation import Installation


def test_a_whole_run_leaves_the_target_as_the_extract_says(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    again = engine.plan(extract, force=True)
    assert again.state is RunState.NO_CHANGES
    assert not engine.simulator.done_twice()
