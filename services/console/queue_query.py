"""What a copied address says about the queue of quarantined records: filters, order, place."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.remediation import OPEN, QuarantineState
from shared.ports.remediation import QuarantineFilter, QuarantineSort
from shared.ports.views import PageOf

#: Records on a page.
_ROWS = 50
#: Shown first: whatever waits for somebody; and its opposite of a filter, everything.
UNRESOLVED, EVERY = "unresolved", "every"
#: What stands for nobody in a list of owners: no user is called so.
NOBODY = "(nobody)"

_Words = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]


class QueueQuery(BaseModel):
    """Fields of the address; what is empty doesn't narrow."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    state: _Words = UNRESOLVED
    authority: _Words = ""
    feed: _Words = ""
    code: _Words = ""
    owner: _Words = ""
    overdue: _Words = ""
    sort: QuarantineSort = QuarantineSort.ATTENTION
    after: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_]*$")] = ""
    #: What was just done, to be said.
    done: _Words = ""

    @property
    def wanted(self) -> QuarantineFilter:
        """In the engine's words."""
        return QuarantineFilter(
            feeds=_one(self.feed), states=self._states, codes=_one(self.code),
            owners=() if self.owner == NOBODY else _one(self.owner),
            unassigned=self.owner == NOBODY, overdue=bool(self.overdue),
        )  # fmt: skip

    @property
    def _states(self) -> Sequence[QuarantineState]:
        if self.state in {EVERY, ""}:
            return ()
        if self.state in list(QuarantineState):
            return (QuarantineState(self.state),)
        return tuple(OPEN)

    @property
    def page(self) -> PageOf:
        """Which part."""
        return PageOf(after=self.after or None, limit=_ROWS)

    @property
    def narrowed(self) -> bool:
        """Whether somebody asked for less than what is unresolved."""
        return any((self.authority, self.feed, self.code, self.owner, self.overdue)) or (
            self.state not in {UNRESOLVED, EVERY}
        )

    def query(self, **changed: str) -> str:
        """The same with other values, on the first page unless one is named."""
        kept = self.model_dump(exclude={"after", "done"}, exclude_defaults=True, mode="json")
        return urlencode({name: word for name, word in (kept | changed).items() if word})

    def to(self, path: str = "/quarantine", **changed: str) -> str:
        """An address with it."""
        query = self.query(**changed)
        return f"{path}?{query}" if query else path


def _one(word: str) -> Sequence[str]:
    return (word,) if word else ()
