"""Valkey as it is looked at: it forgets nothing, is guarded, ours alone, and has room."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from shared.adapters.embedded.binaries import locate
from shared.adapters.queue import probes
from shared.adapters.queue.celery_app import CeleryDoorbell, make_celery
from shared.adapters.queue.probes import probe
from shared.ports.probe import Finding, Verdict

Start = Callable[..., str]


def look(url: str, installation: str | None = None) -> dict[str, Finding]:
    findings = list(probe(url, lambda: installation).look())
    assert "s3cret" not in repr(findings)
    return {finding.name: finding for finding in findings}


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a server of one's own, with these options; its URL."""
    started: list[subprocess.Popen[bytes]] = []

    def _start(*options: str, password: str = "") -> str:
        socket_path = tmp_path_factory.mktemp("v") / "s"
        command = [str(locate().valkey), "--port", "0", "--unixsocket", str(socket_path)]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            [*command, "--save", "", *options], stdout=quiet, cwd=Path(socket_path).parent
        )
        started.append(process)
        url = f"unix://:{password}@{socket_path}?db=0"
        _wait(url)
        return url

    yield _start
    for process in started:
        process.kill()
        process.wait()


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            with Redis.from_url(url) as client:
                client.ping()
        except (RedisError, OSError):
            time.sleep(0.02)
        else:
            return
    raise AssertionError("valkey doesn't start")


def test_the_embedded_one_is_in_order(redis_url: str) -> None:
    found = look(redis_url)
    assert {f.verdict for f in found.values()} == {Verdict.OK}
    assert list(found) == ["queue", "queue-policy", "queue-auth", "queue-sharing"]
    assert found["queue"].facts["response_time_ms"]


def test_a_policy_that_forgets_is_an_error(start: Start) -> None:
    finding = look(start("--maxmemory-policy", "allkeys-lru"))["queue-policy"]
    assert finding.verdict is Verdict.ERROR
    assert "allkeys-lru" in finding.detail
    assert "noeviction" in finding.remedy


def test_a_full_one_is_an_error_and_a_nearly_full_one_a_warning(start: Start) -> None:
    url = start("--maxmemory-policy", "noeviction")
    with Redis.from_url(url) as client:

        def limit(share: float) -> Finding:
            used = int(client.info("memory")["used_memory"])
            client.config_set("maxmemory", int(used / share))
            return look(url)["queue"]

        assert limit(probes.NEARLY_FULL / 2).verdict is Verdict.OK
        assert limit(probes.NEARLY_FULL + 0.04).verdict is Verdict.WARNING
        finding = limit(1.5)
    assert finding.verdict is Verdict.ERROR
    assert "nothing is lost" in finding.detail


def test_a_refused_password_is_told_without_it(start: Start) -> None:
    url = start("--requirepass", "right", password="right")
    assert look(url)["queue"].verdict is Verdict.OK
    for wrong in (url.replace("right", "s3cret"), url.replace(":right@", "")):
        finding = look(wrong)["queue"]
        assert finding.verdict is Verdict.ERROR
        assert "password" in finding.detail + finding.remedy


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("redis://127.0.0.1:6379/0", Verdict.OK),
        ("unix:///run/valkey.sock", Verdict.OK),
        ("redis://redis.example:6379/0", Verdict.WARNING),
    ],
)
def test_one_that_others_reach_asks_for_a_password(url: str, verdict: Verdict) -> None:
    finding = probes._guard(url)
    assert finding.verdict is verdict
    assert "s3cret" not in repr(finding)


def test_a_password_that_nobody_needs_is_told(start: Start) -> None:
    rights = ("on", "~*", "&*", "+@all")
    users = ("--user", "default", "nopass", *rights, "--user", "app", ">s3cret", *rights)
    finding = look(start(*users).replace("//:@", "//app:s3cret@"))["queue-auth"]
    assert finding.verdict is Verdict.WARNING
    assert "without the password" in finding.detail
    asks = look(start("--requirepass", "s3cret", password="s3cret"))["queue-auth"]
    assert (asks.verdict, asks.detail) == (Verdict.OK, "asks for a password")


@pytest.mark.parametrize(
    ("options", "word"),
    [(("--replicaof", "127.0.0.1 1"), "replica"), (("--cluster-enabled", "yes"), "cluster")],
)
def test_one_that_can_t_take_our_messages_is_an_error(
    start: Start, options: tuple[str, ...], word: str
) -> None:
    finding = look(start(*options))["queue"]
    assert finding.verdict is Verdict.ERROR
    assert word in finding.detail


def test_two_installations_in_one_database_are_told(redis_url: str) -> None:
    assert look(redis_url, "ours")["queue-sharing"].verdict is Verdict.OK
    assert look(redis_url, "ours")["queue-sharing"].verdict is Verdict.OK
    finding = look(redis_url, "theirs")["queue-sharing"]
    assert (finding.verdict, "another installation" in finding.detail) == (Verdict.WARNING, True)
    with Redis.from_url(redis_url) as client:
        assert 0 < client.ttl(probes._OWNER) <= probes.OWNED_S


def test_another_celery_application_is_called_that(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.sadd("_kombu.binding.celery", "celery")
    finding = look(redis_url)["queue-sharing"]
    assert finding.detail == (
        "1 keys in this Redis database are somebody else's, of another Celery application"
    )


def test_keys_of_somebody_else_are_counted_and_ours_are_not(redis_url: str) -> None:
    CeleryDoorbell(make_celery(redis_url)).ring([1, 2])
    with Redis.from_url(redis_url) as client:
        client.set("{ascip-sync:limit:district-sync}:tat", 1)
        assert client.dbsize()
        assert look(redis_url)["queue-sharing"].verdict is Verdict.OK
        client.mset({"other:1": 1, "other:2": 2})
    finding = look(redis_url)["queue-sharing"]
    assert (finding.verdict, finding.detail) == (
        Verdict.WARNING, "2 keys in this Redis database are somebody else's",
    )  # fmt: skip


def test_nobody_there_is_one_error() -> None:
    found = look("redis://:s3cret@127.0.0.1:1/0")
    assert list(found) == ["queue"]
    assert "check redis.url" in found["queue"].remedy


@pytest.mark.slow
def test_a_server_that_says_nothing_is_given_up() -> None:
    """Waits for the timeout: 3 s, and as long for what redis-py asks on connecting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        found = look(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
    assert found["queue"].verdict is Verdict.ERROR
    assert time.monotonic() - began < 8
