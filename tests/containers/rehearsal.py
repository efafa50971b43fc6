"""`make image-rehearsal`: what the image and the compose file do, without a container engine.

The Dockerfile's own steps make an environment outside the checkout, which then is read-only. An ordinary
user without a home runs the compose file's own commands in it, against PostgreSQL and Redis by URL.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
from redis import Redis

from tests.containers.environment import build
from tests.containers.parts import Parts, run_as
from tests.containers.place import Place
from tests.containers.servers import debian_servers
from tests.fakes.servers import UTF8, serving
from tests.fakes.staff_extract import StaffExtract

PATIENCE_S = 90.0


def main() -> None:
    """Rehearse; an assertion says what did not come true."""
    parser = argparse.ArgumentParser(prog="make image-rehearsal", description=__doc__)
    parser.add_argument("--database-url", default="", help="of a role that may create databases")
    parser.add_argument("--redis-url", default="", help="its databases 1 and up are emptied")
    options = parser.parse_args()
    with ExitStack() as stack:
        place = Place(Path(stack.enter_context(scratch())))
        if options.database_url and options.redis_url:
            given = serving(options.database_url, options.redis_url, str(os.getpid()))
            given = replace(given, kind=UTF8)
            urls = given.create("rehearsal"), given.broker()
            stack.callback(given.drop, "rehearsal")
        else:
            urls = stack.enter_context(debian_servers(place))
        say(versions(*urls))
        with timed("environment made by the Dockerfile's steps, then read-only"):
            build(place.folder, python_for(place))
        before = place.listing()
        rehearse(place, *urls)
        assert place.listing() == before, "somebody wrote into the read-only tree"
    say("All of it came true.")


def rehearse(place: Place, database_url: str, redis_url: str) -> None:
    """Start the parts in their order, sync by REST and by the drop folder, stop them."""
    parts = Parts(place)
    try:
        simulator = parts.start("simulator", "--rate-per-s 0 --seed-people 120")
        until(simulator.is_healthy)
        state = httpx.get(f"http://127.0.0.1:{place.ports[8090]}/_sim/state", trust_env=False)
        extract = StaffExtract(state.json())
        place.configure(database_url, redis_url, extract.mapping_text)
        with timed("migrate"):
            parts.run("migrate")
        with timed("api, two workers, beat, watcher: healthy"):
            for name in ("api", "worker", "worker", "beat", "watcher"):
                parts.start(name)
            for part in parts.running:
                until(part.is_healthy)
        say(command(place, "ascip-sync", "validate-config").rstrip())
        sync(place, extract)
        for line in parts.stop():
            say(line)
    finally:
        parts.kill()


def sync(place: Place, extract: StaffExtract) -> None:
    """An upload by REST, then a file in the drop folder; each comes to a plan that waits."""
    words = "ascip-sync keys create --name rehearsal --user olga --role operator"
    key = command(place, *words.split()).strip()
    address = f"http://127.0.0.1:{place.ports[8080]}/api/v1"
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "rehearsal"}
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as api:

        def newest() -> tuple[str, str]:
            run = api.get("/runs").json()["data"][0]
            return run["trigger"], run["state"]

        with timed("an upload by REST waits for approval"):
            extract.rename(extract.ids[:5])
            sent = api.post("/uploads", content=extract.csv(), headers={"Content-Type": "text/csv"})
            assert sent.status_code == 201, sent.text
            started = api.post("/runs", json={"upload_id": sent.json()["id"], "mode": "plan"})
            assert started.status_code == 202, started.text
            until(lambda: newest() == ("api", "awaiting_approval"))
        with timed("a dropped file waits for approval"):
            extract.rename(extract.ids[5:7])
            drop(place, extract.csv())
            until(lambda: newest() == ("drop", "awaiting_approval"))


def drop(place: Place, content: bytes) -> None:
    """As the SFTP server leaves it."""
    file = place.folder / "drop" / "staff.csv"
    file.write_bytes(content)
    file.chmod(0o600)
    os.chown(file, place.uid, -1)


def command(place: Place, *words: str) -> str:
    """A command as an operator gives it in a container; its standard output."""
    done = run_as(place, [str(place.folder / "opt/ascip-sync/bin" / words[0]), *words[1:]])
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def versions(database_url: str, redis_url: str) -> str:
    """Of the servers."""
    with psycopg.connect(database_url) as connection, Redis.from_url(redis_url) as redis:
        row = connection.execute("SHOW server_version").fetchone()
        info = redis.info("server")
        assert row
        assert isinstance(info, dict)
        kind = info.get("server_name", "redis")
        return f"PostgreSQL {row[0]}, {kind} {info.get('valkey_version', info['redis_version'])}"


def python_for(place: Place) -> str:
    """An interpreter that the containers' user can run too."""
    for found in (sys._base_executable, shutil.which("python3", path="/usr/bin")):  # type: ignore[attr-defined]  # not in typeshed
        if found:
            try:
                if run_as(place, [found, "-c", "import ensurepip, venv"]).returncode == 0:
                    return str(found)
            except OSError:
                continue
    sys.exit("No Python with venv that an ordinary user can run was found.")


def until(true: Callable[[], object]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.2)


@contextmanager
def scratch() -> Iterator[str]:
    """A folder that is removed, read-only parts included."""
    folder = tempfile.mkdtemp(prefix="ascip-sync-image-")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/chmod", "-R", "u+w", folder], check=True)
        shutil.rmtree(folder)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long it took."""
    began = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began:.1f} s")


def say(text: str) -> None:
    """One line."""
    print(text, flush=True)  # noqa: T201  # a script's output


if __name__ == "__main__":
    main()
