"""What `archive verify` prints: never that the audit has what nobody compared with it."""

from services.cli.verbs_archive import _lines
from shared.pipeline.verify_archive import ArchiveVerdict


def test_whether_the_audit_was_asked_stands_beside_the_hash() -> None:
    alone, compared = (
        _lines(
            "a.zip", ArchiveVerdict(manifest_sha256="5d1f", files=3, faults=[], against_audit=asked)
        )
        for asked in (False, True)
    )
    assert alone[-1].startswith("The manifest has SHA-256 5d1f. It was not compared with the audit")
    assert compared[-1] == "The manifest has SHA-256 5d1f. It was compared with the audit."
