"""Sign-in, sessions and their ends, over a real database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.vault.keyring import Keyring
from shared.domain.access import Role, Scope
from shared.domain.account import MOST_FAILURES
from shared.domain.audit import SYSTEM
from shared.domain.password import PasswordFault
from shared.pipeline import access, accounts
from shared.pipeline.change_password import change_password
from shared.pipeline.sign_in import session_of, sign_in, sign_out
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import tick
from shared.pipeline.tools import Tools
from tests.fakes.installation import Installation
from tests.fakes.passwords import PlainPasswords

OWN = "plums on a windowsill"


@pytest.fixture
def tools(engine: Installation) -> Tools:
    """With Kim, who has a password of her own."""
    one_time = accounts.create_account(engine.tools, "kim", [Role.APPROVER], SYSTEM)
    token = sign_in(engine.tools, "kim", one_time)
    assert token
    assert change_password(engine.tools, token, one_time, OWN)
    return engine.tools


def opened(tools: Tools, name: str = "kim", password: str = OWN) -> str:
    token = sign_in(tools, name, password)
    assert token
    return token


def entries(engine: Installation) -> list[str]:
    query = "SELECT (entry::json)->>'verb' AS verb FROM audit_entry ORDER BY sequence"
    return [row.verb for row in engine.database.rows(query)]


def test_a_session_is_who_signed_in_with_the_roles_of_now(tools: Tools) -> None:
    token = opened(tools, "KIM")
    kim = session_of(tools, token)
    assert kim
    assert (kim.name, kim.roles, kim.must_change) == ("kim", (Role.APPROVER,), False)
    assert kim.principal.may(Scope.PLANS_REVIEW)
    assert not kim.principal.may(Scope.KEYS_WRITE)
    assert token not in repr(kim)
    _, key = access.create_key(tools, access.NewKey(name="k", user_name="kim"), SYSTEM)
    holder = access.authenticate(tools, key)
    assert holder
    assert holder.actor == kim.principal.actor


def test_other_roles_are_asked_for_anew(tools: Tools) -> None:
    token = opened(tools)
    access.put_user(tools, "kim", [Role.VIEWER], SYSTEM)
    assert session_of(tools, token) is None
    again = session_of(tools, opened(tools))
    assert again
    assert not again.principal.may(Scope.RUNS_WRITE)


def test_every_sign_in_has_a_token_of_its_own_and_none_is_stored(
    engine: Installation, tools: Tools
) -> None:
    first, second = opened(tools), opened(tools)
    assert first != second
    assert session_of(tools, first)
    assert session_of(tools, second)
    stored = engine.database.dump()
    assert first not in stored
    assert OWN not in stored.replace(f"plain:1:{OWN}", "")
    _, key = access.create_key(tools, access.NewKey(name="k", user_name="kim"), SYSTEM)
    assert session_of(tools, key) is None
    assert access.authenticate(tools, first) is None


def test_after_signing_out_a_token_opens_nothing(engine: Installation, tools: Tools) -> None:
    token, other = opened(tools), opened(tools)
    sign_out(tools, token)
    assert session_of(tools, token) is None
    sign_out(tools, token)
    assert entries(engine)[-1:] == ["session.ended"]
    assert session_of(tools, other)


def test_a_session_ends_idle_after_15_minutes_and_in_any_case_after_8_hours(
    engine: Installation, tools: Tools
) -> None:
    move = (
        "UPDATE session SET used_at = used_at - CAST(:idle AS interval),"
        " opened_at = opened_at - CAST(:age AS interval)"
    )

    def after(idle: str, age: str) -> bool:
        token = opened(tools)
        engine.database.change(move, idle=idle, age=age)
        good = session_of(tools, token) is not None
        engine.database.change("DELETE FROM session WHERE :all", all=True)
        return good

    assert after("14 min 58 s", "1 h")
    assert not after("15 min 1 s", "1 h")
    assert after("1 s", "7 h 59 min 58 s")
    assert not after("1 s", "8 h 1 s")


def test_use_keeps_a_session_alive_and_the_clock_sweeps_what_is_over(
    engine: Installation, tools: Tools
) -> None:
    used, idle = opened(tools), opened(tools)
    for _ in range(3):
        engine.database.change("UPDATE session SET used_at = used_at - interval '8 min'")
        assert session_of(tools, used)
        session_of(tools, idle, used=False)
    assert session_of(tools, idle) is None
    tick(tools, Timetable(staff="", source=None, mapping_text=lambda: ""))
    engine.clock.go_on(hours=2)
    tick(tools, Timetable(staff="", source=None, mapping_text=lambda: ""))
    assert engine.database.value("SELECT count(*) FROM session") == 1


def test_five_wrong_passwords_and_the_account_waits_for_15_minutes(
    engine: Installation, tools: Tools
) -> None:
    for _ in range(MOST_FAILURES - 1):
        assert sign_in(tools, "kim", "wrong") is None
    opened(tools)  # a right one begins the count anew
    for _ in range(MOST_FAILURES):
        assert sign_in(tools, "kim", "wrong") is None
    assert sign_in(tools, "kim", OWN) is None
    assert entries(engine)[-3:] == ["sign_in.refused", "account.locked", "sign_in.refused"]
    move = "UPDATE local_account SET waits_until = waits_until - interval '14 min 58 s'"
    engine.database.change(move)
    assert sign_in(tools, "kim", OWN) is None
    engine.database.change("UPDATE local_account SET waits_until = waits_until - interval '2 s'")
    opened(tools)


def test_of_many_guesses_at_once_no_more_count_than_one_after_another(tools: Tools) -> None:
    guesses = [*(f"wrong {number}" for number in range(9)), OWN]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda guess: sign_in(tools, "kim", guess), guesses[:-1]))
    assert answers == [None] * 9
    assert sign_in(tools, "kim", OWN) is None


def test_nobody_learns_who_has_an_account(engine: Installation, tools: Tools) -> None:
    passwords = PlainPasswords()
    engine.configure(passwords=passwords)
    access.put_user(tools, "keys.only", [Role.VIEWER], SYSTEM)
    accounts.create_account(tools, "gone", [Role.VIEWER], SYSTEM)
    accounts.disable_user(tools, "gone", SYSTEM)
    before = len(entries(engine))
    for name in ("kim", "nobody", "keys.only", "gone", "", "x" * 500, "kim\x00", "' OR 1=1"):
        assert sign_in(engine.tools, name, "wrong") is None
    assert len(passwords.looked) == 8
    assert passwords.looked.count(passwords.decoy) == 6
    assert entries(engine)[before:] == ["sign_in.refused"] * 8
    audit = engine.database.dump("audit_entry")
    assert "nobody" not in audit
    assert "wrong" not in audit


def test_a_hash_of_old_parameters_is_made_anew_with_the_right_password(
    engine: Installation, tools: Tools
) -> None:
    stronger = PlainPasswords()
    stronger.parameters = 2
    engine.configure(passwords=stronger)
    assert sign_in(engine.tools, "kim", "wrong") is None
    assert engine.database.value("SELECT password_hash FROM local_account") == f"plain:1:{OWN}"
    token = opened(engine.tools)
    assert engine.database.value("SELECT password_hash FROM local_account") == f"plain:2:{OWN}"
    assert session_of(tools, token)


def test_a_one_time_password_opens_nothing_but_its_own_change(
    engine: Installation, tools: Tools
) -> None:
    one_time = accounts.reset_password(tools, "kim", SYSTEM)
    token = opened(tools, password=one_time)
    kim = session_of(tools, token)
    assert kim
    assert kim.must_change
    assert not any(kim.principal.may(scope) for scope in Scope)
    changed = change_password(tools, token, one_time, OWN)
    assert changed
    assert changed.token
    assert session_of(tools, token) is None
    again = session_of(tools, changed.token)
    assert again
    assert not again.must_change
    late = accounts.reset_password(tools, "kim", SYSTEM)
    engine.database.change("UPDATE local_account SET expires_at = now()")
    assert sign_in(tools, "kim", late) is None


def test_a_new_password_ends_every_other_session(tools: Tools) -> None:
    token, other = opened(tools), opened(tools)
    for present, new, fault in (
        ("wrong", "ladders in the snow", PasswordFault.NOT_YOURS),
        (OWN, OWN, PasswordFault.UNCHANGED),
        (OWN, "short", PasswordFault.TOO_SHORT),
        (OWN, "Lincoln USD kim 2026", PasswordFault.GUESSABLE),
    ):
        refused = change_password(tools, token, present, new)
        assert refused
        assert (refused.token, refused.fault) == (None, fault)
    assert session_of(tools, token)
    changed = change_password(tools, token, OWN, "ladders in the snow")
    assert changed
    assert changed.token
    assert session_of(tools, changed.token)
    assert session_of(tools, token) is None
    assert session_of(tools, other) is None
    assert change_password(tools, token, "ladders in the snow", OWN) is None
    assert sign_in(tools, "kim", OWN) is None


def test_whoever_guesses_at_the_change_of_a_password_has_five_guesses_too(tools: Tools) -> None:
    token = opened(tools)
    for _ in range(MOST_FAILURES):
        change_password(tools, token, "wrong", "ladders in the snow")
    right = change_password(tools, token, OWN, "ladders in the snow")
    assert right
    assert right.fault is PasswordFault.NOT_YOURS
    assert sign_in(tools, "kim", OWN) is None


def test_each_session_has_a_word_of_its_own_for_its_forms(
    engine: Installation, tools: Tools
) -> None:
    token = opened(tools)
    mine, other = session_of(tools, token), session_of(tools, opened(tools))
    assert mine
    assert other
    assert mine.csrf != other.csrf
    assert mine.csrf not in engine.database.dump("session")


def test_sessions_outlive_a_new_master_key(engine: Installation, tools: Tools) -> None:
    token = opened(tools)
    engine.configure(keyring=Keyring([b"n" * 32, b"k" * 32]))
    assert session_of(engine.tools, token)
    sign_out(engine.tools, token)
    assert session_of(engine.tools, token) is None
