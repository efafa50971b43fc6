"""Files in a drop folder: which are waited for, when they are whole, how they are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.drop import (
    Arrival,
    Found,
    Place,
    Refusal,
    Sign,
    Ticket,
    Watch,
    arrivals,
    kept_name,
    key_of,
    parse_sha256,
    refused,
)

DIGEST = "0123456789abcdef" * 4
#: Whatever a POSIX name may be, as Python gives it.
names = st.binary(min_size=1, max_size=255).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_").decode(errors="surrogateescape")
)


def found(name: str, *, changed: int = 0, **sign: int) -> Found:
    values = {"device": 1, "inode": hash(name), "size_bytes": 9, "modified_ns": 0, "links": 1}
    return Found(place=Place.FOLDER, name=name, changed_ns=changed, sign=Sign(**{**values, **sign}))


# Which


@pytest.mark.parametrize(
    "name",
    [".hidden", ".staff.csv.swp", "staff.csv.tmp", "staff.csv.part", "staff.csv.filepart",
     "STAFF.CSV.FILEPART", "staff.csv.done", "staff.csv.sha256", "Staff.csv.SHA256"],
)  # fmt: skip
def test_hidden_and_unfinished_files_and_companions_are_no_arrivals(name: str) -> None:
    assert arrivals([found(name)]) == []


@pytest.mark.parametrize("name", ["staff.csv", "-rf", ";rm", "a\nb", "CON", "partial", "\udcff"])
def test_whatever_else_it_is_called_it_arrives(name: str) -> None:
    assert [arrival.file.name for arrival in arrivals([found(name)])] == [name]


def test_companions_belong_to_the_file_whose_whole_name_they_begin_with() -> None:
    listed = [found(n) for n in ("a.csv", "a.csv.done", "a.csv.sha256", "b.csv", "b.done")]
    (a, b) = arrivals(listed)
    assert [c.name for c in a.companions] == ["a.csv.done", "a.csv.sha256"]
    assert b.companions == []


def test_the_oldest_comes_first() -> None:
    listed = [found("a", modified_ns=2), found("c", modified_ns=1), found("b", modified_ns=1)]
    assert [arrival.file.name for arrival in arrivals(listed)] == ["b", "c", "a"]


# When


def test_a_file_is_settled_once_it_was_unchanged_for_long_enough() -> None:
    watch = Watch(5)
    file = found("staff.csv")
    watch.see([file], 100)
    assert not watch.is_settled(file, 104.999)
    assert watch.is_settled(file, 105)


@pytest.mark.parametrize("changed", ["size_bytes", "modified_ns", "inode", "links"])
def test_whatever_changes_the_wait_begins_anew(changed: str) -> None:
    watch = Watch(5)
    watch.see([found("staff.csv", inode=1)], 100)
    other = found("staff.csv", **{"inode": 1, changed: 7})
    watch.see([other], 104)
    assert not watch.is_settled(other, 108.999)
    assert watch.is_settled(other, 109)


def test_what_was_never_seen_or_was_forgotten_is_not_settled() -> None:
    watch = Watch(5)
    file = found("staff.csv")
    assert not watch.is_settled(file, 1e9)
    watch.see([file], 100)
    watch.forget(file)
    assert not watch.is_settled(file, 1e9)


def test_a_declared_file_needs_no_waiting_as_long_as_it_does_not_change() -> None:
    watch = Watch(5)
    file, grown = found("staff.csv", inode=1), found("staff.csv", inode=1, size_bytes=10)
    watch.trust(file)
    assert watch.is_settled(file, 100)
    watch.see([grown], 100)
    assert not watch.is_settled(grown, 100)


@pytest.mark.parametrize(("done", "whole"), [(9, False), (10, True), (11, True)])
def test_a_done_file_counts_if_it_came_last(done: int, whole: bool) -> None:
    arrival = Arrival(
        file=found("a", changed=8), sha256=found("a.sha256", changed=10),
        done=found("a.done", changed=done),
    )  # fmt: skip
    assert arrival.is_declared_whole is whole


# Checksums


@pytest.mark.parametrize(
    "companion",
    [
        DIGEST.encode(),
        DIGEST.upper().encode() + b"\r\n",
        DIGEST.encode() + b"  staff.csv\n",
        DIGEST.encode() + b" *staff.csv\n",
        b"\\" + DIGEST.encode() + b"  a\\nb.csv\n",  # sha256sum's mark of an escaped name
        b"\xef\xbb\xbf" + DIGEST.encode(),
        (DIGEST + "\r\n").encode("utf-16"),
    ],
)
def test_a_checksum_is_read_as_tools_write_it(companion: bytes) -> None:
    assert parse_sha256(companion) == DIGEST


@pytest.mark.parametrize(
    "companion",
    [b"", b"\n", DIGEST[:-1].encode(), DIGEST.encode() + b"0", b"staff.csv", b"\xff" * 64],
)
def test_anything_else_is_no_checksum(companion: bytes) -> None:
    assert parse_sha256(companion) is None


# Names


@given(names)
def test_a_kept_name_is_harmless_whatever_the_sender_called_it(name: str) -> None:
    kept = kept_name("run_0123456789AB", name)
    assert kept.startswith("run_0123456789AB--")
    assert kept.isprintable()
    assert "/" not in kept
    assert len(f"{kept}.reason.txt".encode()) <= 255
    assert key_of(kept) == "run_0123456789AB"


@given(names, st.sampled_from([None, DIGEST]))
def test_a_ticket_says_after_a_crash_all_that_is_needed(name: str, sha256: str | None) -> None:
    ticket = Ticket(run_id="run_0123456789AB", label=name, sha256=sha256)
    again = Ticket.parse(ticket.to_name())
    assert again is not None
    assert (again.run_id, again.sha256) == (ticket.run_id, sha256)
    assert Ticket.parse(again.to_name()) == again


@pytest.mark.parametrize(
    "name", ["staff.csv", "run_1-staff.csv", "run_1--", "run_../x--a", "run_1~abc--a", "drop_1--a"]
)
def test_what_somebody_else_put_there_is_no_ticket(name: str) -> None:
    assert Ticket.parse(name) is None


@pytest.mark.parametrize("name", ["staff.csv", "plan_1--a", "run_--a", "run_a/b--c", "x run_1--a"])
def test_what_somebody_else_put_there_has_no_key(name: str) -> None:
    assert key_of(name) is None


@pytest.mark.parametrize("why", list(Refusal))
def test_a_refusal_says_what_that_nothing_was_done_and_what_to_do(why: Refusal) -> None:
    error = refused(why, "a\nb.csv")
    assert error.code == why.value
    assert str(error).startswith("a\ufffdb.csv ")
    assert "Nothing was planned, nobody is removed. " in str(error)
    assert str(error).endswith(".")
