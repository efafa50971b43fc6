"""`keys`: who may call the REST interface, and who is who where two persons are wanted."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.cli.exits import Exit
from services.cli.keywords import roles_named, scopes_named
from services.cli.session import open_session, say
from shared.domain.access import Key
from shared.domain.errors import NotFound
from shared.pipeline import access


def create(
    config: Path | None, wanted: access.NewKey, roles: list[str], *, days: int | None, as_json: bool
) -> int:
    """Make a key and show it, once."""
    with open_session(config) as session:
        if wanted.user_name and roles:
            access.put_user(session.tools, wanted.user_name, roles_named(roles), session.actor)
        expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
        wanted = access.NewKey(
            name=wanted.name,
            user_name=wanted.user_name,
            scopes=wanted.scopes,
            expires_at=expires_at,
        )
        key, secret = access.create_key(session.tools, wanted, session.actor)
    if as_json:
        print(json.dumps({"id": key.id, "key": secret}))
    else:
        say(f"ok  {key.id} made. Keep the key now: nobody can show it again.")
        print(secret)
    return Exit.DONE


def list_(config: Path | None, *, as_json: bool) -> int:
    """Every key, never a secret."""
    with open_session(config) as session:
        found = access.keys(session.tools)
    if as_json:
        print(json.dumps([_document(key) for key in found]))
        return Exit.DONE
    if not found:
        print("No keys yet. Make one: ascip-sync keys create --name 'HR upload' --scope runs:write")
    for key in found:
        whose = f"user {key.user_name}" if key.user_name else "scopes " + ",".join(key.scopes)
        print(f"{key.id}  {key.kind.value:<8}  {key.name}  {whose}  {_state(key)}")
    return Exit.DONE


def revoke(config: Path | None, key_id: str, *, as_json: bool) -> int:
    """Take a key back."""
    with open_session(config) as session:
        access.revoke_key(session.tools, key_id, session.actor)
    print(
        json.dumps({"id": key_id})
        if as_json
        else f"{key_id} is revoked: it opens nothing any more."
    )
    return Exit.DONE


def wanted(name: str, user: str | None, scopes: list[str]) -> access.NewKey:
    """What the command line asks for: a user's key, or a program's with scopes.

    Raises:
        NotFound: neither or both of them, or a scope that isn't one.
    """
    if bool(user) == bool(scopes):
        raise NotFound(
            "A key is a user's (--user NAME) or a program's (--scope runs:write …). Nothing was written."
        )
    return access.NewKey(name=name, user_name=user, scopes=scopes_named(scopes))


def _state(key: Key) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at:
        expired = key.expires_at < datetime.now(UTC)
        return f"{'expired' if expired else 'good until'} {key.expires_at:%Y-%m-%d}"
    return "good"


def _document(key: Key) -> dict[str, object]:
    return {
        "id": key.id, "kind": key.kind.value, "name": key.name, "user": key.user_name,
        "scopes": [scope.value for scope in key.scopes], "state": _state(key),
    }  # fmt: skip
