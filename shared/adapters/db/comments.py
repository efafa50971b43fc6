"""Comments on plans in PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from shared.adapters.db.comment_tables import plan_comment as t
from shared.ports.comments import Comment


class PgComments:
    """See `shared.ports.comments.Comments`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, comment_id: str, plan_id: str, actor: str, text: str) -> Comment:
        """One row."""
        values = {"id": comment_id, "plan_id": plan_id, "actor": actor, "text": text}
        return _comment(self._db.execute(insert(t).values(values).returning(t)).one())

    def of_plan(self, plan_id: str) -> list[Comment]:
        """In the order of being written."""
        query = select(t).where(t.c.plan_id == plan_id).order_by(t.c.number)
        return [_comment(row) for row in self._db.execute(query)]


def _comment(row: Row[Any]) -> Comment:
    return Comment(id=row.id, at=row.at, actor=row.actor, text=row.text)
