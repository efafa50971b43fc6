"""Tell people by mail what they should hear of: judged and sent outside of any run, until it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from shared.domain.access import Role
from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.errors import ConfigInvalid, MailFailed
from shared.domain.notice import (
    GIVE_UP_AFTER,
    MISSING,
    PATIENCE,
    News,
    Notice,
    NoticeState,
    Topic,
    Word,
    reminder,
    retry_after,
    word_of,
)
from shared.domain.run import Run, RunState
from shared.pipeline.digest import digest
from shared.pipeline.letter import Letter, link, local, mail_of
from shared.pipeline.overdue import overdue
from shared.pipeline.run_letter import run_facts, why
from shared.pipeline.run_news import letter_of, reminded, said_of
from shared.pipeline.slot import Rung, Timetable
from shared.pipeline.tools import Tools, audit
from shared.ports.mail import Mail
from shared.ports.unit_of_work import UnitOfWork

JOB = "mail"


@dataclass(frozen=True, slots=True)
class _Draft:
    """News that is worth a mail."""

    news: News
    mail: Mail
    word: Word


def tell_by_the_clock(tools: Tools, _: Timetable) -> Rung | None:
    """Remind of plans that wait, and send what is due; the slot tells if the server did not take it."""
    if tools.mailer is None:
        return None
    with tools.transactions.begin() as uow:
        _remind(tools, uow)
    failure = tell(tools)
    return Rung(job=JOB, due=tools.clock.now(), code="mail_failed") if failure else None


def tell(tools: Tools) -> str | None:
    """Send every notice that is due; why the first one could not be sent, None if all is told.

    What could not be sent is tried again later, for three days. A mail that a crash leaves in doubt is
    sent again under the same id.
    """
    if tools.mailer is None:
        return None
    while True:
        with tools.transactions.begin() as uow:
            notice = uow.notices.claim(tools.clock.now())
        if notice is None:
            return None
        if failure := _settle(tools, notice, tools.mailer.send):
            return failure


def _settle(tools: Tools, notice: Notice, send: Callable[[Mail], None]) -> str | None:
    try:
        with tools.transactions.begin() as uow:
            draft = _draft(tools, uow, notice)
        if draft is None:
            return None
        send(draft.mail)
    except (MailFailed, ConfigInvalid) as error:  # its password may be missing
        _put_off(tools, notice, error.code)
        return str(error)
    except Exception:
        _put_off(tools, notice, "unexpected")  # or it would stand in the way of all others
        raise
    with tools.transactions.begin() as uow:
        uow.notices.end(notice, NoticeState.SENT, at=tools.clock.now(), news=draft.news)
    # Apart: a mail that is out must not be sent again and again because the audit can't be written.
    with tools.transactions.begin() as uow:
        _audit(tools, uow, notice, AuditVerb.MAIL_SUBMITTED, draft.word)
    return None


def _put_off(tools: Tools, notice: Notice, code: str) -> None:
    now = tools.clock.now()
    with tools.transactions.begin() as uow:
        if now - notice.created_at < GIVE_UP_AFTER:
            uow.notices.postpone(notice, until=now + retry_after(notice.attempts), error=code)
            return
        uow.notices.end(notice, NoticeState.GIVEN_UP, at=now)
        _audit(tools, uow, notice, AuditVerb.MAIL_FAILED, None)


def _draft(tools: Tools, uow: UnitOfWork, notice: Notice) -> _Draft | None:
    """The mail of a notice as things stand now; None if there is nothing to tell, or not yet."""
    run = uow.runs.get(notice.about) if notice.topic in _OF_RUN else None
    if run and not notice.overtaken and _goes_on_soon(tools, run, notice):
        uow.notices.postpone(notice, until=notice.created_at + PATIENCE)
        return None
    found = None if notice.overtaken else _found(tools, uow, notice, run)
    if found is None:
        uow.notices.end(notice, NoticeState.NO_NEWS, at=tools.clock.now())
        return None
    news, letter = found
    word = word_of(news, uow.notices.earlier(news, since=_midnight(tools)), tools.mailing.success)
    to = tools.mailing.recipients(news.roles)
    if word is None or not to:
        uow.notices.end(notice, NoticeState.NO_NEWS, at=tools.clock.now(), news=news)
        return None
    # The time beside the number: another database on the same machine begins with 1 too.
    id_ = f"notice-{notice.id}.{notice.created_at:%Y%m%d%H%M%S}"
    thread = notice.about if run else ""
    return _Draft(news, mail_of(tools, letter(word), to, id_=id_, thread=thread), word)


#: Notices about a run; the others are about a feed or a day.
_OF_RUN = (Topic.RUN, Topic.UNREVIEWED)


def _found(
    tools: Tools, uow: UnitOfWork, notice: Notice, run: Run | None
) -> tuple[News, Callable[[Word], Letter]] | None:
    if notice.topic is Topic.NO_FILE:
        return _missing(tools, uow, notice.about)
    if notice.topic is Topic.DIGEST or run is None:
        return digest(tools, uow, notice.stage)
    facts = run_facts(uow, run)
    waits = notice.topic is Topic.UNREVIEWED
    said = reminded(tools, facts, notice.stage) if waits else said_of(tools, facts)
    return (said.news, partial(letter_of, tools, facts, said)) if said else None


def _missing(
    tools: Tools, uow: UnitOfWork, feed: str
) -> tuple[News, Callable[[Word], Letter]] | None:
    due = overdue(tools, uow)
    if due is None:  # it has come meanwhile
        return None
    # In the series of the feed's runs: the next one that ends well recovers from it.
    news = News(word=Word.OVERDUE, series=f"runs {feed}", status=MISSING, roles=(Role.OPERATOR,))
    at = local(tools, due)

    def letter(word: Word) -> Letter:
        return Letter(
            word=word, about=f"no {feed} file since {at}",
            verdict=f"No {feed} file has come that was due {at}. Nothing is changed in ASCIP until one does.",
            ask=["Who: an operator", "What: ask who exports it from the HR system"],
            where=link(tools, "runs", "runs"), why=why(news),
        )  # fmt: skip

    return news, letter


def _goes_on_soon(tools: Tools, run: Run, notice: Notice) -> bool:
    """Whether a pause may end by itself before it is worth a mail."""
    waits = run.state is RunState.PAUSED and run.goes_on_at is not None
    return waits and tools.clock.now() - notice.created_at < PATIENCE


def _remind(tools: Tools, uow: UnitOfWork) -> None:
    for waiting in uow.notices.undecided():
        if stage := reminder(waiting.waited_h):
            uow.notices.add(Topic.UNREVIEWED, waiting.run_id, stage=stage, at=tools.clock.now())


def _midnight(tools: Tools) -> datetime:
    return datetime.combine(tools.today(), time(), tzinfo=ZoneInfo(tools.policy.timezone))


def _audit(
    tools: Tools, uow: UnitOfWork, notice: Notice, verb: AuditVerb, word: Word | None
) -> None:
    audit(
        tools, uow, SYSTEM, verb, of=("notice", str(notice.id)),
        run_id=notice.about if notice.topic in _OF_RUN else None,
        detail={"topic": notice.topic.value, "word": word.value if word else None},
    )  # fmt: skip
