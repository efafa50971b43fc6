"""What becomes of an LMS that goes away, of one that is none, and of answers about strangers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.adapters.lms.conformance.caller import Caller
from shared.adapters.lms.conformance.checker import Checker
from shared.adapters.lms.conformance.pace import Pace
from shared.domain.errors import KeyRefused, Permanent, Transient
from shared.ports.conformance import Conformity, Judged
from tests.unit.adapters.lms.conformance.test_pace import Sleeper

TENANT = {"id": 1, "name": "T", "timezoneId": 1, "scopes": ["read", "write"], "apiVersion": "1"}


class Lms:
    """Knows its tenant, and one more answer to everything else."""

    def __init__(self) -> None:
        self.tenant: httpx.Response | Exception = httpx.Response(200, json=TENANT)
        self.rest: httpx.Response | Exception = httpx.ReadTimeout("silence")
        self.tenants_left = 1
        self.writes: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.writes.append(f"{request.method} {request.url.path}")
        is_tenant = request.url.path.endswith("/tenant") and self.tenants_left > 0
        self.tenants_left -= is_tenant
        reply = self.tenant if is_tenant else self.rest
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def lms() -> Lms:
    return Lms()


@pytest.fixture
def check(lms: Lms) -> Iterator[Checker]:
    sleeper = Sleeper()
    caller = Caller(
        "https://lms.example/api/v1", "key", "secret", may_write=True,
        pace=Pace(sleeper.clock, sleeper.sleep), transport=httpx.MockTransport(lms),
    )  # fmt: skip
    yield Checker(caller)
    caller.close()


def test_an_lms_that_falls_silent_ends_the_check_after_three_rules(check: Checker) -> None:
    judged: list[Judged] = []
    with pytest.raises(Transient, match="does not answer any more"):
        judged.extend(check.reading())
    assert [each.conformity for each in judged] == [Conformity.NOT_CHECKED] * 3


@pytest.mark.parametrize(
    ("tenant", "error", "told"),
    [
        (httpx.ConnectError("refused"), Transient, "can't be reached"),
        (httpx.Response(200, text="<html>Please sign in"), Transient, "not as ASCIP does"),
        (httpx.Response(503), Transient, "503"),
        (httpx.Response(404), Permanent, "404"),
        (httpx.Response(401, json={"error": {"code": "unknown_key"}}), KeyRefused, "unknown_key"),
    ],
)
def test_what_is_no_lms_for_us_is_not_judged(
    lms: Lms, check: Checker, tenant: Any, error: type[Exception], told: str
) -> None:
    lms.tenant, lms.rest = tenant, tenant
    with pytest.raises(error, match=told):
        next(check.reading())


def test_a_key_that_is_revoked_meanwhile_ends_the_check(lms: Lms, check: Checker) -> None:
    lms.rest = httpx.Response(401, json={"error": {"code": "unknown_key"}})
    with pytest.raises(KeyRefused, match="revoked while"):
        list(check.reading())


def test_a_stranger_named_by_an_answer_is_never_written_to(lms: Lms, check: Checker) -> None:
    stranger = {"id": 5, "username": "teacher", "email": "teacher@example.org"}
    lms.rest = httpx.Response(200, json={**stranger, "groupIds": [1], "items": []})
    list(check.writing())
    check.tidy_up()
    assert check.left.people == ()
    assert [write for write in lms.writes if "/people/" in write] == []
