"""Grace from plan to plan, and the evidence of a removal once its files are gone."""

from collections import Counter
from datetime import date, timedelta

import pytest

from shared.domain.absence import Because
from shared.domain.action import ActionClass, ActionStatus, Kind
from shared.domain.audit import SYSTEM
from shared.domain.errors import NotFound
from shared.domain.policy import Ladder, RemovalPolicy
from shared.domain.removal import Fate
from shared.domain.review import Release
from shared.domain.run import Run, RunState
from shared.pipeline.drift import order_drift
from shared.ports.presence import ListedAbsentee, Removal, RemovalFilter
from shared.ports.views import Page, PageOf
from tests.fakes.installation import Installation

DAYS = 7
INACTIVE = 2
DAY = timedelta(days=1)
REMOVALS = ActionClass.REMOVALS


@pytest.fixture
def engine(engine: Installation) -> Installation:
    """With a week of grace; two of its people are inactive and have no row."""
    grace(engine, DAYS)
    return engine


def grace(engine: Installation, days: int, ladder: Ladder = Ladder.DEACTIVATE) -> None:
    engine.staff(removal=RemovalPolicy(first_run="allow", grace_days=days, ladder=ladder))


def absentees(engine: Installation, run: Run) -> list[ListedAbsentee]:
    with engine.database.transactions.begin() as uow:
        return list(uow.presence.absentees(engine.plan_of(run).id))


def removals(engine: Installation, page: PageOf | None = None, **wanted: object) -> Page[Removal]:
    with engine.database.transactions.begin() as uow:
        return uow.presence.removals(RemovalFilter(**wanted), page or PageOf())  # type: ignore[arg-type]  # its fields


def counting(engine: Installation) -> dict[int, date]:
    with engine.database.transactions.begin() as uow:
        found = uow.presence.absences("ascip", shadow=False)
    return {id_: absence.since for id_, absence in found.items()}


def test_a_removal_waits_for_its_days_and_is_proven_years_later(engine: Installation) -> None:
    """Four runs, since grace is what happens between them: about 2 s."""
    today = engine.tools.today()
    extract = engine.extract()
    whole = engine.plan(extract)
    gone = extract.ids[3]
    extract.remove(gone)
    noted = engine.plan(extract)
    assert (noted.state, engine.plan_of(noted).facts["grace_ends"]) == (
        RunState.NO_CHANGES, {str(today + DAYS * DAY): 1},
    )  # fmt: skip
    engine.clock.go_on(days=DAYS - 1)
    assert engine.plan(extract).state is RunState.SKIPPED_UNCHANGED
    engine.clock.go_on(days=1)
    run = engine.plan(extract)
    assert run.state is RunState.AWAITING_APPROVAL, "no skip over the end of a grace"
    assert removals(engine).total == 0, "nothing is applied yet"
    engine.apply(engine.approve(run))

    with engine.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM record")
        connection.exec_driver_sql("DELETE FROM quarantine")
    (found,) = removals(engine, person=gone.lower()).items
    of = found.of
    assert (of.person_key, of.because, of.row, of.since, of.grace_days, of.leaves_on) == (
        gone, Because.ABSENT, None, today, DAYS, today + DAYS * DAY,
    )  # fmt: skip
    assert (of.seen_run, of.seen_file, of.seen_on, of.seen_row) == (
        whole.id, "staff.csv", today, 4,
    )  # fmt: skip
    assert of.seen_sha256 not in (None, found.sha256)
    assert (found.run_id, found.kind, found.status) == (
        run.id, Kind.DEACTIVATE, ActionStatus.SUCCEEDED,
    )  # fmt: skip
    assert (found.approved_by, found.released_by, found.groups) == ("user:anna", None, 0)
    assert found.applied_at is not None
    on = found.applied_at.date()
    assert removals(engine, since=on).total == 1
    assert removals(engine, since=on + 2 * DAY).total == 0
    assert removals(engine, person="E0").total == 0


def test_a_short_file_that_is_mended_the_next_day_leaves_nobody_counting(
    engine: Installation,
) -> None:
    extract = engine.extract()
    gone = extract.ids[:20]
    whole = list(extract.rows)
    extract.remove(*gone)
    short = engine.plan(extract)
    assert len(counting(engine)) == 20 + INACTIVE
    fates = Counter(who.fate for who in absentees(engine, short))
    assert fates[Fate.IN_GRACE] == 20
    engine.clock.go_on(days=1)
    extract.rows = whole
    engine.plan(extract)
    assert len(counting(engine)) == INACTIVE
    engine.clock.go_on(days=DAYS)
    extract.remove(*gone[:1])
    engine.plan(extract)
    assert list(counting(engine).values()).count(engine.tools.today()) == 1


def test_a_short_file_is_forgotten_too_if_the_next_one_is_as_the_last_applied(
    engine: Installation,
) -> None:
    """Skipped as unchanged, it would leave twenty people counting from the day of the short file."""
    extract = engine.extract()
    whole = list(extract.rows)
    engine.plan(extract)
    extract.remove(*extract.ids[:20])
    extract.add(1)
    short = engine.plan(extract)
    assert (short.state, len(counting(engine))) == (RunState.AWAITING_APPROVAL, 20 + INACTIVE)
    engine.clock.go_on(days=1)
    extract.rows = whole
    assert engine.plan(extract).state is RunState.NO_CHANGES
    assert len(counting(engine)) == INACTIVE


def test_drift_remembers_nothing(engine: Installation) -> None:
    extract = engine.extract()
    extract.remove(extract.ids[0])
    assert engine.plan(extract).state is RunState.NO_CHANGES
    before = counting(engine)
    engine.clock.go_on(days=DAYS + 1)
    with engine.database.transactions.begin() as uow:
        order_drift(engine.tools, uow, SYSTEM, "schedule")
    engine.workers.until_quiet()
    assert counting(engine) == before


def test_who_released_a_removal_is_told_with_the_reason(engine: Installation) -> None:
    """By leaving groups: the steps of one person are one removal."""
    grace(engine, 0, Ladder.LEAVE_GROUPS)
    extract = engine.extract()
    extract.remove(*extract.ids[:11])
    run = engine.plan(extract)
    steps = len(engine.actions(run, kinds=[Kind.LEAVE]))
    release = Release(action_class=REMOVALS, count=steps, reason="school closed", people=())
    engine.apply(engine.approve(run, release))
    first = removals(engine, PageOf(limit=6))
    assert (len(first.items), first.has_more, first.total) == (6, True, 11)
    second = removals(engine, PageOf(limit=6, after=first.items[-1].id))
    assert (len(second.items), second.has_more) == (5, False)
    found = [*first.items, *second.items]
    assert len({removal.of.person_key for removal in found}) == 11
    assert sum(removal.groups for removal in found) == steps
    assert {(r.released_by, r.release_reason) for r in found} == {("user:anna", "school closed")}
    assert {r.of.seen_run for r in found} == {None}, "no extract ever had them"
    with pytest.raises(NotFound):
        removals(engine, PageOf(after="rem_x"))
