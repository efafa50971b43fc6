"""The table of ids against a dict, and what it weighs."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.first_seen import FirstSeen


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(-(2**63), 2**63 - 1))))
def test_it_remembers_the_first_content_of_each_id(rows: list[tuple[str, int]]) -> None:
    table, plain = FirstSeen(), dict[str, int]()
    for key, content in rows:
        assert table.meet(key, content) == plain.get(key)
        plain.setdefault(key, content)


def test_it_remembers_them_all_when_it_has_grown() -> None:
    table = FirstSeen()
    for number in range(5_000):
        assert table.meet(f"E{number}", number) is None
    assert [table.meet(f"E{number}", 0) for number in range(5_000)] == list(range(5_000))
