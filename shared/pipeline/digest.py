"""The digest: once a day, what nobody needs at once. Overdue records, slow phases, runs that ended well."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.domain.access import Role
from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.notice import News, SuccessMail, Topic, Word, is_slow
from shared.domain.remediation import QuarantineEvent, QuarantineRecord
from shared.domain.run import Run, RunState
from shared.pipeline.letter import Letter, Section, link
from shared.pipeline.notify import counted, record_sections
from shared.pipeline.run_letter import seconds, why
from shared.pipeline.slot import Rung, Timetable, open_slot
from shared.pipeline.tools import Tools, audit
from shared.ports.notices import PhaseTime
from shared.ports.remediation import Happened
from shared.ports.unit_of_work import UnitOfWork

#: Name of the daily job, as the table `schedule` has it, and when it is due.
JOB = "quarantine.overdue"
_DAILY = "0 7 * * *"
_A_DAY_H = 24
#: Lines of a section.
_MOST = 5
_ENDED_WELL = frozenset({RunState.APPLIED, RunState.NO_CHANGES, RunState.SKIPPED_UNCHANGED})


def order_digest(tools: Tools, _: Timetable) -> Rung | None:
    """Once a day: note what is overdue since yesterday, in the audit once each, and order the digest."""
    with tools.transactions.begin() as uow:
        due = open_slot(tools, uow, JOB, _DAILY)
        if due is None:
            return None
        uow.schedule.take(JOB, due)
        newly = uow.remediation.mark_overdue(tools.today())
        uow.remediation.note(
            Happened(quarantine_id=id_, actor=str(SYSTEM), event=QuarantineEvent.OVERDUE)
            for id_ in newly
        )
        for id_ in newly:
            audit(tools, uow, SYSTEM, AuditVerb.QUARANTINE_ESCALATED, of=("quarantine", id_))
        if tools.mailer is not None:
            today = tools.today().isoformat()
            uow.notices.add(Topic.DIGEST, "", stage=today, at=tools.clock.now())
    return Rung(job=JOB, due=due)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """What a digest tells."""

    late: list[QuarantineRecord]
    slow: list[tuple[Run, PhaseTime]]
    ended: Counter[str]

    def heads(self) -> Iterator[tuple[str, Role]]:
        """What there is, in a few words, and whose it is."""
        if self.late:
            yield f"{counted(len(self.late))} past due", Role.COMPLIANCE
        if slow := len(self.slow):
            yield f"{slow:,} slow phase{'' if slow == 1 else 's'}", Role.ADMIN
        if ended := self.ended.total():
            yield f"{ended:,} run{'' if ended == 1 else 's'} ended well", Role.OPERATOR


def digest(tools: Tools, uow: UnitOfWork, day: str) -> tuple[News, Callable[[Word], Letter]] | None:
    """The digest of today; None if there is nothing in it, or its day is over."""
    found = _look(tools, uow)
    heads = list(found.heads())
    if not heads or day != tools.today().isoformat():
        return None
    roles = [role for _, role in heads]
    news = News(word=Word.DIGEST, series="digest", status=day, roles=roles)
    about = ", ".join(words for words, _ in heads)

    def letter(word: Word) -> Letter:
        return Letter(
            word=word, about=about, verdict=f"Since yesterday: {about}.",
            where=link(tools, "quarantine", "quarantine list") if found.late else "",
            sections=list(_sections(tools, found)), why=why(news),
        )  # fmt: skip

    return news, letter


def _look(tools: Tools, uow: UnitOfWork) -> _Day:
    runs = [uow.runs.get(run_id) for run_id in uow.notices.recent_runs(_A_DAY_H)]
    slow = [
        (run, each)
        for run in runs
        for each in uow.notices.phases(run.id)
        if is_slow(each.seconds, each.median_s, each.runs)
    ]
    daily = tools.mailing.success is SuccessMail.DAILY
    ended = Counter(run.state.value for run in runs if daily and run.state in _ENDED_WELL)
    return _Day(late=uow.remediation.overdue(tools.today()), slow=slow, ended=ended)


def _sections(tools: Tools, found: _Day) -> Iterator[Section]:
    if found.late:
        yield from record_sections(tools, found.late)
    if found.slow:
        lines = [
            f"{run.id} {each.phase.value}: {seconds(each.seconds)}, the median of"
            f" {each.runs} runs is {seconds(each.median_s or 0)}"
            for run, each in found.slow[:_MOST]
        ]
        yield Section(title="Slow", lines=lines)
    if found.ended:
        told = ", ".join(f"{n:,} {state}" for state, n in sorted(found.ended.items()))
        yield Section(title="Ended well", lines=[told])
