"""Answer a request that may be sent twice: its answer is kept with its effect, and repeated."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from shared.pipeline.tools import Tools
from shared.ports.access import Answer, RequestKey
from shared.ports.unit_of_work import UnitOfWork

Found = TypeVar("Found")
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


def once_in_all(tools: Tools, request: RequestKey, deed: Callable[[Tools], None]) -> bool:
    """Do a use case that begins transactions of its own; False if the same request did it before.

    They all join one, which remembers the request too. So it is for what touches nothing but the database
    and, at its end, a file.

    Raises:
        Conflict: the same request is under way, or the key was used with another body.
    """

    def work(uow: UnitOfWork) -> Answer:
        deed(replace(tools, transactions=_Joined(uow)))
        return Answer(status=303, body={})

    return not once(tools, request, work)[1]


class _Joined:
    """See `shared.ports.unit_of_work.Transactions`: every transaction is the one that is open already."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Committed by whoever opened it."""
        yield self._uow

    def repeat(self, work: Callable[[UnitOfWork], Found]) -> Found:
        """Whoever opened it would have to repeat all of it."""
        return work(self._uow)

    def takes_nothing(self, _: Exception) -> bool:
        """Whoever opened it meets it."""
        return False
