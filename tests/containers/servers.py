"""Debian's PostgreSQL and Redis, started as the compose file starts theirs, for the rehearsal only."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import ConnectionError as NoConnectionError

from tests.architecture.checkout import ROOT
from tests.containers.parts import SERVICES, act_as
from tests.containers.place import Place

START_S = 30


@contextmanager
def debian_servers(place: Place) -> Iterator[tuple[str, str]]:
    """URLs of both, with the role that the compose file's first start makes; stopped afterwards."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name)
    )
    redis = shutil.which("valkey-server") or shutil.which("redis-server")
    if not installed or not redis:
        sys.exit(
            "No PostgreSQL and Redis here: apt-get install postgresql redis-server, or name yours:"
            " make image-rehearsal DATABASE_URL=… REDIS_URL=…"
        )
    postgres = _start_postgres(place, installed[-1])
    try:
        _first_start(place, installed[-1])
        broker = _start_redis(place, redis)
        try:
            yield (
                _url(place, "postgresql", "ascip_sync", "database_password", "ascip_sync"),
                _url(place, "redis", "", "redis_password", "0"),
            )
        finally:
            _stop(broker)
    finally:
        _stop(postgres)


def _start_postgres(place: Place, programs: Path) -> "subprocess.Popen[bytes]":
    data = place.folder / "servers" / "postgres"
    secret = place.folder / "secrets" / "postgres_password"
    subprocess.run(
        [str(programs / "initdb"), "-D", str(data), "--username=postgres", f"--pwfile={secret}",
         *SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()],
        check=True, cwd=place.folder, capture_output=True, **act_as(place),
    )  # fmt: skip
    process = subprocess.Popen(
        [str(programs / "postgres"), "-D", str(data), "-p", str(place.ports[5432]),
         "-k", str(place.folder / "servers"), *SERVICES["postgres"]["command"][1:]],
        cwd=place.folder, stderr=subprocess.DEVNULL, **act_as(place),
    )  # fmt: skip
    _until(lambda: psycopg.connect(_url(place, "postgresql", "postgres", "postgres_password", "postgres")),
           psycopg.OperationalError)  # fmt: skip
    return process


def _first_start(place: Place, programs: Path) -> None:
    """The script that the compose file mounts into the image."""
    script = ROOT / "services/worker/postgres/first-start.sh"
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin", "POSTGRES_USER": "postgres",
        "PGHOST": str(place.folder / "servers"), "PGPORT": str(place.ports[5432]),
    }  # fmt: skip
    text = place.translated(script.read_text(encoding="utf-8"))
    subprocess.run(
        ["/bin/sh", "-c", text], check=True, cwd=place.folder, env=environment, **act_as(place)
    )


def _start_redis(place: Place, program: str) -> "subprocess.Popen[bytes]":
    *shell, text = SERVICES["redis"]["command"]
    here = f"{program} - --port {place.ports[6379]} --bind 127.0.0.1 --dir {place.folder}/servers"
    text = place.translated(text).replace("valkey-server -", here, 1)
    process = subprocess.Popen(
        [*shell, text], cwd=place.folder, stdout=subprocess.DEVNULL, **act_as(place)
    )
    url = _url(place, "redis", "", "redis_password", "0")
    _until(lambda: Redis.from_url(url).ping(), NoConnectionError)
    return process


def _url(place: Place, scheme: str, user: str, secret: str, name: str) -> str:
    password = (place.folder / "secrets" / secret).read_text(encoding="ascii").strip()
    port = place.ports[5432 if scheme == "postgresql" else 6379]
    return f"{scheme}://{user}:{password}@127.0.0.1:{port}/{name}"


def _until(connect: Callable[[], object], refused: type[Exception]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            connect()
        except refused:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(30)
