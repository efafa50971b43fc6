"""The table of faults has every fault, names tests that exist, and stands in its page as the list says."""

import ast
import os

from tests.architecture.checkout import ROOT
from tests.proof.faults import IN_SCOPE, faults, rows
from tests.proof.page import PAGE, rewritten


def names_in(path: str) -> set[str]:
    """Names of the tests in a file."""
    if not (ROOT / path).is_file():
        return set()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_fault_in_scope_has_its_row_in_order() -> None:
    assert tuple(fault.number for fault in faults()) == IN_SCOPE


def test_every_named_test_exists() -> None:
    named = {(row.name, test) for row in rows() for test in row.shown_by}
    missing = []
    for row, test in sorted(named):
        path, _, name = test.partition("::")
        if name not in names_in(path):
            missing.append(f"{row}: {test}")
    assert missing == []


def test_a_fault_without_a_test_says_why() -> None:
    assert [f.name for f in faults() if not f.shown_by and not f.not_shown] == []


def test_no_cell_breaks_the_table() -> None:
    for fault in faults():
        cells = (fault.fault, fault.promise, fault.not_shown)
        assert not any("|" in cell or "\n" in cell for cell in cells), fault.name
        assert len(set(fault.shown_by)) == len(fault.shown_by), fault.name


def test_the_page_says_what_the_list_says() -> None:
    """`UPDATE_DOCS=1` writes it; what was held or broke stays as the last run left it."""
    page = PAGE.read_text(encoding="utf-8")
    now = rewritten(page)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(now, encoding="utf-8")
        return
    assert page == now, "UPDATE_DOCS=1 pytest tests/architecture writes it"


def test_invariants_are_numbered_through() -> None:
    table = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| I")
    ]
    numbers = [int(row.split("|")[1].strip(" I")) for row in table]
    assert numbers == list(range(1, 13))
