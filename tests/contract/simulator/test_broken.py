"""Broken rules: each breaks what its id says, and a look at every other rule finds it unbroken."""

import hashlib
import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from services.simulator.broken import RULES
from tests.contract.simulator.probes import PROBES


def test_there_is_a_probe_for_every_rule() -> None:
    assert set(PROBES) == set(RULES)


def test_every_rule_holds_in_a_sound_simulator(lms: Any) -> None:
    assert _seen(lms) == {rule: probe.sound for rule, probe in PROBES.items()}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_broken_rule_is_broken_alone(lms: Any, rule: str) -> None:
    lms.sim("PUT", "settings", {"broken": [rule]})
    expected = {name: probe.sound for name, probe in PROBES.items()}
    assert _seen(lms) == {**expected, rule: PROBES[rule].broken}


def test_rules_can_be_broken_together(lms: Any) -> None:
    rules = ["username_unique", "inactive_count", "groups", "buckets", "bucket_cleared"]
    assert lms.sim("PUT", "settings", {"broken": rules})["broken"] == sorted(rules)
    seen = _seen(lms)
    assert {rule: seen[rule] for rule in rules} == {rule: PROBES[rule].broken for rule in rules}


def test_a_rule_is_whole_again_when_it_is_no_longer_named(lms: Any) -> None:
    for rules in (["tenant", "members_most"], []):
        lms.sim("PUT", "settings", {"broken": rules})
    assert _seen(lms) == {rule: probe.sound for rule, probe in PROBES.items()}


def test_other_settings_and_another_tenant_leave_rules_broken(lms: Any) -> None:
    lms.sim("PUT", "settings", {"broken": ["tenant", "members_most"]})
    assert lms.sim("PUT", "settings", {"burst": 5})["broken"] == ["members_most", "tenant"]
    lms.sim("PUT", "state", lms.sim("GET", "state"))
    for rule in ("tenant", "members_most"):
        assert PROBES[rule].look(lms) == PROBES[rule].broken


def test_a_reset_makes_all_rules_whole(lms: Any) -> None:
    lms.sim("PUT", "settings", {"broken": ["tenant"]})
    lms.sim("POST", "reset")
    assert lms.sim("GET", "settings")["broken"] == []
    assert PROBES["tenant"].look(lms) == "1"


def test_the_journal_shows_what_was_asked_and_not_what_was_made_of_it(lms: Any) -> None:
    rules = ["people_by_status", "update_partial", "nonce_once"]
    lms.sim("PUT", "settings", {"broken": rules})
    lms.get("/people", status="active")
    sent = lms.put("/people/5", {"lastName": "New"}).request
    read, write = lms.sim("GET", "journal")["entries"]
    assert read["query"] == "status=active"
    assert write["body_sha256"] == hashlib.sha256(sent.content).hexdigest()


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("content", [b"{", b"[]", b'{"firstName": "\\ud800"}', b'{"buckets": 5}'])
def test_nonsense_is_refused_whatever_is_broken(lms: Any, rule: str, content: bytes) -> None:
    """As it is when nothing is broken, and never with a 500."""
    lms.sim("PUT", "settings", {"broken": [rule]})
    for method, path in (
        ("PUT", "/people/5"),
        ("POST", "/people"),
        ("POST", f"/people/{'9' * 30}"),
    ):
        assert 400 <= lms.http.request(method, path, content=content).status_code < 500
    assert lms.effects() == []


def test_an_unknown_rule_is_refused_with_those_there_are(lms: Any) -> None:
    lms.sim("PUT", "settings", {"broken": ["tenant"]})
    said = lms.sim_refusal("PUT", "settings", {"broken": ["tenant", "no_such"], "burst": 3})
    assert "no_such" in said
    assert all(rule in said for rule in RULES)
    assert lms.sim("GET", "settings")["broken"] == ["tenant"]
    assert lms.sim("GET", "settings")["burst"] == 20


@pytest.mark.parametrize("broken", ["tenant", {"tenant": True}, [1], None])
def test_broken_is_a_list_of_ids(lms: Any, broken: object) -> None:
    assert "broken" in lms.sim_refusal("PUT", "settings", {"broken": broken})


def test_the_command_breaks_rules_from_the_start() -> None:
    command = [sys.executable, "-m", "services.simulator", "--seed-people", "10"]
    command += ["--broken", "tenant", "--broken", "groups"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    root = json.loads(process.stdout.readline())["url"].removesuffix("/api/v1")
    for _ in range(2):
        settings = httpx.get(f"{root}/_sim/settings", trust_env=False).json()
        assert settings["broken"] == ["groups", "tenant"]
        httpx.post(f"{root}/_sim/reset", trust_env=False)
    process.terminate()
    process.communicate(timeout=10)


def test_only_the_list_of_all_people_is_too_long(lms: Any) -> None:
    lms.sim("PUT", "settings", {"broken": ["list_whole"]})
    email = lms.person()["email"]
    asked: list[dict[str, str]] = [{}, {"status": "all"}, {"status": "inactive"}, {"email": email}]
    broken = [lms.get("/people", **each).json()["totalItems"] for each in asked]
    lms.sim("PUT", "settings", {"broken": []})
    sound = [lms.get("/people", **each).json()["totalItems"] for each in asked]
    assert [one - other for one, other in zip(broken, sound, strict=True)] == [1, 1, 0, 0]


def test_the_command_refuses_an_unknown_rule() -> None:
    command = [sys.executable, "-m", "services.simulator", "--broken", "no_such"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2
    assert "no_such" in done.stderr
    assert "page_size_most" in done.stderr


def test_a_late_effect_obeys_a_broken_rule(lms: Any) -> None:
    lms.sim("PUT", "settings", {"broken": ["query_ignored"]})
    lms.faults({"fault": "late_effect", "after_requests": 1, "method": "PUT", "how": "hang"})
    with pytest.raises(httpx.ReadTimeout):
        lms.http.put("/people/5?firstName=Query", json={"lastName": "L"}, timeout=0.2)
    assert lms.get("/people/5").json()["firstName"] == "Query"


def _seen(lms: Any) -> dict[str, object]:
    return {rule: probe.look(lms) for rule, probe in PROBES.items()}
