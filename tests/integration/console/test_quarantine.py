"""The quarantine's pages: what waits and why, and the way of a record back in, with no field edited."""

import re

import httpx
import pytest

from shared.domain.access import Role
from tests.fakes.installation import Installation
from tests.fakes.lab import HEADER, Lab
from tests.integration.console.conftest import SignIn


@pytest.fixture
def lab(engine: Installation) -> Lab:
    """Before the site is made, so that it has the feed."""
    return Lab(engine)


@pytest.fixture
def kim(lab: Lab, signed_in: SignIn) -> httpx.Client:
    assert lab.engine.tools.feeds
    return signed_in(Role.COMPLIANCE, user="kim@lab.example")


def hidden(page: str) -> dict[str, str]:
    """What every form sends."""
    return dict(re.findall(r'<input type="hidden" name="(csrf|form_id)" value="([^"]*)"', page))


def tags(page: str) -> list[str]:
    """Records of a list, in their order."""
    return re.findall(r'<th scope="row"><a href="/quarantine/qua_[^"]+"><bdi>(\w+)<', page)


def resubmit(client: httpx.Client, page: str, rows: str, path: str = "") -> httpx.Response:
    """The form of a page, or one for many."""
    found = re.search(r'action="(/quarantine/resubmissions[^"]*)"', page)
    action = path or (found[1].replace("&amp;", "&") if found else "")
    files = {"file": ("fixed.csv", (HEADER + rows).encode(), "text/csv")}
    return client.post(action, data=hidden(page), files=files)


