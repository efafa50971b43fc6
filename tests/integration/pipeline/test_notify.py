"""Mail about quarantined records: who gets what, what never stands in it, and what if it can't be sent."""

from collections.abc import Iterator

import pytest

from shared.adapters.mail.smtp import MailTls, SmtpMailer, SmtpSettings
from shared.domain.errors import Conflict
from shared.domain.notice import Mailing
from shared.domain.remediation import QuarantineState
from shared.pipeline.notify import MOST_LISTED, notify
from shared.pipeline.remediate import assign
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import tick
from tests.fakes.installation import Installation
from tests.fakes.lab import KIM, Lab
from tests.fakes.mail_server import MailServer, plain

NEVER = Timetable(staff="", source=None, mapping_text=lambda: "")


@pytest.fixture
def server() -> Iterator[MailServer]:
    running = MailServer()
    yield running
    running.close()


@pytest.fixture
def lab(engine: Installation, server: MailServer) -> Lab:
    made = Lab(engine)
    smtp = SmtpSettings(
        host="127.0.0.1", port=server.port, sender="sync@lab.example", tls=MailTls.NONE, timeout_s=1
    )
    engine.configure(
        mailer=SmtpMailer(smtp), mailing=Mailing(to=("compliance@lab.example",)), environment="production",
        console_url="https://sync.example/",
    )  # fmt: skip
    return made


def test_the_owner_is_told_of_codes_and_never_of_values(lab: Lab, server: MailServer) -> None:
    lab.plan("T1,Secret scale,0,R17\nT2,Secret hood,0,R17\n")
    ids = [record.id for record in lab.records()]
    with pytest.raises(Conflict, match="nobody is no email address"):
        notify(lab.engine.tools, ids, KIM)
    assign(lab.engine.tools, ids, "lab.manager@lab.example", KIM)
    (told,) = notify(lab.engine.tools, ids, KIM)
    assert (told.to, told.failure, sorted(told.ids)) == ("l***@lab.example", None, sorted(ids))
    (mail,) = server.received
    assert server.recipients == [["lab.manager@lab.example"]]
    assert mail["Subject"] == "[ASCIP Sync][PROD] ACTION NEEDED: 2 quarantined records: LAB-COUNT"
    text = plain(mail)
    assert f"https://sync.example/quarantine/{ids[0]}" in text
    assert "T1" in text
    assert "LAB-COUNT" in text
    assert "Secret" not in text
    assert "R17" not in text
    assert set(lab.states().values()) == {QuarantineState.WAITING_ON_SOURCE}
    assert lab.timeline(ids[0]) == ["opened", "assigned", "notified", "mail_submitted"]
    assert '"address":"l***@lab.example"' in lab.engine.database.value(
        "SELECT max(entry) FROM audit_entry WHERE verb = 'mail.submitted'"
    )


def test_a_mail_server_that_is_down_stops_nobody(lab: Lab, server: MailServer) -> None:
    lab.plan("T1,Scale,0,R1\n")
    server.close()
    (told,) = notify(lab.engine.tools, [lab.record("T1").id], KIM, to="pi@lab.example")
    assert "can't be reached" in (told.failure or "")
    assert lab.record("T1").state is QuarantineState.WAITING_ON_SOURCE
    assert lab.timeline(lab.record("T1").id)[-1] == "mail_failed"
    lab.engine.configure(mailer=None)
    (told,) = notify(lab.engine.tools, [lab.record("T1").id], KIM, to="pi@lab.example")
    assert "mail.host" in (told.failure or "")


def test_what_is_overdue_is_told_each_day_and_audited_once(lab: Lab, server: MailServer) -> None:
    lab.engine.configure(due_days=2)
    tick(lab.engine.tools, NEVER)
    lab.plan("".join(f"T{n:02},Scale,0,R1\n" for n in range(MOST_LISTED + 2)))
    for _ in range(4):
        lab.engine.clock.go_on(days=1)
        tick(lab.engine.tools, NEVER)
        tick(lab.engine.tools, NEVER)
    subjects = [mail["Subject"] for mail in server.received]
    assert subjects.pop(0).startswith("[ASCIP Sync][PROD] OK: no changes (0 records), 10 rows")
    assert subjects == ["[ASCIP Sync][PROD] DIGEST: 10 quarantined records past due"] * 2
    digest = server.received[1]
    assert "and 2 more" in plain(digest)
    assert len(plain(digest).splitlines()) <= 40
    told = "SELECT count(*) FROM audit_entry WHERE verb = 'quarantine.escalated'"
    assert lab.engine.database.value(told) == 10
    assert lab.records(overdue=True)[0].source_id == "T00"
    first = lab.record("T05")
    lab.plan("T05,Scale,0,R2\nT99,Scale,0,R2\n")
    assert lab.record("T05").due_on == first.due_on
    lab.engine.clock.go_on(days=1)
    tick(lab.engine.tools, NEVER)
    assert lab.engine.database.value(told) == 10, "it was told before"
