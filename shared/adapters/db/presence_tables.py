"""The schema, part: who was last seen when, since when somebody has left, and what plans made of it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from shared.adapters.db.columns import metadata, one_of
from shared.domain.absence import Because
from shared.domain.removal import Fate

#: One row a person that a row of an extract ever kept, or that has left. Shadow runs have rows of their own.
presence = Table(
    "presence",
    metadata,
    Column("target", Text, primary_key=True),
    Column("shadow", Boolean, primary_key=True),
    Column("ascip_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_run", ForeignKey("run.id")),  # the last in which a row kept them
    Column("seen_on", Date),
    Column("seen_row", Integer),
    Column("absent_since", Date),  # null while a row keeps them
    Column("because", Text),
    Column("end_date", Date),
    one_of("because", Because),
    CheckConstraint("(absent_since IS NULL) = (because IS NULL)", name="absent"),
)

#: An active person whom no row kept, and what a plan made of them: the evidence of who left. It
#: depends on no file and no row of an extract, which expire.
absentee = Table(
    "absentee",
    metadata,
    Column("plan_id", ForeignKey("plan.id"), primary_key=True),
    Column("ascip_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, Identity(), nullable=False),  # order of being found
    Column("person_key", Text, nullable=False),
    Column("email_masked", Text, nullable=False),
    Column("fate", Text, nullable=False),
    Column("because", Text),  # null where nothing says for sure that they have left
    Column("end_date", Date),
    Column("row", Integer),  # of this plan's extract, where a row says it
    Column("since", Date),
    Column("grace_days", Integer),
    Column("leaves_on", Date),
    Column("seen_run", ForeignKey("run.id")),  # null: never in an extract
    Column("seen_on", Date),
    Column("seen_row", Integer),
    one_of("fate", Fate),
    one_of("because", Because),
    Index("ix_absentee_removed", "number", postgresql_where=text("fate = 'removed'")),
)
