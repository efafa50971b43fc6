"""Looks at Redis or Valkey: reachable, forgets nothing, guarded, ours alone, with room."""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from shared.adapters.queue.message import KEY_PREFIX
from shared.ports.probe import Finding, Probe, Verdict

TIMEOUT_S = 3
#: Keys looked at to see whether somebody else has some here.
SAMPLE = 1000
#: Share of `maxmemory` from which a message may be refused soon.
NEARLY_FULL = 0.9
#: Who uses this database; two installations would take each other's messages, and be slow for it.
_OWNER = f"{KEY_PREFIX}installation"
OWNED_S = 3600
#: What every Celery application leaves that has no prefix of its own.
_OF_CELERY = ("_kombu.", "unacked", "celery")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def probe(url: str, installation: Callable[[], str | None] = lambda: None) -> Probe:
    """Everything over one connection; ``installation`` tells this one from others, if it can be known."""

    def look() -> Iterator[Finding]:
        began = time.monotonic()
        try:
            with _connect(url) as client:
                info: dict[str, Any] = client.info()
                yield _server(info, began)
                yield _policy(info)
                yield _guard(url)
                yield _sharing(client, url, installation())
        except AuthenticationError:
            yield _broken("refuses our password", "check user and password in redis.url")
        except ResponseError as error:
            yield _broken(
                f"answers {_first_word(error)}", "check the password and rights of redis.url"
            )
        except (RedisError, OSError, ValueError) as error:
            yield _broken(
                f"doesn't answer ({type(error).__name__})",
                "check redis.url (host, port) and that the server runs",
            )

    return Probe(name="queue", look=look)


def _connect(url: str) -> "Redis":
    return Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, decode_responses=True
    )


def _broken(what: str, remedy: str) -> Finding:
    return Finding(name="queue", verdict=Verdict.ERROR, detail=f"Redis {what}", remedy=remedy)


def _server(info: dict[str, Any], began: float) -> Finding:
    facts: dict[str, float | str] = {
        "response_time_ms": round((time.monotonic() - began) * 1000, 1),
        "memory_bytes": int(info["used_memory"]),
    }
    if why := _takes_nothing(info):
        return Finding(
            name="queue", verdict=Verdict.ERROR, facts=facts, detail=f"Redis {why}",
            remedy="name one server in redis.url that is none of both; nothing is lost when it changes",
        )  # fmt: skip
    limit = int(info.get("maxmemory", 0))
    used = int(info["used_memory"]) / limit if limit else 0.0
    if used >= 1:
        return Finding(
            name="queue", verdict=Verdict.ERROR, facts=facts,
            detail="Redis is full and refuses messages; nothing is lost, work waits in PostgreSQL",
            remedy="raise maxmemory, or find out what else fills it",
        )  # fmt: skip
    if used >= NEARLY_FULL:
        return Finding(
            name="queue", verdict=Verdict.WARNING, facts=facts,
            detail=f"Redis uses {used:.0%} of its maxmemory", remedy="raise maxmemory before it is full",
        )  # fmt: skip
    # Nothing is lost without a file, so this is for information only.
    kept = (
        "keeps a file" if info.get("aof_enabled") else "keeps nothing over a restart, and needn't"
    )
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = info.get("valkey_version", info.get("redis_version", ""))
    return Finding(name="queue", detail=f"{name} {version} answers; {kept}", facts=facts)


def _takes_nothing(info: dict[str, Any]) -> str:
    if info.get("role") == "slave":
        return "is a replica: it takes no messages"
    if int(info.get("cluster_enabled", 0)):
        return "is a cluster: messages and what is noted of them would lie on several servers"
    return ""


def _policy(info: dict[str, Any]) -> Finding:
    policy = str(info.get("maxmemory_policy", "unknown"))
    if policy == "noeviction":
        return Finding(name="queue-policy", detail="maxmemory-policy is noeviction")
    return Finding(
        name="queue-policy", verdict=Verdict.ERROR,
        detail=f"maxmemory-policy is {policy}: a full Redis would throw away queues and the rate limit",
        remedy="CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
    )  # fmt: skip


def _guard(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.password:
        if not _open_to_all(url):
            return Finding(name="queue-auth", detail="asks for a password")
        what = "takes commands without the password in redis.url, too"
    elif parts.scheme == "unix" or parts.hostname in _LOOPBACK:
        return Finding(name="queue-auth", detail="reachable from this machine only")
    else:
        what = "takes commands from whoever reaches it"
    return Finding(
        name="queue-auth", verdict=Verdict.WARNING,
        detail=f"{parts.hostname or 'Redis'} {what}",
        remedy="set requirepass (or an ACL user, with the user `default` off) and put it into redis.url",
    )  # fmt: skip


def _open_to_all(url: str) -> bool:
    """Whether somebody without a password may look."""
    given = urlsplit(url).netloc
    bare = url.replace(f"//{given}", f"//{given.rpartition('@')[2]}", 1)
    try:
        with _connect(bare) as stranger:
            return bool(stranger.ping())
    except (RedisError, OSError):
        return False


def _sharing(client: "Redis", url: str, installation: str | None) -> Finding:
    if installation and (other := _other_installation(client, installation)):
        return _shared(url, f"another installation uses this Redis database ({other})")
    keys = [str(key) for key in islice(client.scan_iter(count=SAMPLE), SAMPLE)]
    foreign = [key for key in keys if not key.lstrip("{").startswith(KEY_PREFIX)]
    if not foreign:
        return Finding(name="queue-sharing", detail="this Redis database is ours alone")
    number = len(foreign)
    told = (
        f"{number} of {SAMPLE} keys looked at are somebody else's"
        if number >= SAMPLE
        else f"{number} keys in this Redis database are somebody else's"
    )
    celery = any(key.startswith(_OF_CELERY) for key in foreign)
    return _shared(url, told + (", of another Celery application" if celery else ""))


def _other_installation(client: "Redis", installation: str) -> str | None:
    """Who else has said within an hour that this is theirs; else it is said to be ours."""
    try:
        client.set(_OWNER, installation, nx=True, ex=OWNED_S)
        owner = str(client.get(_OWNER) or installation)
        if owner == installation:
            client.expire(_OWNER, OWNED_S)
    except ResponseError:  # full: that is told already
        return None
    return owner if owner != installation else None


def _shared(url: str, told: str) -> Finding:
    return Finding(
        name="queue-sharing", verdict=Verdict.WARNING, detail=told,
        remedy=f"use a database number of its own: {urlsplit(url).scheme}://…/1",
    )  # fmt: skip


def _first_word(error: ResponseError) -> str:
    """`NOPERM`, `WRONGPASS`: the rest of the message may echo what was sent."""
    return str(error).partition(" ")[0] or type(error).__name__
