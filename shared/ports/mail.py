"""Mail to people: short, as plain text and the same as HTML, without personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to send. Subject and text name ids, codes and counts, never a value or a person."""

    #: Addresses that were seen to be valid.
    to: Sequence[str]
    #: One line.
    subject: str
    text: str
    #: The same as a page of its own; empty for text alone.
    html: str = ""
    #: The part of a Message-ID before its @: a mail that is sent twice has the same.
    id: str = ""
    #: Mails with the same one stand together; a part of a Message-ID too.
    thread: str = ""
    #: CSV that goes along as `summary.csv`.
    summary: str = ""


class Mailer(Protocol):
    """Hands mail to a server."""

    def send(self, mail: Mail) -> None:
        """The server has taken it for every recipient when this returns.

        Raises:
            MailFailed: the server can't be reached or refuses it. What the mail tells of stands.
        """
        ...
