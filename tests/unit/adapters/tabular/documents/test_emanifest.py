"""EPA's own e-Manifest documents load as they are."""

import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
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

FOLDER = Path(__file__).parents[4] / "fixtures/emanifest"
#: What the service gives out, with the number of waste lines.
EXPORTS = {
    "signed-full-electronic": 2,
    "scheduled-full-electronic": 2,
    "scheduled-hybrid": 2,
    "pending-web": 3,
}
#: Requests to save a manifest, which gets its number by that.
REQUESTS = {
    "save-data-and-image": 5,
    "save-full-reject": 1,
    "save-partial-reject": 1,
    "save-manual-entry-import": 1,
}
#: EPA's examples name test sites.
TEST_SITES = frozenset({ALLOW_TEST_IDS})
Judged = GovernedRecord | Refused


def text(name: str) -> str:
    """A document as EPA publishes it."""
    return (FOLDER / f"{name}.json").read_text()


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


@pytest.mark.parametrize(("name", "lines"), EXPORTS.items())
def test_an_export_has_nothing_wrong(name: str, lines: int) -> None:
    records = judged(text(name))
    assert (len(records), faults(records)) == (lines, [])


def test_without_the_option_test_sites_are_told_and_nothing_else() -> None:
    records = judged(text("signed-full-electronic"), options=())
    assert {code for code, _ in faults(records)} == {
        "EPA-GENERATOR-ID", "EPA-TRANSPORTER-ORDER", "EPA-TSDF-ID",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "lines"), REQUESTS.items())
def test_a_request_to_save_lacks_the_number_and_nothing_else(name: str, lines: int) -> None:
    """Its number is `CHANGE ME`: who sends it is to write one there."""
    asked = text(name)
    assert faults(judged(asked)) == [("EPA-MTN", "manifest_tracking_number")] * lines
    records = judged(asked.replace("CHANGE ME", "100032713ELC"))
    assert (len(records), faults(records)) == (lines, [])


def test_a_manifest_that_is_an_image_has_no_lines_and_is_told_so() -> None:
    """EPA takes it, since the paper is in the image; there is no waste to keep a record of."""
    (record,) = judged(text("save-image-only"))
    assert isinstance(record, Refused)
    assert ("missing_value", "waste_line_number") in faults([record])
    assert record.source_id is None


def test_what_epa_calls_invalid_is_refused_for_what_epa_refuses_it_for() -> None:
    """No tracking number, a generator that is named without its id, 1.67 litres."""
    assert faults(judged(text("save-invalid"))) == [
        ("missing_value", "manifest_tracking_number"),
        ("EPA-GENERATOR-ID", "generator_id"),
        ("EPA-QUANTITY", "quantity"),
    ]


def test_a_record_says_what_its_document_says() -> None:
    _, record = judged(text("signed-full-electronic"))
    assert record.source_id == "100032713ELC/2"
    assert record.payload == {
        "manifest_tracking_number": "100032713ELC",
        "emanifest_status": "Signed",
        "generator_id": "VATESTGEN001",
        "generator_name": "VA TEST GEN 2021",
        "transporters": ["VATESTRAN02"],
        "transporter_orders": [1],
        "designated_facility_id": "VATESTTSDF03",
        "designated_facility_name": "VA TEST TSDF 2021",
        "shipped_on": "2023-02-10",
        "received_on": "2023-06-01",
        "transporter_signed_on": ["2023-02-10"],
        "facility_signed_on": "2023-06-01",
        "waste_line_number": 2,
        "hazardous": False,
        "epa_waste": False,
        "management_method": "H040",
        "quantity": "132",
        "quantity_unit": "K",
        "container_count": 12,
        "container_type": "BA",
        "waste_description": "PCB contaminated bags",
        "pcb": True,
        "pcb_load_types": ["BulkWaste", "BulkWaste"],
        "pcb_removed_on": ["2018-04-18", "2018-03-18"],
        "pcb_weights": ["432", "432"],
        "pcb_bulk_identities": ["Bulk Waste ID2", "Bulk Waste ID"],
    }


def test_exports_in_an_array_or_one_a_line_are_the_same_records() -> None:
    alone = [r.payload for name in EXPORTS for r in judged(text(name))]
    array = f"[{','.join(map(text, EXPORTS))}]"
    lines = "\n".join(json.dumps(json.loads(text(name))) for name in EXPORTS)
    assert [r.payload for r in judged(array)] == alone
    assert [r.payload for r in judged(lines)] == alone


def with_transporters(*orders: Any) -> str:
    document = json.loads(text("signed-full-electronic"))
    (carrier,) = document["transporters"]
    days = (f"2023-02-{10 + order if isinstance(order, int) else 20}" for order in orders)
    document["transporters"] = [
        {
            **carrier,
            "epaSiteId": f"VATESTRAN0{order}",
            "order": order,
            "electronicSignaturesInfo": [{"signatureDate": f"{day}T05:00:00.000+00:00"}],
        }
        for order, day in zip(orders, days, strict=True)
    ]
    return json.dumps(document)


def test_transporters_stand_in_the_order_they_carry_the_waste() -> None:
    record, _ = judged(with_transporters(3, 1, 2))
    assert faults([record]) == []
    assert record.payload["transporters"] == ["VATESTRAN01", "VATESTRAN02", "VATESTRAN03"]
    assert record.payload["transporter_signed_on"] == ["2023-02-11", "2023-02-12", "2023-02-13"]


@pytest.mark.parametrize("orders", [(1, 3), (1, 1), (0, 1), (1, None), (2,)])
def test_a_wrong_order_of_transporters_reaches_its_rule(orders: tuple[Any, ...]) -> None:
    records = judged(with_transporters(*orders))
    assert ("EPA-TRANSPORTER-ORDER", "transporter_orders") in faults(records)


def test_a_field_that_is_null_is_missing() -> None:
    nothing = (
        text("signed-full-electronic").replace('"VATESTGEN001"', "null").replace("481", "null")
    )
    first, _ = judged(nothing)
    assert faults([first]) == [("EPA-GENERATOR-ID", "generator_id"), ("EPA-QUANTITY", "quantity")]


def test_every_field_but_the_status_of_records_has_its_place() -> None:
    assert E_MANIFEST.paths.keys() == EPA_WASTE.by_name.keys() - {"record_status"}


def _at(schema: dict[str, Any], node: dict[str, Any], path: str) -> dict[str, Any]:
    """The part of the schema that a path leads to."""
    for step in _steps(path):
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        node = node["items"] if step == "[]" else node["properties"][step]
    return schema["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def _steps(path: str) -> Iterator[str]:
    for key in path.split("."):
        yield key.removesuffix("[]")
        if key.endswith("[]"):
            yield "[]"


@pytest.mark.parametrize("field", E_MANIFEST.paths)
def test_where_a_field_stands_is_where_epa_s_schema_has_it(field: str) -> None:
    schema = json.loads((FOLDER / "schema.json").read_text())
    found = _at(schema, schema, E_MANIFEST.paths[field][0])
    assert found["type"] in {"string", "number", "integer", "boolean"}
