"""Starts the compose file's services as processes of an ordinary user, and stops them."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.checkout import ROOT
from tests.containers.place import Place

SERVICES: dict[str, Any] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]


class Part:
    """One running service."""

    def __init__(
        self, name: str, place: Place, process: "subprocess.Popen[bytes]", log: Path
    ) -> None:
        self.name, self.process = name, process
        self._place, self._log = place, log

    def is_healthy(self) -> bool:
        """What the compose file's health check says."""
        assert self.process.poll() is None, f"{self.name} has ended:\n{self.log()}"
        kind, *words = SERVICES[self.name]["healthcheck"]["test"]
        words = [self._place.translated(word) for word in words]
        argv = words if kind == "CMD" else ["/bin/sh", "-c", *words]
        return run_as(self._place, argv).returncode == 0

    def stop(self) -> str:
        """Ask it to end, as compose does; how long that took, and what it needed."""
        needed = peak_mb(self.process.pid)
        began = time.monotonic()
        self.process.terminate()
        patience = int(SERVICES[self.name]["stop_grace_period"].removesuffix("s"))
        code = self.process.wait(patience)
        # uvicorn finishes its requests, then ends by the signal it was sent.
        assert code in (0, -signal.SIGTERM), f"{self.name} ended with {code}:\n{self.log()}"
        return f"{self.name} stopped in {time.monotonic() - began:.1f} s; at most {needed} MB"

    def log(self) -> str:
        """The end of what it said."""
        return self._log.read_text(encoding="utf-8")[-4000:]


class Parts:
    """Those that run."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.running: list[Part] = []

    def start(self, name: str, *more: str) -> Part:
        """Start a service with the compose file's command; ``more`` is added to it."""
        command = [self._place.translated(word) for word in SERVICES[name]["command"]]
        command[-1] = " ".join([command[-1], *more])
        log = self._place.folder / f"{name}-{len(self.running)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=self._place.folder / "etc", env=self._place.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, **act_as(self._place),
            )  # fmt: skip
        self.running.append(Part(name, self._place, process, log))
        return self.running[-1]

    def run(self, name: str) -> None:
        """A service that ends by itself, and well."""
        part = self.start(name)
        self.running.remove(part)
        assert part.process.wait(60) == 0, part.log()

    def stop(self) -> Iterator[str]:
        """Stop all, the last first."""
        while self.running:
            yield self.running.pop().stop()

    def kill(self) -> None:
        """Whatever still runs; its log is the last word."""
        for part in self.running:
            part.process.kill()
            part.process.wait()
            print(f"--- {part.name}\n{part.log()}")  # noqa: T201  # a script's output


def run_as(place: Place, argv: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command as the containers' user."""
    return subprocess.run(
        argv, cwd=place.folder / "etc", env=place.environment, check=False, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, **act_as(place),
    )  # fmt: skip


def act_as(place: Place) -> dict[str, Any]:
    """Arguments that make a process an ordinary user's."""
    if os.geteuid():
        return {}
    return {"user": place.uid, "group": place.uid, "extra_groups": []}


def peak_mb(pid: int) -> int:
    """The most memory that a process and its children have held."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    return (int(found[1]) >> 10 if found else 0) + sum(peak_mb(int(child)) for child in children)
