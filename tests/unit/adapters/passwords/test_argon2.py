"""argon2id as it is used."""

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from shared.adapters.passwords.argon2 import MEMORY_KIB, MOST_WAITING, PASSES, Argon2Passwords
from shared.domain.errors import EngineError

LIGHT = Argon2Passwords(passes=1, memory_kib=64)


def test_a_hash_is_of_its_password_and_no_other() -> None:
    made = LIGHT.hash("plüms on a windowsill")
    assert made.startswith("$argon2id$v=19$m=64,t=1,p=4$")
    assert made != LIGHT.hash("plüms on a windowsill")
    assert LIGHT.fits(made, "plüms on a windowsill")
    assert LIGHT.fits(made, unicodedata.normalize("NFD", "plüms on a windowsill"))
    assert not LIGHT.fits(made, "plums on a windowsill")
    assert not LIGHT.fits(made, "\ud800")
    assert not LIGHT.fits("no hash at all", "x")
    assert not LIGHT.fits(LIGHT.decoy, "")


def test_a_hash_with_other_parameters_is_outdated() -> None:
    made = LIGHT.hash("x")
    assert not LIGHT.outdated(made)
    assert Argon2Passwords(passes=2, memory_kib=64).outdated(made)


def test_of_a_crowd_at_the_door_some_are_sent_away_and_the_next_gets_in() -> None:
    door = Argon2Passwords(passes=1, memory_kib=MEMORY_KIB)

    def knock(_: int) -> bool:
        try:
            return door.fits(door.decoy, "wrong")
        except EngineError as error:
            return error.code == "unavailable"

    with ThreadPoolExecutor(16) as pool:
        sent_away = list(pool.map(knock, range(16)))
    assert 0 < sum(sent_away) <= 16 - MOST_WAITING
    assert not door.fits(door.decoy, "wrong")


def test_a_name_that_nobody_has_takes_as_long_as_a_wrong_password() -> None:
    real = Argon2Passwords(passes=PASSES, memory_kib=MEMORY_KIB)
    assert real.decoy.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    made = real.hash("plums on a windowsill")

    def seconds(stored: str) -> float:
        began = time.process_time()
        assert not real.fits(stored, "wrong")
        return time.process_time() - began

    known = min(seconds(made) for _ in range(2))
    unknown = min(seconds(real.decoy) for _ in range(2))
    assert 0.5 < unknown / known < 2
