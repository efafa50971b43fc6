"""Storage of runs, uploads and the lock on a target."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from shared.domain.baseline import ExtractSize
from shared.domain.canonical import Json
from shared.domain.run import Phase, Run, RunState, Upload


class Runs(Protocol):
    """Runs and what belongs to them."""

    def add_upload(self, upload: Upload) -> Upload:
        """Store a landed file; where its feed has the same bytes already, that upload is returned."""
        ...

    def set_location(self, upload_id: str, location: str) -> None:
        """Where the vault keeps it from now on."""
        ...

    def upload(self, upload_id: str) -> Upload: ...

    def newest_upload(self, feed: str) -> Upload | None:
        """The file of a feed whose bytes came last, None if none has."""
        ...

    def locations(self) -> set[str]:
        """Where the vault keeps the files that are known."""
        ...

    def add(self, run: Run) -> None: ...

    def get(self, run_id: str, *, lock: bool = False) -> Run:
        """Read a run, with ``lock`` until the end of the transaction.

        Raises:
            NotFound: there is no such run.
        """
        ...

    def set_state(
        self, run_id: str, state: RunState, *, reason: str | None = None, detail: str | None = None
    ) -> None:
        """Write the new state; final states get their end time. Nothing is waited for any more."""
        ...

    def wait(self, run_id: str, *, delay_s: float | None, reason: str, detail: str) -> None:
        """A run waits, in whatever state it is, and is tried again by itself then.

        Without ``delay_s`` nobody knows when.
        """
        ...

    def wait_left_s(self, run_id: str) -> float | None:
        """Seconds until a waiting run is tried again; None if it doesn't wait."""
        ...

    def end_wait(self, run_id: str) -> None:
        """The target has answered: reason and detail of the wait are forgotten."""
        ...

    def set_as_of(self, run_id: str, as_of: date) -> None: ...

    def set_base(self, run_id: str, base: Run) -> None:
        """Compare with the extract and the mapping of another run (drift)."""
        ...

    def set_input(
        self,
        run_id: str,
        *,
        input_sha256: str,
        counts: Mapping[str, Json],
        unverified: Mapping[str, Json],
    ) -> None:
        """What reading the extract gave."""
        ...

    def set_result(self, run_id: str, *, books: Mapping[str, object] | None, clean: bool) -> None:
        """What the run came to; the shield's material is forgotten."""
        ...

    def set_archive(self, run_id: str, archive: str | None) -> None:
        """Where its reports lie, once they are written; None while the run goes on."""
        ...

    def set_superseded(self, run_id: str, by: str) -> None: ...

    def last_success(self, feed: str) -> Run | None:
        """The newest run of a feed that ended `applied` or `no_changes`, clean or not; no drift run."""
        ...

    def good_extracts(self, feed: str, *, read_as: Mapping[str, Json]) -> list[ExtractSize]:
        """Sizes of the last extracts that a run of the feed ended `applied` or `no_changes` with.

        Newest first, each file once, at most `LOOK_BACK`. Not good is one of which a removal was held to
        the end: it may have been cut. ``read_as`` are facts of the plan that must be the same.
        """
        ...

    def was_shadowed(self, feed: str) -> bool:
        """Whether an extract of a feed was planned in shadow mode before."""
        ...

    def unchanged_since(self, run: Run, *, upload_sha256: str | None = None) -> Run | None:
        """The last success if it was clean and had the same input, mapping, configuration and engine.

        The input is compared by the bytes of the file if ``upload_sha256`` is given, else by its hash.
        Nothing applied or planned since may stand between, and no drift found since.
        """
        ...

    def waiting(self, feed: str) -> list[str]:
        """Runs of a feed that wait for a review, for their application or for a retry."""
        ...

    def newer_in_queue(self, run_id: str) -> str | None:
        """The newest later run of the same feed that still waits for its turn, drift runs aside."""
        ...

    def overtaken_by(self, run_id: str) -> str | None:
        """A later run of the same feed that has had its turn already, drift runs aside."""
        ...

    def take_lock(self, target: str, run_id: str) -> str | None:
        """Take the target's lock; None if it is ours now, else the run that has it."""
        ...

    def free_lock(self, target: str, run_id: str) -> None: ...

    def enter_phase(self, run_id: str, phase: Phase) -> None:
        """End the present phase, if any, and begin another."""
        ...

    def end_phase(self, run_id: str) -> None: ...
    def phases(self, run_id: str) -> list[tuple[str, float]]:
        """Seconds per phase, in order."""
        ...

    def complete_read_age_s(self, target: str) -> float | None:
        """Age of the newest complete snapshot, None if there is none."""
        ...
