"""An explanation as a document: the same on the command line and in the API. Addresses are masked."""

from typing import cast

from shared.domain.canonical import Json
from shared.domain.errors import NotFound
from shared.domain.explanation import Step, StepName
from shared.pipeline.documents import moment, page_document
from shared.pipeline.explain import Explanation
from shared.pipeline.explain_ground import ExplainedRun
from shared.pipeline.explain_record import RecordExplanation
from shared.ports.people import Standing


def explanation_document(found: Explanation) -> dict[str, Json]:
    """Who was meant, what is remembered of them, and a page of runs with their six steps."""
    return {
        "by": found.by.value,
        "person": _person(found),
        "also": list(found.also),
        "runs": page_document(found.runs, _run, key="run_id"),
    }


def record_explanation_document(found: RecordExplanation) -> dict[str, Json]:
    """A governed record explained, in the same form."""
    version = found.current
    record: Json = None
    if version is not None:
        record = {
            "feed": version.feed, "source_id": version.source_id, "version": version.version,
            "status": version.status.value, "run_id": version.run_id,
        }  # fmt: skip
    runs = page_document(found.runs, _run, key="run_id")
    return {"by": "source_id", "record": record, "runs": runs}


def _person(found: Explanation) -> dict[str, Json] | None:
    who, standing = found.who, found.standing
    if who is None:
        return None
    return {
        "employee_id": who.employee_id, "ascip_id": who.ascip_id, "name": found.name,
        "email_masked": found.email_masked,
        "link": _link(standing),
        "last_seen": {
            "run_id": standing.seen_run, "on": str(standing.seen_on), "row": standing.seen_row,
        } if standing.seen_run else None,
        "absent_since": str(standing.absent_since) if standing.absent_since else None,
    }  # fmt: skip


def _link(standing: Standing) -> Json:
    if standing.linked_id is None:
        return None
    return {"ascip_id": standing.linked_id, "run_id": standing.linked_by}


def _run(explained: ExplainedRun) -> dict[str, Json]:
    run = explained.run
    return {
        "run_id": run.id, "plan_id": explained.plan_id, "file": run.file_name,
        "as_of": run.as_of.isoformat() if run.as_of else None, "state": run.state.value,
        "mode": run.mode.value, "created_at": moment(run.created_at),
        "steps": [step_document(step) for step in explained.steps],
    }  # fmt: skip


def step_document(step: Step) -> Json:
    """One step."""
    return {
        "step": step.name.value, "status": step.status.value, "description": step.description,
        "detail": dict(step.detail),
    }  # fmt: skip


def person_document(found: Explanation) -> dict[str, Json]:
    """Somebody as the newest run has them, with the actions of a page of runs.

    Raises:
        NotFound: nobody goes with the key.
    """
    person = _person(found)
    if person is None:
        raise NotFound(
            "Nobody in the newest runs goes with this key. POST /api/v1/explain says where it looked."
        )
    newest = found.runs.items[0]
    of = {step.name: step.detail for step in newest.steps}
    return {
        **person, "run_id": newest.run.id, "file": newest.run.file_name,
        "rows": of[StepName.IMPORT].get("rows", []), "ascip": of[StepName.MATCHING].get("ascip"),
        "actions": [
            {"run_id": each.run.id, "plan_id": each.plan_id, **action}
            for each in found.runs.items
            for step in each.steps
            if step.name is StepName.ACTION
            for action in cast("list[dict[str, Json]]", step.detail["actions"])
        ],
    }  # fmt: skip
