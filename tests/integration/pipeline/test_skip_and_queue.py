"""What is skipped and what isn't; who waits for whom, and who takes whose place."""

import io
import json
import random
from typing import BinaryIO

import pytest

from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.domain.action import Kind
from shared.domain.books import ROW_OUTCOMES
from shared.domain.errors import Conflict
from shared.domain.run import RunState
from shared.pipeline.carry_out import cancel
from shared.pipeline.land import Order, Sender, land
from shared.ports.vault import Deposit
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.staff_extract import StaffExtract


class CountingVault(FolderVault):
    """Says how often a file was stored."""

    deposits = 0

    def deposit(self, source: BinaryIO, *, key: str) -> Deposit:
        self.deposits += 1
        return super().deposit(source, key=key)


@pytest.fixture
def applied(engine: Installation) -> StaffExtract:
    """An extract that has been applied, cleanly."""
    extract = engine.extract()
    extract.story()
    assert engine.sync(extract).state is RunState.APPLIED
    return extract


def test_the_same_file_is_skipped(engine: Installation, applied: StaffExtract) -> None:
    reads = len(engine.simulator.journal())
    run = engine.plan(applied)
    assert (run.state, run.reason) == (RunState.SKIPPED_UNCHANGED, "unchanged")
    assert run.archive
    other = Sender(actor=OPERATOR, name="staff (2).csv")
    order = Order(trigger="cli", mapping_text=applied.mapping_text)
    renamed = land(engine.tools, io.BytesIO(applied.csv()), other, order)
    engine.workers.until_quiet()
    assert engine.run(renamed).state is RunState.SKIPPED_UNCHANGED
    assert len(engine.simulator.journal()) == reads, "the target is not even asked"


def test_a_skipped_file_counts_what_the_run_it_equals_counted(
    engine: Installation, applied: StaffExtract
) -> None:
    first = engine.plan(applied, force=True)
    run = engine.plan(applied)
    assert run.counts == first.counts
    assert run.counts["rows_in"] == len(applied.rows)
    assert run.input_sha256 == first.input_sha256
    assert (run.books or {})["rows"] == {
        **dict.fromkeys(ROW_OUTCOMES, 0),
        "unchanged": len(applied.rows),
    }


def test_the_same_file_is_not_stored_again(engine: Installation, applied: StaffExtract) -> None:
    vault = CountingVault(engine.folder, Keyring([b"k" * 32]))
    engine.configure(vault=vault)
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED
    assert vault.deposits == 0
    applied.rows[-1]["last_name"] = "Changed"
    assert engine.plan(applied).state is RunState.AWAITING_APPROVAL
    assert vault.deposits == 1


def test_a_stored_file_that_was_damaged_is_stored_again(
    engine: Installation, applied: StaffExtract
) -> None:
    stored = next((engine.folder / "raw").glob("upl_*"))
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    run = engine.plan(applied, force=True)
    assert run.state is RunState.NO_CHANGES, "the new copy could be read"
    assert not stored.exists() or stored.read_bytes() != content


def test_the_same_rows_in_another_file_are_skipped(
    engine: Installation, applied: StaffExtract
) -> None:
    random.Random(3).shuffle(applied.rows)
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED


def test_force_compares_all_the_same(engine: Installation, applied: StaffExtract) -> None:
    assert engine.plan(applied, force=True).state is RunState.NO_CHANGES
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED


def test_another_mapping_is_not_skipped(engine: Installation, applied: StaffExtract) -> None:
    applied.mapping["buckets"]["Job Class"]["values"]["Teacher"]["aliases"].append("Maestra")
    assert engine.plan(applied).state is RunState.NO_CHANGES


def test_a_mapping_written_another_way_is_skipped(
    engine: Installation, applied: StaffExtract
) -> None:
    indented = json.dumps(applied.mapping, indent=3, sort_keys=True)
    assert engine.plan(applied, mapping=indented).state is RunState.SKIPPED_UNCHANGED


def test_another_configuration_or_engine_is_not_skipped(
    engine: Installation, applied: StaffExtract
) -> None:
    engine.configure(config_sha256="f" * 64)
    assert engine.plan(applied).state is RunState.NO_CHANGES
    engine.configure(engine_version="1.2.4")
    assert engine.plan(applied).state is RunState.NO_CHANGES


def test_one_row_more_is_not_skipped(engine: Installation, applied: StaffExtract) -> None:
    applied.add(1)
    assert engine.plan(applied).state is RunState.AWAITING_APPROVAL


def test_large_files_are_compared_to_their_end(engine: Installation) -> None:
    files = [b"x" * (1 << 20) + last for last in (b"1", b"2", b"22", b"2", b"")]
    for number, content in enumerate(files):
        engine.land(content)
        uploads = engine.database.value("SELECT count(DISTINCT upload_id) FROM run")
        assert uploads == len(set(files[: number + 1]))


def test_one_row_fewer_is_not_skipped(engine: Installation, applied: StaffExtract) -> None:
    """The stored file begins as the new one does."""
    applied.rows.pop()
    assert engine.plan(applied).state is not RunState.SKIPPED_UNCHANGED


