"""Audit entries: canonical, hashed as RFC 6962 leaves, verified by position, without values."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import rfc8785

from shared.domain.audit import (
    SYSTEM,
    Actor,
    ActorType,
    AuditEntry,
    AuditVerb,
    ExportedEntry,
    Fault,
    leaf_hash,
    pseudonym,
    value_mac,
    verify,
)
from shared.domain.canonical import Json

SECRET = b"a secret of one person"
ENTRY = AuditEntry(
    at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    actor=Actor(ActorType.USER, "zo\u00eb"),
    verb=AuditVerb.ACTION_FINISHED,
    object_type="action",
    object_id="act_0123456789abcdef",
    run_id="run_1",
    plan_digest="ab" * 32,
    subject=pseudonym(SECRET, "E7"),
    before=value_mac(SECRET, {"email": "old@lincoln.example"}),
    after=value_mac(SECRET, {"email": "new@lincoln.example"}),
    detail={"fields": ["email"], "status": "succeeded"},
)


def exported(*entries: AuditEntry) -> list[ExportedEntry]:
    sealed = [entry.sealed() for entry in entries]
    return [ExportedEntry(sequence=n, entry=t, hash=h) for n, (t, h) in enumerate(sealed, 1)]


def test_the_leaf_hash_is_that_of_rfc_6962() -> None:
    """The first is the published hash of an empty leaf; a node starts with 0x01 and can't be one."""
    assert leaf_hash(b"") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert (
        leaf_hash(b"x") == hashlib.sha256(b"\x00x").hexdigest() != hashlib.sha256(b"x").hexdigest()
    )


def test_the_sealed_form_is_canonical_and_hashed_as_a_leaf() -> None:
    text, sealed_hash = ENTRY.sealed()
    assert text.encode() == rfc8785.dumps(json.loads(text))
    assert sealed_hash == hashlib.sha256(b"\x00" + text.encode()).hexdigest()


def test_an_entry_says_who_did_what_to_which_object_when() -> None:
    assert json.loads(ENTRY.sealed()[0]) == {
        "v": 1,
        "at": "2026-03-02T09:30:00.000000+00:00",
        "actor": {"type": "user", "name": "zo\u00eb"},
        "verb": "action.finished",
        "object": {"type": "action", "id": "act_0123456789abcdef"},
        "run_id": "run_1",
        "plan_digest": "ab" * 32,
        "subject": ENTRY.subject,
        "before": ENTRY.before,
        "after": ENTRY.after,
        "detail": {"fields": ["email"], "status": "succeeded"},
    }


@pytest.mark.parametrize("value", ["E7", "old@lincoln.example", "new@lincoln.example", "lincoln"])
def test_no_value_of_a_person_stands_in_an_entry(value: str) -> None:
    assert value not in ENTRY.sealed()[0]


def test_pseudonyms_and_macs_need_the_person_s_secret() -> None:
    assert pseudonym(SECRET, "E7") == pseudonym(SECRET, "E7") != pseudonym(b"other", "E7")
    assert value_mac(SECRET, "x") == value_mac(SECRET, "x") != value_mac(b"other", "x")
    assert pseudonym(SECRET, "E7") != pseudonym(SECRET, "E8")
    expected = hmac.new(SECRET, b'value\x00{"a":1}', "sha256").hexdigest()
    assert value_mac(SECRET, {"a": 1}) == expected
    assert len(pseudonym(SECRET, "E7")) == 32


@pytest.mark.parametrize("value", ["E7", None, 7, ["E7"]])
def test_a_pseudonym_is_never_a_mac(value: Json) -> None:
    """The two uses of one secret are kept apart by their prefix."""
    assert not value_mac(SECRET, value).startswith(pseudonym(SECRET, "E7"))


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        (SYSTEM, "system"),
        (Actor(ActorType.USER, "ann"), "user:ann"),
        (Actor(ActorType.KEY, "key_1:a"), "key:key_1:a"),
    ],
)
def test_an_actor_is_read_as_it_is_written(actor: Actor, text: str) -> None:
    assert str(actor) == text
    assert Actor.parse(text) == actor


def test_an_unknown_kind_of_actor_is_refused() -> None:
    with pytest.raises(ValueError, match="ghost"):
        Actor.parse("ghost:ann")


def test_verbs_are_in_the_past_tense() -> None:
    assert all(verb.value.partition(".")[2].endswith(("ed",)) for verb in AuditVerb)


# Verification


def test_what_was_exported_verifies() -> None:
    assert list(verify(exported(ENTRY, replace(ENTRY, run_id="run_2"), ENTRY))) == []
    assert list(verify([])) == []


def test_gaps_in_the_sequence_are_no_fault_of_an_entry() -> None:
    first, second = exported(ENTRY, ENTRY)
    assert list(verify([first, replace(second, sequence=9)])) == []


def test_a_changed_entry_is_named_with_its_position_and_both_hashes() -> None:
    lines = exported(ENTRY, ENTRY, ENTRY)
    changed = lines[1].entry.replace("succeeded", "failed")
    lines[1] = replace(lines[1], entry=changed)
    assert list(verify(lines)) == [
        Fault(2, "hash", ENTRY.sealed()[1], leaf_hash(changed.encode())),
    ]


def test_a_changed_hash_is_named_too() -> None:
    (line,) = exported(ENTRY)
    assert list(verify([replace(line, hash="00" * 32)])) == [
        Fault(1, "hash", "00" * 32, line.hash),
    ]


def test_a_rewritten_entry_with_its_own_hash_must_still_be_canonical() -> None:
    (line,) = exported(ENTRY)
    spaced = line.entry.replace(",", ", ", 1)
    found = list(verify([replace(line, entry=spaced, hash=leaf_hash(spaced.encode()))]))
    assert found == [Fault(1, "canonical form", line.hash, leaf_hash(spaced.encode()))]


@pytest.mark.parametrize("text", ["", "{", '{"n":NaN}', '{"n":9007199254740993}', "\ud800"])
def test_what_is_not_json_is_a_fault_and_the_rest_is_looked_at(text: str) -> None:
    bad = ExportedEntry(sequence=1, entry=text, hash=leaf_hash(text.encode(errors="surrogatepass")))
    (good,) = exported(ENTRY)
    lines = [bad, replace(good, sequence=2, hash="00" * 32)]
    assert [(fault.position, fault.what) for fault in verify(lines)] == [
        (1, "canonical form"), (2, "hash"),
    ]  # fmt: skip


@pytest.mark.parametrize("sequence", [1, 0, -3])
def test_a_sequence_that_does_not_rise_is_a_fault(sequence: int) -> None:
    first, second = exported(ENTRY, ENTRY)
    lines = [first, replace(second, sequence=sequence)]
    assert list(verify(lines)) == [Fault(2, "sequence", "more than 1", str(sequence))]
