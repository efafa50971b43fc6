"""A file is sent by a form: its header is judged first, and nothing stays of one that can't be read."""

import re
import time
from pathlib import Path

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.run import RunState
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn

BAD = b"employee_id,first_name,last_name,workemial\nE1,Zoe,Lee,z@x.example\n"


@pytest.fixture
def operator(signed_in: SignIn) -> httpx.Client:
    return signed_in(Role.OPERATOR)


def fields(client: httpx.Client, **more: str) -> dict[str, str]:
    """The hidden fields of the form, as a browser sends them: before the file."""
    page = client.get("/runs/new").text
    form = page[page.index('action="/runs/new"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)) | more


def send(client: httpx.Client, content: bytes, sent: dict[str, str]) -> httpx.Response:
    return client.post("/runs/new", data=sent, files={"file": ("staff.csv", content, "text/csv")})


def send_nothing(client: httpx.Client) -> httpx.Response:
    """What a browser sends where no file was chosen."""
    named = {**fields(client), 'file"; filename="': ""}
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in named.items()
    ]
    kind = {"Content-Type": "multipart/form-data; boundary=XX"}
    return client.post("/runs/new", content="".join([*parts, "--XX--\r\n"]), headers=kind)


def kept(engine: Installation) -> list[Path]:
    raw = engine.folder / "raw"
    return [path for path in raw.rglob("*") if path.is_file()] if raw.exists() else []


def test_a_file_becomes_one_run_however_often_the_form_is_sent(
    engine: Installation, operator: httpx.Client
) -> None:
    extract = engine.extract()
    sent = fields(operator)
    first, second = (send(operator, extract.csv(), sent) for _ in range(2))
    assert first.status_code == 303, first.text
    assert first.headers["location"] == second.headers["location"]
    assert len(kept(engine)) == 1
    engine.workers.until_quiet()
    run = engine.run(first.headers["location"].rpartition("/")[2])
    assert (run.state, run.trigger, run.actor, run.file_name) == (
        RunState.NO_CHANGES, "console", "user:operator", "staff.csv"
    )  # fmt: skip

    again = send(operator, extract.csv(), fields(operator)).headers["location"]
    engine.workers.until_quiet()
    page = operator.get(again, follow_redirects=True)
    assert f"Skipped: unchanged since {run.id}" in page.text
    assert "had them too" in page.text
    form = page.text[page.text.index("/plan-again") :]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    forced = operator.post(f"{again}/plan-again", data=hidden)
    assert forced.status_code == 303
    engine.workers.until_quiet()
    assert engine.run(forced.headers["location"].split("/")[2]).state is RunState.NO_CHANGES


def test_header_errors_are_told_within_two_seconds_and_before_any_call(
    engine: Installation, operator: httpx.Client
) -> None:
    extract = engine.extract()
    engine.simulator.reset(people=60, seed=2)
    began = time.perf_counter()
    answer = operator.post("/runs/new/check?feed=staff&whole=true", content=BAD)
    assert time.perf_counter() - began < 2
    assert answer.status_code == 200
    assert "site_code" in answer.text
    assert "did you mean <code>work_email</code>" in answer.text
    assert "<html" not in answer.text
    good = operator.post("/runs/new/check?feed=staff", content=extract.csv()[:500])
    assert "The header is in order" in good.text
    assert engine.simulator.journal() == []


def test_without_a_script_the_same_is_told_after_the_upload_and_nothing_stays(
    engine: Installation, operator: httpx.Client
) -> None:
    answer = send(operator, BAD, fields(operator))
    assert answer.status_code == 422
    assert "<title>Error: Upload a file" in answer.text
    assert '<a href="#file">Required columns are missing' in answer.text
    assert "did you mean" in answer.text
    nothing = send_nothing(operator)
    assert '<a href="#file">Choose a file.' in nothing.text
    assert kept(engine) == []
    with engine.database.transactions.begin() as uow:
        assert uow.runs.newest_upload("staff") is None


def test_a_form_that_is_not_ours_is_refused_before_its_file_is_kept(
    engine: Installation, operator: httpx.Client, signed_in: SignIn
) -> None:
    content = engine.extract().csv()
    assert send(operator, content, fields(operator, csrf="x")).status_code == 403
    assert send(operator, content, fields(operator, mode="drift")).status_code == 422
    assert send(operator, content, fields(operator, feed="nothing")).status_code == 404
    assert signed_in(Role.VIEWER).get("/runs/new").status_code == 403
    assert kept(engine) == []


def test_each_feed_has_its_headers_and_its_sample(operator: httpx.Client) -> None:
    page = operator.get("/runs/new?feed=epa_waste").text
    assert '<th scope="row"><code>manifest_tracking_number</code></th>' in page
    assert "or JSON as the authority has it" in page
    sample = operator.get("/runs/new/sample.csv?feed=staff")
    assert sample.content.startswith(b"employee_id,")
    assert 'filename="sample_staff.csv"' in sample.headers["content-disposition"]
    assert operator.get("/runs/new?feed=nothing").status_code == 404
