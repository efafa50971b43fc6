"""Mail by SMTP: a connection for each mail, TLS before anything secret is said."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from enum import StrEnum

from shared.domain.errors import MailFailed
from shared.ports.mail import Mail

#: Never base64, which some filters take for something to hide.
_READABLE = "quoted-printable"
_LONGEST_HEADER = 250


class MailTls(StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"  # begun in clear, encrypted before anything is said
    TLS = "tls"  # encrypted from the beginning
    NONE = "none"  # for a server on the same machine


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """`[mail]`, its password resolved."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    tls: MailTls = MailTls.STARTTLS
    timeout_s: float = 10
    #: None for the machine's own certificates.
    ca_file: str | None = None


class SmtpMailer:
    """See `shared.ports.mail.Mailer`."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, mail: Mail) -> None:
        """A recipient that is refused is a failure of the whole mail."""
        message = self._message(mail)
        try:
            with self._connected() as server:
                refused = server.send_message(message, to_addrs=list(mail.to))
        except (OSError, smtplib.SMTPException) as error:
            # What a server answers may repeat addresses: its number alone is told.
            raise MailFailed(f"{self._place()} {_why(error)}") from error
        if refused:
            raise MailFailed(f"{self._place()} refused {len(refused)} of {len(mail.to)} recipients")

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = ", ".join(mail.to)
        message["Subject"] = mail.subject
        message["Date"] = formatdate(localtime=False)
        host = self._settings.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{mail.id}@{host}>" if mail.id else make_msgid(domain=host)
        if mail.thread:
            # Nobody has a mail of that id: recipients differ, so that there is no first one for all.
            message["In-Reply-To"] = message["References"] = f"<{mail.thread}@{host}>"
        # RFC 3834: no vacation note answers it.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text, cte=_READABLE)
        if mail.html:
            message.add_alternative(mail.html, subtype="html", cte=_READABLE)
        if mail.summary:
            message.add_attachment(mail.summary, subtype="csv", filename="summary.csv")
        # A subject is folded late: some readers show a line that begins with nothing but its name.
        message.policy = message.policy.clone(max_line_length=_LONGEST_HEADER)
        return message

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.tls is MailTls.TLS:
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_s, context=context
            )
        else:
            opened = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        with opened as server:
            if settings.tls is MailTls.STARTTLS:
                server.starttls(context=context)
            if settings.user is not None:
                server.login(settings.user, settings.password or "")
            yield server

    def _place(self) -> str:
        return f"the mail server {self._settings.host}:{self._settings.port}"


def _why(error: Exception) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return "refused user or password"
        case smtplib.SMTPNotSupportedError():
            return "doesn't offer what is configured (mail.tls, mail.user)"
        case smtplib.SMTPRecipientsRefused():
            return "refused every recipient"
        case smtplib.SMTPResponseException():
            return f"answered {error.smtp_code}"
        case ssl.SSLError():
            return "has no certificate that can be trusted"
        case TimeoutError():
            return "did not answer in time"
        case _:
            return "can't be reached"
