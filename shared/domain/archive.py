"""What can be wrong with a file of a run's archive."""

from dataclasses import dataclass
from enum import StrEnum


class ArchiveFault(StrEnum):
    """Why an archive is not what the run left."""

    MISSING = "missing"  # the manifest names it
    CHANGED = "changed"  # its size or SHA-256 is another than the manifest's
    UNREADABLE = "unreadable"  # it is damaged, or can't be decrypted
    UNKNOWN = "unknown"  # the manifest doesn't name it
    AUDIT = "audit"  # the audit says otherwise: of the manifest, or in an entry of the extract


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyFile:
    """A file that fails; ``detail`` says in which way, without its content."""

    name: str
    fault: ArchiveFault
    detail: str
