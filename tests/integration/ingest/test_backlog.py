"""More runs than the workers get to are refused, whoever orders them, and nothing is left of the attempt."""

import uuid

import httpx
import pytest

from shared.domain.errors import Conflict
from shared.pipeline.backlog import MOST_WAITING
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post, upload

MANY = """
    INSERT INTO run (id, feed, target, mode, trigger, actor, state, reason, engine_version,
           mapping_sha256, config_sha256)
    SELECT 'run_' || :state || coalesce(:reason, '') || n, 'staff', 'ascip', 'plan', 'api', 'system',
           :state, :reason, '0', '0', '0'
      FROM generate_series(1, :many) AS n
"""


def test_one_run_too_many_is_refused_with_a_time_to_come_again(
    engine: Installation, operator: httpx.Client
) -> None:
    fill = engine.database.change
    sent = upload(operator, engine.extract().csv())
    for state, reason in [("awaiting_approval", None), ("paused", "auth"), ("queued", "calendar")]:
        fill(MANY, state=state, reason=reason, many=MOST_WAITING)
    fill(MANY, state="validating", reason=None, many=1)
    fill(MANY, state="queued", reason=None, many=MOST_WAITING - 2)
    key = str(uuid.uuid4())
    assert post(operator, "/runs", {"upload_id": sent["id"]}).status_code == 202, "one has room"

    refused = post(operator, "/runs", {"upload_id": sent["id"]}, key=key)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    said = refused.json()
    assert (said["code"], said["retryable"]) == ("too_many_runs", True)
    assert "Nothing was written" in said["detail"]
    assert "ascip-sync cancel" in said["detail"]
    files = {path for path in engine.folder.rglob("*") if path.is_file()}
    with pytest.raises(Conflict, match=f"{MOST_WAITING} runs wait"):
        engine.land(engine.extract().csv() + b"\n", mapping=engine.extract().mapping_text)
    assert {path for path in engine.folder.rglob("*") if path.is_file()} == files, "no copy is left"

    fill("DELETE FROM run WHERE id = 'run_queued1'")
    again = post(operator, "/runs", {"upload_id": sent["id"]}, key=key)
    assert again.status_code == 202, "the same request, when there is room"
