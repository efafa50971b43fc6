"""P13: how long people wait for a start.

- `ascip-sync --help`, against `python -c pass`: from the start of the process to its end.
- The embedded default, cold (no data directory yet) and warm (stopped after earlier use): from the
  start of a Python process until `attach` gives it both servers' URLs; Valkey, the supervisor and
  the imports are in it. Floor: PostgreSQL alone with the same programs, settings and account, until
  it answers: initdb and start, and start. No Python starts in the floor's time.
- Noted: `attach` and `status` with servers that run, and a run of 200 people, each verb a process.
"""

import fcntl
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from benchmarks.measure import ROUNDS, Figures, Result
from shared.adapters.embedded import attach, binaries, cluster, postgres
from shared.adapters.embedded.privileges import ServerUser, child_setup, server_user

HELP_ROUNDS = 5 * ROUNDS
PEOPLE = 200
CLI = (sys.executable, "-m", "services.cli.main")
_ATTACH = """
import sys
from pathlib import Path
from shared.adapters.embedded import attach
held = attach(Path(sys.argv[1]))
print(flush=True)
sys.stdin.read()
"""
CONFIG = """\
[district]
name = "Lincoln USD"
environment = "bench"
[ascip]
base_url = "{url}"
key_id = "district-sync"
secret = {{ env = "ASCIP_SECRET" }}
rate_per_s = 500
burst = 50
[staff.removal]
first_run = "allow"
[data]
dir = "data"
"""


def measure() -> list[Result]:
    """Three ratios; the notes are with the last one."""
    return [_help(), *_embedded()]


def _help() -> Result:
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(HELP_ROUNDS):
        times["pass"].append(_seconds(sys.executable, "-c", "pass"))
        times["typer"].append(_seconds(sys.executable, "-c", "import typer"))
        times["help"].append(_seconds(*CLI, "--help"))
    found = {name: statistics.median(values) * 1000 for name, values in times.items()}
    return Result(
        id="P13 help", work="`ascip-sync --help`", floor=found["pass"], ours=found["help"],
        unit="ms", goal="≤ 5 ×", met=found["help"] <= 5 * found["pass"],
        notes={"import_typer_alone_ms": found["typer"]},
    )  # fmt: skip


def _embedded() -> list[Result]:
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        with TemporaryDirectory(prefix="ascip-bench-") as folder:
            _bare_postgres(Path(folder) / "bare", times)
            _attached(Path(folder) / "ours", times)
    found = {name: statistics.median(values) for name, values in times.items()}
    notes = {"attach_running_s": found["ours running"], **run_of_200()}
    return [
        Result(
            id=f"P13 {how}", work=f"embedded default until ready, {how}",
            floor=found[f"bare {how}"], ours=found[f"ours {how}"], unit="s", goal="≤ 3 ×",
            met=found[f"ours {how}"] <= 3 * found[f"bare {how}"],
            notes=notes if how == "warm" else {},
        )
        for how in ("cold", "warm")
    ]  # fmt: skip


def _seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _attached(data_dir: Path, times: dict[str, list[float]]) -> None:
    with _started(data_dir) as seconds:
        times["ours cold"].append(seconds)
    _wait_until_stopped(data_dir)
    with _started(data_dir) as seconds:
        times["ours warm"].append(seconds)
        with _started(data_dir) as again:
            times["ours running"].append(again)
    _wait_until_stopped(data_dir)


