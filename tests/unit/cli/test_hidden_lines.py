"""What the plan says of hidden rows, columns and sheets of a workbook."""

from services.cli.render import hidden_lines


def test_nothing_is_said_where_nothing_is_hidden() -> None:
    assert list(hidden_lines({"rows_in": 5})) == []


def test_what_is_hidden_is_said_with_what_was_made_of_it() -> None:
    assert list(hidden_lines({"hidden_rows": 1200, "hidden_sheets": 2})) == [
        "Hidden in the workbook: 1,200 rows (read like the others), 2 sheets (not read)."
    ]