def test_a_day_on_which_somebody_leaves_is_not_skipped(engine: Installation) -> None:
    """`end_date` is the last working day: nothing happens on it, the removal on the day after."""
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    leaver = extract.ids[5]
    extract.row(leaver)["end_date"] = "2026-11-24"
    engine.sync(extract)
    engine.clock.go_on(days=4)
    assert engine.tools.today().isoformat() == "2026-11-24"
    assert engine.plan(extract).state is RunState.SKIPPED_UNCHANGED
    engine.clock.go_on(days=1)
    run = engine.plan(extract)
    assert run.state is RunState.AWAITING_APPROVAL
    assert [s.action.person_key for s in engine.actions(run)] == [leaver]
    assert [s.action.kind for s in engine.actions(run)] == [Kind.DEACTIVATE]


def test_what_was_quarantined_last_time_is_not_skipped(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    extract.rows[5]["work_email"] = "no address"
    assert engine.sync(extract).state is RunState.APPLIED
    assert engine.plan(extract).state is RunState.NO_CHANGES
    assert engine.plan(extract).state is RunState.NO_CHANGES


def test_what_was_held_last_time_is_not_skipped(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    extract.rows[5]["site_code"] = "999"
    assert engine.sync(extract).state is RunState.APPLIED
    again = engine.plan(extract)
    assert again.state is not RunState.SKIPPED_UNCHANGED


def test_a_run_that_wrote_something_in_between_is_not_skipped_over(
    engine: Installation, applied: StaffExtract
) -> None:
    other = engine.extract()
    other.rename(other.ids[20:40])
    between = engine.approve(engine.plan(other))
    engine.target.after = lambda: cancel(engine.tools, between.id, OPERATOR)
    assert engine.apply(between).state is RunState.CANCELED
    run = engine.plan(applied)
    assert run.state is RunState.AWAITING_APPROVAL, "the first extract undoes what was written"
    assert {s.action.kind for s in engine.actions(run)} == {Kind.UPDATE}


def test_a_plan_in_between_is_not_skipped_over(engine: Installation, applied: StaffExtract) -> None:
    """It waits for a person, who must not approve it any more: the newest extract says something else."""
    other = engine.extract()
    other.rename(other.ids[20:40])
    between = engine.plan(other)
    newest = engine.plan(applied)
    assert newest.state is RunState.NO_CHANGES
    older = engine.run(between.id)
    assert (older.state, older.superseded_by) == (RunState.STALE, newest.id)
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED


def test_a_complete_read_that_is_too_old_is_not_skipped(
    engine: Installation, applied: StaffExtract
) -> None:
    engine.database.change("UPDATE snapshot SET completed_at = now() - interval '8 days'")
    assert engine.plan(applied).state is RunState.NO_CHANGES


def test_a_newer_extract_takes_the_place_of_a_plan_that_waits(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    waiting = engine.plan(extract)
    extract.rename(extract.ids[20:21])
    newer = engine.plan(extract)
    older = engine.run(waiting.id)
    assert (older.state, older.superseded_by) == (RunState.STALE, newer.id)
    with pytest.raises(Conflict) as refused:
        engine.approve(older)
    assert refused.value.code == "plan_stale"
    assert engine.apply(engine.approve(newer)).state is RunState.APPLIED


def test_a_newer_extract_ends_the_retries_of_an_older_one(engine: Installation) -> None:
    """Or a leaver's failed deactivation could be repeated after HR took it back."""
    extract = engine.extract()
    leaver = extract.ids[0]
    row = extract.row(leaver)
    extract.remove(leaver)
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults({"fault": "server_error", "status": 422, "method": "POST"})
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    engine.simulator.faults()
    extract.rows.append(row)
    newer = engine.plan(extract)
    assert newer.state is RunState.NO_CHANGES
    older = engine.run(run.id)
    assert (older.state, older.superseded_by) == (RunState.STALE, newer.id)
    with pytest.raises(Conflict) as refused:
        engine.apply(older)
    assert refused.value.code == "plan_stale"
    assert engine.simulator.person(leaver)["status"] == "active"


def test_a_run_waits_its_turn_while_another_applies(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.approve(engine.plan(extract))
    seen: list[RunState] = []

    def another_arrives() -> None:
        later = engine.extract()
        later.rename(later.ids[30:31])
        run_id = engine.land(later)
        engine.workers.round()
        waiting = engine.run(run_id)
        seen.append(waiting.state)
        assert (waiting.reason, waiting.superseded_by) == ("locked", None)

    engine.target.before = another_arrives
    run = engine.apply(run)
    assert seen == [RunState.QUEUED]
    assert run.state is RunState.APPLIED, "who applies is never superseded"
    last = engine.database.value("SELECT id FROM run ORDER BY number DESC LIMIT 1")
    assert engine.run(last).state is RunState.AWAITING_APPROVAL


def test_an_older_extract_never_takes_the_place_of_a_newer_one(engine: Installation) -> None:
    """Messages may arrive in any order; the extracts' order of arrival counts."""
    extract = engine.extract()
    extract.story()
    older = engine.land(extract)
    extract.rename(extract.ids[20:21])
    newer = engine.land(extract)
    start = engine.database.value("SELECT id FROM work_item WHERE run_id = :run", run=newer)
    engine.workers.deliver(start)
    engine.workers.until_quiet()
    assert engine.run(newer).state is RunState.AWAITING_APPROVAL
    assert engine.run(older).state is RunState.STALE
    assert engine.run(older).superseded_by == newer
