"""The made-up tenant: reproducible, of the promised size, and the process that serves it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.simulator.model import Dump
from services.simulator.state import State, encoded
from services.simulator.tenant import make_dump, make_tenant

PROGRAM = (
    "import sys, hashlib; from services.simulator.tenant import make_dump; "
    "from services.simulator.state import encoded; "
    "sys.stdout.write(hashlib.sha256(encoded(make_dump(200, 9))).hexdigest())"
)


@pytest.fixture(scope="module")
def tenant() -> Dump:
    return make_dump(5000, 2026)


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_the_same_seed_makes_the_same_tenant_in_every_process(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True, text=True
    )
    assert printed.stdout == hashlib.sha256(encoded(make_dump(200, 9))).hexdigest()


def test_the_same_seed_makes_the_same_tenant_on_every_python() -> None:
    """The hash is that of 3.11 and 3.13; a change of it changes what every seed means."""
    digest = hashlib.sha256(encoded(make_dump(5000, 9))).hexdigest()
    assert digest == "01ce5923261988024607544a4fa3e936b76cccc391d49e8c5c9cb9ec19c252c4"


def test_another_seed_makes_another_tenant() -> None:
    assert make_dump(50, 1)["people"] != make_dump(50, 2)["people"]


def test_the_tenant_has_the_promised_people(tenant: Dump) -> None:
    inside = [person for person in tenant["people"] if 101 in person["groupIds"]]
    active = [person for person in inside if person["status"] == "active"]
    former = [person for person in inside if person["status"] == "inactive"]
    assert len(active) == 5000 + 1
    assert len(former) == 10
    assert all(person["employeeNumber"] for person in former)
    assert len(tenant["people"]) - len(inside) == 50
    unnumbered = [each for each in active if not each["employeeNumber"]]
    assert 8 <= len(unnumbered) - 1 <= 35
    admins = [person for person in tenant["people"] if person["roleId"] == 3]
    assert [person["username"] for person in admins] == ["lms.admin"]


def test_identities_are_unique_and_values_are_known(tenant: Dump) -> None:
    state = State(tenant)
    for field in ("email", "username"):
        values = [str(person[field]).lower() for person in tenant["people"]]
        assert len(set(values)) == len(values)
        assert all(value.isascii() for value in values)
    numbers = [each["employeeNumber"] for each in tenant["people"] if each["employeeNumber"]]
    assert len(set(numbers)) == len(numbers)
    for person in tenant["people"]:
        assert set(person["groupIds"]) <= set(state.groups)
        assert {value["bucketId"] for value in person["buckets"]} <= set(state.buckets)


def test_names_are_not_all_ascii(tenant: Dump) -> None:
    names = {person["firstName"] for person in tenant["people"]}
    names |= {person["lastName"] for person in tenant["people"]}
    assert {"Zoë", "Nuñez", "O'Brien"} <= names


@pytest.mark.parametrize(("people", "sites"), [(10, 3), (480, 3), (5000, 31), (50_000, 40)])
def test_the_number_of_sites_follows_the_number_of_people(people: int, sites: int) -> None:
    state = make_tenant(people if people < 10_000 else 6400, 1)
    assert len([each for each in state.groups if 401 <= each < 493]) == sites
    assert state.groups[493] == {"id": 493, "name": "Harbor Middle", "code": "093"}


def test_the_process_says_where_it_listens_and_keeps_its_state(tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        process, ready = _started("--seed-people", "20", "--state", str(kept))
        root = ready["url"].removesuffix("/api/v1")
        state = httpx.get(f"{root}/_sim/state", trust_env=False).json()
        if signal_number == signal.SIGTERM:
            state["people"][3]["lastName"] = "Kept"
            httpx.put(f"{root}/_sim/state", json=state, trust_env=False)
        else:
            assert state["people"][3]["lastName"] == "Kept"
        process.send_signal(signal_number)
        assert process.wait(5) == 0
        assert process.communicate() == ("", "")


def _started(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.simulator", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())
