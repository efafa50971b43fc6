"""Settings: the sync switch, mail, what the configuration says, and what is checked on demand."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.console.pictures.school_year import school_year
from shared.adapters.mail.smtp import MailTls, SmtpMailer, SmtpSettings
from shared.domain.access import Role
from shared.domain.notice import Mailing
from shared.domain.run import RunState
from shared.domain.school_calendar import Window, WindowPolicy
from tests.fakes.installation import Installation
from tests.fakes.mail_server import MailServer, plain
from tests.fakes.simulator_thread import SECRET
from tests.integration.console.conftest import SignIn
from tests.integration.console.filled_in import send, send_bare

ANNA, OFFICE = "anna.a@lincoln.example", "office@lincoln.example"
JUNE = Window(first=date(2027, 6, 10), last=date(2027, 7, 5), policy=WindowPolicy.PAUSE)
FAIR = Window(first=date(2026, 11, 16), last=date(2026, 11, 30), policy=WindowPolicy.ADDS_ONLY)


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    """One for all tests."""
    running = MailServer()
    yield running
    running.close()


@pytest.fixture
def engine(engine: Installation, post: MailServer) -> Installation:
    """With a mail server and a calendar."""
    smtp = SmtpSettings(
        host="127.0.0.1", port=post.port, sender="sync@lincoln.example", tls=MailTls.NONE, timeout_s=1
    )  # fmt: skip
    mailing = Mailing(
        to=(OFFICE,), of_role={Role.APPROVER: (ANNA,), Role.ADMIN: ("nobody@x.example",)}
    )
    policy = replace(engine.tools.policy, calendar=(JUNE, FAIR))
    engine.configure(policy=policy, mailer=SmtpMailer(smtp), mailing=mailing)
    return engine


def test_an_operator_pauses_and_resumes_and_every_page_says_so(
    engine: Installation, signed_in: SignIn
) -> None:
    olga, viewer = signed_in(Role.OPERATOR, user="olga"), signed_in(Role.VIEWER)
    assert "Syncing is active" in viewer.get("/runs").text
    assert "/settings/sync/pause" not in viewer.get("/settings/sync").text
    assert "This needs runs:write" in send_bare(viewer, "/settings/sync/pause").text
    assert olga.post("/settings/sync/pause").status_code == 403, "a form of another site"
    paused = send(
        olga, "/settings/sync", "/settings/sync/pause", reason="<b>photos</b>", until="2099-11-23T06:00"
    )  # fmt: skip
    assert (paused.status_code, paused.headers["location"]) == (303, "/settings/sync?done=paused")
    said = viewer.get("/runs").text.partition('class="switch paused"')[2].partition("</p>")[0]
    assert "<strong>Paused</strong> by <bdi>olga</bdi>" in said
    assert 'datetime="2099-11-23T14:00:00Z"' in said, "as the district's clock has it"
    page = viewer.get("/settings/sync").text
    assert "<q>&lt;b&gt;photos&lt;/b&gt;</q>" in page
    run_id = engine.land(engine.extract())
    engine.workers.until_quiet()
    assert engine.run(run_id).reason == "sync_paused"
    assert send(olga, "/settings/sync", "/settings/sync/resume").status_code == 303
    engine.workers.until_quiet()
    assert engine.run(run_id).state is RunState.NO_CHANGES
    assert "Syncing is active" in viewer.get("/settings").text


@pytest.mark.parametrize(
    ("reason", "until", "field"),
    [("", "", "reason"), ("x", "2020-01-01T06:00", "until"), ("x", "soon", "until")],
)
def test_a_mistake_in_the_form_is_told_at_its_field(
    signed_in: SignIn, reason: str, until: str, field: str
) -> None:
    olga = signed_in(Role.OPERATOR)
    answer = send(olga, "/settings/sync", "/settings/sync/pause", reason=reason, until=until)
    assert answer.status_code == 422
    assert "<title>Error: Sync switch" in answer.text
    assert f'<a href="#{field}">' in answer.text
    assert f'value="{until}"' in answer.text, "what was typed is kept"
    assert "Syncing is active" in answer.text


def test_a_test_mail_reaches_those_whom_a_role_s_mail_goes_to(
    engine: Installation, signed_in: SignIn, post: MailServer
) -> None:
    admin = signed_in(Role.ADMIN, user="ada")
    page = admin.get("/settings/mail").text
    assert ANNA in page
    assert OFFICE in page
    sent = send(admin, "/settings/mail", "/settings/mail/test", role="approver")
    assert "The mail server has the test mail" in sent.text
    assert post.recipients[-1] == [ANNA]
    assert post.received[-1]["Subject"] == "[ASCIP Sync][TEST] TEST: mail arrives"
    assert "ada wanted to see whether mail arrives" in plain(post.received[-1])
    refused = send(admin, "/settings/mail", "/settings/mail/test", role="admin")
    assert refused.status_code == 422
    assert "refused every recipient" in refused.text
    nobody = send(admin, "/settings/mail", "/settings/mail/test", role="auditor")
    assert "Choose whose mail it is. Nothing was sent" in nobody.text
    noted = engine.database.rows("SELECT verb, entry FROM audit_entry WHERE object_type = 'mail'")
    assert [row.verb for row in noted] == ["mail.submitted", "mail.failed"]
    assert "@" not in "".join(row.entry for row in noted)


def test_settings_are_shown_with_where_they_come_from_and_to_whom_they_concern(
    signed_in: SignIn,
) -> None:
    viewer, admin = signed_in(Role.VIEWER), signed_in(Role.ADMIN)
    limits = viewer.get("/settings/limits").text
    assert "the larger of" in limits
    assert re.search(
        r"<code class=\"whole\">ascip.rate_per_s</code>.*<td class=\"soft\">default</td>", limits
    )
    calendar = viewer.get("/settings/calendar").text
    assert "People are only added until 2026-11-30" in calendar
    assert "Thu 10 Jun 2027" in calendar
    assert str(school_year((FAIR, JUNE), date(2026, 11, 20))) in calendar
    assert viewer.get("/settings/retention").status_code == 200
    mail = admin.get("/settings/mail").text
    assert "mail.password" in mail
    for page in ("/settings/mail", "/settings/readiness", "/settings/readiness/checked"):
        assert viewer.get(page).status_code == 403
        assert page not in viewer.get("/settings").text


def test_the_readiness_report_is_made_when_it_is_asked_for(
    engine: Installation,
    signed_in: SignIn,
    tmp_path: Path,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = signed_in(Role.ADMIN)
    before = len(engine.simulator.journal())
    assert "Nothing was checked yet" in admin.get("/settings/readiness").text
    assert len(engine.simulator.journal()) == before, "ASCIP is asked by nobody who only looks"
    monkeypatch.setenv("ASCIP_SECRET", SECRET)
    config = tmp_path / "config.toml"
    servers = f'[database]\nurl = "{engine.database.url}"\n[redis]\nurl = "{redis_url}"\n'
    data = f'[data]\ndir = "{tmp_path / "data0"}"\n[limits]\naddz = 3\n'
    config.write_text(config.read_text() + servers + data)
    part = admin.get("/settings/readiness/checked", headers={"HX-Request": "true"}).text
    assert part.strip().startswith('<div id="report"')
    assert "Not ready" in part
    assert "did you mean adds?" in part
    assert re.search(r"config.toml:\d+", part)
    calls = engine.simulator.journal()[before:]
    assert calls
    assert {call["method"] for call in calls} == {"GET"}
