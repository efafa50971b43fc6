"""Compares a governed record with the version a store has of it: what to do, as an action."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.action import Action, Change, HeldReason, Kind, NextVersion, Scalar, classify
from shared.domain.canonical import Json, canonical
from shared.domain.feeds.feed import Payload
from shared.domain.record import RecordStatus, key_over, status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The version in force."""

    idempotency_key: str
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A record beside what the store has."""

    feed: str
    source_id: str
    row: int
    payload: Payload
    #: The payload's canonical bytes.
    body: bytes
    current: Current | None


def kind_of(payload: Payload, current: Current | None) -> Kind | None:
    """What a record asks for; None if nothing. Only an explicit status retires, absence never does."""
    retired = status_of(payload) is RecordStatus.RETIRED
    if current is None:
        # What was retired before the store knew it is no news.
        return None if retired else Kind.ADD
    if payload == current.payload:
        return None
    was_retired = status_of(current.payload) is RecordStatus.RETIRED
    return Kind.RETIRE if retired and not was_retired else Kind.UPDATE


def propose(compared: Compared, kind: Kind, hold: HeldReason | None = None) -> Action:
    """The action of a record that asks for ``kind``."""
    follows = compared.current.idempotency_key if compared.current else None
    key = key_over(compared.feed, compared.source_id, follows, compared.body)
    before = compared.current.payload if compared.current else None
    return Action(
        kind=kind,
        action_class=classify(kind),
        person_key=compared.source_id,
        ascip_id=None,
        # An add is pinned by its key; its values stand in the extract's row.
        changes=changes(before, compared.payload) if before is not None else (),
        hold=hold,
        version=NextVersion(idempotency_key=key, follows=follows),
        source_row=compared.row,
    )


def changes(before: Payload, after: Payload) -> tuple[Change, ...]:
    """The fields that differ, by their names."""
    names = sorted({*before, *after})
    return tuple(
        Change(path=name, before=_scalar(before, name), after=_scalar(after, name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _scalar(payload: Mapping[str, Json], name: str) -> Scalar:
    value = payload.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (str, int)):
        return value
    return canonical(value).decode()
