"""Files of documents: arrays, lines, one alone. What is damaged costs itself alone, what is cut all."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from shared.adapters.tabular.documents.pieces import MAX_DEPTH, MAX_DOCUMENT_BYTES, Pieces
from shared.domain.errors import InputInvalid
from shared.ports.reader import DamagedRecord
from tests.unit.adapters.tabular.documents.documents import numbers, opened, read

A, B, C = ('{"number":"@","lines":[{"line":1}]}'.replace("@", name) for name in "ABC")
PRETTY = json.dumps(json.loads(B), indent=2)


def refusal(content: str | bytes) -> InputInvalid:
    with pytest.raises(InputInvalid) as caught:
        read(content)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        f"[{A},{B},{C}]",
        f"[{A}\n,{PRETTY},\n\n{C}]\n",
        f"{A}\n{B}\n{C}\n",
        f"{A}\n{B}\n{C}",
        f"{A}\r\n\r\n{B}\r\n{C}\r\n",
        f"{A}{B} {C}",
        f"{A}\n{PRETTY}\n{C}",
        f"[{A}]\n[{B},{C}]",
        f"\ufeff \n\t[{A},{B},{C}]",
    ],
)  # fmt: skip
def test_documents_are_read_however_they_stand_together(content: str) -> None:
    assert numbers(read(content)) == ["A", "B", "C"]


def test_each_record_has_the_line_where_its_document_begins() -> None:
    two = '{"number":"B",\n"lines":[{"line":1},\n{"line":2}]}'
    records = read(f"\n[{A},\n\n{two},\r\n{C}]")
    places = [(r.row, r.line) for r in records]
    assert places == [(1, 2), (2, 4), (3, 4), (4, 7)]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("[@A,{]},@C]", ["A", "not_json", "C"]),
        ("[@A,{[},@C]", ["A", "not_json", "C"]),
        ("[@A,},@C]", ["A", "not_json", "C"]),
        ('[@A,{"number":"B\n},\n@C]', ["A", "not_json", "C"]),
        ('[@A,{"number":"\\\n},\n@C]', ["A", "not_json", "C"]),
        ("[@A,,@C]", ["A", "not_json", "C"]),
        ("[@A,]", ["A", "not_json"]),
        ("[@A @B,@C]", ["not_json", "C"]),
        ("[@A]\nand so on\n@C", ["A", "not_json", "C"]),
        ('@A\n{"number":"B\n@C\n', ["A", "not_json", "C"]),
        ('@A\n{"number":{\n@C\n', ["A", "not_json", "C"]),
        ("@A\n]\n@C", ["A", "not_json", "C"]),
        ('[1,"x",null,true,[@A],@C]', [*["document_shape"] * 5, "C"]),
    ],
)
def test_a_damaged_document_costs_itself_alone(content: str, found: list[str]) -> None:
    whole = content.replace("@A", A).replace("@B", B).replace("@C", C)
    assert numbers(read(whole)) == found


def test_what_could_be_read_comes_before_the_refusal() -> None:
    """A document that is never closed may hold all that follows."""
    records = opened(f'[{A},\n{{"number":"B,\n{C}]').records()
    assert numbers([next(records)]) == ["A"]
    with pytest.raises(InputInvalid, match="line 2") as caught:
        next(records)
    assert caught.value.code == "truncated"


def test_damage_has_its_lines_and_its_bytes() -> None:
    damaged = '{"number":\n\n}'
    records = read(f"[{A},\n{damaged},{C}]")
    assert isinstance(records[1], DamagedRecord)
    assert (records[1].line, records[1].last_line) == (2, 4)
    assert records[1].raw == damaged.encode()
    assert records[1].violations[0].detail == "Expecting value: line 4, character 1"


def test_an_array_that_is_cut_anywhere_is_refused() -> None:
    whole = f"[{A},{B}]"
    assert {refusal(whole[:cut]).code for cut in range(1, len(whole))} == {"truncated"}


def test_a_last_line_that_is_cut_anywhere_refuses_the_file() -> None:
    assert {refusal(f"{B}\n{A[:cut]}").code for cut in range(1, len(A))} == {"truncated"}


@pytest.mark.parametrize("content", ["[]", " [ \n ] ", "[]\n[]"])
def test_a_list_without_documents_is_refused(content: str) -> None:
    assert refusal(content).code == "no_rows"


@pytest.mark.parametrize("more", [0, 1])
def test_a_document_is_read_up_to_the_limit(more: int) -> None:
    text = "x" * (MAX_DOCUMENT_BYTES + more - len('{"number":""}'))
    content = f"[{A},{json.dumps({'number': text}, separators=(',', ':'))}]"
    if more:
        error = refusal(content)
        assert (error.code, "line 1" in str(error)) == ("too_large", True)
    else:
        assert len(read(content)) == 2


def test_what_never_ends_is_refused_at_the_limit_not_read_whole() -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b'{"a":"%s",' % (b"x" * 60_000)

    with pytest.raises(InputInvalid, match="never closed"):
        list(Pieces(endless()))
    assert given * 60_000 < MAX_DOCUMENT_BYTES * 2


@pytest.mark.parametrize("more", [0, 1])
def test_nesting_is_read_up_to_the_limit(more: int) -> None:
    deep = MAX_DEPTH - 1 + more
    nested = '{"number":"B","x":' + "[" * deep + "]" * deep + "}"
    records = read(f"[{A},{nested}]")
    assert numbers(records) == (["A", "not_json"] if more else ["A", "B"])


@pytest.mark.parametrize("bomb", ["[" * 9, "{" + "[" * 9 + "}" * 9, "{" + "]" * 9, '"\\"' * 9])
def test_a_bomb_of_brackets_takes_time_that_grows_with_its_size(bomb: str) -> None:
    long = "".join(character * (40_000 if character in "[]" else 1) for character in bomb)
    began = time.process_time()
    with suppress(InputInvalid):
        read(long)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
def test_where_chunks_end_changes_nothing(size: int) -> None:
    odd = '{"x":"\\"]\\\\"}]\r\n{"é":"}\n}\n'
    content = f"\r\n[{A},\r\n{PRETTY},{odd}{C}\r".encode()
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    assert list(Pieces(chunks)) == list(Pieces([content]))
