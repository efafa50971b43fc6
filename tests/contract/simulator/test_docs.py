"""The reference page of the simulator names what there is, all of it, in the code's order."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.simulator.__main__ import make_parser
from services.simulator.broken import RULES
from services.simulator.fault import PARAMETERS, Fault
from services.simulator.journal import Entry
from services.simulator.rules import COMMON

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "simulator.md").read_text("utf-8")
GROUPS = ("Before the request is looked at", "A read that tells", "Instead of the answer")
CODE = re.compile(r"`([^`]+)`")


def test_the_faults_are_there_in_order() -> None:
    assert [row[0] for group in GROUPS for row in _rows(group)] == [each.value for each in Fault]


@pytest.mark.parametrize("fault", list(Fault))
def test_the_parameters_of_a_fault_are_there_in_order(fault: Fault) -> None:
    (row,) = [row for group in GROUPS for row in _rows(group) if row[0] == fault.value]
    names = CODE.findall(re.sub(r"\([^)]*\)", "", row[1]))
    assert names == list(PARAMETERS[fault])


def test_the_keys_of_every_rule_are_there() -> None:
    assert [row[0] for row in _rows("What every rule may have")] == list(COMMON)


def test_the_broken_rules_are_there_in_order() -> None:
    assert [row[0] for row in _rows("Broken rules")] == list(RULES)


def test_the_options_and_their_defaults_are_there() -> None:
    options = {
        action.option_strings[-1]: _shown(action.default)
        for action in make_parser()._actions
        if "--help" not in action.option_strings
    }
    assert {row[0]: row[1].strip("`") for row in _rows("Options")} == options


def test_the_settings_are_there_in_order(lms: Any) -> None:
    assert [row[0] for row in _rows("Settings")] == list(lms.sim("GET", "settings"))


def test_the_fields_of_the_journal_are_there(lms: Any) -> None:
    lms.get("/tenant")
    first_column = PAGE.partition("### The journal\n")[2].partition("\n## ")[0]
    shown = [each for line in _lines(first_column) for each in CODE.findall(line.split("|")[1])]
    assert shown == list(lms.sim("GET", "journal")["entries"][0])
    assert len(shown) == len(Entry._fields)


def test_the_addresses_are_there_and_lead_somewhere(lms: Any) -> None:
    named = {
        tuple(each.split()) for row in _lines(_section("Steering it")) for each in CODE.findall(row)
    }
    calls = {each for each in named if len(each) == 2 and each[1].startswith("/_sim/")}
    answers = {call: lms.http.request(call[0], lms.root + call[1], json={}) for call in calls}
    statuses = {call: answer.status_code for call, answer in answers.items()}
    assert len(calls) == 9
    assert 404 not in statuses.values(), statuses


def _section(heading: str) -> str:
    found = re.search(
        rf"^##+ {re.escape(heading)}.*?\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE
    )
    assert found, heading
    return found[1]


def _lines(section: str) -> list[str]:
    return [line for line in section.splitlines() if line.startswith("| `")]


def _rows(heading: str) -> list[list[str]]:
    """The cells of a table, the first without its quotes."""
    cells = [line.strip("|").split("|") for line in _lines(_section(heading))]
    return [[row[0].strip(" `"), *(cell.strip() for cell in row[1:])] for row in cells]


def _shown(default: object) -> str:
    if default is None or default == []:
        return ""
    return f"{default:g}" if isinstance(default, (int, float)) else str(default)
