"""Gates in words: what tripped first, each with its numbers, then what didn't."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from shared.domain.gate_rules import RULES
from shared.domain.gates import Gate, Verdict
from shared.pipeline.look import PlanView


def gates_lines(view: PlanView) -> Iterator[str]:
    """Every gate of a plan with its numbers, tripped or not."""
    header = cast("Iterable[Mapping[str, Any]]", view.plan.header["gates"])
    return judged_lines(map(Gate.from_json, header), view)


def judged_lines(judged: Iterable[Gate], view: PlanView, *, of: str = "") -> Iterator[str]:
    """Gates that were judged over ``of``, or over the whole plan."""
    gates = list(judged)
    tripped = [gate for gate in gates if gate.tripped]
    fine = [gate for gate in gates if gate.verdict is Verdict.OK]
    without = [gate for gate in gates if gate.verdict is Verdict.NO_BASELINE]
    sites = cast("Mapping[str, str]", view.plan.facts.get("sites", {}))
    verdict = f"{len(tripped)} of {len(gates)} TRIPPED" if tripped else "none tripped"
    yield f"Gates{of}: {verdict}."
    for gate in tripped:
        holds = RULES[gate.name].holds
        most = f"{gate.value:,} of at most {gate.limit - 1:,}"
        yield f"  ! {_name(gate, sites)}: {most}; holds {holds}"
    if fine:
        each = " · ".join(f"{_name(g, sites)} {g.value:,} (limit {g.limit:,})" for g in fine)
        yield f"  ok: {each}"
    if without:
        yield f"  no baseline: {' · '.join(f'{_name(g, sites)} {g.value:,}' for g in without)}"


def _name(gate: Gate, sites: Mapping[str, str]) -> str:
    return f"{gate.name} {sites.get(gate.site, gate.site)}" if gate.site else gate.name.value
