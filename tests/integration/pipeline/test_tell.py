"""Mail about runs over a real database and a real SMTP conversation: who hears of what, and how often."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.mail.smtp import MailTls, SmtpMailer, SmtpSettings
from shared.domain.access import Role
from shared.domain.action import ActionClass
from shared.domain.audit import AuditVerb
from shared.domain.errors import BooksUnbalanced
from shared.domain.notice import GIVE_UP_AFTER, Mailing, SuccessMail
from shared.domain.policy import ExpectedPolicy, RemovalLimit
from shared.domain.review import Release
from shared.domain.run import Run, RunState
from shared.pipeline.finish import fail_unbalanced
from shared.pipeline.health import state_probe
from shared.pipeline.look import timeline
from shared.pipeline.revert import revert
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import tick
from shared.ports.mail import Mail
from shared.ports.views import PageOf
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.lab import Lab
from tests.fakes.mail_server import MailServer, html, plain

NEVER = Timetable(staff="", source=None, mapping_text=lambda: "")
ANNA, OLGA, OFFICE = (f"{name}@lincoln.example" for name in ("anna.a", "olga.o", "office"))
MAILING = Mailing(to=(OFFICE,), of_role={Role.APPROVER: (ANNA,), Role.OPERATOR: (OLGA,)})
TAG = "[ASCIP Sync][PROD] "


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    """One for all tests."""
    running = MailServer()
    yield running
    running.close()


@pytest.fixture
def server(post: MailServer) -> MailServer:
    """With nothing in it."""
    post.received.clear()
    post.recipients.clear()
    return post


def mailer(port: int) -> SmtpMailer:
    return SmtpMailer(
        SmtpSettings(
            host="127.0.0.1", port=port, sender="sync@lincoln.example", tls=MailTls.NONE, timeout_s=1
        )
    )  # fmt: skip


@pytest.fixture
def told(engine: Installation, server: MailServer) -> Installation:
    """An installation that sends mail."""
    engine.configure(
        mailer=mailer(server.port), mailing=MAILING, environment="production",
        console_url="https://sync.example/",
    )  # fmt: skip
    return engine


@pytest.fixture
def lab(told: Installation) -> Lab:
    """With governed records: its runs ask nobody."""
    return Lab(told)


def subjects(told: Installation, server: MailServer) -> list[str]:
    """What the clock has people told now, without the tag and the run."""
    server.received.clear()
    server.recipients.clear()
    tick(told.tools, NEVER)
    return [
        str(mail["Subject"]).removeprefix(TAG).partition(" (run_")[0] for mail in server.received
    ]


def closed_port() -> int:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def notices(told: Installation) -> list[tuple[str, str]]:
    return [tuple(row) for row in told.database.rows("SELECT topic, state FROM notice ORDER BY id")]


def put(told: Installation, run: Run, state: RunState, **columns: object) -> None:
    """Have a run come to rest, as if it had got there."""
    values = {"reason": None, "goes_on_at": None, "superseded_by": None} | columns
    told.database.change(
        "UPDATE run SET state = :state, reason = :reason, goes_on_at = :goes_on_at,"
        " superseded_by = :superseded_by WHERE id = :run",
        run=run.id, state=state.value, **values,
    )  # fmt: skip
    told.database.change(
        "INSERT INTO notice (topic, about, stage, created_at, due_at)"
        " VALUES ('run', :run, :state, :now, :now)",
        run=run.id, state=state.value, now=told.clock.now(),
    )  # fmt: skip


def test_a_run_is_told_of_from_its_plan_to_its_end_and_names_nobody(
    told: Installation, server: MailServer
) -> None:
    """Takes two seconds: a whole run of the staff feed, with people whom no mail may name."""
    limits = replace(told.tools.policy.limits, removals=RemovalLimit(count=2))
    told.configure(
        mailing=replace(MAILING, attach_summary=True),
        policy=replace(told.tools.policy, limits=limits),
    )
    told.simulator.reset(30, 2)
    extract = told.extract()
    extract.story()
    people = [(row["first_name"], row["last_name"], row["work_email"]) for row in extract.rows]
    extract.rows[-1]["work_email"] = "not an address"
    extract.rows[9]["job_title"] = "Data Steward"  # held as well, and no removal
    run = told.plan(extract)
    tick(told.tools, NEVER)
    release = Release(action_class=ActionClass.REMOVALS, count=2, reason="they have left")
    told.apply(told.approve(run, release))
    tick(told.tools, NEVER)
    waits, applied = server.received
    assert server.recipients == [[ANNA, OLGA], [OLGA]]
    assert re.fullmatch(
        rf"ACTION NEEDED: 2 removals held, approve by \w{{3}} \d\d:\d\d \({run.id}\)",
        str(waits["Subject"]).removeprefix(TAG),
    )
    assert (
        applied["Subject"] == f"{TAG}APPLIED: +2 ~4 -2, groups +7 -3, 1 row quarantined ({run.id})"
    )
    assert "removals: 2 of 31 would be removed; limit 2; TRIPPED" in plain(waits)
    assert "3 of them held" in plain(waits)
    assert "<p>Who: an operator<br>What: have the rows" in html(applied)
    summary: str = next(part for part in applied.iter_attachments()).get_content()
    assert re.search(r"removals +2 +0 +2\n", plain(applied)), "planned, held and applied"
    assert "approved by anna" in plain(applied)
    assert "1 row quarantined, most for: invalid_email 1" in plain(applied)
    assert "actions,removals,succeeded,2," in summary.splitlines()
    for mail in server.received:
        assert {mail["References"], mail["In-Reply-To"]} == {f"<{run.id}@lincoln.example>"}
        assert len(plain(mail).splitlines()) <= 40
        assert f'<a href="https://sync.example/runs/{run.id}">' in html(mail)
        said = mail.as_string() + plain(mail) + html(mail) + summary
        assert [who for who in people if who[2] in said or " ".join(who[:2]) in said] == []
        assert "not an address" not in said
    assert waits["Message-ID"] != applied["Message-ID"]


def test_three_failing_runs_send_one_mail_and_the_good_end_after_them_one(
    lab: Lab, server: MailServer
) -> None:
    refused = ["FAILED: the extract was refused (missing_header), nothing written"]
    for number in range(3):
        lab.plan(f"{number},0\n", header="nothing,known\n")
        assert subjects(lab.engine, server) == (refused if number == 0 else [])
    lab.engine.clock.go_on(days=1)
    lab.plan("3,0\n", header="nothing,known\n")
    assert subjects(lab.engine, server) == refused, "a day later it is told again"
    run = lab.plan("T1,Scale,1,R1\n")
    assert subjects(lab.engine, server)[0].startswith("ACTION NEEDED: 1 action planned")
    lab.apply(run)
    assert subjects(lab.engine, server) == ["RECOVERED: +1 ~0 -0"]
    assert server.recipients == [[OLGA]]
    assert "or set mail.success." in " ".join(plain(server.received[0]).split())
    lab.plan("T1,Scale,1,R1\n", force=True)
    assert subjects(lab.engine, server) == [], "nothing changed, and nobody wants to hear of it"


def test_a_run_that_is_taken_back_does_not_make_its_failing_feed_sound(
    lab: Lab, server: MailServer
) -> None:
    engine, run = lab.engine, lab.sync("T1,Scale,1,R1\n")
    lab.plan("0,0\n", header="nothing,known\n")
    assert subjects(engine, server)[-1].startswith("FAILED: the extract was refused")
    back = revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text="")
    engine.workers.until_quiet()
    assert subjects(engine, server)[0].startswith("ACTION NEEDED: 1 action planned")
    lab.apply(engine.run(back))
    assert subjects(engine, server) == ["APPLIED: +0 ~0 -1"]
    lab.sync("T1,Scale,2,R1\n")
    assert subjects(engine, server)[-1].startswith("RECOVERED")


def test_a_file_that_does_not_come_is_overdue_and_the_next_good_end_recovers(
    lab: Lab, server: MailServer
) -> None:
    engine = lab.engine
    run = lab.plan("T1,Scale,0,R1\n")
    engine.database.change("UPDATE upload SET feed = 'staff'")
    engine.database.change("UPDATE upload SET received_at = :at", at=engine.clock.now())
    engine.database.change("UPDATE run SET feed = 'staff'")
    engine.database.change("DELETE FROM notice")
    engine.staff(expected=ExpectedPolicy(every_days=1, by="04:00", grace_h=2))
    assert subjects(engine, server) == []
    engine.clock.go_on(days=1)
    assert subjects(engine, server) == ["OVERDUE: no staff file since Sat 04:00"]
    assert server.recipients == [[OLGA]]
    assert "that was due Sat 04:00" in plain(server.received[0])
    assert subjects(engine, server) == []
    put(engine, run, RunState.SKIPPED_UNCHANGED)
    assert subjects(engine, server) == ["RECOVERED: no changes (0 records), 1 row quarantined"]


def test_a_mail_server_that_is_down_changes_nothing_and_gets_the_mail_later(
    lab: Lab, server: MailServer
) -> None:
    engine = lab.engine
    engine.configure(mailer=mailer(closed_port()))
    run = lab.sync("T1,Scale,1,R1\n")
    assert run.state is RunState.APPLIED
    assert [rung.code for rung in tick(engine.tools, NEVER) if rung.job == "mail"] == [
        "mail_failed"
    ]
    assert [rung for rung in tick(engine.tools, NEVER) if rung.job == "mail"] == [], "not yet again"
    assert notices(engine) == [("run", "no_news"), ("run", "waiting")], "one was out of date"
    engine.clock.go_on(minutes=1)
    tick(engine.tools, NEVER)
    (unsent,) = [f for f in state_probe(engine.tools).look() if f.name == "mail-unsent"]
    assert unsent.detail == "the mail server has not taken 1 mail, the oldest for 60 s"
    engine.clock.go_on(minutes=5)
    engine.configure(mailer=mailer(server.port))
    assert subjects(engine, server) == ["APPLIED: +1 ~0 -0"]
    assert notices(engine)[-1] == ("run", "sent")
    happened = timeline(engine.tools, run.id, PageOf()).happenings.items
    assert happened[-1].verb is AuditVerb.MAIL_SUBMITTED


def test_a_mail_is_given_up_after_three_days_and_sent_once_more_after_a_crash(
    lab: Lab, server: MailServer
) -> None:
    engine = lab.engine
    run = lab.sync("T1,Scale,1,R1\n")
    with engine.transactions.begin() as uow:
        assert uow.notices.claim(engine.clock.now()), "somebody took the first one and died"
    assert subjects(engine, server) == []
    engine.clock.go_on(minutes=6)
    assert subjects(engine, server) == ["APPLIED: +1 ~0 -0"]
    engine.configure(mailer=mailer(closed_port()))
    put(engine, run, RunState.FAILED, reason="books_unbalanced")
    tick(engine.tools, NEVER)
    engine.clock.go_on(seconds=GIVE_UP_AFTER.total_seconds())
    tick(engine.tools, NEVER)
    assert ("run", "given_up") in notices(engine)
    assert engine.database.value("SELECT count(*) FROM audit_entry WHERE verb = 'mail.failed'") == 1


def test_a_mail_that_can_not_be_made_does_not_keep_the_others_waiting(
    lab: Lab, server: MailServer
) -> None:
    engine = lab.engine
    lab.sync("T1,Scale,1,R1\n")
    lab.plan("T2,Scale,1,R1\n")

    class Choosy:
        """See `shared.ports.mail.Mailer`: breaks down at mails about what was applied."""

        def send(self, mail: Mail) -> None:
            if "APPLIED" in mail.subject:
                raise ValueError
            mailer(server.port).send(mail)

    engine.configure(mailer=Choosy())
    with pytest.raises(ExceptionGroup):
        tick(engine.tools, NEVER)
    (said,) = subjects(engine, server)
    assert said.startswith("ACTION NEEDED: 1 action planned")
    engine.configure(mailer=mailer(server.port))
    engine.clock.go_on(minutes=1)
    assert subjects(engine, server) == ["APPLIED: +1 ~0 -0"]


def test_each_way_to_rest_has_its_words(lab: Lab, server: MailServer) -> None:
    engine = lab.engine
    run = lab.sync("T1,Scale,1,R1\nT2,Scale,0,R1\n")
    assert subjects(engine, server) == ["APPLIED: +1 ~0 -0, 1 row quarantined"]
    soon = engine.clock.now() + timedelta(minutes=1)
    ways: list[tuple[RunState, dict[str, object], str | None]] = [
        (RunState.FAILED, {"reason": "auth"}, "FAILED: ASCIP refuses our key"),
        (RunState.PAUSED, {"reason": "operator"}, None),
        (RunState.PAUSED, {"reason": "failure_rate"},
         "ACTION NEEDED: paused, too many actions fail; 1 done, 0 left"),
        (RunState.PAUSED, {"reason": "breaker", "goes_on_at": soon}, None),
        (RunState.STALE, {"reason": "superseded", "superseded_by": "run_2"}, None),
        (RunState.APPLIED_WITH_ERRORS, {}, "RECOVERED: +1 ~0 -0, 1 row quarantined"),
    ]  # fmt: skip
    for state, columns, said in ways:
        put(engine, run, state, **columns)
        assert subjects(engine, server) == ([said] if said else []), (state, columns)
    put(engine, run, RunState.NO_CHANGES)
    engine.database.change("UPDATE work_item SET ended_at = NULL WHERE kind = 'report'")
    assert subjects(engine, server) == [], "its reports are not written"
    engine.database.change("UPDATE work_item SET ended_at = now() WHERE kind = 'report'")
    assert subjects(engine, server) == ["OK: no changes (1 record), 1 row quarantined"]
    assert "mail.success" not in plain(server.received[0]), "it keeps no such mail away"
    with engine.transactions.begin() as uow:
        fail_unbalanced(engine.tools, uow, engine.run(run.id), BooksUnbalanced("They don't."))
    assert subjects(engine, server) == ["FAILED: the books do not balance"]
    put(engine, run, RunState.HELD)
    put(engine, run, RunState.APPROVED)
    assert subjects(engine, server) == [], "somebody was quicker than the mail"
    put(engine, run, RunState.PAUSED, reason="breaker", goes_on_at=soon)
    assert subjects(engine, server) == []
    engine.configure(console_url="")
    engine.database.change("UPDATE run SET file_name = :name", name="<img src=x>\n\x1b[31m.csv")
    engine.database.change("UPDATE run SET mode = 'revert', reverts = id")
    engine.clock.go_on(hours=1)
    (said,) = subjects(engine, server)
    assert said == "ACTION NEEDED: paused, ASCIP or the workers keep failing; 1 done, 0 left"
    assert "goes on by itself" in plain(server.received[0])
    assert f"Command: ascip-sync status {run.id}\n" in plain(server.received[0])
    assert f"takes back {run.id}\n" in plain(server.received[0])
    assert "\\x1b[31m" in plain(server.received[0]), "what steers a terminal is escaped"
    assert "&lt;img src=x&gt;" in html(server.received[0])


def test_an_approver_is_reminded_of_a_plan_until_it_expires(lab: Lab, server: MailServer) -> None:
    engine = lab.engine
    engine.configure(console_url="")
    run = lab.plan("T1,Scale,1,R1\n")
    assert len(subjects(engine, server)) == 1
    assert f"Command: ascip-sync show {run.id}\n" in plain(server.received[0])
    age = "UPDATE plan SET created_at = created_at - interval '4 hours'"
    for said in ("a plan has waited 4 hours, approve by", "", ""):
        engine.database.change(age) if said else None
        assert [s.partition(" by")[0] + " by" for s in subjects(engine, server)] == (
            [f"ACTION NEEDED: {said}"] if said else []
        )
    engine.database.change("UPDATE plan SET expires_at = now()")
    assert subjects(engine, server) == [], "its reports are not written yet"
    engine.workers.until_quiet()
    assert subjects(engine, server) == [
        "ACTION NEEDED: a plan expired before it was reviewed, plan again"
    ]
    assert server.recipients == [[ANNA]]
    assert subjects(engine, server) == []


def test_who_keeps_the_source_hears_of_a_plan_with_rows_that_were_not_taken(
    lab: Lab, server: MailServer
) -> None:
    engine = lab.engine
    run = lab.engine.approve(lab.plan("T1,Scale,1,R1\nT2,Scale,0,R1\n"))
    put(engine, run, RunState.AWAITING_APPROVAL)
    assert subjects(engine, server)[0].startswith("ACTION NEEDED: 1 action planned")
    assert server.recipients == [[ANNA, OLGA]]
    put(engine, run, RunState.STALE)
    assert subjects(engine, server) == [
        "ACTION NEEDED: a plan is out of date before it was applied, plan again"
    ]
    assert server.recipients == [[OLGA]]


#: Columns of a run that its likes have too.
_COPIED = (
    "feed, target, mode, trigger, actor, state, engine_version, mapping_sha256, config_sha256,"
    " ended_at"
)


def test_the_digest_tells_of_good_ends_and_slow_phases(lab: Lab, server: MailServer) -> None:
    engine = lab.engine
    engine.configure(mailing=replace(MAILING, success=SuccessMail.DAILY))
    tick(engine.tools, NEVER)
    first = lab.plan("T1,Scale,0,R1\n")
    engine.database.change(
        f"INSERT INTO run (id, {_COPIED}) SELECT 'run_' || n, {_COPIED}"  # noqa: S608  # of our own
        " FROM run, generate_series(1, 10) AS n"
    )
    engine.database.change(
        "INSERT INTO run_phase (run_id, phase, started_at, ended_at)"
        " SELECT 'run_' || n, phase, started_at,"
        "        started_at + CASE WHEN n = 10 THEN interval '15 s' ELSE interval '1 s' END"
        " FROM run_phase, generate_series(1, 10) AS n WHERE phase = 'plan'"
    )
    assert first.state is RunState.NO_CHANGES
    engine.clock.go_on(days=1)
    said = subjects(engine, server)
    assert said[-1] == "DIGEST: 1 slow phase, 11 runs ended well"
    assert server.recipients[-1] == [OFFICE, OLGA]
    assert "run_10 plan: 15s, the median of 10 runs is 1s" in plain(server.received[-1])
