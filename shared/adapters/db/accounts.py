"""Local accounts and sessions in PostgreSQL: a statement for each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.domain.access import Role, User
from shared.domain.account import (
    IDLE,
    LONGEST,
    MOST_FAILURES,
    ONE_TIME,
    WAIT,
    Account,
    UserView,
)

#: Any constant: of two who make the first account at once, one waits for the other.
_LOCK = text("SELECT pg_advisory_xact_lock(1312902468)")

_ACCOUNT = """
    SELECT u.name, u.roles, u.disabled_at, a.password_hash, a.one_time, a.signed_in_at,
           coalesce(a.expires_at <= now(), false) AS expired,
           coalesce(a.waits_until > now(), false) AS waiting
"""
_NAMED = (
    f"{_ACCOUNT} FROM local_account AS a JOIN app_user AS u ON u.name = a.user_name"
    " WHERE lower(a.user_name) = lower(:name)"
)
_USERS = text(
    f"{_ACCOUNT} FROM app_user AS u LEFT JOIN local_account AS a ON a.user_name = u.name"
    " ORDER BY lower(u.name), u.name"
)
_ADD = text("""
    INSERT INTO local_account (user_name, password_hash, one_time, expires_at)
    VALUES (:name, :hash, true, now() + :good_for) ON CONFLICT DO NOTHING
""")
_PUT = text("""
    UPDATE local_account SET password_hash = :hash, one_time = :one_time, failures = 0,
           waits_until = NULL, expires_at = CASE WHEN :one_time THEN now() + :good_for END
     WHERE user_name = :name
""")
_FAILED = text("""
    UPDATE local_account SET
           failures = CASE WHEN failures + 1 < :most THEN failures + 1 ELSE 0 END,
           waits_until = CASE WHEN failures + 1 < :most THEN NULL ELSE now() + :wait END
     WHERE user_name = :name RETURNING waits_until IS NOT NULL
""")
_SIGNED_IN = text(
    "UPDATE local_account SET failures = 0, signed_in_at = now() WHERE user_name = :name"
)
_OPEN = text("INSERT INTO session (lookup, user_name) VALUES (:lookup, :name)")
_GOOD = (
    "used_at > now() - CAST(:idle AS interval) AND opened_at > now() - CAST(:longest AS interval)"
)
_SESSION = text(f"""
    {_ACCOUNT}, s.lookup FROM session AS s
      JOIN local_account AS a USING (user_name) JOIN app_user AS u ON u.name = a.user_name
     WHERE lookup = ANY (:lookups) AND {_GOOD} AND u.disabled_at IS NULL
""")  # words of our own
#: To the half minute, so that reading stays reading.
_USED = text("""
    UPDATE session SET used_at = now()
     WHERE lookup = :lookup AND used_at < now() - interval '30 seconds'
""")
_END = text("DELETE FROM session WHERE lookup = ANY (:lookups) RETURNING user_name")
_END_ALL = text("DELETE FROM session WHERE user_name = :name")
_FORGET = text(f"DELETE FROM session WHERE NOT ({_GOOD})")  # noqa: S608  # words of our own
_SPANS = {"idle": IDLE, "longest": LONGEST}


class PgAccounts:
    """See `shared.ports.accounts.Accounts`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def none_yet(self) -> bool:
        """See the port."""
        self._db.execute(_LOCK)
        query = text("SELECT NOT EXISTS (SELECT FROM local_account)")
        return bool(self._db.execute(query).scalar_one())

    def named(self, name: str, *, lock: bool = False) -> Account | None:
        """The user is locked too: of a sign-in and a disabling at once one sees the other."""
        query = text(_NAMED + (" FOR UPDATE OF a FOR SHARE OF u" if lock else ""))
        row = self._db.execute(query, {"name": name}).one_or_none()
        return None if row is None else _account(row)

    def all_users(self) -> list[UserView]:
        """See the port."""
        return [
            UserView(user=_user(row), account=_account(row) if row.password_hash else None)
            for row in self._db.execute(_USERS)
        ]

    def add(self, user_name: str, password_hash: str) -> bool:
        """See the port."""
        values = {"name": user_name, "hash": password_hash, "good_for": ONE_TIME}
        return bool(self._db.execute(_ADD, values).rowcount)

    def put_one_time(self, user_name: str, password_hash: str) -> None:
        """See the port."""
        self._put(user_name, password_hash, one_time=True)

    def put_own(self, user_name: str, password_hash: str) -> None:
        """See the port."""
        self._put(user_name, password_hash, one_time=False)

    def _put(self, user_name: str, password_hash: str, *, one_time: bool) -> None:
        values = {"name": user_name, "hash": password_hash}
        self._db.execute(_PUT, values | {"one_time": one_time, "good_for": ONE_TIME})

    def count_failure(self, user_name: str) -> bool:
        """See the port."""
        values = {"name": user_name, "most": MOST_FAILURES, "wait": WAIT}
        return bool(self._db.execute(_FAILED, values).scalar_one())

    def note_sign_in(self, user_name: str) -> None:
        """See the port."""
        self._db.execute(_SIGNED_IN, {"name": user_name})

    def open_session(self, user_name: str, lookup: bytes) -> None:
        """By its lookup alone."""
        self._db.execute(_OPEN, {"name": user_name, "lookup": lookup})

    def session(self, lookups: Sequence[bytes], *, used: bool) -> Account | None:
        """See the port."""
        row = self._db.execute(_SESSION, {"lookups": list(lookups), **_SPANS}).one_or_none()
        if row is None:
            return None
        if used:
            self._db.execute(_USED, {"lookup": row.lookup})
        return _account(row)

    def end_session(self, lookups: Sequence[bytes]) -> str | None:
        """See the port."""
        return self._db.execute(_END, {"lookups": list(lookups)}).scalar_one_or_none()

    def end_sessions(self, user_name: str) -> int:
        """See the port."""
        return self._db.execute(_END_ALL, {"name": user_name}).rowcount

    def forget_sessions(self) -> int:
        """See the port."""
        return self._db.execute(_FORGET, _SPANS).rowcount


def _user(row: Row[Any]) -> User:
    return User(
        name=row.name, roles=tuple(map(Role, row.roles)), disabled=row.disabled_at is not None
    )


def _account(row: Row[Any]) -> Account:
    return Account(
        user=_user(row), password_hash=row.password_hash, one_time=row.one_time,
        expired=row.expired, waiting=row.waiting, signed_in_at=row.signed_in_at,
    )  # fmt: skip
