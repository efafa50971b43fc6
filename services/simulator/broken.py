"""The rules of the contract that this LMS breaks, one by one: a double for the conformance check.

Used by `api` at the places that `breaking` names, and by `admin`, which sets them.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

from .breaking import Act, Place
from .broken_reads import READS
from .broken_writes import WRITES
from .messages import Answer, Request
from .reading import parameters
from .signature import Verifier
from .state import Leniency, State, encoded

RULES = {**READS, **WRITES}


class UnknownRuleError(ValueError):
    """An id that no rule has; the message names those there are."""


class Broken:
    def __init__(self, rules: Iterable[str] = ()) -> None:
        self.rules = sorted(set(rules))
        unknown = [rule for rule in self.rules if rule not in RULES]
        if unknown:
            known = ", ".join(sorted(RULES))
            raise UnknownRuleError(f"no rule is called {', '.join(unknown)}; there are {known}")
        breaks = [RULES[rule] for rule in self.rules]
        self._at = {place: [each for each in breaks if each.place is place] for place in Place}
        self.leniency = Leniency()
        for each in self._at[Place.LENIENT]:
            each.act(self.leniency)

    def arriving(self, request: Request, verifier: Verifier) -> Request:
        if acts := self._acts(Place.ARRIVING, request):
            # In any case they come; in this one the API asks for them.
            headers = {name.title(): value for name, value in request.headers.items()}
            request = replace(request, headers=headers)
            for act in acts:
                act(request, verifier)
        return request

    def admitted(self, request: Request, state: State) -> Request:
        """Raises the refusal that a broken rule answers with."""
        if acts := self._acts(Place.ASKED, request):
            asked = parameters(request.query)
            for act in acts:
                act(asked)
            request = replace(request, query=urlencode(asked))
        if acts := self._acts(Place.SENT, request):
            request = _with_other_body(request, state, acts)
        return request

    def answered(self, request: Request, answer: Answer) -> None:
        if answer.status < 300 and answer.body and (acts := self._acts(Place.SHOWN, request)):
            document = json.loads(answer.body)
            for act in acts:
                act(document, request)
            answer.body = encoded(document)
        for act in self._acts(Place.ANSWERED, request):
            act(answer)

    def _acts(self, place: Place, request: Request) -> list[Act]:
        breaks = self._at[place]
        return [each.act for each in breaks if each.fits(request.method, request.path)]


def _with_other_body(request: Request, state: State, acts: list[Act]) -> Request:
    """A body that is no JSON object is left for the API to refuse."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return request
    if not isinstance(body, dict):
        return request
    for act in acts:
        act(body, request, state)
    return replace(request, body=json.dumps(body).encode())
