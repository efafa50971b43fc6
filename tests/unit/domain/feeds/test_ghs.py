"""Codes of the GHS by revision."""

import pytest

from shared.domain.feeds.ghs import osha_statements, statements, written


def test_the_list_is_whole() -> None:
    """As many codes as revision 10's list has, deleted ones among them."""
    assert len(statements()) == 111
    assert sum("+" in code for code in statements()) == 17


@pytest.mark.parametrize(
    ("code", "revisions"),
    [
        ("H200", {3, 7, 8}), ("H204", {3, 7, 8, 9}), ("H206", {7, 8, 9}), ("H209", {9}),
        ("H230", {7, 8, 9}), ("H282", {8, 9}), ("H300+H310", {7, 8, 9}), ("H420", {3, 7, 8, 9}),
    ],
)  # fmt: skip
def test_a_code_is_in_its_revisions(code: str, revisions: set[int]) -> None:
    assert {r for r in (3, 7, 8, 9) if statements()[code].in_revision(r)} == revisions


def test_osha_knows_all_but_those_of_revision_nine() -> None:
    assert statements().keys() - osha_statements().keys() == {"H209", "H210", "H211"}


@pytest.mark.parametrize("text", ["H300+H310", "H300 + H310", "H300 +H310"])
def test_a_combined_code_may_have_spaces_as_labels_have(text: str) -> None:
    assert written(text) == "H300+H310"


def test_signal_words_are_those_of_the_categories() -> None:
    words = {
        code: set(statements()[code].signal_words) for code in ("H225", "H228", "H362", "H410")
    }
    assert words == {
        "H225": {"Danger"},
        "H228": {"Danger", "Warning"},
        "H362": {"None"},
        "H410": {"Warning", "None"},  # the environment is outside HazCom
    }
    assert set().union(*(s.signal_words for s in statements().values())) == {
        "Danger", "Warning", "None",
    }  # fmt: skip
