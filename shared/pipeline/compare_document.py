"""Two runs side by side as a document: the same on the command line and in the API."""

from collections.abc import Mapping
from typing import Any, cast

from shared.domain.canonical import Json
from shared.pipeline.compare import Comparison, Side, same
from shared.pipeline.documents import action_document, page_document
from shared.ports.comparison import ActionPair
from shared.ports.snapshots import Difference

_COUNTED = ("rows_in", "accepted", "quarantined", "excluded", "duplicate", "blank")


def comparison_document(found: Comparison) -> dict[str, Json]:
    """Everything bounded, and a page of the actions that differ."""
    plans = found.plans
    return {
        "a": _side(found.a),
        "b": _side(found.b),
        "same": dict(same(found)),
        "people": None if found.people is None else _people(found.people, found.fields),
        "counts": [
            {
                "class": c.action_class.value, "kind": c.kind.value, "a": c.a, "b": c.b,
                "held_a": c.held_a, "held_b": c.held_b,
            }
            for c in plans.counts
        ],
        "gates": gates_beside(found),
        "actions": {
            "alike": plans.alike, "only_a": plans.only_a, "only_b": plans.only_b,
            "differing": plans.differing, **page_document(found.actions, _pair),
        },
    }  # fmt: skip


def _side(side: Side) -> dict[str, Json]:
    run, upload, plan = side.run, side.upload, side.plan
    return {
        "run_id": run.id,
        "plan_id": plan.id if plan else None,
        "digest": f"sha256:{plan.digest}" if plan else None,
        "state": run.state.value,
        "feed": run.feed,
        "as_of": run.as_of.isoformat() if run.as_of else None,
        "file": run.file_name,
        "size_bytes": upload.size_bytes if upload else None,
        "sha256": upload.sha256 if upload else None,
        "rows": {name: run.counts.get(name, 0) for name in _COUNTED},
        "books": run.books,
        "input_sha256": run.input_sha256,
        "mapping_version": side.mapping_version,
        "mapping_sha256": run.mapping_sha256,
        "config_sha256": run.config_sha256,
        "engine_version": run.engine_version,
        "snapshot_sha256": plan.header["snapshot_sha256"] if plan else None,
    }


def _people(counts: Mapping[Difference, int], fields: Mapping[str, int]) -> dict[str, Json]:
    ordered = sorted(fields.items(), key=lambda pair: (-pair[1], pair[0]))
    return {**{word.value: counts.get(word, 0) for word in Difference}, "fields": dict(ordered)}


def gates_beside(found: Comparison) -> list[dict[str, Json]]:
    """Each limit of either plan with the numbers of both."""
    of = [_gates(side) for side in (found.a, found.b)]
    return [
        {"gate": name, "site": site, "a": of[0].get((name, site)), "b": of[1].get((name, site))}
        for name, site in dict.fromkeys([*of[0], *of[1]])
    ]


def _gates(side: Side) -> dict[tuple[str, str | None], dict[str, Json]]:
    gates = cast("list[dict[str, Any]]", side.plan.header["gates"] if side.plan else [])
    return {
        (gate["gate"], gate.get("site")): {n: gate[n] for n in ("value", "limit", "verdict")}
        for gate in gates
    }


def _pair(pair: ActionPair) -> dict[str, Json]:
    return {
        "id": pair.id, "only": pair.only.value,
        "a": action_document(pair.a) if pair.a else None,
        "b": action_document(pair.b) if pair.b else None,
    }  # fmt: skip
