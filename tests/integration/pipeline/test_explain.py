"""One person explained: the six steps whatever became of them, and nothing written by it."""

from shared.domain.explanation import Step, StepName, StepStatus
from shared.pipeline.explain import Explanation, explain
from shared.ports.views import PageOf
from tests.fakes.installation import Installation


def told(engine: Installation, key: str) -> Explanation:
    return explain(engine.tools, key, PageOf(limit=5))


def test_try(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.sync(extract)
    print(run.state)
    for key in (extract.ids[3], extract.ids[0], "N00001", extract.rows[4]["work_email"].upper(), "ascip:12", "nobody@x.example", "20"):
        found = told(engine, key)
        print(key, found.by, found.who, found.name, found.email_masked, found.also, found.standing)
        for each in found.runs.items:
            for step in each.steps:
                print("  ", step.name, step.status, step.description)
