"""The stream of a run tells how it goes on, from where the caller left off."""

import json
from typing import Any

import httpx

from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post, upload


def events(text: str) -> list[dict[str, Any]]:
    """Events of a stream, with their names and ids."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n") if line)
        if "event" in fields:
            found.append(
                {"event": fields["event"], "id": fields["id"], **json.loads(fields["data"])}
            )
    return found


def test_a_run_at_rest_is_told_whole_and_ends(operator: httpx.Client, planned: Any) -> None:
    answer = operator.get(f"/api/v1/runs/{planned['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    told = events(answer.text)
    assert told[-1]["event"] == "done"
    assert any(e["event"] == "state" and e["state"] == "awaiting_approval" for e in told)


def test_lines_of_json_tell_the_same(operator: httpx.Client, planned: Any) -> None:
    path = f"/api/v1/runs/{planned['id']}/events"
    answer = operator.get(path, headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["type"] for line in lines] == [e["event"] for e in events(operator.get(path).text)]


def test_a_run_is_followed_while_it_goes_on(engine: Installation, operator: httpx.Client) -> None:
    sent = upload(operator, engine.extract().csv())
    run = post(operator, "/runs", {"upload_id": sent["id"]}).json()
    text = ""
    with operator.stream("GET", f"/api/v1/runs/{run['id']}/events") as stream:
        pieces = stream.iter_text()
        text += next(pieces)
        assert "queued" in text
        engine.workers.until_quiet()
        for piece in pieces:
            text += piece
    told = events(text)
    assert told[-1]["event"] == "done"
    assert len({e["id"] for e in told}) == len(told)


def test_whoever_comes_back_is_not_told_again(operator: httpx.Client, planned: Any) -> None:
    path = f"/api/v1/runs/{planned['id']}/events"
    first = events(operator.get(path).text)
    headers = {"Last-Event-ID": first[-1]["id"]}
    again = events(operator.get(path, headers=headers).text)
    assert not {e["id"] for e in first} & {e["id"] for e in again}


def test_a_run_that_isn_t_there_has_no_stream(operator: httpx.Client) -> None:
    assert operator.get("/api/v1/runs/run_none/events").status_code == 404
