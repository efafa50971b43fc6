"""What people have written about plans. Nothing is decided by it, nothing of it is ever changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """Something that was written about a plan."""

    id: str
    at: datetime
    actor: str
    text: str


class Comments(Protocol):
    """Comments on plans."""

    def add(self, comment_id: str, plan_id: str, actor: str, text: str) -> Comment: ...

    def of_plan(self, plan_id: str) -> Sequence[Comment]:
        """Oldest first."""
        ...
