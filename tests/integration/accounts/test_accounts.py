"""Accounts as administrators make and end them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.domain.access import Role
from shared.domain.audit import SYSTEM, Actor, ActorType
from shared.domain.errors import Conflict, EngineError, NotFound
from shared.pipeline import access, accounts
from shared.pipeline.change_password import change_password
from shared.pipeline.sign_in import session_of, sign_in
from tests.fakes.installation import Installation

ADA = Actor(ActorType.USER, "ada")


def test_the_first_administrator_is_made_once(engine: Installation) -> None:
    tools = engine.tools
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: accounts.first_account(tools), range(4)))
    passwords = [password for password in made if password]
    assert len(passwords) == 1
    token = sign_in(tools, accounts.FIRST, passwords[0])
    assert token
    first = session_of(tools, token)
    assert first
    assert (first.roles, first.must_change) == ((Role.ADMIN,), True)


def test_with_any_account_there_is_no_first_one(engine: Installation) -> None:
    accounts.create_account(engine.tools, "kim", [Role.VIEWER], SYSTEM)
    assert accounts.first_account(engine.tools) is None


def test_a_user_with_keys_gets_an_account_and_stays_who_they_are(engine: Installation) -> None:
    access.put_user(engine.tools, "Admin", [Role.APPROVER], SYSTEM)
    password = accounts.first_account(engine.tools)
    assert password
    token = sign_in(engine.tools, "admin", password)
    assert token
    signed_in = session_of(engine.tools, token)
    assert signed_in
    assert signed_in.name == "Admin"
    assert set(signed_in.roles) == {Role.APPROVER, Role.ADMIN}


def test_letters_do_not_make_two_people(engine: Installation) -> None:
    accounts.create_account(engine.tools, "kim", [Role.VIEWER], SYSTEM)
    with pytest.raises(Conflict, match="There is a user kim"):
        accounts.create_account(engine.tools, "Kim", [Role.ADMIN], SYSTEM)
    with pytest.raises(Conflict, match="There is a user kim"):
        access.put_user(engine.tools, "KIM", [Role.ADMIN], SYSTEM)
    with pytest.raises(Conflict, match="kim has an account"):
        accounts.create_account(engine.tools, "kim", [Role.ADMIN], SYSTEM)
    (kim,) = accounts.users(engine.tools)
    assert kim.user.roles == (Role.VIEWER,)


def test_whoever_is_disabled_is_shut_out_at_once_with_their_keys(engine: Installation) -> None:
    tools = engine.tools
    password = accounts.create_account(tools, "kim", [Role.APPROVER], ADA)
    _, key = access.create_key(tools, access.NewKey(name="k", user_name="kim"), ADA)
    token = sign_in(tools, "kim", password)
    assert token
    accounts.disable_user(tools, "kim", ADA)
    accounts.disable_user(tools, "kim", ADA)
    assert session_of(tools, token) is None
    assert access.authenticate(tools, key) is None
    assert sign_in(tools, "kim", password) is None
    accounts.enable_user(tools, "kim", ADA)
    assert session_of(tools, token) is None
    assert access.authenticate(tools, key)
    again = sign_in(tools, "kim", password)
    assert again
    engine.database.change("UPDATE app_user SET disabled_at = now()")
    assert session_of(tools, again) is None
    query = "SELECT count(*) FROM audit_entry WHERE verb IN ('user.disabled', 'user.enabled')"
    assert engine.database.value(query) == 2


def test_a_sign_in_waits_for_a_disabling_that_is_under_way(engine: Installation) -> None:
    password = accounts.create_account(engine.tools, "kim", [Role.VIEWER], SYSTEM)
    with ThreadPoolExecutor(1) as pool:
        with engine.database.transactions.begin() as uow:
            uow.access.set_disabled("kim", disabled=True)
            signing_in = pool.submit(sign_in, engine.tools, "kim", password)
            with pytest.raises(TimeoutError):
                signing_in.result(0.2)
        assert signing_in.result(10) is None


def test_a_reset_ends_sessions_and_a_wait(engine: Installation) -> None:
    tools = engine.tools
    first = accounts.create_account(tools, "kim", [Role.APPROVER], ADA)
    token = sign_in(tools, "kim", first)
    assert token
    for _ in range(5):
        sign_in(tools, "kim", "wrong")
    (kim,) = accounts.users(tools)
    assert kim.account
    assert kim.account.waiting
    second = accounts.reset_password(tools, "kim", ADA)
    assert session_of(tools, token) is None
    assert change_password(tools, token, second, "plums on a windowsill") is None
    assert sign_in(tools, "kim", first) is None
    assert sign_in(tools, "kim", second)


def test_only_who_is_there_is_reset_disabled_or_enabled(engine: Installation) -> None:
    access.put_user(engine.tools, "keys.only", [Role.VIEWER], SYSTEM)
    with pytest.raises(NotFound, match="has no account"):
        accounts.reset_password(engine.tools, "keys.only", ADA)
    for act in (accounts.reset_password, accounts.disable_user, accounts.enable_user):
        with pytest.raises(NotFound, match="There is no user nobody"):
            act(engine.tools, "nobody", ADA)


def test_the_last_administrator_stays_one(engine: Installation) -> None:
    tools = engine.tools
    accounts.create_account(tools, "ada", [Role.ADMIN], SYSTEM)
    # Who has but a key can't sign in to make anybody an administrator again.
    access.put_user(tools, "keys.only", [Role.ADMIN], SYSTEM)
    accounts.create_account(tools, "gone", [Role.ADMIN], SYSTEM)
    accounts.disable_user(tools, "gone", ADA)
    with pytest.raises(Conflict, match="ada is the last administrator"):
        accounts.disable_user(tools, "ada", ADA)
    with pytest.raises(Conflict, match="ada is the last administrator"):
        access.put_user(tools, "ada", [Role.VIEWER], ADA)
    access.put_user(tools, "keys.only", [Role.VIEWER], ADA)
    accounts.create_account(tools, "bea", [Role.ADMIN, Role.AUDITOR], SYSTEM)
    access.put_user(tools, "ada", [Role.VIEWER], ADA)


def test_two_administrators_who_leave_at_once_leave_one(engine: Installation) -> None:
    tools = engine.tools
    names = ["ada", "bea", "cleo"]
    for name in names:
        accounts.create_account(tools, name, [Role.ADMIN], SYSTEM)

    def leave(name: str) -> bool:
        try:
            accounts.disable_user(tools, name, SYSTEM)
        except EngineError:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        left = list(pool.map(leave, names))
    assert sorted(left) == [False, True, True]
