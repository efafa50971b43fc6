"""Extracts that were cut on their way: what a run makes of them, and that none becomes the measure."""

from dataclasses import replace

from shared.domain.action import ActionClass, HeldReason, Kind
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate
from shared.domain.policy import Limits
from shared.domain.run import Run, RunState
from tests.fakes.installation import Installation


def tripped(engine: Installation, run: Run) -> set[GateName]:
    gates = [Gate.from_json(gate) for gate in engine.plan_of(run).header["gates"]]  # type: ignore[arg-type, union-attr]  # our own form
    return {gate.name for gate in gates if gate.tripped}


def test_an_extract_cut_to_a_tenth_to_one_site_or_to_its_header_removes_nobody(
    engine: Installation,
) -> None:
    """After a whole one was applied. Five runs: each cut once, and the measure looked at again."""
    engine.configure(policy=replace(engine.tools.policy, limits=Limits()))
    whole = engine.extract()
    whole.rename(whole.ids[:1])
    assert engine.sync(whole).state is RunState.APPLIED

    cut = engine.extract()
    cut.remove(*cut.ids[len(cut.ids) // 10 :])
    run = engine.plan(cut)
    size = {GateName.ROWS_FEWER, GateName.BYTES_FEWER, GateName.REMOVALS, GateName.REMOVALS_SITE}
    assert (run.state, tripped(engine, run)) == (RunState.HELD, size)
    assert {*engine.held(run)} == {(ActionClass.REMOVALS, HeldReason.GATE)}

    site = engine.extract()
    here = site.rows[0]["site_code"]
    site.remove(*[row["employee_id"] for row in site.rows if row["site_code"] != here])
    site.rename(site.ids[:1])
    run = engine.apply(engine.approve(engine.plan(site)))
    assert (run.state, tripped(engine, run)) == (RunState.APPLIED, size)
    applied = {stored.action.kind for stored in engine.actions(run) if stored.outcome_at}
    assert applied == {Kind.UPDATE}, "the rest was approved, the removals stay held"

    run = engine.plan(whole.csv().partition(b"\n")[0] + b"\n")
    assert (run.state, run.reason) == (RunState.REJECTED_INPUT, "no_rows")

    run = engine.plan(cut, force=True)
    assert GateName.ROWS_FEWER in tripped(engine, run), "what was cut is no measure"
