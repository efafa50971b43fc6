"""A drop folder over the engine, swept by a clock that tests set."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.drop.folder import PosixDropFolder
from shared.domain.drop import Place, Watch
from shared.domain.run import Run
from shared.pipeline.land import Order
from shared.pipeline.take_in import Intake, Noted, sweep
from tests.fakes.installation import Installation

STABLE_S = 5.0
MOST_BYTES = 1 << 20


class Drops:
    """A drop folder and its watcher, without the process."""

    def __init__(self, engine: Installation, path: Path) -> None:
        self.engine, self.path = engine, path
        self.mapping = engine.extract().mapping_text
        self.at_s = 0.0
        self.intake: Intake
        self.start(PosixDropFolder(path, most_bytes=MOST_BYTES))

    def start(self, folder: PosixDropFolder | None = None) -> None:
        """Begin without any memory, as a new process does."""
        if folder is None:
            self.close()
            folder = PosixDropFolder(self.path, most_bytes=MOST_BYTES)
        self.folder = folder
        self.intake = Intake(
            folder=folder, keep_days=7, watch=Watch(STABLE_S),
            order=lambda: Order(trigger="drop", mapping_text=self.mapping),
        )  # fmt: skip

    def close(self) -> None:
        self.folder.__exit__(None, None, None)

    def put(self, name: str = "staff.csv", content: bytes | None = None) -> Path:
        """Write a file as a sender does; by default the tenant's own extract."""
        file = self.path / name
        file.write_bytes(self.engine.extract().csv() if content is None else content)
        return file

    def sweep(self, after_s: float = 0) -> list[Noted]:
        self.at_s += after_s
        return list(sweep(self.engine.tools, self.intake, self.at_s))

    def settle(self) -> list[Noted]:
        """See what is there, wait, take it."""
        return [*self.sweep(), *self.sweep(STABLE_S)]

    def names(self, place: Place = Place.FOLDER) -> list[str]:
        """What lies in a place, our own folders left out."""
        ours = {"taking", "processed", "refused", ".lock"}
        return sorted(p.name for p in (self.path / place.value).iterdir() if p.name not in ours)

    def reason(self) -> str:
        """The one reason in `refused/`."""
        (file,) = (self.path / "refused").glob("*.reason.txt")
        return file.read_text(encoding="utf-8")

    def runs(self) -> list[Run]:
        """Newest first."""
        rows = self.engine.database.rows("SELECT id FROM run ORDER BY number DESC")
        return [self.engine.run(row.id) for row in rows]


@pytest.fixture
def drops(engine: Installation, tmp_path: Path) -> Iterator[Drops]:
    path = tmp_path / "drop"
    path.mkdir(mode=0o770)
    made = Drops(engine, path)
    yield made
    made.close()
