"""Answer a request that may be sent twice: its answer is kept with its effect, and repeated."""

from collections.abc import Callable
from datetime import timedelta

from shared.pipeline.tools import Tools
from shared.ports.access import Answer, RequestKey
from shared.ports.unit_of_work import UnitOfWork

#: How long an answer is repeated.
KEPT = timedelta(days=7)


def once(
    tools: Tools, request: RequestKey, work: Callable[[UnitOfWork], Answer]
) -> tuple[Answer, bool]:
    """Do the work in one transaction with the memory of it; returns the answer, and if it is repeated.

    A refusal is not remembered: nothing was written, and the same key may try again.

    Raises:
        Conflict: the same request is under way, or the key was used with another body.
    """
    with tools.transactions.begin() as uow:
        if (before := uow.access.recall(request)) is not None:
            return before, True
        answer = work(uow)
        uow.access.remember(request, answer)
        return answer, False
