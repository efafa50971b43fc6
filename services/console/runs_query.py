"""Which runs the list shows: all of it stands in the URL.

/runs?state=held&state=awaiting_approval&trigger=sftp&feed=staff&after=run_…
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from services.console.words import TRIGGERS
from shared.domain.run import RunState
from shared.ports.views import RunFilter

_PATH = "/runs"
_S = RunState
#: States that people ask for together, by what they are called.
GROUPS: Mapping[str, Sequence[RunState]] = {
    "Waits for somebody": (
        _S.HELD, _S.AWAITING_APPROVAL, _S.APPROVED, _S.PAUSED, _S.APPLIED_WITH_ERRORS,
    ),
    "Under way": (_S.QUEUED, _S.VALIDATING, _S.FETCHING, _S.PLANNING, _S.APPLYING),
    "Done": (_S.APPLIED, _S.NO_CHANGES, _S.SKIPPED_UNCHANGED),
    "Failed or refused": (_S.FAILED, _S.REJECTED_INPUT),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsAsked:
    """What the URL asks for."""

    #: Parameter → its values.
    narrowed: Mapping[str, Sequence[str]]
    after: str | None
    #: What of it could not be understood.
    faults: Sequence[str] = ()

    @property
    def wanted(self) -> RunFilter:
        """In the engine's words."""
        return RunFilter(
            states=[RunState(word) for word in self.narrowed.get("state", ())],
            feeds=self.narrowed.get("feed", ()), triggers=self.narrowed.get("trigger", ()),
        )  # fmt: skip

    @property
    def address(self) -> str:
        """The first page of the same."""
        return _address(self.narrowed)

    def behind(self, run_id: str) -> str:
        """The page after this run."""
        return _address({**self.narrowed, "after": [run_id]})

    def without(self, name: str, value: str) -> str:
        """The URL without one value."""
        left = [each for each in self.narrowed.get(name, ()) if each != value]
        return _address({**self.narrowed, name: left})

    def of_states(self, states: Sequence[str]) -> str:
        """The URL with these states; the same again takes them away."""
        return _address({**self.narrowed, "state": () if self.has_states(states) else states})

    def has_states(self, states: Sequence[str]) -> bool:
        """Whether just these are asked for."""
        return set(self.narrowed.get("state", ())) == set(states)

    def one(self, name: str) -> str:
        """The value of a field that shows one; empty if there is none, or more."""
        values = self.narrowed.get(name, ())
        return values[0] if len(values) == 1 else ""


def asked(query: QueryParams, feeds: Collection[str]) -> RunsAsked:
    """Read the URL. A value that isn't known narrows nothing and is told."""
    known: Mapping[str, Collection[str]] = {
        "state": set(RunState), "trigger": TRIGGERS, "feed": feeds,
    }  # fmt: skip
    narrowed: dict[str, list[str]] = {}
    faults = []
    for name, words in known.items():
        for value in dict.fromkeys(filter(None, query.getlist(name))):
            if value in words:
                narrowed.setdefault(name, []).append(value)
            else:
                faults.append(f"{name} has no value {value[:40]!r}")
    return RunsAsked(narrowed=narrowed, after=query.get("after") or None, faults=faults)


def of_states(states: Sequence[str]) -> str:
    """The list of runs in these states."""
    return _address({"state": states})


def _address(values: Mapping[str, Sequence[str]]) -> str:
    query = urlencode({name: each for name, each in values.items() if each}, doseq=True)
    return f"{_PATH}?{query}" if query else _PATH
