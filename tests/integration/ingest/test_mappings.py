"""The mapping by REST: read, checked against what is stored, mended by suggestions, put in its place."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.mapping import parse_mapping
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation

CURRENT = "/api/v1/mappings/current"


@pytest.fixture
def without_a_site(engine: Installation, api: ApiThread) -> str:
    """The mapping file lacks a site that people of the newest extract work at; its code."""
    extract = engine.extract()
    code = extract.rows[-1]["site_code"]
    del extract.mapping["groups"]["sites"][code]
    api.service.loaded.mapping_path.write_text(extract.mapping_text, encoding="utf-8")
    extract.rename(extract.ids[:2])
    engine.plan(extract)
    return code


def put(client: httpx.Client, mapping: Any, match: str | None) -> httpx.Response:
    headers = {"If-Match": match} if match else {}
    return client.put(CURRENT, json=mapping, headers=headers)


def test_a_site_is_found_unmapped_suggested_and_put_into_the_file(
    engine: Installation, api: ApiThread, without_a_site: str
) -> None:
    code, path = without_a_site, api.service.loaded.mapping_path
    olga = api.caller(Role.OPERATOR, user="olga")
    read = olga.get(CURRENT)
    assert read.content == path.read_bytes()
    calls = len(engine.simulator.journal())
    checked = olga.post("/api/v1/mappings/validate", json=read.json()).json()
    (site,) = [part for part in checked["coverage"] if part["part"] == "site"]
    rows = sum(row["site_code"] == code for row in engine.extract().rows)
    assert site["values"][0] == {"value": code, "rows": rows, "target": None}
    (open_run,) = checked["open_runs"]
    suggested = olga.post("/api/v1/mappings/suggestions").json()
    assert (suggested["unmapped"], suggested["proposals"][0]["value"]) == (1, code)
    assert len(engine.simulator.journal()) == calls, "nobody was asked"
    mapping = read.json()
    mapping["groups"]["sites"][code] = suggested["proposals"][0]["target"]
    used = put(olga, mapping, read.headers["etag"])
    assert (used.status_code, used.json()["code"]) == (409, "mapping_number_used")
    mapping["version"] = 2
    done = put(olga, mapping, read.headers["etag"])
    assert (done.status_code, done.json()["stale_runs"]) == (200, [open_run]), done.text
    assert done.json()["differences"][0].startswith(f"site {code!r} added")
    assert (parse_mapping(path.read_text()).version, done.headers["etag"]) == (
        2, olga.get(CURRENT).headers["etag"],
    )  # fmt: skip
    assert put(olga, mapping, read.headers["etag"]).status_code == 200, "it is so already"
    with engine.database.transactions.begin() as uow:
        assert [(kept.version, kept.author) for kept in uow.mappings.history()] == [
            (2, "user:olga"), (1, "user:olga"),
        ]  # fmt: skip


def test_a_file_that_changed_since_or_that_can_t_be_written_stays(api: ApiThread) -> None:
    operator, path = api.caller(Role.OPERATOR), api.service.loaded.mapping_path
    read = operator.get(CURRENT)
    mine = read.json() | {"version": 7}
    assert put(operator, mine, None).json()["code"] == "if_match_missing"
    path.write_text(json.dumps(read.json() | {"version": 5}), encoding="utf-8")
    before = path.read_bytes()
    for match in (read.headers["etag"], "*", f"W/{operator.get(CURRENT).headers['etag']}"):
        answer = put(operator, mine, match)
        assert (answer.status_code, answer.json()["code"]) == (412, "mapping_changed")
    away = Path(f"{path.parent}.gone")
    etag = operator.get(CURRENT).headers["etag"]
    assert put(operator, mine | {"protectd": {}}, etag).json()["code"] == "mapping_invalid"
    assert path.read_bytes() == before
    path.parent.rename(away)
    assert put(operator, mine, etag).json()["code"] == "mapping_missing"
    away.rename(path.parent)


def test_before_anything_was_read_there_is_nothing_to_say_of_coverage(
    idle: ApiThread,
) -> None:
    operator = idle.caller(Role.OPERATOR)
    mapping = operator.get(CURRENT).json()
    checked = operator.post("/api/v1/mappings/validate", json=mapping).json()
    assert (checked["coverage"], checked["extract"], checked["ascip_read_at"]) == (None,) * 3
    assert operator.post("/api/v1/mappings/suggestions").json()["proposals"] == []
