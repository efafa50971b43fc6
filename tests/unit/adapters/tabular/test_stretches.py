"""The bytes of given lines, however they end and wherever the chunks of the file do."""

import pytest

from shared.adapters.tabular.stretches import both_alignments, stretches
from shared.domain.shield import reading
from shared.ports.reader import Span

FILE = b"one\r\ntwo\nthree\rfour\n\nsix"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("spans", "texts"),
    [
        ([(1, 1)], [b"one\r\n"]),
        ([(2, 3), (5, 5)], [b"two\nthree\r", b"\n"]),
        ([(4, None)], [b"four\n\nsix"]),
        ([(1, 1), (2, 2), (6, None)], [b"one\r\n", b"two\n", b"six"]),
        ([(6, 9)], [b"six"]),
        ([], []),
    ],
)
def test_lines_are_cut_out_as_they_are(size: int, spans: list[Span], texts: list[bytes]) -> None:
    chunks = [FILE[at : at + size] for at in range(0, len(FILE), size)]
    assert list(stretches(chunks, spans)) == texts


def test_a_cr_at_the_very_end_is_a_line_end() -> None:
    assert list(stretches([b"one\r"], [(1, None)])) == [b"one\r"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_text_behind_a_lost_byte_is_read_all_the_same(codec: str) -> None:
    askew = "ann@lincoln.example".encode(codec)[1:] + b"\x00"
    raw = askew.decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")
    assert "nn@lincoln.example" in reading(both_alignments(raw))