def nothing_chosen(client: httpx.Client, record_id: str, page: str) -> httpx.Response:
    """As browsers send a form whose file was not chosen."""
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in hidden(page).items()]
    parts.append('name="file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n')
    body = "".join(f"--b\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    return client.post(
        f"/quarantine/resubmissions?id={record_id}", content=f"{body}--b--\r\n".encode(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )  # fmt: skip


@pytest.mark.slow
def test_a_record_comes_back_in_four_clicks_under_a_new_key_and_regresses_to_the_top(
    lab: Lab, kim: httpx.Client
) -> None:
    """Statements 26 and 27. Slow: three runs."""
    lab.plan("T1,Scale,0,R1\nT2,Hood,0,R1\nT3,<b>Lamp,x,R1\n")
    queue = kim.get("/quarantine").text
    assert tags(queue) == ["T1", "T2", "T3"]
    assert "Unresolved 3" in queue
    old = lab.record("T1")
    page = kim.get(f"/quarantine/{old.id}").text  # the first click
    for told in ("LAB-COUNT", "Citation", "Value is not changed here. Fix it at the source.",
                 "Mend the source: the value breaks a rule", old.idempotency_key, "Failed here"):  # fmt: skip
        assert told in page
    assert not re.search(r'<input[^>]+name="(tag|name|count|room)"', page), "no field is edited"
    sent = resubmit(kim, kim.get(f"/quarantine/{old.id}").text, "T1,Scale,-1,R1\n")
    assert sent.status_code == 303, sent.text
    lab.engine.workers.until_quiet()
    report = kim.get(sent.headers["location"]).text
    assert "Regressed: the same code again" in report
    new = lab.record("T1")
    assert (new.supersedes, new.state.value) == (old.id, "regressed")
    assert new.idempotency_key != old.idempotency_key
    queue = kim.get("/quarantine").text
    assert tags(queue)[0] == "T1"
    assert "Regressed 1" in queue
    page = kim.get(f"/quarantine/{new.id}").text
    assert f'href="/quarantine/{old.id}"' in page
    assert f'href="/quarantine/{new.id}"' in kim.get(f"/quarantine/{old.id}").text
    done = resubmit(kim, page, "T1,Scale,2,R1\n")
    again = resubmit(kim, page, "T1,Scale,2,R1\n")
    assert again.headers["location"] == done.headers["location"], "the same form once more"
    lab.engine.workers.until_quiet()
    run = lab.engine.run(done.headers["location"].rpartition("/")[2])
    lab.apply(run)
    assert "Resolved" in kim.get(done.headers["location"]).text
    assert lab.record("T1").resolved_key not in {None, new.idempotency_key}


def test_deeds_for_many_are_done_to_all_or_none_and_once(lab: Lab, kim: httpx.Client) -> None:
    lab.plan("".join(f"T{n},Scale,0,R1\n" for n in range(3)))
    ids = [record.id for record in lab.records()]
    page = kim.get("/quarantine?sort=due").text
    none = kim.post("/quarantine/assign?sort=due", data={**hidden(page), "assignee": "lee"})
    assert none.status_code == 422
    assert "No record is chosen" in none.text
    body = {**hidden(page), "id": ids[:2], "assignee": "lee"}
    for _ in range(2):
        done = kim.post("/quarantine/assign?sort=due", data=body)
        assert done.headers["location"] == "/quarantine?sort=due&done=assigned-2"
    assert lab.timeline(ids[0]) == ["opened", "assigned"]
    after = kim.get(done.headers["location"]).text
    assert "2 of the records have a new owner" in after
    assert tags(kim.get("/quarantine").text)[0] == "T2", "what is new stands first"
    part = kim.get("/quarantine?owner=lee", headers={"HX-Request": "true"}).text
    assert (tags(part), part.lstrip().startswith('<div id="list">')) == (["T0", "T1"], True)
    assert tags(kim.get("/quarantine?owner=(nobody)&authority=LAB").text) == ["T2"]
    assert "No record fits" in kim.get("/quarantine?authority=EPA").text
    assert tags(kim.get("/quarantine?code=LAB-COUNT&state=assigned").text) == ["T0", "T1"]
    page = kim.get("/quarantine").text
    nobody = kim.post("/quarantine/notify", data={**hidden(page), "id": ids[2]})
    assert "nobody is no email address" in nobody.text
    told = kim.post(
        "/quarantine/notify", data={**hidden(nobody.text), "id": ids[2], "to": "pi@lab.example"}
    )
    assert told.headers["location"].endswith("done=not-told"), "no mail server is configured"
    chosen = kim.post("/quarantine/choose", data={**hidden(page), "id": ids})
    form = kim.get(chosen.headers["location"]).text
    sent = resubmit(kim, form, "T0,Scale,1,R1\nT1,Scale,0,R1\n")
    lab.engine.workers.until_quiet()
    report = kim.get(sent.headers["location"]).text
    assert "waits for the plan" in report
    assert "Still wrong" in report


def test_small_forms_of_a_record_say_beside_the_field_what_is_missing(
    lab: Lab, kim: httpx.Client, signed_in: SignIn
) -> None:
    lab.plan("T1,Scale,500,R1\nT2,Hood,0,R1\n")
    one = f"/quarantine/{lab.record('T1').id}"
    page = kim.get(one).text
    viewer = signed_in(Role.VIEWER)
    seen = viewer.get(one).text
    assert "Do something" not in seen
    data = {**hidden(seen), "reason": "x"}
    assert viewer.post(f"{one}/close", data=data).status_code == 403
    bare = kim.post(f"{one}/comment", data=hidden(page))
    assert (bare.status_code, 'id="text-fault"' in bare.text) == (422, True)
    assert "<title>Error: " in bare.text
    kim.post(f"{one}/comment", data={**hidden(bare.text), "text": "<script>asked</script>"})
    page = kim.get(one).text
    assert "&lt;script&gt;asked&lt;/script&gt;" in page
    assert kim.post(f"{one}/comment", data={**hidden(page), "text": "a\0b"}).status_code == 400
    assert "Choose the corrected file" in nothing_chosen(kim, lab.record("T1").id, page).text
    forged = kim.post(
        f"/quarantine/resubmissions?id={lab.record('T1').id}", data={"csrf": "x", "form_id": "y"},
        files={"file": ("f.csv", b"a\n", "text/csv")},
    )  # fmt: skip
    assert forged.status_code == 403
    attested = kim.post(
        f"{one}/attest", data={**hidden(page), "code": "LAB-MANY", "attest-reason": "counted"}
    )
    assert attested.status_code == 303
    other = f"/quarantine/{lab.record('T2').id}"
    closed = kim.post(f"{other}/close", data={**hidden(kim.get(other).text), "reason": "gone"})
    assert closed.headers["location"] == other
    assert tags(kim.get("/quarantine?state=closed").text) == ["T2"]


def test_an_empty_quarantine_says_so(lab: Lab, kim: httpx.Client) -> None:
    assert lab.engine.tools.feeds
    assert "No record is in quarantine" in kim.get("/quarantine").text
    assert kim.get("/quarantine/qua_NONE").status_code == 404
