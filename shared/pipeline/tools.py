"""What every pipeline step is given: the ports, and what the district declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.domain.audit import Actor, AuditEntry, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import Conflict, NotFound
from shared.domain.feeds.feed import Feed
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.notice import TOLD, Mailing, Topic
from shared.domain.policy import Policy
from shared.domain.run import LOCKING, Phase, Run, RunState, may_move
from shared.domain.work import ENOUGH_S
from shared.ports.clock import Clock, Ids
from shared.ports.keyring import Keyring
from shared.ports.mail import Mailer
from shared.ports.passwords import Passwords
from shared.ports.reader import TabularReader
from shared.ports.reports import Reports
from shared.ports.target import Target
from shared.ports.unit_of_work import Transactions, UnitOfWork
from shared.ports.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The ports, wired by bootstrap."""

    transactions: Transactions
    target: Target
    reader: TabularReader
    vault: Vault
    keyring: Keyring
    passwords: Passwords
    reports: Reports
    clock: Clock
    ids: Ids
    policy: Policy
    #: Governed feeds by name.
    feeds: Mapping[str, Feed]
    #: Hash of everything in `policy`: part of each plan.
    config_sha256: str
    engine_version: str
    district: str
    environment: str
    #: Calls in flight, and the rate, from which chunk sizes follow.
    concurrency: int
    rate_per_s: float
    #: None where no mail server is configured.
    mailer: Mailer | None = None
    #: Who hears of what by mail.
    mailing: Mailing = field(default_factory=Mailing)
    #: Where people reach the console; empty if that isn't configured.
    console_url: str = ""
    #: Days until a quarantined record should be dealt with.
    due_days: int = 14
    #: Whether this process has been asked to end: work in hand is given back at the next pause.
    stopping: Callable[[], bool] = lambda: False
    #: Whether the lease of the item in hand still stands; without an item nothing is written.
    may_send: Callable[[], bool] = lambda: False

    def governed(self, name: str) -> Feed:
        """A governed feed. Raises `NotFound`."""
        self.require_feed(name)
        if name not in self.feeds:
            raise NotFound(f"{name} is no governed feed. Nothing was started.")
        return self.feeds[name]

    def require_feed(self, name: str) -> None:
        """Raise `NotFound` unless there is such a feed."""
        known = (STAFF, *self.feeds)
        if name not in known:
            raise NotFound(
                f"There is no feed {name!r}; known: {', '.join(known)}. Nothing was started."
            )

    def enough(self, begun_s: float) -> bool:
        """Whether an item begun then (`Clock.elapsed`) should be given back instead of going on."""
        return self.stopping() or self.clock.elapsed() - begun_s > ENOUGH_S

    def since(self, moment: datetime) -> float:
        """Seconds since then."""
        return (self.clock.now() - moment).total_seconds()

    def today(self) -> date:
        """The date in the district's time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.policy.timezone)).date()


def audit(
    tools: Tools,
    uow: UnitOfWork,
    actor: Actor,
    verb: AuditVerb,
    *,
    of: tuple[str, str],
    run_id: str | None = None,
    plan_digest: str | None = None,
    detail: dict[str, Json] | None = None,
) -> None:
    """Write an audit entry in the transaction of what it speaks of; ``of`` is (type, id)."""
    entry = AuditEntry(
        at=tools.clock.now(), actor=actor, verb=verb, object_type=of[0], object_id=of[1],
        run_id=run_id, plan_digest=plan_digest, detail=detail or {},
    )  # fmt: skip
    uow.audit.append([entry])


def move(
    tools: Tools,
    uow: UnitOfWork,
    run: Run,
    state: RunState,
    *,
    actor: Actor,
    reason: str | None = None,
    detail: str | None = None,
    phase: Phase | None = None,
) -> None:
    """Change a run's state: audited, its phase timed, its target let go where it no longer needs it.

    Whoever should hear of it is told by mail later.

    ``run`` was read with a lock in this transaction.

    Raises:
        Conflict: a run doesn't go from its state to that one.
    """
    if not may_move(run.state, state):
        raise Conflict(
            f"Run {run.id} is {run.state.value}; it can't become {state.value}. Nothing was written.",
            code="wrong_state",
        )
    uow.runs.set_state(run.id, state, reason=reason, detail=detail)
    if phase:
        uow.runs.enter_phase(run.id, phase)
    elif state not in LOCKING:
        uow.runs.end_phase(run.id)
    if state not in LOCKING:
        uow.runs.free_lock(run.target, run.id)
    make_notice(tools, uow, run, state)
    audit(
        tools, uow, actor, AuditVerb.RUN_STATE_CHANGED, of=("run", run.id), run_id=run.id,
        detail={"from": run.state.value, "to": state.value, "reason": reason},
    )  # fmt: skip


def make_notice(tools: Tools, uow: UnitOfWork, run: Run, state: RunState) -> None:
    """A run comes to rest in a state that somebody may want to know."""
    if tools.mailer is not None and state in TOLD:
        uow.notices.add(Topic.RUN, run.id, stage=state.value, at=tools.clock.now())


def chunk_size(rate_per_s: float, concurrency: int) -> int:
    """People or actions in one work item: about ten seconds of work, so that a lost one costs little."""
    return max(concurrency, min(1000, round(rate_per_s * 10)))
