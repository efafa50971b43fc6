"""A rehearsal as a document: the same on the command line and in the API."""

from shared.domain.canonical import Json
from shared.pipeline.rehearse_mapping import Rehearsal

FORMAT_VERSION = "1.0"


def rehearsal_document(found: Rehearsal) -> dict[str, Json]:
    """What would be otherwise, with everybody it is about."""
    difference = found.difference
    counted = {"kinds": difference.kinds, "classes": difference.classes, "holds": difference.holds,
               "held_rows": difference.held_rows}  # fmt: skip
    return {
        "format_version": FORMAT_VERSION,
        "file": found.file_name,
        "ascip_read_at": found.read_at.isoformat(),
        "same": difference.same,
        **{
            name: {key: {"today": a, "new": b} for key, (a, b) in counts.items()}
            for name, counts in counted.items()
        },
        "people": [
            {
                "key": person.person_key, "email_masked": person.email_masked,
                "today": list(person.today), "new": list(person.new),
            }
            for person in difference.people
        ],
    }  # fmt: skip
