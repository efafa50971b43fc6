"""Files of the drop folder become runs, each once; what can't is put aside with the reason."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.domain.drop import Place, Refusal
from shared.domain.errors import ConfigInvalid, Conflict
from shared.domain.run import RunState
from shared.pipeline.take_in import Noted
from tests.integration.watcher.conftest import MOST_BYTES, STABLE_S, Drops


def sha256_of(file: Path, digest: str | None = None) -> None:
    digest = digest or hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")


# Taken


def test_a_settled_file_becomes_a_run_that_is_planned(drops: Drops) -> None:
    drops.put("personnel of Zoë.csv")
    (noted,) = drops.settle()
    (run,) = drops.runs()
    assert noted == Noted("taken", run.id)
    assert (run.trigger, run.actor, run.file_name) == ("drop", "system", "personnel of Zoë.csv")
    assert drops.names() == drops.names(Place.TAKING) == drops.names(Place.REFUSED) == []
    assert drops.names(Place.PROCESSED) == [f"{run.id}--personnel of Zoë.csv"]
    drops.engine.workers.until_quiet()
    assert drops.engine.run(run.id).state is RunState.NO_CHANGES
    assert drops.sweep() == []


def test_a_file_is_left_until_it_was_unchanged_for_long_enough(drops: Drops) -> None:
    file = drops.put()
    assert drops.sweep() == []
    assert drops.sweep(STABLE_S - 0.25) == []
    with file.open("ab") as out:
        out.write(b"\n")
    assert drops.sweep(0.25) == drops.sweep(STABLE_S - 0.25) == []
    assert drops.names() == ["staff.csv"]
    assert [noted.what for noted in drops.sweep(0.25)] == ["taken"]


def test_an_old_time_on_the_file_changes_nothing(drops: Drops) -> None:
    file = drops.put()
    os.utime(file, (0, 0))
    assert drops.sweep() == []
    assert [noted.what for noted in drops.sweep(STABLE_S)] == ["taken"]


def test_unfinished_uploads_are_left_alone_until_they_are_renamed(drops: Drops) -> None:
    for name in (".staff.csv", "staff.csv.tmp", "staff.csv.part", "staff.csv.filepart"):
        drops.put(name)
    assert drops.settle() == drops.settle() == []
    (drops.path / "staff.csv.filepart").rename(drops.path / "staff.csv")
    assert [noted.what for noted in drops.settle()] == ["taken"]
    assert drops.names() == [".staff.csv", "staff.csv.part", "staff.csv.tmp"]


def test_what_lies_there_at_the_start_is_taken_oldest_first(drops: Drops) -> None:
    for age, name in enumerate(("c.csv", "b.csv", "a.csv")):
        file = drops.put(name)
        os.utime(file, (1000 - age, 1000 - age))
    assert len(drops.settle()) == 3
    assert [run.file_name for run in reversed(drops.runs())] == ["a.csv", "b.csv", "c.csv"]


def test_a_done_file_needs_no_waiting_and_goes_with_its_file(drops: Drops) -> None:
    drops.put()
    drops.put("staff.csv.done", b"")
    assert [noted.what for noted in drops.sweep()] == ["taken"]
    assert drops.names() == []


def test_a_done_file_of_an_earlier_file_does_not_count(drops: Drops) -> None:
    drops.put("staff.csv.done", b"")
    while drops.put().stat().st_ctime_ns <= (drops.path / "staff.csv.done").stat().st_ctime_ns:
        pass  # the file system's clock is coarse
    assert drops.sweep() == []
    assert [noted.what for noted in drops.sweep(STABLE_S)] == ["taken"]


def test_a_matching_checksum_lets_a_file_in(drops: Drops) -> None:
    sha256_of(drops.put())
    assert [noted.what for noted in drops.settle()] == ["taken"]
    assert drops.names() == []


def test_a_checksum_that_is_being_written_is_waited_for(drops: Drops) -> None:
    file = drops.put()
    drops.sweep()
    drops.put("staff.csv.sha256", b"")
    assert drops.sweep(STABLE_S) == []
    sha256_of(file)
    assert drops.settle() == [Noted("taken", drops.runs()[0].id)]


def test_the_same_name_and_the_same_bytes_are_another_run(drops: Drops) -> None:
    drops.put()
    drops.settle()
    drops.put()  # the first is still in work
    drops.settle()
    drops.engine.workers.until_quiet()
    drops.put()
    drops.settle()
    drops.engine.workers.until_quiet()
    assert [run.state for run in drops.runs()] == [
        RunState.SKIPPED_UNCHANGED,
        RunState.SKIPPED_UNCHANGED,
        RunState.NO_CHANGES,
    ]
    assert len(drops.names(Place.PROCESSED)) == 3


@pytest.mark.parametrize(
    "name",
    [b"-rf", b"..csv", b"a\nb.csv", b"\xff\xfe.csv", b"CON", b";rm -r x", b"x" * 251 + b".csv"],
)
def test_a_name_is_never_more_than_a_label(drops: Drops, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(drops.path) + b"/" + name)).write_bytes(b"x")
    hidden = name.startswith(b".")
    assert [noted.what for noted in drops.settle()] == ([] if hidden else ["taken"])
    for run in drops.runs():
        assert run.file_name
        assert run.file_name.isprintable()
        assert drops.names(Place.PROCESSED)[0].startswith(f"{run.id}--{run.file_name[:100]}")


# Refused


def test_what_is_no_plain_file_is_put_aside_unopened(drops: Drops, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (drops.path / "link.csv").symlink_to(tmp_path / "secret")
    os.mkfifo(drops.path / "fifo.csv")
    drops.put("hard.csv").with_name("other").hardlink_to(drops.path / "hard.csv")
    noted = drops.settle()
    assert sorted(str(each.reason) for each in noted) == [
        Refusal.HARD_LINK, Refusal.HARD_LINK, Refusal.NOT_A_FILE, Refusal.NOT_A_FILE,
    ]  # fmt: skip
    assert {each.what for each in noted} == {"refused"}
    assert drops.names() == drops.names(Place.TAKING) == drops.names(Place.PROCESSED) == []
    for each in noted:
        assert [n for n in drops.names(Place.REFUSED) if n.startswith(f"{each.id}--")]
    assert len(drops.names(Place.REFUSED)) == 8
    assert drops.runs() == []
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_folder_is_left_alone_and_told_once(drops: Drops) -> None:
    (drops.path / "x.csv").mkdir()
    (noted,) = drops.settle()
    assert (noted.what, noted.reason) == ("left", Refusal.FOLDER)
    assert drops.settle() == []
    assert drops.names() == ["x.csv"]
    query = "SELECT count(*) FROM audit_entry WHERE verb = 'extract.refused'"
    assert drops.engine.database.value(query) == 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, Refusal.EMPTY), (1, None), (MOST_BYTES, None), (MOST_BYTES + 1, Refusal.TOO_LARGE)],
)
def test_the_size_must_be_one_that_is_allowed(
    drops: Drops, size: int, expected: Refusal | None
) -> None:
    drops.put(content=b"x" * size)
    (noted,) = drops.settle()
    assert (noted.what, noted.reason) == ("refused" if expected else "taken", expected)


def test_a_checksum_that_differs_refuses_the_file_and_says_what_to_do(drops: Drops) -> None:
    file = drops.put()
    sha256_of(file, "0" * 64)
    drops.put("staff.csv.done", b"")
    (noted,) = drops.sweep()
    assert (noted.what, noted.reason) == ("refused", Refusal.CHECKSUM_WRONG)
    assert drops.runs() == []
    assert drops.names() == drops.names(Place.TAKING) == []
    assert drops.names(Place.REFUSED) == [
        f"{noted.id}--staff.csv",
        f"{noted.id}--staff.csv.reason.txt",
    ]
    assert drops.reason().startswith("staff.csv does not have the SHA-256")
    assert "Nothing was planned, nobody is removed. Send both again" in drops.reason()
    stored = drops.engine.folder / "raw"
    assert not stored.exists() or list(stored.iterdir()) == []


def test_a_companion_without_a_checksum_refuses_the_file(drops: Drops) -> None:
    drops.put()
    drops.put("staff.csv.sha256", b"staff.csv")
    (noted,) = drops.settle()
    assert (noted.what, noted.reason) == ("refused", Refusal.CHECKSUM_UNREADABLE)
    assert drops.names() == []


def test_a_companion_that_is_a_link_is_not_followed(drops: Drops) -> None:
    file = drops.put()
    sha256_of(file)
    (drops.path / "staff.csv.sha256").rename(drops.path.parent / "right")
    (drops.path / "staff.csv.sha256").symlink_to(drops.path.parent / "right")
    (noted,) = drops.settle()
    assert noted.reason == Refusal.CHECKSUM_UNREADABLE


def test_the_audit_has_the_reason_and_no_name(drops: Drops) -> None:
    drops.put("Garcia-private.csv", b"")
    (noted,) = drops.settle()
    (entry,) = drops.engine.database.rows(
        "SELECT object_id, actor, entry FROM audit_entry WHERE verb = 'extract.refused'"
    )
    assert (entry.object_id, entry.actor) == (noted.id, "system")
    assert '"reason":"empty"' in entry.entry
    assert "Garcia" not in drops.engine.database.dump("audit_entry")


def test_a_file_that_its_run_refuses_follows_with_the_run_s_reason(drops: Drops) -> None:
    drops.put(content=b"no,such,header\n1,2,3\n")
    (taken,) = drops.settle()
    assert drops.sweep() == []
    drops.engine.workers.until_quiet()
    run = drops.engine.run(taken.id)
    assert run.state is RunState.REJECTED_INPUT
    assert drops.sweep() == [Noted("refused", run.id, run.reason)]
    assert drops.names(Place.PROCESSED) == []
    assert drops.names(Place.REFUSED) == [
        f"{run.id}--staff.csv",
        f"{run.id}--staff.csv.reason.txt",
    ]
    assert str(run.detail) in drops.reason()
    assert "Nothing was planned, nobody is removed." in drops.reason()


# Waiting


def test_while_the_mapping_can_t_be_used_files_stay_where_they_are(drops: Drops) -> None:
    drops.put()
    good, drops.mapping = drops.mapping, "{"
    drops.sweep()
    for _ in range(3):
        with pytest.raises(ConfigInvalid):
            drops.sweep(STABLE_S)
    assert drops.names() == ["staff.csv"]
    drops.mapping = good
    assert [noted.what for noted in drops.sweep()] == ["taken"]


def test_nothing_is_taken_while_everybody_may_write_there(drops: Drops) -> None:
    drops.put()
    drops.sweep()
    drops.path.chmod(0o777)
    with pytest.raises(ConfigInvalid):
        drops.sweep(STABLE_S)
    assert drops.names() == ["staff.csv"]
    drops.path.chmod(0o770)
    assert [noted.what for noted in drops.sweep()] == ["taken"]


# Removed


def test_taken_and_refused_files_are_removed_after_their_days(drops: Drops) -> None:
    drops.put()
    drops.put("empty.csv", b"")
    drops.settle()
    drops.engine.workers.until_quiet()
    (drops.path / "refused" / "notes of somebody.txt").write_text("x")
    drops.engine.clock.moment = datetime.now(UTC) + timedelta(days=7, minutes=-1)
    drops.sweep()
    drops.sweep()
    assert len(drops.names(Place.PROCESSED)) == 1
    assert len(drops.names(Place.REFUSED)) == 3
    drops.engine.clock.go_on(minutes=2)
    drops.sweep()
    assert drops.names(Place.PROCESSED) == []
    assert drops.names(Place.REFUSED) == ["notes of somebody.txt"]


def test_a_file_stays_until_its_run_has_read_the_copy(drops: Drops) -> None:
    drops.put()
    drops.settle()
    drops.engine.clock.moment = datetime.now(UTC) + timedelta(days=30)
    drops.sweep()
    assert len(drops.names(Place.PROCESSED)) == 1
    drops.engine.workers.until_quiet()
    drops.sweep()
    assert drops.names(Place.PROCESSED) == []


def test_with_too_many_runs_a_file_stays_ours_and_is_taken_when_there_is_room(drops: Drops) -> None:
    drops.engine.database.change(
        "INSERT INTO run (id, feed, target, mode, trigger, actor, state, engine_version, mapping_sha256,"
        " config_sha256) SELECT 'run_' || n, 'staff', 'ascip', 'plan', 'api', 'system', 'queued', '0', '0',"
        " '0' FROM generate_series(1, 100) AS n"
    )
    drops.put()
    drops.sweep()
    for after_s in (STABLE_S, 60):
        with pytest.raises(Conflict, match="Nothing was written"):
            drops.sweep(after_s)
    assert len(drops.names(Place.TAKING)) == 1
    assert drops.names(Place.REFUSED) == []
    assert not list((drops.engine.folder / "raw").glob("*")), "no copy is made in vain"
    drops.engine.database.change("DELETE FROM run WHERE id = 'run_1'")
    assert [noted.what for noted in drops.sweep(2)] == ["taken"]
