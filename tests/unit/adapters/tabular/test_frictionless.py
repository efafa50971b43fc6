"""Files of other people's making, with verdicts that a person has looked at (fixtures' README)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.violation import RULES
from tests.fakes.inspecting import inspected

FOLDER = Path(__file__).parents[3] / "fixtures" / "frictionless"
VERDICTS = [
    json.loads(line)
    for line in (FOLDER / "verdicts.ndjson").read_text(encoding="utf-8").splitlines()
]
DECLARED = ("columns", "delimiter", "quote", "encoding")


def numbers(ranges: str) -> Iterator[int]:
    """`2-4,6` one by one."""
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


@pytest.mark.parametrize("verdict", VERDICTS, ids=[verdict["file"] for verdict in VERDICTS])
def test_a_table_is_judged_as_its_verdict_says(verdict: dict[str, Any]) -> None:
    options = {name: verdict[name] for name in DECLARED if name in verdict}
    (found,) = inspected(FOLDER / "csv" / verdict["file"], **options)
    assert [row["line"] for row in found["accepted"]] == list(numbers(verdict["accepted"]))
    assert {str(q["line"]): q["code"] for q in found["quarantined"]} == verdict["quarantined"]
    assert (found["refused"] or {"code": None})["code"] == verdict["refused"]


def test_every_table_has_a_verdict_and_what_is_not_taken_a_reason() -> None:
    names = [path.relative_to(FOLDER / "csv").as_posix() for path in FOLDER.rglob("*.csv")]
    assert sorted(verdict["file"] for verdict in VERDICTS) == sorted(names)
    for verdict in VERDICTS:
        assert "why" in verdict or not (verdict["quarantined"] or verdict["refused"])
        assert {verdict["refused"], *verdict["quarantined"].values()} <= {None, *RULES}
