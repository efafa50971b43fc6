"""What a test came to, and what the page says of it."""

from tests.proof.faults import Fault
from tests.proof.kept import Came
from tests.proof.page import NOT_RUN, PAGE, rewritten, told


def came(*lines: tuple[str, str]) -> Came:
    """From lines of a case and what it came to, in their order."""
    found = Came()
    for case, came_to in lines:
        found.take({"case": case, "came_to": came_to})
    return found


def test_a_test_has_held_once_each_of_its_cases_has() -> None:
    begun = [("t[1]", "begun"), ("t[2]", "begun")]
    assert came(*begun, ("t[1]", "passed")).result == "", "the run was cut"
    assert came(*begun, ("t[1]", "passed"), ("t[2]", "passed")).result == "held"
    assert came(*begun, ("t[1]", "failed"), ("t[2]", "passed")).result == "broken"
    assert came(*begun, ("t[1]", "skipped"), ("t[2]", "passed")).result == "skipped"
    assert came().result == ""


def test_what_held_at_another_try_is_remembered() -> None:
    found = came(("t", "begun"), ("t", "failed"), ("t", "begun"), ("t", "passed"))
    assert (found.result, found.broke) == ("held", 1)
    assert came(("t", "failed"), ("t", "begun")).result == "", "it has to end first"


def test_results_are_written_and_others_stay_as_they_stand() -> None:
    page = PAGE.read_text(encoding="utf-8")
    first = rewritten(page, {"F1": "held", "F2": "broken: x"}, "Last run on a day.")
    again = rewritten(first, {"F2": "held"})
    results = {
        line.split(" | ")[0].strip("| "): line.rstrip(" |").rpartition("| ")[2]
        for line in again.splitlines()
        if line.startswith("| F")
    }
    assert (results["F1"], results["F2"]) == ("held", "held")
    assert "Last run on a day." in again
    assert rewritten(again) == again


def test_what_no_test_shows_is_said_behind_the_result() -> None:
    row = Fault(number=1, fault="f", promise="p", shown_by=("t",), not_shown="a part of it")
    assert told(row, {"F1": "held"}) == "held; not shown: a part of it"
    assert told(row, {"F1": "held; not shown: another"}) == "held; not shown: a part of it"
    assert told(row, {}) == f"{NOT_RUN}; not shown: a part of it"
