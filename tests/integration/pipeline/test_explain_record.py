"""A governed record explained in the same six steps."""

import pytest

from services.cli.verbs_explain import record_lines
from shared.domain.errors import NotFound
from shared.domain.explanation import StepName, StepStatus
from shared.pipeline.explain_document import record_explanation_document
from shared.pipeline.explain_record import explain_record
from shared.ports.views import PageOf
from tests.fakes.installation import Installation
from tests.fakes.lab_feed import LAB
from tests.integration.pipeline.test_governed_run import HEADER, A, lab, sync

__all__ = ["lab"]
N, S = StepName, StepStatus


def test_a_record_is_explained_from_its_row_to_its_version(
    lab: Installation,
) -> None:  # the fixture
    sync(lab, A)
    text = A.replace("T2,Burner,5", "T2,Burner,6").replace("T3,Hood,1", "T3,Hood,x")
    sync(lab, text)
    before = lab.database.dump()

    def told(source_id: str) -> dict[StepName, tuple[StepStatus, str]]:
        newest = explain_record(lab.tools, (LAB.name, source_id), PageOf(limit=1)).runs.items[0]
        return {step.name: (step.status, step.description) for step in newest.steps}

    burner = told("T2")
    assert burner[N.IMPORT] == (S.SUCCESS, "Row 2 (line 3) of lab.csv was taken.")
    assert burner[N.MATCHING] == (S.SUCCESS, "Follows version 1.")
    assert burner[N.MAPPING] == (S.SKIPPED, "Governed feeds have no mapping.")
    assert burner[N.DIFF] == (S.SUCCESS, "count: '5' becomes '6'.")
    assert burner[N.ACTION][0] is S.SUCCESS
    assert "a version in the record store" in burner[N.ACTION][1]
    assert told("T1")[N.DIFF] == (S.SUCCESS, "Nothing differs: the store has what the row says.")
    hood = told("T3")
    assert hood[N.IMPORT][0] is S.FAILURE
    assert "Row 3 (line 4) of lab.csv was not taken: count: " in hood[N.IMPORT][1]
    assert told("T9")[N.SCOPING][0] is S.SKIPPED

    found = explain_record(lab.tools, (LAB.name, "T2"), PageOf())
    assert found.runs.total == 2
    first = {step.name: step for step in found.runs.items[1].steps}
    assert first[N.MATCHING].description == "The first version of this source id."
    document = record_explanation_document(found)
    assert document["by"] == "source_id"
    assert document["record"]["version"] == 2  # type: ignore[index,call-overload]  # its own form
    assert next(record_lines(found)) == "lab_equipment  T2  version 2, active"
    assert lab.database.dump() == before


def test_only_a_governed_feed_has_records_and_only_its_own_runs(lab: Installation) -> None:
    with pytest.raises(NotFound, match="no governed feed"):
        explain_record(lab.tools, ("staff", "T1"), PageOf())
    with pytest.raises(NotFound, match="No run has read a file of lab_equipment yet"):
        explain_record(lab.tools, (LAB.name, "T1"), PageOf())
    run = sync(lab, HEADER + "T1,Scale,2,R1\n")
    with pytest.raises(NotFound, match="no run of lab_equipment but of staff"):
        explain_record(lab.tools, (LAB.name, "T1"), PageOf(), run_id=lab.plan(lab.extract()).id)
    with pytest.raises(NotFound, match="no earlier run of lab_equipment"):
        explain_record(lab.tools, (LAB.name, "T1"), PageOf(after=run.id))
