"""Numbers that gates take from the database: good extracts before, and what is approved of a plan."""

from collections.abc import Callable, Iterator

import pytest

from shared.domain.action import Action, ActionClass, ActionStatus, Change, HeldReason, Kind
from shared.domain.baseline import ExtractSize
from shared.domain.gates import count
from shared.domain.plan import Plan
from shared.domain.rates import Ended
from shared.domain.run import RunState
from tests.fakes.database import Database
from tests.fakes.people import an_action
from tests.integration.db.conftest import add_run

SavePlan = Callable[..., Plan]
REMOVALS = ActionClass.REMOVALS


@pytest.fixture
def arrived(database: Database, save_plan: SavePlan) -> Callable[..., None]:
    """An extract of so many rows, with its run and plan."""

    def arrive(
        rows: int, state: RunState = RunState.APPLIED, *, held: bool = False, read_as: str = "{}"
    ) -> None:
        run_id = add_run(database, f"run_{rows}", state)
        status = ActionStatus.HELD if held else ActionStatus.SUCCEEDED
        hold = HeldReason.GATE if held else None
        save_plan(run_id, actions=[an_action(Kind.DEACTIVATE, "E1", hold=hold)])
        database.change("UPDATE action SET status = :status WHERE plan_id = :plan",
                        status=status.value, plan=f"pln_{run_id}")  # fmt: skip
        database.change("UPDATE plan SET facts = CAST(:facts AS jsonb) WHERE run_id = :run",
                        facts=read_as, run=run_id)  # fmt: skip
        database.change("UPDATE run SET counts = jsonb_build_object('rows_in', CAST(:rows AS int))"
                        " WHERE id = :run", rows=rows, run=run_id)  # fmt: skip
        database.change("UPDATE upload SET size_bytes = :size WHERE id = :id",
                        size=rows * 100, id=f"upl_{run_id}")  # fmt: skip

    return arrive


def good(database: Database, **read_as: str) -> list[int]:
    with database.transactions.begin() as uow:
        found = uow.runs.good_extracts("staff", read_as=read_as)
    assert all(each.size_bytes == each.rows * 100 for each in found)
    return [each.rows for each in found]


def test_the_last_five_that_were_applied_or_had_nothing_to_apply_are_good(
    database: Database, arrived: Callable[..., None]
) -> None:
    ended = [state for state in RunState if state not in (RunState.APPLIED, RunState.NO_CHANGES)]
    for number, state in enumerate(ended):
        arrived(number + 1, state)
    assert good(database) == []
    for rows in range(101, 108):
        arrived(rows, RunState.NO_CHANGES if rows % 2 else RunState.APPLIED)
    assert good(database) == [107, 106, 105, 104, 103]


def test_an_extract_of_which_removals_stayed_held_is_no_measure(
    database: Database, arrived: Callable[..., None]
) -> None:
    """Somebody approved the rest of a file that was cut."""
    arrived(100)
    arrived(10, held=True)
    assert good(database) == [100]


def test_extracts_read_otherwise_are_not_compared(
    database: Database, arrived: Callable[..., None]
) -> None:
    arrived(7, read_as='{"mode": "delta", "profile": "escape"}')
    arrived(9, read_as='{"mode": "full", "profile": "escape", "first_run": false}')
    assert good(database, mode="full", profile="escape") == [9]
    assert good(database, mode="full", profile="canonical") == []


def test_a_file_that_came_again_counts_once(
    database: Database, arrived: Callable[..., None]
) -> None:
    arrived(100)
    arrived(50)
    arrived(100_000)
    database.change("UPDATE run SET upload_id = 'upl_run_100', counts = '{\"rows_in\": 99}'"
                    " WHERE id = 'run_100000'")  # fmt: skip
    with database.transactions.begin() as uow:
        found = uow.runs.good_extracts("staff", read_as={})
    sizes = [ExtractSize(rows=99, size_bytes=10_000), ExtractSize(rows=50, size_bytes=5000)]
    assert found == sizes, "by what its newest run read"


def hostile_updates() -> Iterator[Action]:
    """Changes of which some clear a value and the others only look as if they did."""
    texts = (
        None,
        "",
        "x",
        55,
        '"',
        "\\",
        '\\"',
        '","after":null,"before":"x","hold":null',
        "}",
        "ö\n",
    )
    changes = [
        Change(path="buckets.9", before=before, after=after, hold=hold)
        for before in texts
        for after in (None, "x", '"after":null,"before":1,"hold":null')
        for hold in (None, HeldReason.UNMAPPED_BUCKET_VALUE)
    ]
    for number, change in enumerate(changes):
        other = Change(path="email", before="a@x.example", after="b@x.example")
        both = (change, other) if number % 2 else (change,)
        yield an_action(Kind.UPDATE, f"E{number}", changes=both)


def test_what_is_approved_is_counted_as_the_plan_s_gates_count(
    database: Database, save_plan: SavePlan, run_id: str
) -> None:
    actions = [*hostile_updates(), an_action(Kind.ADD, "N1"), an_action(Kind.REACTIVATE, "E1")]
    actions += [an_action(Kind.LEAVE, "E2", group_id=n) for n in (7, 8)]
    actions += [
        an_action(Kind.DEACTIVATE, f"D{n}", site=s) for n, s in enumerate(("010", "020", None))
    ]
    ladder = {"group_id": 7, "action_class": REMOVALS, "site": "010"}
    actions.append(an_action(Kind.LEAVE, "D0", **ladder))
    save_plan(run_id, actions=actions)
    plan_id, wanted = f"pln_{run_id}", count(actions)
    with database.transactions.begin() as uow:
        assert uow.plans.approved_counts(plan_id) == wanted
    assert sum(wanted.blanked.values()) == 9
    assert wanted.removed_at == {"010": 1, "020": 1}
    database.change("UPDATE action SET status = 'held' WHERE kind = 'update'")
    database.change("UPDATE action SET status = 'not_approved' WHERE kind = 'add'")
    kept = [a for a in actions if a.kind not in (Kind.UPDATE, Kind.ADD)]
    with database.transactions.begin() as uow:
        assert uow.plans.approved_counts(plan_id) == count(kept)


def test_failures_are_counted_from_where_the_run_went_on(
    database: Database, save_plan: SavePlan, run_id: str
) -> None:
    save_plan(run_id, actions=[an_action(Kind.UPDATE, f"E{n}") for n in range(8)])
    plan_id = f"pln_{run_id}"

    def end(first: int, last: int, status: str, minutes: int) -> None:
        database.change(
            "UPDATE action SET status = :status, outcome_at = now() + make_interval(mins => :m)"
            " WHERE position BETWEEN :first AND :last",
            status=status, m=minutes, first=first, last=last,
        )  # fmt: skip

    def ended() -> Ended:
        with database.transactions.begin() as uow:
            return uow.plans.ended(plan_id)

    database.change("INSERT INTO run_phase (run_id, phase) VALUES (:run, 'apply')", run=run_id)
    end(0, 1, "failed", 1)
    assert ended() == Ended(approved=8, failed=2, conflicts=0, in_a_row=2)
    end(2, 2, "conflict", 2)
    end(3, 3, "failed", 2)
    assert ended() == Ended(approved=8, failed=3, conflicts=1, in_a_row=1)
    end(4, 4, "succeeded", 3)
    assert ended().in_a_row == 0
    database.change("INSERT INTO run_phase (run_id, phase, started_at)"
                    " VALUES (:run, 'apply', now() + interval '1 hour')", run=run_id)  # fmt: skip
    assert ended() == Ended(approved=8, failed=0, conflicts=0, in_a_row=0)
