"""Exports by REST: ordered, read, fetched; a repeat orders nothing twice."""

from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post


def test_an_export_is_ordered_made_and_fetched(
    engine: Installation, viewer: httpx.Client, planned: Any
) -> None:
    path = f"/plans/{planned['plan_id']}/exports"
    body = {"format": "ndjson", "filter": {"kind": ["update"], "site": []}}
    answer = post(viewer, path, body, key="once")
    assert answer.status_code == 202, answer.text
    assert post(viewer, path, body, key="once").json()["id"] == answer.json()["id"]
    place = answer.headers["location"]
    assert viewer.get(f"{place}/file").json()["code"] == "export_not_ready"
    engine.workers.until_quiet()
    export = viewer.get(place).json()
    assert (export["state"], export["filters"], export["actions"]) == ("ready", ["kinds"], 5)
    file = viewer.get(f"{place}/file")
    assert file.headers["content-disposition"] == f'attachment; filename="{export["file"]}"'
    assert len(file.content) == export["size_bytes"]
    assert len(file.text.splitlines()) == 5


@pytest.mark.parametrize(
    "body",
    [
        {"format": "pdf"}, {}, {"format": "csv", "filter": {"limit": 5}},
        {"format": "archive", "filter": {"kind": ["add"]}}, {"format": "csv", "more": 1},
    ],
)  # fmt: skip
def test_what_can_t_be_meant_is_refused(idle: ApiThread, body: Any) -> None:
    answer = post(idle.caller(Role.VIEWER), "/plans/pln_1/exports", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_what_is_not_there_is_not_found(idle: ApiThread) -> None:
    viewer = idle.caller(Role.VIEWER)
    assert post(viewer, "/plans/pln_none/exports", {"format": "csv"}).status_code == 404
    for path in ("/exports/exp_none", "/exports/exp_none/file"):
        assert viewer.get(f"/api/v1{path}").status_code == 404
