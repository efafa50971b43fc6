"""Passwords without the slowness: hashes that show what they are of, and how often somebody looked."""


class PlainPasswords:
    """See `shared.ports.passwords.Passwords`."""

    decoy = "plain:1:"

    def __init__(self) -> None:
        #: What was compared, in order.
        self.looked: list[str] = []
        self.parameters = 1

    def hash(self, password: str) -> str:
        return f"plain:{self.parameters}:{password}"

    def fits(self, stored: str, password: str) -> bool:
        self.looked.append(stored)
        return stored != self.decoy and stored.split(":", 2)[2] == password

    def outdated(self, stored: str) -> bool:
        return not stored.startswith(f"plain:{self.parameters}:")
