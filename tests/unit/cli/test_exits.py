"""Exit codes of runs that came to rest."""

import pytest

from services.cli.exits import Exit, exit_of_run
from shared.domain.run import RunState


@pytest.mark.parametrize(
    ("state", "held", "wanted_apply", "code"),
    [
        (RunState.NO_CHANGES, False, True, Exit.DONE),
        # A short file whose absentees are in their grace.
        (RunState.NO_CHANGES, True, False, Exit.HELD),
        (RunState.SKIPPED_UNCHANGED, False, True, Exit.DONE),
        (RunState.AWAITING_APPROVAL, False, False, Exit.DONE),
        (RunState.AWAITING_APPROVAL, False, True, Exit.HELD),
        (RunState.AWAITING_APPROVAL, True, False, Exit.HELD),
        (RunState.HELD, True, False, Exit.HELD),
    ],
)
def test_a_held_class_is_3_and_so_is_an_approval_that_is_waited_for(
    state: RunState, held: bool, wanted_apply: bool, code: Exit
) -> None:
    assert exit_of_run(state, None, held=held, wanted_apply=wanted_apply) is code
