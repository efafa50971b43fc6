"""Documents in the shape of EPA's e-Manifest load as they are."""

import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

import pytest

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.epa_codes import ALLOW_TEST_IDS
from shared.domain.feeds.epa_manifest import E_MANIFEST
from shared.domain.feeds.epa_waste import EPA_WASTE
from shared.domain.feeds.feed import Day
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.record import GovernedRecord
from shared.ports.reader import Dialect, SoundRecord
from tests.fakes.manifest_documents import DOCUMENTS, FOLDER, NO_NUMBER, written

#: What the service gives out, with the number of waste lines.
EXPORTS = {
    "signed": 2,
    "scheduled": 2,
    "scheduled-hybrid": 2,
    "pending": 3,
    "three-legs": 8,
    "imported-pcb": 1,
    "rejected": 2,
    "rejected-in-part": 2,
    "residue": 1,
}
#: One of them names sites of the pre-production system.
TEST_SITES = frozenset({ALLOW_TEST_IDS})
#: What EPA's schema calls an object's members, and their types. Whether a number is whole is a rule's.
NAMES: dict[str, dict[str, Any]] = json.loads((FOLDER / "names.json").read_text(encoding="utf-8"))
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "integer": (int, float), "number": (int, float), "null": type(None),
}  # fmt: skip
Judged = GovernedRecord | Refused


