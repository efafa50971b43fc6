"""Files in a drop folder: which are taken and when, what they are called, and why one is refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import InputInvalid
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.text import file_label


class Place(StrEnum):
    """The drop folder and the folders in it."""

    FOLDER = "."
    TAKING = "taking"
    PROCESSED = "processed"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a file is not read, or not taken."""

    NOT_A_FILE = "not_a_file"
    FOLDER = "folder"
    HARD_LINK = "hard_link"
    FOREIGN_OWNER = "foreign_owner"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    CHECKSUM_UNREADABLE = "checksum_unreadable"
    CHECKSUM_WRONG = "checksum_wrong"


#: What is the matter, and what to do.
_WORDS: dict[Refusal, tuple[str, str]] = {
    Refusal.NOT_A_FILE: (
        "is a link or a device, not a file; it was not opened.",
        "Put the file itself there.",
    ),
    Refusal.FOLDER: ("is a folder; it was not opened.", "Put the file itself there."),
    Refusal.HARD_LINK: (
        "has a second name (a hard link), so somebody could change it unseen; it was not opened.",
        "Copy the file instead of linking it.",
    ),
    Refusal.FOREIGN_OWNER: (
        "belongs to a user who is neither the engine's own nor the folder's; it was not opened.",
        "Send it as the user whose folder it is.",
    ),
    Refusal.EMPTY: ("is empty.", "Export the file again and check its size."),
    Refusal.TOO_LARGE: (
        "is larger than server.max_upload_mb allows.",
        "Send one extract of one feed, or raise server.max_upload_mb.",
    ),
    Refusal.CHECKSUM_UNREADABLE: (
        "has a .sha256 companion that holds no SHA-256 in hexadecimal.",
        "Write it with sha256sum, or leave it out.",
    ),
    Refusal.CHECKSUM_WRONG: (
        "does not have the SHA-256 that its .sha256 companion names: it was cut or changed on its way.",
        "Send both again, the companion first.",
    ),
}  # fmt: skip


def refused(why: Refusal, name: str) -> InputInvalid:
    """The error that says it: what happened, that nothing was done, what to do."""
    what, remedy = _WORDS[why]
    return InputInvalid(
        f"{file_label(name)} {what} Nothing was planned, nobody is removed. {remedy}",
        code=why.value,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What stays the same while nobody writes to a file, under whatever name it goes."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    links: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry of a folder as it was seen; its name may be anything the file system allows."""

    place: Place
    name: str
    sign: Sign
    #: When content, name or mode changed last, by the file system's own clock; no sender can set it.
    changed_ns: int
    is_folder: bool = False

    @property
    def identity(self) -> tuple[int, int]:
        """The same for as long as it exists."""
        return self.sign.device, self.sign.inode


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What its sender calls a file, for messages, and the SHA-256 its content must have."""

    label: str | None = None
    sha256: str | None = None


ANYTHING = Expected()


def by_age(found: Iterable[Found]) -> list[Found]:
    """Oldest first, so that the newest extract is the last run."""
    return sorted(found, key=lambda each: (each.sign.modified_ns, each.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that waits, with its companions."""

    file: Found
    done: Found | None = None
    sha256: Found | None = None

    @property
    def companions(self) -> list[Found]:
        """Those that are there."""
        return [found for found in (self.done, self.sha256) if found]

    @property
    def is_declared_whole(self) -> bool:
        """Its `.done` came after everything else; one left over from an earlier file doesn't count."""
        others = (found.changed_ns for found in (self.file, self.sha256) if found)
        return self.done is not None and self.done.changed_ns >= max(others)


_DONE, _SHA256 = ".done", ".sha256"
_UNFINISHED = (".tmp", ".part", ".filepart")


def arrivals(found: Iterable[Found]) -> list[Arrival]:
    """What lies in the folder and is neither hidden, nor unfinished, nor a companion; oldest first."""
    by_name = {each.name: each for each in found}
    return [
        Arrival(
            file=each, done=by_name.get(each.name + _DONE), sha256=by_name.get(each.name + _SHA256)
        )
        for each in by_age(by_name.values())
        if not each.name.startswith(".")
        and not each.name.lower().endswith((*_UNFINISHED, _DONE, _SHA256))
    ]


class Watch:
    """Since when each file has not changed, by a clock that nobody sets (seconds)."""

    def __init__(self, stable_s: float) -> None:
        self._stable_s = stable_s
        self._since: dict[Sign, float] = {}

    def see(self, found: Iterable[Found], at_s: float) -> None:
        """Note what is there; what has changed starts anew, what is gone is forgotten."""
        signs = {each.sign for each in found}
        self._since = {sign: self._since.get(sign, at_s) for sign in signs}

    def is_settled(self, found: Found, at_s: float) -> bool:
        """Whether it has been unchanged for long enough."""
        return at_s - self._since.get(found.sign, at_s) >= self._stable_s

    def trust(self, found: Found) -> None:
        """It was declared whole: as long as it doesn't change it needs no waiting."""
        self._since[found.sign] = float("-inf")

    def forget(self, found: Found) -> None:
        """It is being written after all: wait again."""
        self._since.pop(found.sign, None)


def parse_sha256(companion: bytes) -> str | None:
    """The first word of a companion, as sha256sum or PowerShell (UTF-16 with its mark) write it."""
    plain = companion.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\\ \t\r\n")
    match = re.match(rb"([0-9a-fA-F]{64})(?![^\s])", plain)
    return match[1].decode().lower() if match else None


#: The longest name a file system takes, less what is put behind it.
_MOST_BYTES = 255 - len(".reason.txt")
_KEPT = re.compile(r"((?:run|drop)_[0-9A-Za-z]+)--", re.ASCII)
_TICKET = re.compile(
    r"(?P<run_id>run_[0-9A-Za-z]+)(?:~(?P<sha256>[0-9a-f]{64}))?--(?P<label>.+)", re.ASCII
)


def kept_name(key: str, name: str) -> str:
    """What a file is called in our own folders: an id, and what its sender called it, made harmless."""
    head = f"{key}--"
    room = _MOST_BYTES - len(head.encode())
    return head + file_label(name).encode()[:room].decode(errors="ignore")


def key_of(kept: str) -> str | None:
    """The id in such a name; None for what somebody else put there."""
    match = _KEPT.match(kept)
    return match[1] if match else None


def feed_of(name: str, governed: Iterable[str]) -> str:
    """Whose file it is by its name: `epa_waste_2026-11-20.csv` is of `epa_waste`; any other is staff's.

    The feed's name ends where a letter or digit doesn't follow. What is sent under a wrong name lacks
    the feed's columns, so it is refused and nothing is lost.
    """
    label = name.casefold()
    for feed in sorted(governed, key=len, reverse=True):
        rest = label.removeprefix(feed)
        if rest != label and not rest[:1].isalnum():
            return feed
    return STAFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The name of a file that is being taken: all that is needed to go on after a crash.

    The run's id is chosen before the run is made, so that whoever finds the file can see whether it was.
    """

    run_id: str
    label: str
    sha256: str | None = None

    def to_name(self) -> str:
        """As it stands in `taking/`."""
        return kept_name(f"{self.run_id}~{self.sha256}" if self.sha256 else self.run_id, self.label)

    @classmethod
    def parse(cls, name: str) -> "Ticket | None":
        """Read what `to_name` wrote; None for anything else."""
        match = _TICKET.fullmatch(name)
        return cls(**match.groupdict()) if match else None
