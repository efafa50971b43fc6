"""Carries out the Dockerfile's building stages in a folder, without a container engine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.checkout import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STAGES = ("wheel", "environment")
INSTALLED = "/opt/ascip-sync"


def variables() -> dict[str, str]:
    """What the image's last stage sets for Python."""
    return dict(re.findall(r"(PYTHON\w+)=(\S+)", DOCKERFILE))


def build(folder: Path, python: str) -> Path:
    """Run the stages with this Python; the environment, which nobody can write to any more."""
    for stage in STAGES:
        _Stage(folder, stage, python).run()
    installed = folder / INSTALLED[1:]
    subprocess.run(["/bin/chmod", "-R", "a-w,a+rX", str(installed)], check=True)
    return installed


class _Stage:
    """One `FROM … AS name`: its own root folder, with a Python in place of the image's."""

    def __init__(self, folder: Path, name: str, python: str) -> None:
        self._folder, self._name = folder, name
        self._root = folder / "stages" / name
        self._place = self._root
        subprocess.run([python, "-m", "venv", str(self._root / "python")], check=True)

    def run(self) -> None:
        _, _, text = DOCKERFILE.partition(f" AS {self._name}\n")
        text, _, _ = text.partition("\nFROM ")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        for instruction in "\n".join(lines).replace("\\\n", " ").splitlines():
            match instruction.split():
                case ["WORKDIR", place]:
                    self._place = self._inside(place)
                    self._place.mkdir(parents=True)
                case ["COPY", source, *names] if source.startswith("--from="):
                    self._copy(self._folder / "stages" / source.removeprefix("--from="), names)
                case ["COPY", *names]:
                    self._copy(ROOT, names)
                case ["RUN", *_]:
                    self._shell(instruction.removeprefix("RUN "))
                case []:
                    pass
                case unknown:
                    sys.exit(f"The rehearsal doesn't know the instruction {unknown[0]}.")

    def _inside(self, place: str) -> Path:
        """A path of the container; an environment can't be moved, so it lies where it stays."""
        return (self._folder if place == INSTALLED else self._root) / place.lstrip("/")

    def _copy(self, context: Path, names: list[str]) -> None:
        *sources, target = names
        to = self._place / target if not target.startswith("/") else self._inside(target)
        for source in sources:
            of = context / source.lstrip("/")
            if of.is_dir():
                shutil.copytree(of, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(of, to)

    def _shell(self, command: str) -> None:
        for place in ("/wheels", INSTALLED):
            command = re.sub(rf"(?<![\w/.]){place}", str(self._inside(place)), command)
        path = f"{self._root / 'python' / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self._place, env=environment, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"RUN {command}\n{done.stdout}{done.stderr}")
