"""What all tables share: the metadata with its naming, and columns that come up again and again."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Text, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQL for runs that were set going by an extract: neither to look for drift nor to take one back.
OF_EXTRACT = "mode IN ('plan', 'plan_and_apply')"

#: SQL for dead items of the table `work_item` after which nothing of their run was begun.
GIVEN_UP = (
    "work_item.state = 'dead' AND work_item.error <> 'dropped' AND NOT EXISTS (SELECT 1 FROM work_item"
    " AS later WHERE later.run_id = work_item.run_id AND later.created_at > work_item.ended_at)"
)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """A closed set: the column holds one of the enumeration's words."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def time(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


def sha(name: str, *, nullable: bool = True) -> Column[str]:
    return Column(name, Text, nullable=nullable)
