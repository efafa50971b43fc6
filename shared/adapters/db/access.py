"""Users, keys and answered requests in PostgreSQL."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text

from shared.adapters.db import service_tables as t
from shared.domain.access import Key, KeyKind, Role, Scope, User
from shared.domain.errors import Conflict, NotFound
from shared.ports.access import Answer, RequestKey


class PgAccess:
    """See `shared.ports.access.Access`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put_user(self, user: User) -> bool:
        """Insert, or change the roles."""
        query = text(
            "INSERT INTO app_user (name, roles) VALUES (:name, :roles)"
            " ON CONFLICT (name) DO UPDATE SET roles = excluded.roles"
            " WHERE app_user.roles <> excluded.roles"
        )
        roles = sorted(role.value for role in user.roles)
        return bool(self._db.execute(query, {"name": user.name, "roles": roles}).rowcount)

    def user(self, name: str) -> User:
        """By name."""
        row = self._db.execute(select(t.app_user).where(t.app_user.c.name == name)).one_or_none()
        if row is None:
            raise NotFound(f"There is no user {name}.")
        return _user(row)

    def user_in_any_letters(self, name: str) -> User | None:
        """Of two from before names were compared so, the one in these very letters."""
        query = select(t.app_user).where(func.lower(t.app_user.c.name) == name.lower())
        row = self._db.execute(query.order_by((t.app_user.c.name == name).desc()).limit(1)).first()
        return None if row is None else _user(row)

    def set_disabled(self, name: str, *, disabled: bool) -> bool:
        """With the time."""
        self.user(name)
        query = text(
            "UPDATE app_user SET disabled_at = CASE WHEN :disabled THEN now() END"
            " WHERE name = :name AND (disabled_at IS NOT NULL) <> :disabled"
        )
        return bool(self._db.execute(query, {"name": name, "disabled": disabled}).rowcount)

    def other_admins(self, name: str, *, with_account: bool) -> bool:
        """The rows of all admins are locked, in one order: of two who leave at once one waits."""
        query = text(
            "SELECT name, EXISTS (SELECT FROM local_account WHERE user_name = name) AS has_account"
            " FROM app_user WHERE 'admin' = ANY (roles) AND disabled_at IS NULL"
            " ORDER BY name FOR UPDATE"
        )
        rows = self._db.execute(query).all()
        return any(row.name != name and (row.has_account or not with_account) for row in rows)

    def add_key(self, key: Key, lookup: bytes) -> None:
        """Store a key's lookup value and what it may do."""
        self._db.execute(
            insert(t.api_key).values(
                id=key.id, kind=key.kind.value, name=key.name, user_name=key.user_name,
                scopes=[scope.value for scope in key.scopes], lookup=lookup,
                created_by=key.created_by, created_at=key.created_at, expires_at=key.expires_at,
            )
        )  # fmt: skip

    def key_by_lookup(self, lookup: bytes) -> tuple[Key, User | None] | None:
        """A good key; when it was last used is noted to the hour, so that reading stays reading."""
        row = self._db.execute(
            text(
                "SELECT * FROM api_key WHERE lookup = :lookup AND revoked_at IS NULL"
                " AND (expires_at IS NULL OR expires_at > now())"
            ),
            {"lookup": lookup},
        ).one_or_none()
        if row is None:
            return None
        user = self.user(row.user_name) if row.user_name else None
        self._db.execute(
            text(
                "UPDATE api_key SET last_used_at = date_trunc('hour', now()) WHERE id = :id"
                " AND (last_used_at IS NULL OR last_used_at < date_trunc('hour', now()))"
            ),
            {"id": row.id},
        )
        return _key(row), user

    def keys(self) -> list[Key]:
        """Newest first."""
        query = select(t.api_key).order_by(t.api_key.c.created_at.desc(), t.api_key.c.id)
        return [_key(row) for row in self._db.execute(query)]

    def revoke_key(self, key_id: str) -> bool:
        """Once."""
        values = {"id": key_id}
        query = text("SELECT revoked_at FROM api_key WHERE id = :id FOR UPDATE")
        row = self._db.execute(query, values).one_or_none()
        if row is None:
            raise NotFound(f"There is no key {key_id}.")
        if row.revoked_at is not None:
            return False
        self._db.execute(text("UPDATE api_key SET revoked_at = now() WHERE id = :id"), values)
        return True

    def person_behind(self, actor: str) -> str:
        """By the function that the trigger on reviews asks, too."""
        query = text("SELECT person_behind(:actor)")
        return str(self._db.execute(query, {"actor": actor}).scalar_one())

    def recall(self, request: RequestKey) -> Answer | None:
        """Lock the key of the request for this transaction, then look it up."""
        words = f"{request.principal}\n{request.path}\n{request.key}"
        lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:words, 0))")
        if not self._db.execute(lock, {"words": words}).scalar_one():
            raise Conflict(
                "A request with this Idempotency-Key is being worked on. Ask again in a second.",
                code="idempotency_in_flight",
            )
        row = self._db.execute(
            text(
                "SELECT body_sha256, status, answer FROM request"
                " WHERE principal = :principal AND path = :path AND key = :key"
            ),
            {"principal": request.principal, "path": request.path, "key": request.key},
        ).one_or_none()
        if row is None:
            return None
        if row.body_sha256 != request.body_sha256:
            raise Conflict(
                "This Idempotency-Key was used before with another body. Nothing was written."
                " Take a new key for a new request.",
                code="idempotency_key_reused",
            )
        answer = json.loads(row.answer)
        return Answer(status=row.status, body=answer["body"], location=answer["location"])

    def remember(self, request: RequestKey, answer: Answer) -> None:
        """Keep the answer, in the transaction of what it answers."""
        kept = json.dumps({"body": dict(answer.body), "location": answer.location})
        self._db.execute(
            insert(t.request).values(
                principal=request.principal, path=request.path, key=request.key,
                body_sha256=request.body_sha256, status=answer.status, answer=kept,
            )
        )  # fmt: skip

    def forget_requests(self, *, before: datetime) -> int:
        """Delete old answers."""
        query = text("DELETE FROM request WHERE created_at < :before")
        return self._db.execute(query, {"before": before}).rowcount


def _user(row: Row[Any]) -> User:
    return User(
        name=row.name, roles=tuple(map(Role, row.roles)), disabled=row.disabled_at is not None
    )


def _key(row: Row[Any]) -> Key:
    values = {name: getattr(row, name) for name in Key.__slots__}
    values["kind"] = KeyKind(row.kind)
    values["scopes"] = tuple(map(Scope, row.scopes))
    return Key(**values)
