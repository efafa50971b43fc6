"""Sends a feed's file whenever the one before has come to rest, and has it approved and applied."""

import threading
import time

from tests.faults.feeds import Feed
from tests.faults.history import History
from tests.faults.office import Office

#: The work that is left drains within this, without anybody's help.
DRAINED_S = 120.0
#: So often somebody presses on with a run that stopped.
_PRESSED = 20


class Sender:
    """One feed's sender, in a thread of its own."""

    def __init__(self, office: Office, history: History, feed: Feed) -> None:
        self._office, self._history, self.feed = office, history, feed
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=feed.name, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._over.set()

    def end(self) -> None:
        """Has ended what it began."""
        self._thread.join(2 * DRAINED_S)
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                self.feed.change()
                self.round()
        except BaseException as error:  # noqa: BLE001  # told by `end`
            self._error = error

    def round(self, *, last: bool = False) -> str:
        """One file to its end, or to where a person would have to look; its run's state."""
        office, began = self._office, time.monotonic()
        upload = office.send(self.feed.content(), "feed.csv", self.feed.name)
        run_id = office.start(upload, force=last)
        state = office.wait(run_id, seconds=DRAINED_S)
        if state in ("awaiting_approval", "held"):
            state = self._apply(run_id)
        self._history.note(
            "run",
            feed=self.feed.name,
            id=run_id,
            state=state,
            took=round(time.monotonic() - began, 1),
        )
        return state

    def _apply(self, run_id: str) -> str:
        office = self._office
        office.begin(run_id)
        state = office.wait(run_id, seconds=DRAINED_S)
        for _ in range(_PRESSED):
            if state == "paused":
                office.ask("POST", f"/runs/{run_id}/resume")
            elif state == "applied_with_errors":
                office.ask("POST", f"/runs/{run_id}/retry")
            else:
                break
            self._history.note("pressed on", id=run_id, after=state)
            time.sleep(0.5)
            state = office.wait(run_id, seconds=DRAINED_S)
        return state
