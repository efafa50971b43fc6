"""`ascip-sync` in a process of its own that has imported already: forked from one that waits for it.

A start of Python with everything imported takes a second of processor, and the tests make hundreds.
That it starts from nothing is shown by whoever uses `subprocess`.
"""

import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import services.cli

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [f"services.cli.{module.name}" for module in pkgutil.iter_modules(services.cli.__path__)]
)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int | None
    stdout: str
    stderr: str


def run_command(
    words: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str, timeout_s: float
) -> Done:
    """Run it to its end; a `returncode` of None says that it was killed after ``timeout_s``."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("in", "out", "err")]
        files[0].write_text(stdin, encoding="utf-8")
        process = _FORKS.Process(target=_main, args=(list(words), cwd, dict(env), files))
        process.start()
        process.join(timeout_s)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
        return Done(code, *(file.read_text(encoding="utf-8") for file in files[1:]))


def _main(words: list[str], cwd: Path, env: Mapping[str, str], files: list[Path]) -> None:
    from services.cli.main import main  # noqa: PLC0415  # preloaded

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        # Those of a forked process are others than its descriptors say.
        mode = "r" if number == 0 else "w"
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.argv = ["ascip-sync", *words]
    main()
