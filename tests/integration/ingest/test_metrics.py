"""What Prometheus reads: whole, named, documented, and about nobody."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from services.ingest.metrics import FAMILIES, rendered
from shared.domain.access import Role, Scope
from shared.domain.action import ActionStatus
from shared.domain.run import RunState
from shared.http.service import Service
from shared.pipeline.metrics import metrics
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation

#: Labels may hold these and nothing else.
CALLS = {
    "GET /buckets", "GET /groups", "GET /groups/{id}/members", "GET /people", "GET /people/{id}",
    "GET /roles", "GET /tenant", "GET /timezones", "POST /groups/{id}/members",
    "PATCH /people/{id}", "PUT /people/{id}", "POST /people", "POST /groups/{id}/members/remove",
}  # fmt: skip


@pytest.fixture
def scraper(api: ApiThread) -> httpx.Client:
    """A program that may read metrics and nothing else."""
    return api.client(api.key(scopes=(Scope.METRICS_READ,)))


def scrape(client: httpx.Client) -> dict[str, Metric]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def values(families: dict[str, Metric], name: str) -> dict[tuple[str, ...], float]:
    """Label values → figure."""
    family = families[f"ascip_sync_{name}"]
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_every_family_is_there_with_its_help_on_an_empty_installation(
    scraper: httpx.Client,
) -> None:
    families = scrape(scraper)
    assert set(families) == {family.name.removesuffix("_total") for family in FAMILIES}
    for family in FAMILIES:
        found = families[family.name.removesuffix("_total")]
        assert found.documentation == family.help
        assert found.type == ("counter" if family.counter else "gauge")
    assert set(values(families, "runs").values()) == {0}
    assert values(families, "queue_items") == {("due",): 0, ("later",): 0, ("leased",): 0}
    assert values(families, "last_success_timestamp_seconds") == {}
    assert values(families, "books_balanced") == {}


def test_names_have_a_unit_or_count_and_few_labels() -> None:
    for family in FAMILIES:
        assert family.name.startswith("ascip_sync_")
        assert len(family.labels) <= 2
        assert family.help.endswith(".")
        if "seconds" in family.name:
            assert family.name.removesuffix("_total").endswith("_seconds")


def test_who_may_not_read_metrics_gets_none(api: ApiThread) -> None:
    assert api.client().get("/metrics").status_code == 401
    other = api.client(api.key(scopes=(Scope.RUNS_READ,)))
    assert other.get("/metrics").status_code == 403
    assert api.caller(Role.VIEWER).get("/metrics").status_code == 200


def test_a_plan_that_waits_shows_its_gates_and_its_age(
    engine: Installation, scraper: httpx.Client
) -> None:
    extract = engine.extract()
    extract.add(14)  # a fifth of 60 people and more: the gate trips
    extract.remove(*extract.ids[:3])  # of several sites: each gate is one series all the same
    run = engine.plan(extract)
    assert run.state is RunState.AWAITING_APPROVAL
    engine.database.change("UPDATE run SET created_at = now() - interval '1 hour'")
    families = scrape(scraper)
    assert values(families, "runs")["awaiting_approval",] == 1
    assert values(families, "gate_value")["adds",] == 14
    assert values(families, "gate_limit")["adds",] <= 14
    tripped = values(families, "gate_tripped")
    assert len(tripped) == 12
    assert {name for (name,), value in tripped.items() if value} == {"adds"}
    assert values(families, "gate_value")["removals_site",] in (1, 2, 3)
    assert values(families, "held_actions")["adds",] == 14
    assert values(families, "held_actions")["removals",] == 0
    assert 3600 <= values(families, "plan_undecided_seconds")[()] < 3700
    assert values(families, "uploads")[()] == 1


def test_an_applied_run_shows_its_books_its_phases_and_the_calls_it_took(
    engine: Installation, scraper: httpx.Client
) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:5])
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    families = scrape(scraper)
    assert values(families, "books_rows")["applied",] == 5
    assert values(families, "books_actions")["succeeded",] == 5
    assert values(families, "books_balanced") == {(): 1}
    assert values(families, "run_phases")["fetch",] == 1
    assert values(families, "run_phase_last_seconds")["fetch",] > 0
    assert run.ended_at is not None
    success = values(families, "last_success_timestamp_seconds")["staff",]
    last_file = values(families, "last_file_timestamp_seconds")["staff",]
    assert last_file < success
    assert set(values(families, "applying_actions").values()) == {0}
    sent = values(families, "target_calls")
    assert {call for call, _ in sent} <= CALLS
    assert sum(sent.values()) == len(engine.simulator.journal())
    assert values(families, "target_call_seconds").keys() == sent.keys()


def test_calls_of_items_that_failed_are_counted_too(
    engine: Installation, scraper: httpx.Client
) -> None:
    extract = engine.extract()
    engine.simulator.faults({"fault": "key_revoked"})
    run = engine.plan(extract)
    assert run.state is RunState.FAILED
    sent = {outcome for _, outcome in values(scrape(scraper), "target_calls")}
    assert "http_401" in sent
    assert sent <= {"http_401", "canceled"}, (
        "what was in flight at the first refusal isn't waited for"
    )


def test_a_run_that_is_paused_in_its_middle_shows_what_is_done(
    engine: Installation, scraper: httpx.Client
) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:20])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    statuses = values(scrape(scraper), "applying_actions")
    assert statuses["planned",] == 20
    assert set(statuses) == {(status.value,) for status in ActionStatus}


def test_a_dead_item_and_a_late_one_are_seen(engine: Installation, scraper: httpx.Client) -> None:
    engine.land(engine.extract())
    engine.database.change("UPDATE work_item SET not_before = now() - interval '10 minutes'")
    families = scrape(scraper)
    assert values(families, "queue_oldest_due_seconds")[()] >= 600
    assert values(families, "queue_items")["due",] == 1
    engine.database.change(
        "UPDATE work_item SET state = 'dead', error = 'x', ended_at = now(), attempt = 5"
    )
    assert values(scrape(scraper), "queue_dead_items")[()] == 1


def test_every_process_gives_the_same_answer(
    engine: Installation, api: ApiThread, scraper: httpx.Client
) -> None:
    engine.plan(engine.extract())
    other = ApiThread(Service(loaded=api.service.loaded, tools=engine.tools))
    try:
        second = other.client(api.key(scopes=(Scope.METRICS_READ,)))
        assert _figures(second) == _figures(scraper)
    finally:
        other.close()


def _figures(client: httpx.Client) -> list[Any]:
    """All but what moves with the clock."""
    moving = ("last_progress", "last_success")
    return [
        (sample.name, sample.labels, sample.value)
        for family in scrape(client).values()
        for sample in family.samples
        if not any(word in sample.name for word in moving)
    ]


@pytest.fixture
def hostile(engine: Installation) -> Iterator[Installation]:
    """Names, addresses and codes that would show up if a label came from data."""
    extract = engine.extract()
    extract.rename(extract.ids[:5])
    engine.simulator.faults({"fault": "html", "method": "PUT"})
    engine.sync(extract)
    yield engine
    engine.simulator.faults()


def test_no_label_is_about_a_person(hostile: Installation) -> None:
    text = rendered(metrics(hostile.tools)).decode()
    people = hostile.simulator.state()["people"]
    words = {str(p[k]) for p in people for k in ("email", "lastName", "username", "employeeNumber")}
    assert len(words) > 100
    labels = [
        value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for value in sample.labels.values()
    ]
    assert "garbled_answer" in labels
    assert not words & set(labels)
    assert not [label for label in labels if "@" in label]
    assert not [word for word in words if len(word) > 5 and word in text]
