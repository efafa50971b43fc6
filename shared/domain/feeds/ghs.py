"""Hazard statement codes of the GHS: by which revision each came or went, and its signal words.

Data and their sources: data/ghs_statements.csv and .md beside it.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

#: OSHA's HazCom 2012 follows revision 3, HazCom 2024 revision 7 with parts of 8.
OSHA_REVISIONS = (3, 7, 8)

_AROUND_PLUS = re.compile(r" *\+ *")


class Statement(NamedTuple):
    """A hazard statement; `H300+H310` is one."""

    #: First revision that has it; 3 for 3 or before.
    since: int
    #: Last revision that has it; None while it stands.
    until: int | None
    #: Signal words its categories can have, `None` for those without one.
    signal_words: frozenset[str]

    def in_revision(self, revision: int) -> bool:
        """Whether a revision of the GHS has it."""
        return self.since <= revision and (self.until is None or revision <= self.until)


@cache
def statements() -> Mapping[str, Statement]:
    """Every code of revisions 3 to 10, as it is written: `H360Fd` and `H360FD` are two."""
    table = files("shared.domain.feeds").joinpath("data", "ghs_statements.csv")
    lines = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {line["code"]: _statement(line) for line in lines}


def _statement(line: Mapping[str, str]) -> Statement:
    words = frozenset(line["signal_words"].split("|"))
    return Statement(
        since=int(line["since"]),
        until=int(line["until"]) if line["until"] else None,
        # Outside HazCom a label may leave the hazard out, and its signal word with it.
        signal_words=words if line["hazcom"] == "yes" else words | {"None"},
    )


@cache
def osha_statements() -> Mapping[str, Statement]:
    """The codes of the revisions that OSHA follows."""
    return {
        code: statement
        for code, statement in statements().items()
        if any(map(statement.in_revision, OSHA_REVISIONS))
    }


def written(code: str) -> str:
    """A code as the list writes it: labels have `H300 + H310` too."""
    return _AROUND_PLUS.sub("+", code)
