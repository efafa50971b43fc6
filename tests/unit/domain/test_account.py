"""Why somebody is not let in."""

from dataclasses import replace

from shared.domain.access import User
from shared.domain.account import Account, SignInRefusal, refusal_of

KIM = Account(
    user=User(name="kim", roles=()), password_hash="h", one_time=False, expired=False, waiting=False
)


def test_a_good_account_lets_in_whoever_knows_its_password() -> None:
    assert refusal_of(KIM, right=True) is None
    assert refusal_of(replace(KIM, one_time=True), right=True) is None


def test_what_stands_against_it_is_told_in_an_order_that_counts_no_guess_twice() -> None:
    disabled = replace(KIM, user=User(name="kim", roles=(), disabled=True), waiting=True)
    waiting = replace(KIM, waiting=True, expired=True)
    for account, right, refusal in (
        (None, False, SignInRefusal.UNKNOWN),
        (disabled, True, SignInRefusal.DISABLED),
        (waiting, True, SignInRefusal.WAITING),
        (waiting, False, SignInRefusal.WAITING),
        (replace(KIM, expired=True), False, SignInRefusal.PASSWORD),
        (replace(KIM, expired=True), True, SignInRefusal.EXPIRED),
    ):
        assert refusal_of(account, right=right) is refusal


def test_a_hash_is_not_in_what_an_account_prints() -> None:
    assert "password_hash" not in repr(KIM)
