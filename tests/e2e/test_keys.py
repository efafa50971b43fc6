"""Keys on the command line: made once, shown once, and two persons where two are wanted."""

import re

from tests.e2e.conftest import Installation


def test_keys_are_made_listed_and_taken_back(installation: Installation) -> None:
    made = installation.ask(
        "keys", "create", "--name", "HR", "--scope", "runs:write", "--days", "30"
    )
    assert made["key"].startswith("ascip_")
    listed = installation.cli("keys", "list")
    assert made["id"] in listed
    assert "good until" in listed
    assert made["key"] not in listed
    installation.cli("keys", "revoke", made["id"])
    assert installation.ask("keys", "list")[0]["state"].startswith("revoked")
    installation.cli("keys", "create", "--name", "x", "--scope", "runs:fly", expect=64)
    assert "known: runs:read" in installation.errors
    installation.cli("keys", "create", "--name", "x", expect=64)
    installation.cli("keys", "create", "--name", "x", "--scope", "plans:review", expect=7)


def test_users_are_made_listed_shut_out_and_let_in_again(installation: Installation) -> None:
    password = installation.cli("users", "create", "ada", "--role", "admin").strip()
    assert re.fullmatch(r"[0-9A-Z]{12}-[0-9A-Z]{12}", password)
    made = installation.ask("users", "create", "kim", "--role", "viewer")
    assert installation.ask("users", "reset", "kim")["password"] != made["password"]
    installation.cli("users", "roles", "kim", "--role", "approver", "--role", "auditor")
    installation.cli("users", "disable", "kim")
    assert "kim  approver,auditor  disabled\n" in installation.cli("users", "list")
    installation.cli("users", "enable", "kim")
    assert installation.ask("users", "list")[1] == {
        "name": "kim", "roles": ["approver", "auditor"], "state": "one_time", "signed_in_at": None,
    }  # fmt: skip
    installation.cli("users", "disable", "ada", expect=7)
    assert "the last administrator" in installation.errors
    installation.cli("users", "roles", "ben", "--role", "viewer", expect=64)
    installation.cli("users", "create", "ben", "--role", "boss", expect=64)
    assert "known: viewer" in installation.errors


def test_with_four_eyes_persons_are_told_apart_by_their_keys(installation: Installation) -> None:
    installation.configure(installation.config + "[approval]\nfour_eyes = true\n")
    keys = {
        name: installation.cli(
            "keys", "create", "--name", "k", "--user", name, "--role", "approver"
        )
        for name in ("olga", "anna")
    }
    keys["kim"] = installation.cli(
        "keys", "create", "--name", "k", "--user", "kim", "--role", "viewer"
    )
    installation.extract.rename(installation.extract.ids[:2])
    installation.write()

    def as_(name: str) -> None:
        installation.environment["ASCIP_SYNC_KEY"] = keys[name].strip()

    installation.cli("plan", "--csv", "staff.csv", expect=7)
    assert "ASCIP_SYNC_KEY" in installation.errors
    as_("kim")
    installation.cli("plan", "--csv", "staff.csv", expect=7)
    assert "runs:write" in installation.errors
    as_("olga")
    plan = installation.ask("plan", "--csv", "staff.csv")
    installation.cli("approve", plan["id"], "--digest", plan["digest"], expect=7)
    assert "two persons" in installation.errors
    as_("anna")
    assert "user:anna" in installation.cli("approve", plan["id"], "--digest", plan["digest"])
