"""`users`: who may sign in to the console, made on the server by its local user, like keys."""

import json
from pathlib import Path

from services.cli.exits import Exit
from services.cli.keywords import roles_named
from services.cli.session import open_session, say
from shared.domain.account import ONE_TIME, UserView
from shared.pipeline import access, accounts
from shared.pipeline.documents import moment

_HOURS = int(ONE_TIME.total_seconds() // 3600)


def create(config: Path | None, name: str, roles: list[str], *, as_json: bool) -> int:
    """Make an account and show its password, once."""
    wanted = roles_named(roles)
    with open_session(config) as session:
        password = accounts.create_account(session.tools, name, wanted, session.actor)
    return _show(name, password, "made", as_json=as_json)


def reset(config: Path | None, name: str, *, as_json: bool) -> int:
    """Another password, shown once."""
    with open_session(config) as session:
        password = accounts.reset_password(session.tools, name, session.actor)
    return _show(name, password, "reset", as_json=as_json)


def _show(name: str, password: str, done: str, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"name": name, "password": password}))
    else:
        say(
            f"ok  {name} {done}. This password is for the first sign-in, within {_HOURS} hours, and is"
            " changed there. Nobody can show it again."
        )
        print(password)
    return Exit.DONE


def roles(config: Path | None, name: str, roles: list[str], *, as_json: bool) -> int:
    """Other roles for somebody who is there."""
    wanted = roles_named(roles)
    with open_session(config) as session:
        access.change_roles(session.tools, name, wanted, session.actor)
    return _done(name, f"has the roles {', '.join(wanted)}", as_json=as_json)


def disable(config: Path | None, name: str, *, as_json: bool) -> int:
    """Shut out."""
    with open_session(config) as session:
        accounts.disable_user(session.tools, name, session.actor)
    return _done(name, "is disabled: no password and no key lets them in", as_json=as_json)


def enable(config: Path | None, name: str, *, as_json: bool) -> int:
    """Let in again."""
    with open_session(config) as session:
        accounts.enable_user(session.tools, name, session.actor)
    return _done(name, "is enabled: passwords and keys are good again", as_json=as_json)


def _done(name: str, what: str, *, as_json: bool) -> int:
    print(json.dumps({"name": name}) if as_json else f"{name} {what}.")
    return Exit.DONE


def list_(config: Path | None, *, as_json: bool) -> int:
    """Every user, never a password."""
    with open_session(config) as session:
        found = accounts.users(session.tools)
    if as_json:
        print(json.dumps([_document(view) for view in found]))
        return Exit.DONE
    if not found:
        print("No users yet. Make one: ascip-sync users create NAME --role admin")
    for view in found:
        print(f"{view.user.name}  {','.join(view.user.roles) or 'no roles'}  {view.state.value}")
    return Exit.DONE


def _document(view: UserView) -> dict[str, object]:
    account = view.account
    return {
        "name": view.user.name, "roles": [role.value for role in view.user.roles],
        "state": view.state.value, "signed_in_at": moment(account.signed_in_at) if account else None,
    }  # fmt: skip