@contextmanager
def _started(data_dir: Path) -> Iterator[float]:
    """A process that holds the servers while the block runs; yields how long they took."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", _ATTACH, str(data_dir)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "ASCIP_SYNC_EMBEDDED_GRACE_S": "0"},
    ) as process:  # fmt: skip
        if not process.stdout or not process.stdout.readline():
            raise RuntimeError("the embedded servers did not start")
        yield time.perf_counter() - started
        process.communicate()


def _wait_until_stopped(data_dir: Path) -> None:
    with (data_dir / "supervisor.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def _bare_postgres(folder: Path, times: dict[str, list[float]]) -> None:
    """PostgreSQL alone, as ours starts it: options, settings, account."""
    user = server_user()
    folder.mkdir()
    if user is not None:
        os.chown(folder, user.uid, user.gid)
        folder.parent.chmod(0o711)
    programs = binaries.locate()
    if user is not None and not binaries.reachable_by_others(programs):
        programs = binaries.copy_to(programs, folder.parent / "programs")
    data = folder / "data"
    started = time.perf_counter()
    subprocess.run(
        [programs.initdb, "-D", data, *cluster.INITDB, "--auth=trust"],
        cwd="/", stdout=subprocess.DEVNULL, env=cluster.ENVIRONMENT, check=True,
        preexec_fn=child_setup(user, signal.SIGKILL),
    )  # fmt: skip
    made = time.perf_counter() - started
    seconds = _start_postgres(programs, data, user)
    times["bare cold"].append(made + seconds)
    times["bare warm"].append(_start_postgres(programs, data, user))


def _start_postgres(programs: binaries.Binaries, data: Path, user: ServerUser | None) -> float:
    settings = {**postgres.SETTINGS, "unix_socket_directories": str(data.parent)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    started = time.perf_counter()
    process = subprocess.Popen(
        [programs.postgres, *options, "-D", data], cwd="/", env=cluster.ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=child_setup(user, signal.SIGINT),  # noqa: PLW1509  no threads here
    )  # fmt: skip
    while True:
        try:
            psycopg.connect(host=str(data.parent), user=cluster.ROLE, dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise
            time.sleep(0.005)
        else:
            break
    seconds = time.perf_counter() - started
    postgres.stop(process)
    return seconds


def run_of_200() -> Figures:
    """Plan, approve, apply and status as processes of their own; the servers run already."""
    with TemporaryDirectory(prefix="ascip-bench-") as folder:
        where = Path(folder)
        _run("services.simulator.extract", "--out", ".", "--people", str(PEOPLE), where=where)
        with _simulator(where) as url, attach(where / "data"):
            (where / "config.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
            return _verbs(where)


def _verbs(where: Path) -> Figures:
    def verb(*words: str) -> tuple[float, str]:
        started = time.perf_counter()
        out = _run("services.cli.main", *words, where=where)
        return time.perf_counter() - started, out

    verb("runs")  # makes the schema
    plan_s, _ = verb("plan", "--csv", "staff.csv")
    run = json.loads(verb("status", "--json")[1])
    plan = json.loads(verb("show", run["id"], "--json")[1])
    approve_s, _ = verb("approve", plan["id"], "--digest", plan["digest"])
    apply_s, _ = verb("apply", plan["id"])
    if (state := json.loads(verb("status", "--json")[1])["state"]) != "applied":
        raise RuntimeError(f"the run ended {state}")
    status_s = statistics.median(verb("status")[0] for _ in range(ROUNDS))
    return {
        "plan_200_s": plan_s, "approve_200_s": approve_s, "apply_200_s": apply_s,
        "run_of_200_s": plan_s + approve_s + apply_s, "status_s": status_s,
    }  # fmt: skip


def _environment() -> Mapping[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "ASCIP_SECRET": "bench", "ASCIP_SIM_SECRET": "bench", "PYTHONPATH": root}


def _run(module: str, *words: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=where, env=_environment(), text=True,
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    if done.returncode not in {0, 3}:  # 3: a gate holds a part of the plan
        raise RuntimeError(f"{module} {words[0]} ended with {done.returncode}")
    return done.stdout


@contextmanager
def _simulator(where: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.simulator", "--seed-people", str(PEOPLE), "--seed", "2026",
         "--rate-per-s", "0"],
        cwd=where, env=_environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield json.loads(process.stdout.readline() if process.stdout else "")["url"]
    finally:
        process.terminate()
        process.wait()
