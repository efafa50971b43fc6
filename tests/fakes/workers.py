"""Plays relay, sweep and workers without a broker: in this thread, shuffled, repeated, or killed."""

import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from shared.domain.run import LOCKING, RunState
from shared.domain.work import LEASE_S
from shared.pipeline.relay import relay, sweep
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import Worked, work_on
from tests.fakes.clock_and_ids import SetClock
from tests.fakes.database import Database
from tests.fakes.dying import Killed

_MOST_ROUNDS = 400
#: States in which an applied plan has come to rest.
_SETTLED = {RunState.APPLIED, RunState.APPLIED_WITH_ERRORS, RunState.CANCELED}


class Bell:
    """See `shared.ports.doorbell.Doorbell`: keeps the messages."""

    def __init__(self) -> None:
        self.messages: list[int] = []

    def ring(self, item_ids: Iterable[int]) -> None:
        self.messages.extend(item_ids)

    def waiting(self) -> int:
        """All are taken at once."""
        return 0


class Workers:
    """Delivers messages until no item is due, then looks whether the books balance."""

    def __init__(self, tools: Tools, database: Database) -> None:
        self.tools = tools
        self._database = database
        self.threads = 1
        #: Each message arrives so often.
        self.copies = 1
        #: Shuffles the messages of each round.
        self.random: random.Random | None = None
        self.deaths = 0
        self.bell = Bell()
        self.worked: list[Worked] = []
        #: Exceptions a real worker would have logged; any fails the test, unless it empties this.
        self.errors: list[Exception] = []
        self._ended = -1

    def until_quiet(self) -> None:
        """Work on what is due until nothing is, waiting times left out."""
        for _ in range(_MOST_ROUNDS):
            if not (self.round() or self._bring_forward()):
                break
        else:
            raise AssertionError("the work doesn't come to an end")
        assert not self.errors, self.errors
        self.check_books()

    def round(self) -> int:
        """Deliver what is due now; how many messages there were."""
        first = len(self.bell.messages)
        relay(self._living_tools(), self.bell)
        due = self.bell.messages[first:] * self.copies
        if self.random:
            self.random.shuffle(due)
        if self.threads == 1:
            for item_id in due:
                self.deliver(item_id)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(self.deliver, due))
        return len(due)

    def deliver(self, item_id: int) -> None:
        """One message."""
        try:
            self.worked.append(work_on(self.tools, item_id, f"worker {item_id}"))
        except Killed:
            self.deaths += 1
            self.expire_leases()
        except Exception as error:  # noqa: BLE001  # as a worker's log would
            self.errors.append(error)

    def expire_leases(self) -> None:
        """Let the lease time of everything leased and the wait for lost messages pass, and sweep.

        It passes for a worker that sleeps, too.
        """
        if isinstance(clock := self.tools.clock, SetClock):
            clock.sleep(LEASE_S)
        self._database.change("UPDATE work_item SET lease_until = now() - interval '1 second'"
                              " WHERE state = 'leased'")  # fmt: skip
        self._database.change("UPDATE work_item SET notified_at = now() - interval '1 hour'"
                              " WHERE state = 'ready' AND notified_at IS NOT NULL")  # fmt: skip
        sweep(self._living_tools(), self.bell)

    def time_passes(self) -> None:
        """The time has come at which waiting runs look at their target again."""
        self._database.change("UPDATE run SET goes_on_at = now() WHERE goes_on_at IS NOT NULL")
        self._database.change("UPDATE work_item SET not_before = now() WHERE ended_at IS NULL"
                              " AND (kind = 'resume' OR error IN ('calendar', 'sync_paused'))")  # fmt: skip

    def _living_tools(self) -> Tools:
        """Relay and sweep don't die with a worker."""
        return replace(self.tools, transactions=self._database.transactions)

    def check_books(self) -> None:
        """Both equations of the contract, by counting what is stored."""
        for run in self._database.rows("SELECT * FROM run ORDER BY number"):
            state = RunState(run.state)
            if run.books:
                self._check_run(run.id, run.counts, run.books, state=state)
            elif state in _SETTLED:
                planned = "SELECT count(*) FROM plan WHERE run_id = :run"
                assert not self._database.value(planned, run=run.id), "no books were kept"
        for target in self._database.rows("SELECT t.*, r.state FROM target AS t"
                                          " JOIN run AS r ON r.id = t.run_id"):  # fmt: skip
            assert RunState(target.state) in LOCKING, "the target is locked by a run at rest"

    def _check_run(
        self, run_id: str, counts: dict[str, int], books: dict[str, Any], *,
        state: RunState,
    ) -> None:  # fmt: skip
        count = self._database.value
        records = count("SELECT count(*) FROM record WHERE run_id = :run", run=run_id)
        if state is RunState.SKIPPED_UNCHANGED:
            assert records in (0, counts["accepted"]), "it was read whole or not at all"
            records = counts["accepted"]
        actions = count("SELECT count(*) FROM action JOIN plan ON plan.id = plan_id"
                        " WHERE run_id = :run", run=run_id)  # fmt: skip
        read = sum(counts[name] for name in ("blank", "duplicate", "excluded", "quarantined"))
        assert books["balanced"]
        assert counts["rows_in"] == read + records == sum(books["rows"].values())
        assert books["planned"] == actions == sum(books["actions"].values())
        if state in _SETTLED:
            left = {name: books["actions"][name] for name in ("planned", "attempting")}
            assert not any(left.values()), f"at rest, but {left}"
            assert not books["rows"]["pending"]

    def _bring_forward(self) -> int:
        """Let waiting times pass; who waits for a lock or the calendar only where something has ended since.

        A run that waits for its target goes on when a test says so: `time_passes`.
        """
        later = ("UPDATE work_item SET not_before = now() WHERE state = 'ready'"
                 " AND ended_at IS NULL AND not_before > now() AND kind <> 'resume'")  # fmt: skip
        moved = self._database.change(
            f"{later} AND coalesce(error, '') NOT IN ('locked', 'calendar', 'sync_paused')"
        )
        if moved:
            return moved
        ended = self._database.value("SELECT count(*) FROM work_item WHERE ended_at IS NOT NULL")
        if ended == self._ended:
            return 0
        self._ended = ended
        return self._database.change(f"{later} AND error IN ('locked', 'calendar', 'sync_paused')")
