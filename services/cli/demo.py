"""`demo`: a whole sync against a simulated ASCIP with 5,000 people, told step by step.

It runs the same commands a person would type, each as a process of its own.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from services.cli import demo_check, processes
from shared.domain.errors import ConfigInvalid, EngineError

PEOPLE, SEED, RATE_PER_S, WORKERS = 5000, 2026, 500, 2
#: Slow enough for a person to watch.
CONSOLE_RATE_PER_S = 100
DIRECTORY = Path("ascip-sync-demo")
#: Says that a folder is a demo's, so that the next one may clear it.
MARKER = ".ascip-sync-demo"
SECRET = "demo-secret"  # noqa: S105  # of a simulator that lives as long as the demo

CONFIG = """\
[district]
name = "Lincoln USD"
environment = "demo"

[ascip]
base_url = "{url}"
key_id = "district-sync"
secret = {{ env = "ASCIP_SECRET" }}
rate_per_s = {rate}
burst = 50
timeout_s = 2

[staff.removal]
first_run = "allow"     # a real first run only reports who would be removed

[data]
dir = "{data}"

[server]
port = {port}
"""

#: Some answers are lost after ASCIP has done what was asked, and three calls are turned away: more
#: would slow the engine down for minutes, as they should.
FAULTS = {
    "seed": 7,
    "rules": [
        {"fault": "answer_lost", "probability": 0.1, "method": "POST", "path": "/people$"},
        {"fault": "answer_lost", "probability": 0.03, "method": "PUT"},
        {"fault": "rate_limited", "request": [50, 300, 600], "method": "GET", "retry_after": 1},
    ],
}


class DemoFailed(EngineError):
    """A step of the demo did not do what it shows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="demo_failed")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays."""

    folder: Path
    root: str

    def say(self, text: str) -> None:
        """A line of the narrator."""
        print(f"\n── {text}", flush=True)

    def command(self, *words: str, expect: int = 0) -> None:
        """Run a command as a person would, showing it and what it prints."""
        print(f"\n$ ascip-sync {shlex.join(words)}", flush=True)
        done = subprocess.run(self._argv(*words), cwd=self.folder, env=_environment(), check=False)
        if done.returncode != expect:
            raise DemoFailed(
                f"`ascip-sync {words[0]}` ended with {done.returncode}, expected {expect}."
            )

    def ask(self, *words: str) -> Any:  # noqa: ANN401  # JSON of our own
        """Run a command for its JSON."""
        done = subprocess.run(
            self._argv(*words, "--json"), cwd=self.folder, env=_environment(),
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        return json.loads(done.stdout)

    def newest_plan(self) -> dict[str, Any]:
        """The plan of the newest run."""
        run = self.ask("status")
        plan: dict[str, Any] = self.ask("show", run["id"])
        return plan

    def simulator(self, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        """Ask the simulator itself, past its API."""
        data = None if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "PUT"
        request = urllib.request.Request(self.root + path, data=data, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def _argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "services.cli.main", *words]


def demo(*, keep: bool, directory: Path | None) -> int:
    """Play the demo; 0 if every step did what it shows."""
    began = time.monotonic()
    folder = _prepare((directory or DIRECTORY).absolute())
    with _simulator(folder) as root, _up(folder):
        stage = Stage(folder, root)
        _first_sync(stage)
        _mend(stage)
        _repeat(stage)
        _audit(stage)
        _export(stage)
        stage.say(f"Done in {time.monotonic() - began:.0f} s. Everything of the demo: {folder}")
        if keep:
            print(f"   Still running; ASCIP's double is at {root}/api/v1. ^C ends it.")
            print(f'   cd "{folder}" && ASCIP_SECRET={SECRET} ascip-sync status')
            address = f"http://127.0.0.1:{_port(folder)}"
            print(f"   Console: {address}; a password: ascip-sync users reset admin")
            print(f"   REST interface: {address}/docs", flush=True)
            _wait()
    return 0


def demo_console(directory: Path | None) -> int:
    """Make a plan that waits, and leave the console open for a person to decide about it."""
    folder = _prepare((directory or DIRECTORY).absolute())
    with _simulator(folder, CONSOLE_RATE_PER_S) as root, _up(folder):
        stage = Stage(folder, root)
        stage.say(f"An extract of HR arrives; ASCIP has {PEOPLE:,} people. What would change?")
        stage.command("plan", "--csv", "staff.csv", expect=3)
        password = stage.ask("users", "reset", "admin")["password"]
        stage.say("The plan waits in the console. Nothing has been written.")
        print(f"   Open     http://127.0.0.1:{_port(folder)}")
        print("   Name     admin")
        print(f"   Password {password}   (once; then you choose your own)")
        print("   ^C ends everything.", flush=True)
        _wait()
    return 0


def _first_sync(stage: Stage) -> None:
    stage.say(f"1. An extract of HR arrives; ASCIP has {PEOPLE:,} people. What would change?")
    stage.command("plan", "--csv", "staff.csv", expect=3)
    plan = stage.newest_plan()
    stage.say("2. Some rows were not taken; they protect their people until HR has mended them.")
    stage.command("show", plan["run_id"], "--quarantined")
    stage.say(
        "3. Nothing has been written. The demo's approver looks, releases the removals, approves."
    )
    removals = next(g["value"] for g in plan["gates"] if g["gate"] == "removals")
    stage.command(
        "approve", plan["id"], "--digest", plan["digest"], "--release", f"removals={removals}",
        "--reason", "demo: HR confirmed the leavers of the closed program",
    )  # fmt: skip
    stage.say("4. Apply, while ASCIP loses the answers to some writes and turns some calls away.")
    stage.simulator("/_sim/faults", FAULTS)
    stage.command("apply", plan["id"])
    lost, away = _faults_played(stage.simulator("/_sim/faults"))
    print(
        f"   ASCIP lost the answers to {lost} writes and turned {away} calls away; all were settled."
    )
    stage.simulator("/_sim/faults", {"seed": 0, "rules": []})
    _check(stage, "staff.csv", waiting=demo_check.waiting_rows(stage.folder))


def _mend(stage: Stage) -> None:
    stage.say("5. HR corrects its rows, and the mapping learns site 093 and a job title.")
    corrected = demo_check.write_corrected(stage.folder)
    shutil.copyfile(stage.folder / "mapping_mended.json", stage.folder / "mapping.json")
    print(f"   {corrected} rows corrected: staff_corrected.csv")
    stage.command("plan", "--csv", "staff_corrected.csv")
    plan = stage.newest_plan()
    stage.command("approve", plan["id"], "--digest", plan["digest"])
    stage.command("apply", plan["id"])
    _check(stage, "staff_corrected.csv", waiting=set())


def _repeat(stage: Stage) -> None:
    stage.say(
        "6. The same file again is skipped; with --force it is compared, and nothing differs."
    )
    stage.command("plan", "--csv", "staff_corrected.csv")
    _expect_state(stage, "skipped_unchanged")
    stage.command("plan", "--csv", "staff_corrected.csv", "--force")
    _expect_state(stage, "no_changes")


def _audit(stage: Stage) -> None:
    stage.say("7. What was done can be checked by anybody, without this machine's database.")
    stage.command("audit", "export", "--out", "audit.ndjson")
    stage.command("audit", "verify", "audit.ndjson")
    stage.command("runs")


def _export(stage: Stage) -> None:
    stage.say("8. Reports are kept encrypted; an export is in clear, for whom it concerns.")
    first = stage.ask("runs")[-1]["id"]
    stage.command("export", first, "--out", "reports")
    print(f"   Open {stage.folder / 'reports' / 'report.html'}: the first run, in full.")


def _check(stage: Stage, extract: str, *, waiting: set[str]) -> None:
    """Hold ASCIP's own state against the extract, with none of the engine's code."""
    result = demo_check.compare(stage.folder, extract, stage.simulator("/_sim/state"), waiting)
    journal = stage.simulator("/_sim/journal?effects=1")
    made = demo_check.created_twice(journal)
    print(
        f"\n   Checked against ASCIP itself: {result.agree:,} people are as {extract} says,"
        f" {result.gone} who left, now or before, are inactive, {len(waiting)} wait for corrections,"
        f" {len(result.differ)} differ, {len(made)} were made twice."
    )
    if result.differ or made:
        raise DemoFailed("ASCIP does not match: " + "; ".join([*result.differ, *made][:5]))


def _faults_played(faults: dict[str, Any]) -> tuple[int, int]:
    """How many answers were lost, and how many calls turned away."""
    fired = {"answer_lost": 0, "rate_limited": 0}
    for rule, count in zip(faults["rules"], faults["counts"], strict=True):
        fired[rule["fault"]] += count["fired"]
    return fired["answer_lost"], fired["rate_limited"]


def _expect_state(stage: Stage, state: str) -> None:
    found = stage.ask("status")["state"]
    if found != state:
        raise DemoFailed(f"The run is {found}, expected {state}.")


def _prepare(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise ConfigInvalid(f"{folder} is not empty and no demo's. Name another with --dir.")
        if processes.up_is_running(folder / "data"):
            raise ConfigInvalid(f"A demo is still running in {folder}. End it first.")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARKER).touch()
    bundled = files("services.cli") / "demo_data"
    for name in ("staff.csv", "corrections.csv", "mapping.json", "mapping_mended.json"):
        (folder / name).write_bytes((bundled / name).read_bytes())
    return folder


@contextmanager
def _simulator(folder: Path, rate_per_s: int = RATE_PER_S) -> Iterator[str]:
    """The ASCIP double; yields its root URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "services.simulator", "--port", "0", "--seed-people", str(PEOPLE),
         "--seed", str(SEED), "--rate-per-s", "0"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "ASCIP_SIM_SECRET": SECRET},
        preexec_fn=processes.die_with_command(),  # noqa: PLW1509  # before any thread exists
    )  # fmt: skip
    try:
        first_line = process.stdout.readline() if process.stdout else ""
        url = json.loads(first_line)["url"]
        data = json.dumps(str(folder / "data"))[1:-1]
        config = CONFIG.format(url=url, rate=rate_per_s, data=data, port=_free_port())
        (folder / "config.toml").write_text(config, encoding="utf-8")
        yield url.removesuffix("/api/v1")
    finally:
        processes.stop([process])


@contextmanager
def _up(folder: Path) -> Iterator[None]:
    arguments = ["--config", str(folder / "config.toml"), "--workers", str(WORKERS)]
    log = folder / "up.log"
    process = processes.start("services.cli.main", ["up", *arguments], log, ASCIP_SECRET=SECRET)
    try:
        _await_up(folder / "data", process, log)
        yield
    finally:
        processes.stop([process])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _await_up(data_dir: Path, process: "subprocess.Popen[str]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while not (data_dir / "log" / "beat.log").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoFailed("The parts did not start:\n" + log.read_text(encoding="utf-8")[-2000:])
        time.sleep(0.1)


def _environment() -> dict[str, str]:
    return {**os.environ, "ASCIP_SECRET": SECRET}


def _port(folder: Path) -> int:
    config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    return int(config["server"]["port"])


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("ended")
