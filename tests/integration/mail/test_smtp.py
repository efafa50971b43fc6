"""Mail over a real SMTP conversation: what arrives, and what is said when it can't."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.adapters.mail.smtp import MailTls, SmtpMailer, SmtpSettings
from shared.domain.errors import MailFailed
from shared.ports.mail import Mail
from tests.fakes.mail_server import PASSWORD, USER, MailServer, html
from tests.fakes.mail_server import plain as plain_text

MAIL = Mail(to=["kim@lab.example", "lee@lab.example"], subject="ACTION NEEDED: 1", text="Zoë\n.\n")


@pytest.fixture
def plain() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path)
    yield server
    server.close()


def settings(server: MailServer) -> SmtpSettings:
    """As the server wants it."""
    if server.ca_file is None:
        return SmtpSettings(
            host="127.0.0.1", port=server.port, sender="sync@lab.example", tls=MailTls.NONE
        )
    return SmtpSettings(
        host="localhost", port=server.port, sender="sync@lab.example", user=USER, password=PASSWORD,
        ca_file=server.ca_file,
    )  # fmt: skip


def test_a_mail_arrives_as_it_was_meant(plain: MailServer) -> None:
    SmtpMailer(settings(plain)).send(MAIL)
    (mail,) = plain.received
    assert plain.recipients == [["kim@lab.example", "lee@lab.example"]]
    assert (mail["From"], mail["Subject"]) == ("sync@lab.example", "ACTION NEEDED: 1")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@lab.example>")
    assert mail["Date"]
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text


def test_a_page_a_thread_and_a_table_go_along(secure: MailServer) -> None:
    """Over STARTTLS, as a district's server wants it."""
    whole = replace(
        MAIL, subject="ACTION NEEDED: " + "62 removals held, " * 6 + "approve", html="<p>Zo\u00eb</p>\n",
        id="notice-1", thread="run_1", summary="part,name\r\n",
    )  # fmt: skip
    SmtpMailer(settings(secure)).send(whole)
    (mail,) = secure.received
    assert secure.encrypted == [True]
    assert (mail["Message-ID"], mail["References"]) == (
        "<notice-1@lab.example>",
        "<run_1@lab.example>",
    )
    assert mail["In-Reply-To"] == "<run_1@lab.example>"
    assert mail["Subject"] == whole.subject, "it isn't folded"
    assert (plain_text(mail), html(mail)) == (whole.text, whole.html)
    (table,) = mail.iter_attachments()
    assert (table.get_filename(), table.get_content_type()) == ("summary.csv", "text/csv")


def test_a_password_goes_only_over_an_encrypted_line(secure: MailServer) -> None:
    SmtpMailer(settings(secure)).send(MAIL)
    assert secure.encrypted == [True]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong"}, "refused user or password"),
        ({"ca_file": None}, "no certificate that can be trusted"),
        ({"tls": MailTls.NONE, "user": None}, "answered 530"),
        ({"tls": MailTls.TLS}, "certificate|reached"),
    ],
)
def test_a_server_that_wants_it_otherwise_is_explained(
    secure: MailServer, change: dict[str, object], words: str
) -> None:
    mailer = SmtpMailer(replace(settings(secure), **change))  # type: ignore[arg-type]  # its fields
    with pytest.raises(MailFailed, match=words):
        mailer.send(MAIL)
    assert not secure.received


def test_without_starttls_nothing_is_said_in_clear(plain: MailServer) -> None:
    wanted = replace(settings(plain), tls=MailTls.STARTTLS)
    with pytest.raises(MailFailed, match="doesn't offer what is configured"):
        SmtpMailer(wanted).send(MAIL)
    assert not plain.received


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (["nobody@lab.example"], "refused every recipient"),
        (["kim@lab.example", "nobody@lab.example"], "refused 1 of 2"),
    ],
)
def test_a_recipient_who_is_refused_is_told_without_the_address(
    plain: MailServer, to: list[str], words: str
) -> None:
    with pytest.raises(MailFailed, match=words) as error:
        SmtpMailer(settings(plain)).send(replace(MAIL, to=to))
    assert "nobody@" not in str(error.value)


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lost = SmtpSettings(host="127.0.0.1", port=port, sender="sync@lab.example", timeout_s=1)
    with pytest.raises(MailFailed, match=f"127.0.0.1:{port} can't be reached"):
        SmtpMailer(lost).send(MAIL)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        deaf = SmtpSettings(host="127.0.0.1", port=port, sender="sync@lab.example", timeout_s=0.2)
        with pytest.raises(MailFailed, match=f"127.0.0.1:{port}"):
            SmtpMailer(deaf).send(MAIL)


def test_a_line_end_can_not_make_another_header(plain: MailServer) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        SmtpMailer(settings(plain)).send(replace(MAIL, subject="one\nBcc: all@lab.example"))
    assert not plain.received
