"""What a plan that takes a run back says of whom the run added."""

from types import SimpleNamespace
from typing import cast

import pytest

from services.cli.render_reversal import reversal_lines
from shared.domain.reversal import LeftOut, LeftOutReason
from shared.domain.run import TargetName
from shared.pipeline.look import PlanView
from shared.ports.reversals import LeftOutFor

GONE = LeftOutFor(
    reason=LeftOutReason.GONE, count=5,
    first=[LeftOut(key=f"E{n}", ascip_id=n, reason=LeftOutReason.GONE, fields=()) for n in range(4)],
)  # fmt: skip


@pytest.mark.parametrize(
    ("added", "left_out", "said"),
    [
        (1, [], "the person whom it added ends inactive and out of the groups it put them in."),
        (
            3,
            [GONE],
            "the 3 whom it added end inactive and out of the groups it put them in, but for who is left out.",
        ),
    ],
)
def test_who_was_added_ends_inactive_unless_left_out(
    added: int, left_out: list[LeftOutFor], said: str
) -> None:
    run = SimpleNamespace(target=TargetName.ASCIP, reverts="run_1")
    plan = SimpleNamespace(facts={"added_then": added})
    view = cast("PlanView", SimpleNamespace(run=run, plan=plan, left_out=left_out))
    lines = list(reversal_lines(view, 3))
    assert lines[1] == f"Nobody is deleted: {said}"
    assert all(line.endswith(": E0, E1, E2 and 2 more") for line in lines[2:])
