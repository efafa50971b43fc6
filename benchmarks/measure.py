"""Fresh processes, interleaved rounds, medians: what every benchmark measures with."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared.adapters.embedded import attach

#: Fresh processes of each part.
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))

#: What a part measured: names to figures.
Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A line of the table. ``floor`` and ``ours`` are in ``unit``; the ratio is ours to the floor."""

    id: str
    work: str
    floor: float
    ours: float
    unit: str
    goal: str
    met: bool
    notes: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Ours to the floor."""
        return self.ours / self.floor

    def to_json(self) -> dict[str, object]:
        """The stored form."""
        return {**asdict(self), "ratio": self.ratio}


def report(figures: Figures) -> None:
    """Say what was measured; called at the end of a part's process."""
    print(json.dumps(figures))


def in_fresh_process(module: str, *arguments: str, **env: str) -> Figures:
    """Run ``python -m module`` and read the figures it reports."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **env}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def medians(module: str, parts: Sequence[str], **env: str) -> dict[str, Figures]:
    """Each part in ``ROUNDS`` fresh processes, A B A B, so that noise meets all; medians."""
    found: dict[str, list[Figures]] = {part: [] for part in parts}
    for _ in range(ROUNDS):
        for part in parts:
            found[part].append(in_fresh_process(module, part, **env))
    return {
        part: {name: statistics.median(f[name] for f in figures) for name in figures[0]}
        for part, figures in found.items()
    }


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """PostgreSQL and Valkey of our own for a while, as variables for the parts' processes."""
    with (
        tempfile.TemporaryDirectory(prefix="ascip-bench-") as folder,
        attach(Path(folder) / "data") as parts,
    ):
        yield {"BENCH_DATABASE": parts.database_url, "BENCH_REDIS": parts.redis_url}
