"""What a document says is what a record has, whatever the document; nothing but a refusal is raised."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InputInvalid
from shared.domain.feeds.feed import Day
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.ports.reader import DamagedRecord, SoundRecord
from tests.unit.adapters.tabular.documents.documents import (
    FEED,
    TODAY,
    misfit,
    numbers,
    one,
    opened,
    read,
)


def line(**values: Any) -> dict[str, str]:
    return one({"number": "A", "lines": [{"line": 1, **values}]})


def test_every_declared_field_is_a_column_and_what_is_null_or_not_there_is_empty() -> None:
    extract = opened('{"number":null,"lines":[{"line":" "}],"secret":1,"carriers":[],"odd":2}')
    assert extract.columns == {each.name for each in FEED.fields}
    (record,) = extract.records()
    assert isinstance(record, SoundRecord)
    assert record.values == dict.fromkeys(FEED.by_name, "")


def test_keys_of_the_first_document_that_nobody_reads_are_told_shortened() -> None:
    long = "k" * 3000
    content = json.dumps({"number": "A", "secret": 1, "sent": None, "signed": [], long: 2})
    assert opened(content).dropped == ("secret", "k" * 100)
    assert not opened(content).hidden


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("480", "480"),
        ("480.0", "480"),
        ("4.8E2", "480"),
        ("-0.10", "-0.1"),
        ("1e-3", "0.001"),
        ("12345678901234567890.5", "12345678901234567890.5"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_numbers_are_the_numbers_that_were_written(written: str, cell: str) -> None:
    (record,) = read(f'{{"number":"A","lines":[{{"line":{written},"amount":{written}}}]}}')
    assert isinstance(record, SoundRecord)
    assert (record.values["line"], record.values["amount"]) == (cell, cell)


def test_a_number_where_text_is_expected_stays_as_it_is_written() -> None:
    (record,) = read('{"number":1.50,"lines":[{"line":1,"note":1E5}]}')
    assert isinstance(record, SoundRecord)
    assert (record.values["number"], record.values["note"]) == ("1.50", "1E5")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2017-11-22T10:16:00.000+0000", "2017-11-22"),
        ("2021-10-20T23:12:35.046+00:00", "2021-10-20"),
        ("2021-10-20T23:59:59-11:00", "2021-10-20"),
        ("2018-01-22T05:07:00.00Z", "2018-01-22"),
        ("2018-01-22", "2018-01-22"),
        ("2018-02-30T05:07:00Z", "2018-02-30T05:07:00Z"),
        ("2018-01-22 or so", "2018-01-22 or so"),
        ("01/22/2018", "01/22/2018"),
    ],
)
def test_a_date_is_the_day_as_it_is_written_in_its_own_offset(written: str, day: str) -> None:
    assert one({"sent": written, "lines": [{"note": written}]}) == {"sent_on": day, "note": written}


def test_dates_are_given_as_the_feed_reads_them() -> None:
    document = {"sent": "2018-01-22T05:07:00Z", "carriers": [{"paper": "2018-01-23"}]}
    dates = one(document, date_format="%m/%d/%Y")
    assert dates == {"sent_on": "01/22/2018", "signed_on": "01/23/2018"}


def test_of_several_dates_the_earliest_counts_and_where_one_cannot_be_read_none() -> None:
    days = [{"on": "2020-02-02"}, {"on": None}, {"on": "2020-02-01T00:00:00Z"}]
    assert one({"signed": days}) == {"sent_on": "2020-02-01"}
    assert misfit({"signed": [*days, {"on": "soon"}]}) == (
        "several values stand where one is expected: sent_on"
    )


def test_the_first_path_that_has_a_value_counts() -> None:
    assert one({"sent": "", "signed": [{"on": "2020-02-02"}]}) == {"sent_on": "2020-02-02"}
    assert line(amount={"value": 5})["amount"] == "5"
    assert line(amount=6)["amount"] == "6"


def test_booleans_are_words() -> None:
    assert (line(hot=True)["is_hot"], line(hot=False)["is_hot"]) == ("true", "false")


def test_items_of_a_list_are_objects_or_values_and_stand_in_one_cell() -> None:
    codes = [{"code": "D001", "text": "x"}, {"code": None}, {}, None, "D002", " ", {"code": 3}]
    assert line(codes=codes)["codes"] == "D001;D002;3"
    assert line(codes={"code": "D001"})["codes"] == line(codes="D001")["codes"] == "D001"


@pytest.mark.parametrize("items", [["oil, old", "b"], ["oil, old"], ["a;b"], ["a;b", "c,d"]])
def test_items_that_hold_a_separator_are_read_back_as_they_are(items: list[str]) -> None:
    (record,) = read(json.dumps({"number": "A", "lines": [{"line": 1, "codes": items}]}))
    assert isinstance(record, SoundRecord)
    judged = RowJudge(FEED, Day(as_of=TODAY), None).judge(record)
    assert not isinstance(judged, Refused)
    assert judged.payload["codes"] == items


def test_a_list_stands_in_the_order_that_its_items_say() -> None:
    carriers = [{"id": "c", "order": 10}, {"id": "a", "order": 1}, {"id": "b", "order": 2.0}]
    assert one({"carriers": carriers})["carriers"] == "a;b;c"
    assert one({"carriers": [*carriers, {"id": "d"}]})["carriers"] == "c;a;b;d"


def test_paths_into_one_list_are_tried_item_by_item() -> None:
    carriers = [
        {"order": 2, "paper": "2020-01-02"},
        {"order": 1, "signed": [{"on": "2020-01-05"}, {"on": "2020-01-01"}], "paper": "2019-01-01"},
        {"order": 3, "paper": "2020-01-02", "signed": [{"by": "x"}]},
    ]
    assert one({"carriers": carriers})["signed_on"] == "2020-01-01;2020-01-02;2020-01-02"


def test_a_document_without_lines_is_a_record_that_lacks_them() -> None:
    some: list[dict[str, object]] = [{}, {"lines": None}, {"lines": []}, {"lines": [None]}]
    for lines in some:
        assert one({"number": "A", **lines}) == {"number": "A"}


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ([], "a document must be an object: { … }"),
        ({"carriers": 5}, "a value stands where an object is expected: carriers"),
        ({"lines": "x"}, "a value stands where an object is expected: line"),
        ({"lines": [[{"line": 1}]]}, "a list stands where an object is expected: line"),
        ({"number": {"x": 1}}, "an object stands where a value is expected: number"),
        ({"number": ["x"]}, "a list stands where a value is expected: number"),
        ({"lines": [{"codes": [["x"]]}]}, "a list stands where an object is expected: codes"),
        ({"lines": [{"codes": ["a|b"]}]}, "an item holds the character |: codes"),
    ],
)  # fmt: skip
def test_what_is_not_built_as_declared_is_one_damaged_record(document: Any, detail: str) -> None:
    assert misfit([document]) == detail


def test_a_line_that_is_not_built_as_declared_costs_itself_alone() -> None:
    lines = [{"line": 1}, {"line": {"x": 2}}, {"line": 3}]
    records = read(json.dumps({"number": "A", "lines": lines}))
    assert numbers(records) == ["A", "document_shape", "A"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"number":"A","number":"A"}', "not_json"),
        ('{"x":{"y":1,"y":2}}', "not_json"),
        ('{"x":NaN}', "not_json"),
        ('{"x":-Infinity}', "not_json"),
        ('{"x":01}', "not_json"),
        ("{'x':1}", "not_json"),
        ('{"x":"\t"}', "not_json"),
        ('{"x":1,}', "not_json"),
        ('{"number":"\\ud800"}', "encoding"),
        ('{"\\uDFFF":1}', "encoding"),
        (b'{"number":"Pe\xf1a"}', "encoding"),
    ],
)
def test_json_that_says_nothing_or_two_things_is_refused(content: str | bytes, code: str) -> None:
    data = content.encode() if isinstance(content, str) else content
    records = read(b'[{"number":"A"},' + data + b',{"number":"\\ud83d\\ude00"}]')
    assert numbers(records) == ["A", code, "\N{GRINNING FACE}"]
    assert isinstance(records[1], DamagedRecord)
    assert "A" not in records[1].violations[0].detail.split('"')


def test_stretches_are_whole_lines() -> None:
    extract = opened('[{"number":"A"},\n{"number":"B"},\n{"number":"C"}]')
    assert list(extract.stretches([(2, 2)])) == [b'{"number":"B"},\n']


@given(st.binary(max_size=300) | st.text(alphabet='[]{}",:\\\n ax1"', max_size=80).map(str.encode))
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    try:
        records = read(b"{" + data)
        again = read(b'[{"number":"A"}' + data)
    except InputInvalid:
        return
    for record in (*records, *again):
        assert isinstance(record, (SoundRecord, DamagedRecord))
        assert all(isinstance(text, str) for text in record.values.values())


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="|;,"), min_size=1).filter(
    lambda text: bool(text.strip())
)
_LINES = st.fixed_dictionaries(
    {"line": st.integers(), "note": _WORDS, "hot": st.booleans(), "codes": st.lists(_WORDS)},
    optional={"amount": st.floats(allow_nan=False, allow_infinity=False), "x": st.none() | _WORDS},
)
_DOCUMENTS = st.lists(
    st.fixed_dictionaries({"number": _WORDS, "lines": st.lists(_LINES, min_size=1, max_size=3)}),
    min_size=1,
    max_size=4,
)


@given(_DOCUMENTS, st.sampled_from([None, 2]), st.booleans(), st.booleans())
def test_no_record_differs_from_its_document(
    documents: list[dict[str, Any]], indent: int | None, ascii_alone: bool, by_line: bool
) -> None:
    texts = [json.dumps(each, ensure_ascii=ascii_alone, indent=indent) for each in documents]
    records = read("\n".join(texts) if by_line else f"[{','.join(texts)}]")
    wanted = [(each["number"], item) for each in documents for item in each["lines"]]
    assert len(records) == len(wanted)
    for record, (number, item) in zip(records, wanted, strict=True):
        assert isinstance(record, SoundRecord)
        cells = record.values
        assert (cells["number"], cells["note"]) == (number, item["note"])
        assert Decimal(cells["line"]) == item["line"]
        assert cells["is_hot"] == str(item["hot"]).lower()
        assert cells["codes"] == ";".join(item["codes"])
        if item.get("amount") is not None:
            assert math.isclose(float(cells["amount"]), item["amount"], rel_tol=0)
