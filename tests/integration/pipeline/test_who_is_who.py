"""Addresses that change hands, in a whole run: in the right order, and never somebody else's account."""

from typing import Any

from shared.domain.action import ActionStatus, Kind
from shared.domain.policy import RowsPerPerson
from shared.domain.review import Select
from shared.domain.run import RunState
from tests.fakes.installation import Installation


def test_a_chain_of_addresses_and_a_newcomer_at_its_end(engine: Installation) -> None:
    """Plan order would take every address before it is free; another person takes one meanwhile."""
    extract = engine.extract()
    numbered = [p["employeeNumber"] for p in engine.simulator.state()["people"]]
    first, second, third, bystander = [i for i in extract.ids if i in numbered][:4]
    before = {i: engine.simulator.person(i) for i in (first, second, third, bystander)}
    newcomer, unlucky = extract.add(2)
    for taker, giver in ((newcomer, first), (first, second), (second, third)):
        extract.row(taker)["work_email"] = before[giver]["email"]
    extract.row(third)["work_email"] = "free@lincoln.example"
    run = engine.approve(engine.plan(extract))
    taken = extract.row(unlucky)["work_email"]
    engine.simulator.edit(bystander, email=taken)
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    done = {(s.action.kind, s.action.person_key): s for s in engine.actions(run)}
    order = [third, second, first]
    assert [done[Kind.UPDATE, i].status for i in order] == [ActionStatus.SUCCEEDED] * 3
    ended = [done[Kind.UPDATE, i].outcome_at for i in order] + [done[Kind.ADD, newcomer].outcome_at]
    assert ended == sorted(ended, key=str)
    assert engine.simulator.person(newcomer)["email"] == before[first]["email"]
    assert {i: engine.simulator.person(i)["id"] for i in order} == {
        i: before[i]["id"] for i in order
    }
    refused = done[Kind.ADD, unlucky]
    assert (refused.status, refused.outcome_code) == (ActionStatus.FAILED, "identity_conflict")
    assert (refused.holder_id, refused.ascip_id) == (before[bystander]["id"], None)
    orphans = [s for s in engine.actions(run, kinds=[Kind.JOIN]) if s.action.person_key == unlucky]
    assert {s.outcome_code for s in orphans} == {"dependency_failed"}
    assert unlucky.casefold() not in links(engine)
    assert links(engine)[newcomer.casefold()] == done[Kind.ADD, newcomer].ascip_id


def test_a_match_by_an_address_that_nobody_approved_is_not_remembered(engine: Installation) -> None:
    """A link is the strongest rule: it would make the guess of one run the truth of the next."""
    extract = engine.extract()
    guessed, sure = extract.ids[:2]
    engine.simulator.edit(guessed, employeeNumber=None)
    extract.rename([sure])
    run = engine.plan(extract)
    (update,) = [s for s in engine.actions(run) if s.action.person_key == guessed]
    assert update.action.match_rule == "work_email"
    engine.apply(engine.approve(run, select=Select(exclude=(guessed,))))
    assert guessed.casefold() not in links(engine)
    assert sure.casefold() in links(engine)
    engine.apply(engine.approve(engine.plan(extract)))
    assert guessed.casefold() in links(engine)


def test_no_row_of_a_person_makes_a_match_remembered_that_nobody_approved(
    engine: Installation,
) -> None:
    """Actions name one of the rows of a person; the others don't speak for themselves."""
    engine.staff(rows_per_person=RowsPerPerson.MERGE)
    extract = engine.extract()
    guessed, sure = extract.ids[:2]
    engine.simulator.edit(guessed, employeeNumber=None)
    extract.rename([sure])
    sites = set(extract.mapping["groups"]["sites"]) - {extract.row(guessed)["site_code"]}
    extract.rows.append({**extract.row(guessed), "site_code": min(sites)})
    engine.apply(engine.approve(engine.plan(extract), select=Select(exclude=(guessed,))))
    assert guessed.casefold() not in links(engine)
    assert sure.casefold() in links(engine)


def test_who_has_left_is_not_remembered_by_an_address(engine: Installation) -> None:
    """Nothing that is written of a leaver says who they are, so nobody approves the match."""
    extract = engine.extract()
    guessed, sure = extract.ids[:2]
    engine.simulator.edit(guessed, employeeNumber=None)
    for left in (guessed, sure):
        extract.row(left)["end_date"] = "2020-01-31"
    run = engine.plan(extract)
    assert {s.action.person_key for s in engine.actions(run)} == {guessed, sure}
    engine.apply(engine.approve(run, select=Select(exclude=(guessed,))))
    assert guessed.casefold() not in links(engine)
    assert sure.casefold() in links(engine)


def links(engine: Installation) -> dict[str, Any]:
    rows = engine.database.rows("SELECT employee_id, ascip_id FROM link")
    return {row.employee_id: row.ascip_id for row in rows}
