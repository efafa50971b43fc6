"""What to do about what is not as it was written: the same texts in HTML and CSV."""

from shared.ports.target import Mismatch

#: One remedy per mismatch; a test holds the keys against the enumeration.
MISMATCH_REMEDIES: dict[Mismatch, str] = {
    Mismatch.CHANGED: (
        "Somebody else changed the person right after this run did. The next run sets it again; find"
        " out who else writes there."
    ),
    Mismatch.GONE: (
        "The person or group was deleted in ASCIP right after this run wrote. The next plan takes it"
        " into account."
    ),
    Mismatch.TWICE: (
        "Two people in ASCIP have this email or username: a lost answer's effect came very late, or"
        " somebody else made the second. Deactivate the one without memberships by hand."
    ),
    Mismatch.MEMBERSHIP: (
        "Somebody else changed the group right after this run did. The next run sets it again."
    ),
}
