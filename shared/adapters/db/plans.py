"""Plans in PostgreSQL: saved whole by COPY, read in pages, recorded in sets."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, insert, text, update
from sqlalchemy.exc import IntegrityError

from shared.adapters.db import tables as t
from shared.adapters.db.action_filter import conditions
from shared.adapters.db.action_rows import COLUMNS, action_row, stored_action
from shared.adapters.db.approved import APPROVED, CLEARS, ENDED, counts_of
from shared.adapters.db.bulk import copy_rows, streamed
from shared.adapters.db.dependencies import DUE, ORPHANED
from shared.adapters.db.outcomes import FREE, RECORD, VERIFY, outcome_row, verified_row
from shared.domain.action import Action, ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.canonical import Json, canonical
from shared.domain.errors import Conflict, NotFound
from shared.domain.gates import Counts
from shared.domain.plan import Plan, PlanHead
from shared.domain.rates import Ended
from shared.domain.review import Candidate, Review
from shared.ports.plans import (
    ActionFilter,
    PersonSecret,
    StoredAction,
    StoredPlan,
    StoredReview,
    Verification,
)
from shared.ports.target import Attempt, Outcome, Verified

#: Actions held in memory at a time.
_PORTION = 5000
#: Of a membership: who the add it depends on has made.
_ADDED_ID = (
    "(SELECT d.ascip_id FROM action AS d WHERE d.plan_id = :plan"
    " AND d.kind = 'add' AND d.id = ANY(action.depends_on) LIMIT 1) AS added_id"
)
_PLAN = "SELECT plan.*, coalesce(expires_at < now(), false) AS expired FROM plan"


class PgPlans:
    """See `shared.ports.plans.Plans`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def save(
        self, plan: Plan, *, plan_id: str, run_id: str, snapshot_id: str, ttl_h: int,
        facts: Mapping[str, Json],
    ) -> None:  # fmt: skip
        """Store the plan and its actions in this transaction."""
        self.begin(plan_id, run_id=run_id, snapshot_id=snapshot_id, header=plan.header, ttl_h=ttl_h)
        self.add_actions(plan_id, plan.actions)
        self.seal(plan_id, plan.head(), facts=facts)

    def begin(
        self, plan_id: str, *, run_id: str, snapshot_id: str, header: Mapping[str, Json], ttl_h: int
    ) -> None:
        """Its row, since actions refer to it; nobody sees it before the transaction ends."""
        self._db.execute(
            insert(t.plan).values(
                id=plan_id, run_id=run_id, snapshot_id=snapshot_id, digest="0" * 64,
                header=canonical(header).decode(), applyable=False, held_classes=[],
                summary={}, facts={},
                expires_at=text("now() + make_interval(hours => :ttl)").bindparams(ttl=ttl_h),
            )
        )  # fmt: skip

    def add_actions(self, plan_id: str, actions: Iterable[Action]) -> None:
        """A COPY for each portion: while one is under way the connection can't be read from."""
        numbered = enumerate(actions)
        while portion := list(islice(numbered, _PORTION)):
            rows = (action_row(plan_id, position, action) for position, action in portion)
            copy_rows(self._db, "action", COLUMNS, rows)

    def sorted_hashes(self, plan_id: str) -> Iterator[str]:
        """Sorted by bytes, as Python sorts them."""
        query = text('SELECT hash FROM action WHERE plan_id = :plan ORDER BY hash COLLATE "C"')
        return streamed(self._db, query, {"plan": plan_id}).scalars()

    def seal(self, plan_id: str, head: PlanHead, *, facts: Mapping[str, Json]) -> None:
        """One row."""
        self._db.execute(
            update(t.plan).where(t.plan.c.id == plan_id).values(
                digest=head.digest, applyable=head.applyable, summary=head.summary, facts=facts,
                held_classes=[c.value for c in head.held_classes],
            )
        )  # fmt: skip

    def get(self, plan_id: str) -> StoredPlan:
        """By its id."""
        row = self._db.execute(text(f"{_PLAN} WHERE id = :id"), {"id": plan_id}).one_or_none()
        if row is None:
            raise NotFound(f"There is no plan {plan_id}. `ascip-sync runs` lists runs with plans.")
        return _plan(row)

    def of_run(self, run_id: str) -> StoredPlan | None:
        """By its run."""
        row = self._db.execute(text(f"{_PLAN} WHERE run_id = :id"), {"id": run_id}).one_or_none()
        return _plan(row) if row else None

    def actions(self, plan_id: str, wanted: ActionFilter) -> Iterator[StoredAction]:
        """In the plan's order."""
        where, values = conditions(wanted)
        query = text(f"SELECT * FROM action WHERE plan_id = :plan{where} ORDER BY position")  # noqa: S608  # conditions of our own
        rows = streamed(self._db, query, {"plan": plan_id, **values})
        return map(stored_action, rows)

    def hashes(self, plan_id: str) -> Iterator[tuple[str, str]]:
        """Body and hash of each action."""
        query = text(
            'SELECT body, hash FROM action WHERE plan_id = :plan ORDER BY hash COLLATE "C"'
        )
        for row in streamed(self._db, query, {"plan": plan_id}):
            yield row.body, row.hash

    def candidates(self, plan_id: str) -> list[Candidate]:
        """What a review looks at."""
        rows = self._db.execute(
            text(
                'SELECT id, "class" AS class_, person_key, site, hold, depends_on FROM action'
                " WHERE plan_id = :plan ORDER BY position"
            ),
            {"plan": plan_id},
        )
        return [
            Candidate(
                id=row.id, action_class=ActionClass(row.class_), person_key=row.person_key,
                site=row.site, hold=HeldReason(row.hold) if row.hold else None,
                depends_on=tuple(row.depends_on),
            )
            for row in rows
        ]  # fmt: skip

    def add_review(
        self, review_id: str, plan_id: str, review: Review, actor: str, *, four_eyes: bool
    ) -> None:
        """Store the decision; the unique constraint decides a race."""
        try:
            self._db.execute(
                insert(t.review).values(
                    id=review_id, plan_id=plan_id, plan_digest=review.plan_digest,
                    decision=review.decision.value, body=review.to_json(), actor=actor,
                    four_eyes=four_eyes,
                )
            )  # fmt: skip
        except IntegrityError as error:
            raise Conflict(
                "The plan was decided before. Nothing was written.", code="already_reviewed"
            ) from error

    def review_of(self, plan_id: str) -> StoredReview | None:
        """The decision, if there is one."""
        query = text("SELECT actor, decided_at, body FROM review WHERE plan_id = :plan")
        row = self._db.execute(query, {"plan": plan_id}).one_or_none()
        return (
            StoredReview(actor=row.actor, decided_at=row.decided_at, body=row.body) if row else None
        )

    def set_statuses(self, plan_id: str, statuses: Mapping[str, ActionStatus]) -> None:
        """Write many statuses in one statement; a row that says so already is not written again."""
        ids, values = list(statuses), [status.value for status in statuses.values()]
        self._db.execute(
            text(
                "UPDATE action SET status = new.status"
                " FROM unnest(CAST(:ids AS text[]), CAST(:values AS text[])) AS new(id, status)"
                " WHERE plan_id = :plan AND action.id = new.id AND action.status <> new.status"
            ),
            {"plan": plan_id, "ids": ids, "values": values},
        )

    def status_counts(self, plan_id: str) -> dict[ActionStatus, int]:
        """Actions by status."""
        query = text(
            "SELECT status, count(*) AS n FROM action WHERE plan_id = :plan GROUP BY status"
        )
        return {ActionStatus(r.status): r.n for r in self._db.execute(query, {"plan": plan_id})}

    def approved_counts(self, plan_id: str) -> Counts:
        """One pass over the plan's actions."""
        return counts_of(self._db.execute(APPROVED, {"plan": plan_id, "clears": CLEARS}))

    def ended(self, plan_id: str) -> Ended:
        """One pass over the plan's actions."""
        row = self._db.execute(ENDED, {"plan": plan_id}).one()
        return Ended(
            approved=row.approved, failed=row.failed, conflicts=row.conflicts,
            in_a_row=row.in_a_row,
        )  # fmt: skip

    def kind_counts(self, plan_id: str) -> dict[tuple[Kind, ActionStatus], int]:
        """Actions by kind and status."""
        query = text(
            "SELECT kind, status, count(*) AS n FROM action WHERE plan_id = :plan GROUP BY 1, 2"
        )
        rows = self._db.execute(query, {"plan": plan_id})
        return {(Kind(r.kind), ActionStatus(r.status)): r.n for r in rows}

    def due_spans(self, plan_id: str, size: int) -> list[tuple[int, int]]:
        """Each as many positions wide as it has actions, where nothing is held in between."""
        query = text(
            "SELECT min(position) AS first, max(position) AS last FROM (SELECT position,"
            " (row_number() OVER (ORDER BY position) - 1) / :size AS part FROM action"
            " WHERE plan_id = :plan AND status = 'planned') AS due GROUP BY part ORDER BY part"
        )
        rows = self._db.execute(query, {"plan": plan_id, "size": size})
        return [(row.first, row.last) for row in rows]

    def due_ids(
        self, plan_id: str, kind: Kind, *, max_attempts: int
    ) -> list[tuple[str, int | None]]:
        """Approved actions of a kind still to be done or, while attempts are left, to be settled."""
        values = {"plan": plan_id, "kind": kind.value, "max": max_attempts}
        rows = self._db.execute(DUE, values)
        return [(row.id, row.group_id) for row in rows]

    def give_up_orphans(self, plan_id: str, *, max_attempts: int) -> list[StoredAction]:
        """What depends, along a chain too, on an action that ended otherwise is not attempted."""
        rows = self._db.execute(ORPHANED, {"plan": plan_id, "max": max_attempts})
        return list(map(stored_action, rows))

    def intend(self, plan_id: str, ids: Sequence[str], work_item_id: int) -> list[Attempt]:
        """Record the intent; what was open already is a retry.

        Only an approved plan's, and only for an item of the run it belongs to.
        """
        rows = self._db.execute(
            text(
                "WITH open AS (SELECT id, status FROM action WHERE plan_id = :plan"  # noqa: S608  # of our own
                "   AND id = ANY(:ids) AND status IN ('planned', 'attempting', 'unknown')"
                "   AND EXISTS (SELECT 1 FROM plan JOIN work_item AS w ON w.run_id = plan.run_id"
                "     JOIN review ON review.plan_id = plan.id AND review.decision = 'approve'"
                "     WHERE plan.id = :plan AND w.id = :item) FOR UPDATE)"
                " UPDATE action SET status = 'attempting', attempts = attempts + 1,"
                "   intent_at = coalesce(intent_at, now()), work_item_id = :item"
                " FROM open WHERE action.plan_id = :plan AND action.id = open.id"
                " RETURNING action.*, open.status <> 'planned' AS retry,"
                f" {_ADDED_ID}"
            ),
            {"plan": plan_id, "ids": list(ids), "item": work_item_id},
        ).all()
        return _attempts(rows)

    def record(
        self, plan_id: str, outcomes: Iterable[Outcome], *, max_attempts: int
    ) -> list[StoredAction]:
        """Record outcomes of attempting actions in one statement."""
        rows = [outcome_row(outcome) for outcome in outcomes]
        if not rows:
            return []
        values = {"plan": plan_id, "max": max_attempts, "rows": json.dumps(rows), "free": FREE}
        recorded = self._db.execute(RECORD, values).all()
        return [stored_action(row) for row in sorted(recorded, key=_position)]

    def unverified(self, plan_id: str) -> list[tuple[str, Kind, int | None]]:
        """By kind and group."""
        query = text(
            "SELECT id, kind, group_id FROM action WHERE plan_id = :plan AND verified_at IS NULL"
            " AND status IN ('succeeded', 'unknown') ORDER BY kind, group_id, position"
        )
        rows = self._db.execute(query, {"plan": plan_id})
        return [(row.id, Kind(row.kind), row.group_id) for row in rows]

    def written(self, plan_id: str, ids: Sequence[str]) -> list[Attempt]:
        """Succeeded and unknown ones."""
        query = text(
            f"SELECT action.*, true AS retry, {_ADDED_ID} FROM action WHERE plan_id = :plan"  # noqa: S608  # of our own
            " AND id = ANY(:ids) AND status IN ('succeeded', 'unknown')"
        )
        return _attempts(self._db.execute(query, {"plan": plan_id, "ids": list(ids)}).all())

    def record_verified(self, plan_id: str, verified: Iterable[Verified]) -> list[StoredAction]:
        """Record in one statement."""
        values = {"plan": plan_id, "rows": json.dumps([verified_row(v) for v in verified])}
        rows = self._db.execute(VERIFY, values).all()
        return [stored_action(row) for row in sorted(rows, key=_position) if row.newly]

    def verification(self, plan_id: str) -> Verification:
        """Counts."""
        query = text(
            "SELECT count(*) AS verified, count(mismatch) AS mismatches FROM action"
            " WHERE plan_id = :plan AND verified_at IS NOT NULL"
        )
        row = self._db.execute(query, {"plan": plan_id}).one()
        return Verification(verified=row.verified, mismatches=row.mismatches)

    def close_open(self, plan_id: str) -> list[StoredAction]:
        """What is still planned is not attempted; an intent nobody followed up is unknown."""
        query = text(
            "UPDATE action SET status ="
            "   CASE status WHEN 'attempting' THEN 'unknown' ELSE 'not_attempted' END"
            " WHERE plan_id = :plan AND status IN ('planned', 'attempting') RETURNING *"
        )
        return list(map(stored_action, self._db.execute(query, {"plan": plan_id})))

    def leave_out(self, plan_id: str) -> None:
        """What nobody will approve any more."""
        query = text(
            "UPDATE action SET status = 'not_approved' WHERE plan_id = :plan AND status = 'planned'"
        )
        self._db.execute(query, {"plan": plan_id})

    def reopen(self, plan_id: str) -> int:
        """Failed and not-attempted actions are planned again; unknown ones get new attempts."""
        query = text(
            "UPDATE action SET attempts = 0, outcome_code = NULL,"
            " status = CASE status WHEN 'unknown' THEN 'unknown' ELSE 'planned' END"
            " WHERE plan_id = :plan AND status IN ('failed', 'not_attempted', 'unknown')"
        )
        return self._db.execute(query, {"plan": plan_id}).rowcount

    def make_secrets(self, plan_id: str, key_id: bytes) -> None:
        """A secret of 244 random bits for each person who has none."""
        query = text(
            "INSERT INTO person_secret (person_key, key_id, secret)"
            " SELECT person_key, CAST(:key AS bytea),"
            "   uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"
            " FROM (SELECT DISTINCT person_key FROM action WHERE plan_id = :plan) AS p"
            " ON CONFLICT (person_key) DO NOTHING"
        )
        self._db.execute(query, {"plan": plan_id, "key": key_id})

    def secret_keys(self, plan_id: str) -> list[bytes]:
        """Ids of the master keys that the secrets of a plan's people go with."""
        query = text(
            "SELECT DISTINCT key_id FROM person_secret WHERE secret IS NOT NULL"
            " AND key_id IS NOT NULL AND person_key IN"
            " (SELECT person_key FROM action WHERE plan_id = :plan)"
        )
        return list(self._db.execute(query, {"plan": plan_id}).scalars())

    def secrets(self, person_keys: Iterable[str]) -> dict[str, PersonSecret]:
        """Secrets that were not destroyed."""
        query = text(
            "SELECT person_key, secret, key_id FROM person_secret"
            " WHERE person_key = ANY(:keys) AND secret IS NOT NULL"
        )
        rows = self._db.execute(query, {"keys": list(person_keys)})
        return {row.person_key: PersonSecret(row.secret, row.key_id) for row in rows}


def _position(row: Row[Any]) -> int:
    return int(row.position)


def _attempts(rows: Sequence[Row[Any]]) -> list[Attempt]:
    return [
        Attempt(
            action=stored_action(row).action,
            ascip_id=row.ascip_id or row.added_id,
            retry=row.retry,
        )
        for row in sorted(rows, key=_position)
    ]


def _plan(row: Row[Any]) -> StoredPlan:
    return StoredPlan(
        id=row.id, run_id=row.run_id, snapshot_id=row.snapshot_id, digest=row.digest,
        header=json.loads(row.header), held_classes=row.held_classes, applyable=row.applyable,
        summary=row.summary, facts=row.facts, created_at=row.created_at,
        expires_at=row.expires_at, expired=row.expired,
    )  # fmt: skip
