"""`Checker`: goes through the rules and turns every end of one into a verdict."""

import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from http import HTTPStatus
from typing import TypeVar

from shared.adapters.lms.answers import refuse
from shared.adapters.lms.conformance.caller import Caller
from shared.adapters.lms.conformance.judging import Broken, Check, NoAnswer, NotChecked
from shared.adapters.lms.conformance.limits import write_scope
from shared.adapters.lms.conformance.registry import READING, WRITING
from shared.adapters.lms.conformance.sandbox import DOMAIN, TROUBLE, Sandbox
from shared.adapters.lms.shapes import Garbled, mapping
from shared.domain.errors import Transient
from shared.ports.conformance import Conformity, Judged, LeftBehind

S = TypeVar("S")

#: Rules in a row without an answer: then the LMS is gone, and nothing is said about the rest.
_MOST_SILENT = 3


class Checker:
    """A check of one LMS, behind the port `Conformance`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._silent = 0

    @property
    def requests(self) -> int:
        """How many were sent so far."""
        return self._caller.requests

    @property
    def left(self) -> LeftBehind:
        """What is left behind, as far as it is known now."""
        return self._lms.left

    def reading(self) -> Iterator[Judged]:
        """Judge what GETs can judge."""
        yield from self._judged(READING, self._lms)

    def intention(self) -> str:
        """What `writing` writes, in words."""
        lms = self._lms
        if _may_only_read(lms):
            return (
                "The key may only read: one change of no members is tried, which must be refused."
            )
        return (
            f"About to make people {lms.mark}-N@{DOMAIN}, to change them, to put them into"
            f" {_group(lms)} and out again, to set {_buckets(lms)} on them, and to leave them"
            " inactive and without groups. Nobody else is written to, and nobody is deleted."
        )

    def writing(self) -> Iterator[Judged]:
        """Judge the other rules."""
        if not _may_only_read(self._lms):
            yield from self._judged(WRITING, self._lms)
            return
        for check in WRITING:
            if check is write_scope:
                yield from self._judged([check], self._lms)
            else:
                detail = "this key may only read"
                yield Judged(rule=check.rule, conformity=Conformity.NOT_CHECKED, detail=detail)

    def tidy_up(self) -> None:
        """Put own people away."""
        self._lms.tidy_up()

    @cached_property
    def _lms(self) -> Sandbox:
        """The LMS, once it is known to be there and to accept the key."""
        try:
            answer = self._caller.send("GET", "/tenant")
            if answer.status != HTTPStatus.OK:
                refuse(answer.status, answer.headers, answer.body, write=False, now_s=time.time())
            return Sandbox(self._caller, mapping(answer.document, "the tenant"))
        except NoAnswer as error:
            raise Transient(
                f"ASCIP can't be reached: {error}. Nothing was checked or written. Check the URL,"
                " network and firewall.",
                code="unreachable",
            ) from None
        except Garbled as error:
            raise Transient(
                f"Something answers, but not as ASCIP does: {error}. Nothing was checked or"
                " written. Check the URL: it ends in /api/v1.",
                code="garbled_answer",
            ) from None

    def _judged(self, checks: Iterable[Check[S]], lms: S) -> Iterator[Judged]:
        for check in checks:
            conformity, detail = self._ended(check, lms)
            yield Judged(rule=check.rule, conformity=conformity, detail=detail)
            if self._silent >= _MOST_SILENT:
                raise Transient(
                    f"ASCIP does not answer any more: {detail}. The check stopped after"
                    f" {check.rule.id}. Try again later.",
                    code="unreachable",
                )

    def _ended(self, check: Check[S], lms: S) -> tuple[Conformity, str]:
        try:
            detail = check.judge(lms)
        except NoAnswer as error:
            self._silent += 1
            return Conformity.NOT_CHECKED, str(error)
        except NotChecked as error:
            return Conformity.NOT_CHECKED, str(error)
        except (Broken, Garbled) as error:
            self._silent = 0
            return Conformity.BROKEN, str(error)
        self._silent = 0
        return Conformity.HOLDS, detail


def _may_only_read(lms: Sandbox) -> bool:
    scopes = lms.tenant.get("scopes")
    return isinstance(scopes, list) and "write" not in scopes


def _group(lms: Sandbox) -> str:
    try:
        return f"group {lms.group_id}"
    except (NotChecked, *TROUBLE):
        return "no group (none can be read)"


def _buckets(lms: Sandbox) -> str:
    try:
        return f"buckets {', '.join(str(choice.bucket_id) for choice in lms.choices[:2])}"
    except TROUBLE:
        return "no bucket (none can be read)"
