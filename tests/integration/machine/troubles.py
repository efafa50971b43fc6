"""What goes wrong: with single calls, with workers, with ASCIP, and what others do there."""

from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st

from tests.fakes.dying import Moment
from tests.fakes.lms_in_process import WriteFault
from tests.integration.machine.hr import Edit
from tests.integration.machine.tenant import NAMES


class Elsewhere(StrEnum):
    """What somebody else does to a person in ASCIP."""

    RENAMES = "renames"
    DEACTIVATES = "deactivates"
    TAKES_OUT = "takes out of a group"
    PUTS_IN = "puts into another group"
    REASSIGNS = "gives another job"


@dataclass(frozen=True, slots=True)
class Killed:
    """A worker dies around one of its transactions."""

    number: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class Frozen:
    """A worker sleeps before one of its transactions, or in mid-call, while another takes over.

    That one may die on its way, after one of its own transactions.
    """

    number: int
    dies_after: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One write goes wrong."""

    number: int
    fault: WriteFault


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody else changes a person just before the calls of which one is about them."""

    which: int


class Outage(StrEnum):
    """What is wrong with ASCIP as a whole."""

    DOWN = "nobody answers"
    REFUSING = "the key is refused"


Trouble = Killed | Frozen | Hit | Meanwhile | Outage | None

WHO = st.sampled_from(sorted(NAMES))
EDITS = st.lists(st.tuples(st.sampled_from(Edit), WHO), min_size=2, max_size=5)
#: Lost answers are what most can be done wrong about.
_HITS = st.builds(
    Hit, st.integers(1, 3),
    st.sampled_from((*WriteFault, WriteFault.ANSWER_LOST, WriteFault.DIES_AFTER)),
)  # fmt: skip
_DEATHS = st.builds(Killed, st.integers(1, 16), st.sampled_from(Moment))
_SLEEPS = st.builds(Frozen, st.integers(0, 14), st.integers(0, 4))
TROUBLE: st.SearchStrategy[Trouble] = st.one_of(
    _HITS, _HITS, _HITS, _DEATHS, _SLEEPS, _SLEEPS, st.builds(Meanwhile, st.integers(0, 2)),
    st.sampled_from((None, None, *Outage)),
)  # fmt: skip
