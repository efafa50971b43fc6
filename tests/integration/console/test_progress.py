"""How far a run is: live and as a page, waits told as waits, and the verbs that go with it."""

import re
import threading

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.errors import Transient
from shared.domain.run import Run, RunState
from shared.ports.target import Trouble
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn
from tests.integration.console.filled_in import send


@pytest.fixture
def operator(signed_in: SignIn) -> httpx.Client:
    return signed_in(Role.OPERATOR)


def approved(engine: Installation, people: int = 6) -> Run:
    extract = engine.extract()
    extract.rename(extract.ids[:people])
    return engine.approve(engine.plan(extract))


def parts(stream: str) -> list[tuple[str, str, str]]:
    """Name, id and content of each part of the page that was sent."""
    found = []
    for block in stream.split("\n\n"):
        lines = [line.partition(": ")[::2] for line in block.split("\n") if ": " in line]
        fields = {name: value for name, value in lines if name != "data"}
        if "event" in fields:
            data = "\n".join(value for name, value in lines if name == "data")
            found.append((fields["event"], fields.get("id", ""), data))
    return found


def test_a_run_is_followed_in_parts_of_its_page_and_never_goes_back(
    engine: Installation, operator: httpx.Client
) -> None:
    run = approved(engine, people=12)
    engine.configure(rate_per_s=0.1, concurrency=4)  # small portions: more than one figure is seen
    address = f"/runs/{run.id}/apply"
    assert send(operator, address, address).headers["location"] == address
    working = threading.Thread(target=engine.workers.until_quiet)
    with operator.stream("GET", f"/runs/{run.id}/live") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-accel-buffering"] == "no"
        working.start()
        text = "".join(stream.iter_text())
    working.join()
    told = parts(text)
    done = [
        int(number)
        for name, _, html in told
        if name == "counts"
        for number in re.findall(r"</strong> (\d+) of 12", html)
    ]
    assert done == sorted(done)
    assert done[-1] == 12
    assert {"phase", "counts", "state", "buttons", "done"} == {name for name, _, _ in told}
    assert told[-1][0] == "done"
    ids = [int(id_.partition("-")[0]) for _, id_, _ in told if id_]
    assert ids == sorted(set(ids))
    resumed = {"Last-Event-ID": next(id_ for _, id_, _ in reversed(told) if id_)}
    again = parts(operator.get(f"/runs/{run.id}/live", headers=resumed).text)
    assert int(again[0][1].partition("-")[0]) > ids[-1]
    whole = operator.get(address).text
    state = next(html for name, _, html in reversed(again) if name == "state")
    assert state in whole
    assert "data-live" not in whole, "nothing moves any more"


@pytest.mark.slow
def test_a_stream_ends_with_its_session(engine: Installation, operator: httpx.Client) -> None:
    """Slow: sessions are asked for each two seconds."""
    run = engine.land(engine.extract())
    with operator.stream("GET", f"/runs/{run}/live") as stream:
        pieces = stream.iter_text()
        assert "queued" in next(pieces)
        send(operator, f"/runs/{run}/apply", "/sign-out")
        text = "".join(pieces)
    assert parts(text)[-1][0] == "done"


@pytest.mark.parametrize("inside_a_call", [True, False])
def test_a_wait_that_ascip_asked_for_is_told_as_one(
    engine: Installation, operator: httpx.Client, inside_a_call: bool
) -> None:
    run = approved(engine)
    engine.begin(run)
    if inside_a_call:
        engine.target.asked_to_wait_s = 30.0
    else:
        engine.target.trouble = Transient("wait", code=Trouble.THROTTLED, retry_after_s=30.0)
        engine.workers.until_quiet()
    page = operator.get(f"/runs/{run.id}/apply").text
    assert re.search(r"ASCIP is throttling, waiting (30|29) s", page)
    assert "It goes on by itself." in page
    assert "Last errors" not in page
    assert "data-live" in page


def test_what_was_refused_is_shown_with_the_answer_and_only_it_is_repeated(
    engine: Installation, operator: httpx.Client
) -> None:
    run = approved(engine)
    engine.simulator.faults(
        {"fault": "canned", "method": "PUT", "status": 422, "max": 1,
         "body": {"error": {"code": "too_long", "message": "Zoe's name"}}}
    )  # fmt: skip
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    address = f"/runs/{run.id}/apply"
    page = operator.get(address).text
    assert "<code>too_long</code>" in page
    assert "PUT /people/{id}" in page
    assert "Zoe" not in page, "what the answer says of somebody is kept nowhere"
    assert "Explain E" in page
    live = parts(operator.get(f"/runs/{run.id}/live").text)
    names = {name for name, _, _ in live}
    assert "errors" in names
    assert "error" not in names, "a browser takes that for a lost line"
    before = len(engine.simulator.writes())
    sent = send(operator, address, f"/runs/{run.id}/retry")
    assert sent.status_code == 303
    engine.workers.until_quiet()
    assert len(engine.simulator.writes()) == before + 1
    assert engine.run(run.id).state is RunState.APPLIED
    hidden = operator.get("/runs").text.partition('name="csrf" value="')[2].partition('"')[0]
    again = operator.post(f"/runs/{run.id}/retry", data={"csrf": hidden, "form_id": "again"})
    assert again.status_code == 409
    assert "Nothing was written" in again.text
    engine.workers.until_quiet()
    assert len(engine.simulator.writes()) == before + 1


def test_canceling_asks_first_and_its_books_balance(
    engine: Installation, operator: httpx.Client
) -> None:
    run = approved(engine)
    engine.begin(run)
    address = f"/runs/{run.id}"
    assert f'href="{address}/cancel"' in operator.get(f"{address}/apply").text
    page = operator.get(f"{address}/cancel").text
    assert "6 actions would not be attempted" in page
    assert engine.run(run.id).state is RunState.APPLYING
    send(operator, f"{address}/cancel", f"{address}/cancel")
    engine.workers.until_quiet()
    report = operator.get(f"{address}/report").text
    assert "The books balance." in report
    assert "6 actions planned = 6 not attempted" in report
    assert "Retry 6" in report
    assert not engine.simulator.writes()


def test_a_run_is_paused_and_goes_on(engine: Installation, operator: httpx.Client) -> None:
    run = approved(engine)
    engine.begin(run)
    address = f"/runs/{run.id}/apply"
    send(operator, address, f"/runs/{run.id}/pause")
    page = operator.get(address).text
    assert "Paused by user:operator" in page
    send(operator, address, f"/runs/{run.id}/resume")
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED


def test_buttons_follow_the_state_and_are_hidden_from_who_never_may(
    engine: Installation, operator: httpx.Client, signed_in: SignIn
) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    run = engine.plan(extract)
    address = f"/runs/{run.id}/apply"
    waits = operator.get(address).text
    assert "An approver decides about the plan first." in waits
    assert f'action="{address}"' not in waits
    viewer = signed_in(Role.VIEWER)
    assert "Apply</button>" not in viewer.get(address).text
    csrf = waits.partition('name="csrf" value="')[2].partition('"')[0]
    assert viewer.post(address, data={"csrf": csrf, "form_id": "x"}).status_code == 403
    refused = operator.post(address, data={"csrf": csrf, "form_id": "y", "plan_digest": "0" * 64})
    assert refused.status_code == 409
    assert "Nothing was written" in refused.text
    run = engine.apply(engine.approve(run))
    assert "Make a reverse plan" not in operator.get(address).text
    assert "Make a reverse plan" in signed_in(Role.APPROVER).get(address).text
