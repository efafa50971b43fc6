"""Gates in words: what tripped first, each with its numbers, then what didn't."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, takewhile
from typing import cast

from shared.domain.gate_rules import RULES, GateName
from shared.domain.gate_words import gate_words
from shared.domain.gates import Gate, Verdict
from shared.pipeline.look import PlanView

#: So many sites that are over their limit are named.
_MOST_SITES = 3


def gates_lines(view: PlanView) -> Iterator[str]:
    """Every gate of a plan with its numbers, tripped or not."""
    return judged_lines(view.plan.gates, view)


def tripped_lines(view: PlanView) -> Iterator[str]:
    """Those that tripped, for who has no plan to look at; nothing where none did."""
    if any(gate.tripped for gate in view.plan.gates):
        lines = gates_lines(view)
        yield next(lines)
        yield from takewhile(lambda line: line.startswith(("  !", "    …")), lines)


def judged_lines(judged: Iterable[Gate], view: PlanView, *, again: bool = False) -> Iterator[str]:
    """Gates as the plan has them, or judged ``again`` over what is approved of it."""
    sites = cast("Mapping[str, str]", view.plan.facts.get("sites", {}))
    gates: dict[GateName, list[Gate]] = defaultdict(list)
    for gate in sorted(judged, key=lambda gate: gate.limit - gate.value):
        gates[gate.name].append(gate)
    by_name = [gates[name] for name in RULES if name in gates]
    tripped = [same for same in by_name if same[0].tripped]
    over = " over what is approved" if again else ""
    yield f"Gates{over}: {f'{len(tripped)} of {len(by_name)} TRIPPED' if tripped else 'none tripped'}."
    for same in tripped:
        holds = RULES[same[0].name].holds
        then = f"holds {holds} that were not released" if again else f"holds {holds}"
        yield from _tripped(same, sites, then)
    fine = [same for same in by_name if same[0].verdict is Verdict.OK]
    if fine:
        told = (
            f"{_name(same, sites)} {same[0].value:,} (limit {same[0].limit:,})" for same in fine
        )
        yield f"  ok: {' · '.join(told)}"
    without = [same for same in by_name if same[0].verdict is Verdict.NO_BASELINE]
    if without:
        told = (f"{_name(same, sites)} {same[0].value:,}" for same in without)
        yield f"  no baseline: {' · '.join(told)}"


def _tripped(same: Iterable[Gate], sites: Mapping[str, str], then: str) -> Iterator[str]:
    over = [gate for gate in same if gate.tripped]
    for gate in islice(over, _MOST_SITES):
        yield f"  ! {_name([gate], sites)}: {gate_words(gate)}; {then}"
    if (more := len(over) - _MOST_SITES) > 0:
        yield f"    … and at {more:,} more {'site' if more == 1 else 'sites'}"


def _name(same: list[Gate], sites: Mapping[str, str]) -> str:
    """Of several sites the one that is nearest to its limit is named."""
    gate, more = same[0], len(same) - 1
    if not gate.site:
        return gate.name.value
    nearest = f"nearest of {more + 1} sites: " if more else ""
    return f"{gate.name} {nearest}{sites.get(gate.site, gate.site)}"
