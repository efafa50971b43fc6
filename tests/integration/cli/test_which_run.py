"""A verb without RUN takes the only run it fits, and never another."""

import pytest

from services.cli.exits import Exit, exit_of_error
from services.cli.which import PAUSE, RESUME, RETRY, Verb, cancel_which, run_meant
from shared.domain.errors import NotFound
from shared.domain.run import Run
from shared.pipeline.carry_out import cancel, pause_by
from tests.fakes.installation import OPERATOR, Installation


def approved(engine: Installation) -> Run:
    extract = engine.extract()
    extract.story()
    return engine.approve(engine.plan(extract, force=True))


def refusal(engine: Installation, verb: Verb) -> str:
    """What the verb says without RUN; it ends with 64."""
    with pytest.raises(NotFound) as refused:
        run_meant(engine.tools, None, verb)
    assert exit_of_error(refused.value) is Exit.USAGE
    assert "Nothing was written" in str(refused.value)
    return str(refused.value)


def test_resume_takes_the_paused_run_and_not_the_newest(engine: Installation) -> None:
    run = approved(engine)
    engine.begin(run)
    pause_by(engine.tools, run.id, OPERATOR)
    newer = engine.land(engine.extract())
    assert newer != run.id
    assert run_meant(engine.tools, None, RESUME) == run.id


def test_pause_takes_the_run_that_applies(engine: Installation) -> None:
    run = approved(engine)
    assert "No run is applying" in refusal(engine, PAUSE)
    engine.begin(run)
    assert run_meant(engine.tools, None, PAUSE) == run.id


def test_a_run_that_is_named_is_taken_as_it_is(engine: Installation) -> None:
    run = approved(engine)
    assert run_meant(engine.tools, run.id, RETRY) == run.id


def test_retry_leaves_a_canceled_run_without_a_plan_alone(engine: Installation) -> None:
    planless = engine.land(engine.extract())
    cancel(engine.tools, planless, OPERATOR)
    engine.workers.until_quiet()
    said = refusal(engine, RETRY)
    assert "No run is applied_with_errors or canceled with a plan" in said
    assert planless not in said
    run = approved(engine)
    cancel(engine.tools, run.id, OPERATOR)
    assert run_meant(engine.tools, None, RETRY) == run.id


def test_several_runs_that_fit_are_named_with_the_command_for_each(engine: Installation) -> None:
    first = approved(engine)
    cancel(engine.tools, first.id, OPERATOR)
    second = approved(engine)
    cancel(engine.tools, second.id, OPERATOR)
    engine.database.change(
        "UPDATE run SET state = 'canceled', reason = NULL WHERE id = :id", id=first.id
    )
    said = refusal(engine, RETRY)
    assert "2 runs could be meant" in said
    assert f"ascip-sync retry {first.id}   canceled, file staff.csv" in said
    assert f"ascip-sync retry {second.id}   canceled, file staff.csv" in said


def test_cancel_names_what_could_be_canceled(engine: Installation) -> None:
    assert "there is none that could be canceled" in str(cancel_which(engine.tools))
    waiting = engine.land(engine.extract())
    error = cancel_which(engine.tools)
    assert f"ascip-sync cancel {waiting}   queued, file staff.csv" in str(error)
    assert exit_of_error(error) is Exit.USAGE
