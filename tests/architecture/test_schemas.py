"""The schemas in the reference are the program's; `UPDATE_DOCS=1` writes them."""

import json
import os

import jsonschema_rs
import pytest

from services.cli.verbs_schema import SCHEMAS
from tests.architecture.checkout import ROOT, blocks

FOLDER = ROOT / "docs" / "reference" / "schemas"


def file_name(name: str) -> str:
    return f"{name.replace(' ', '-')}.schema.json"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_up_to_date(name: str) -> None:
    """As `ascip-sync schema NAME` prints it."""
    file = FOLDER / file_name(name)
    wanted = json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_DOCS"):
        file.write_text(wanted, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == wanted, f"UPDATE_DOCS=1 writes {file.name}"


def test_no_schema_without_its_program() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(map(file_name, SCHEMAS))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_of_draft_07(name: str) -> None:
    """Later words (`$defs`, `prefixItems`) mean nothing to the editors that read it."""
    schema = SCHEMAS[name]()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema_rs.meta.validate(schema)
    for word in ('"$defs"', '"prefixItems"', '"unevaluatedProperties"', '"dependentRequired"'):
        assert word not in json.dumps(schema)


def test_the_mapping_in_the_reference_fits() -> None:
    """The example is whole, so a reader may begin with it."""
    page = ROOT / "docs" / "reference" / "mapping.md"
    example = next(b.text for b in blocks(page) if b.language == "json")
    jsonschema_rs.Draft7Validator(SCHEMAS["mapping"]()).validate(json.loads(example))