def text(name: str) -> str:
    """A document as its file has it."""
    return (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def judged(content: str, options: Iterable[str] = TEST_SITES) -> list[Judged]:
    """Each record of a file, judged."""
    source = partial(io.BytesIO, content.encode())
    extract = ExtractReader().open(source, Dialect(feed=EPA_WASTE), HeaderDictionary(()))
    judge = RowJudge(EPA_WASTE, Day(as_of=date(2026, 11, 2), options=frozenset(options)), None)
    return [judge.judge(r) for r in extract.records() if isinstance(r, SoundRecord)]


def faults(records: Iterable[Judged]) -> list[tuple[str, str | None]]:
    """Code and column of every violation and warning."""
    return [
        (v.code, v.column)
        for record in records
        for v in (record.violations if isinstance(record, Refused) else record.warnings)
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_is_what_its_maker_writes(name: str) -> None:
    """If this fails, run `python -m tests.fakes.manifest_documents`."""
    assert text(name) == written(name)


@pytest.mark.parametrize(("name", "lines"), EXPORTS.items())
def test_an_export_has_nothing_wrong(name: str, lines: int) -> None:
    records = judged(text(name))
    assert (len(records), faults(records)) == (lines, [])


def test_without_the_option_test_sites_are_told_and_nothing_else() -> None:
    records = judged(text("signed"), options=())
    assert {code for code, _ in faults(records)} == {
        "EPA-GENERATOR-ID", "EPA-TRANSPORTER-ORDER", "EPA-TSDF-ID",
    }  # fmt: skip


def test_a_request_to_save_lacks_the_number_and_nothing_else() -> None:
    """EPA's own examples have `CHANGE ME` there: who sends it is to write one."""
    asked = text("request")
    assert faults(judged(asked)) == [("EPA-MTN", "manifest_tracking_number")] * 2
    assert faults(judged(asked.replace(NO_NUMBER, "200000011ELC"))) == []


def test_a_manifest_that_is_an_image_has_no_lines_and_is_told_so() -> None:
    """EPA takes it, since the paper is in the image; there is no waste to keep a record of."""
    (record,) = judged(text("image-only"))
    assert isinstance(record, Refused)
    assert ("missing_value", "waste_line_number") in faults([record])
    assert record.source_id is None


def test_what_epa_refuses_is_refused_for_the_same() -> None:
    """No tracking number, a generator that is named without its id, 1.67 litres."""
    assert faults(judged(text("refused"))) == [
        ("missing_value", "manifest_tracking_number"),
        ("EPA-GENERATOR-ID", "generator_id"),
        ("EPA-QUANTITY", "quantity"),
    ]


def test_a_record_says_what_its_document_says() -> None:
    _, record = judged(text("signed"))
    assert record.source_id == "200000001ELC/2"
    assert record.payload == {
        "manifest_tracking_number": "200000001ELC",
        "emanifest_status": "Signed",
        "generator_id": "OHTESTGEN01",
        "generator_name": "Test paint works",
        "transporters": ["OHTESTTRN01"],
        "transporter_orders": [1],
        "designated_facility_id": "OHTESTTSD01",
        "designated_facility_name": "Test treatment",
        "shipped_on": "2024-05-02",
        "received_on": "2024-05-06",
        "transporter_signed_on": ["2024-05-02"],
        "facility_signed_on": "2024-05-06",
        "waste_line_number": 2,
        "hazardous": False,
        "epa_waste": False,
        "management_method": "H040",
        "quantity": "300",
        "quantity_unit": "K",
        "container_count": 2,
        "container_type": "CM",
        "waste_description": "Oily sump sludge",
        "pcb": True,
        "pcb_load_types": ["BulkWaste", "BulkWaste"],
        "pcb_removed_on": ["2024-03-04", "2024-03-05"],
        "pcb_weights": ["210.5", "90"],
        "pcb_bulk_identities": ["Sump, north", "Sump, south"],
    }


def test_a_whole_number_may_be_written_with_a_point() -> None:
    record, _ = judged(text("signed"))
    assert '"quantity": 375.0' in text("signed")
    assert record.payload["quantity"] == "375"


def test_an_article_needs_less_than_a_container() -> None:
    (record,) = judged(text("imported-pcb"))
    assert record.payload["generator_id"] == "40 CFR PART 761"
    assert record.payload["pcb_waste_types"] == ["Soil", "Capacitors, small"]
    assert record.payload["pcb_weights"] == ["12.25", "0.125", "810"]


def test_signatures_on_paper_follow_the_order_of_the_legs() -> None:
    record, *_ = judged(text("three-legs"))
    assert record.payload["transporters"] == ["KYR000333441", "KYR000333442", "KYR000333443"]
    assert record.payload["transporter_signed_on"] == ["2024-07-01", "2024-07-04", "2024-07-09"]
    assert record.payload["facility_state_waste_codes"] == ["331", "352"]
    assert record.payload["texas_waste_codes"] == ["0017204H"]


def test_exports_in_an_array_or_one_a_line_are_the_same_records() -> None:
    alone = [r.payload for name in EXPORTS for r in judged(text(name))]
    array = f"[{','.join(map(text, EXPORTS))}]"
    lines = "\n".join(json.dumps(json.loads(text(name))) for name in EXPORTS)
    assert [r.payload for r in judged(array)] == alone
    assert [r.payload for r in judged(lines)] == alone


def with_transporters(*orders: Any) -> str:
    document = json.loads(text("signed"))
    (carrier,) = document["transporters"]
    days = (f"2024-05-0{2 + order if isinstance(order, int) else 6}" for order in orders)
    document["transporters"] = [
        {
            **carrier,
            "epaSiteId": f"OHTESTTRN0{order}",
            "order": order,
            "electronicSignaturesInfo": [{"signatureDate": f"{day}T05:00:00.000+00:00"}],
        }
        for order, day in zip(orders, days, strict=True)
    ]
    return json.dumps(document)


def test_transporters_stand_in_the_order_they_carry_the_waste() -> None:
    record, _ = judged(with_transporters(3, 1, 2))
    assert faults([record]) == []
    assert record.payload["transporters"] == ["OHTESTTRN01", "OHTESTTRN02", "OHTESTTRN03"]
    assert record.payload["transporter_signed_on"] == ["2024-05-03", "2024-05-04", "2024-05-05"]


@pytest.mark.parametrize("orders", [(1, 3), (1, 1), (0, 1), (1, None), (2,)])
def test_a_wrong_order_of_transporters_reaches_its_rule(orders: tuple[Any, ...]) -> None:
    records = judged(with_transporters(*orders))
    assert ("EPA-TRANSPORTER-ORDER", "transporter_orders") in faults(records)


def test_a_field_that_is_null_is_missing() -> None:
    nothing = text("signed").replace('"OHTESTGEN01"', "null").replace("375.0", "null")
    first, _ = judged(nothing)
    assert faults([first]) == [("EPA-GENERATOR-ID", "generator_id"), ("EPA-QUANTITY", "quantity")]


def test_every_field_but_the_status_of_records_has_its_place() -> None:
    assert E_MANIFEST.paths.keys() == EPA_WASTE.by_name.keys() - {"record_status"}


def _kind_at(path: str) -> str:
    """The type of what a path leads to, as the schema has it."""
    kind: Any = "Manifest"
    for step in path.split("."):
        kind = NAMES[kind][step.removesuffix("[]")]
        if step.endswith("[]"):
            (kind,) = kind
    return str(kind)


@pytest.mark.parametrize("field", E_MANIFEST.paths)
def test_where_a_field_stands_is_where_epa_s_schema_has_it(field: str) -> None:
    assert _kind_at(E_MANIFEST.paths[field][0]) in TYPES


def _misfits(value: Any, kind: Any) -> Iterator[str]:
    """Names and values that the schema doesn't have."""
    if value is None:
        return
    if isinstance(kind, list):
        for item in value:
            yield from _misfits(item, kind[0])
    elif kind in NAMES:
        for name, inner in value.items():
            if name not in NAMES[kind]:
                yield f"{kind}.{name}"
            else:
                yield from _misfits(inner, NAMES[kind][name])
    elif not any(isinstance(value, TYPES[each]) for each in kind.split("|")):
        yield f"{value!r} is no {kind}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_documents_have_the_names_of_epa_s_schema(name: str) -> None:
    """Or they would prove nothing about EPA's."""
    assert list(_misfits(json.loads(text(name)), "Manifest")) == []
