"""Mail to people: short, in plain text, without personal data."""

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


class Mailer(Protocol):
    """Hands mail to a server."""

    def send(self, mail: Mail) -> None:
        """The server has taken it for every recipient when this returns.

        Raises:
            MailFailed: the server can't be reached or refuses it. What the mail tells of stands.
        """
        ...
