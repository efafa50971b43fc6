"""The rows of a run, from the file to what became of them."""

from collections import Counter
from collections.abc import Sequence

from shared.domain.action import ActionStatus, Kind
from shared.domain.books import ROW_OUTCOMES
from shared.domain.policy import RowsPerPerson
from shared.domain.run import Run
from shared.pipeline.documents import action_document, row_document
from shared.pipeline.look import count_actions, page_actions, progress, searched
from shared.pipeline.rows import page_rows
from shared.ports.plans import ActionFilter
from shared.ports.views import Facet, PageOf, RowFilter, RowView
from tests.fakes.installation import Installation

ANY = RowFilter()


def rows(engine: Installation, run: Run, wanted: RowFilter = ANY) -> Sequence[RowView]:
    file, page = page_rows(engine.tools, run.id, wanted, PageOf(limit=500))
    assert file == "staff.csv"
    return page.items


def outcomes(engine: Installation, run: Run) -> dict[str, int]:
    return dict(Counter(row.outcome for row in rows(engine, run)))


def test_rows_tell_what_became_of_them_before_and_after_applying(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    extract.rows[7]["site_code"] = "093"
    extract.rows[8]["work_email"] = "no email at all"
    run = engine.plan(extract)
    before = outcomes(engine, run)
    assert (before["held"], before["quarantined"]) == (1, 1)
    done = engine.apply(engine.approve(run))
    assert done.books
    assert outcomes(engine, run)["applied"] == before["pending"]
    assert {**dict.fromkeys(ROW_OUTCOMES, 0), **outcomes(engine, run)} == done.books["rows"]


def test_a_row_that_was_not_taken_never_shows_its_values(engine: Installation) -> None:
    extract = engine.extract()
    extract.rows[8]["work_email"] = "no email at all"
    (bad,) = rows(engine, engine.plan(extract), RowFilter(codes=["invalid_email"]))
    document = row_document(bad, "staff.csv")
    assert document["outcome"] == "quarantined"
    assert "no email at all" not in str(document)


def test_a_person_of_a_plan_is_found_by_name_email_id_and_row(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    plan = engine.plan_of(engine.plan(extract))
    newcomer, leaver = extract.row("N00002"), engine.extract().rows[0]
    texts = {
        "newcomer 2": "N00002", "n00002": "N00002", newcomer["work_email"].upper(): "N00002",
        f"row:{extract.ids.index('N00002') + 1}": "N00002",
        f"{leaver['last_name']}, {leaver['first_name']}": leaver["employee_id"],
    }  # fmt: skip
    for text, person in texts.items():
        wanted = searched(ActionFilter(), text)
        page = page_actions(engine.tools, plan.id, wanted, PageOf())
        assert {stored.action.person_key for stored in page.items} == {person}, text
        facets = count_actions(engine.tools, plan.id, wanted)
        assert sum(c.count for c in facets[Facet.KIND]) == page.total


def test_progress_tells_of_errors_while_they_are_few_and_the_plan_of_all(
    engine: Installation,
) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.approve(engine.plan(extract))
    assert progress(engine.tools, run.id).errors == ()
    engine.simulator.edit(extract.ids[2], lastName="Changed meanwhile")
    engine.apply(run)
    (error,) = progress(engine.tools, run.id).errors
    assert (error.person_key, error.status) == (extract.ids[2], ActionStatus.CONFLICT)
    wanted = ActionFilter(statuses=[ActionStatus.CONFLICT])
    page = page_actions(engine.tools, engine.plan_of(run).id, wanted, PageOf())
    assert [action_document(stored)["id"] for stored in page.items] == [error.action_id]


def test_rows_of_one_person_are_merged_and_each_is_accounted_for(engine: Installation) -> None:
    """Two sites of somebody known, two of a newcomer, and a person whose rows disagree."""
    engine.staff(rows_per_person=RowsPerPerson.MERGE)
    extract = engine.extract()
    known, other = extract.ids[3], extract.ids[5]
    (newcomer,) = extract.add(1)
    for employee_id in (known, newcomer, other):
        extract.rows.append(dict(extract.row(employee_id)))
    sites = sorted(extract.mapping["groups"]["sites"])
    for row in extract.rows[-3:]:
        row["site_code"] = sites[(sites.index(row["site_code"]) + 1) % len(sites)]
    extract.rows[-1]["last_name"] = "Somebody Else"
    run = engine.plan(extract)
    kinds = Counter(stored.action.kind for stored in engine.actions(run))
    assert kinds == {Kind.ADD: 1, Kind.JOIN: 4}
    (join,) = [s.action for s in engine.actions(run) if s.action.person_key == known]
    second = len(extract.rows) - 2  # of `known`: another of their rows is the one that counts
    found = rows(engine, run, RowFilter(people=[known]))
    assert [row.outcome for row in found] == ["pending"] * 2
    assert found[-1].row == second
    wanted = searched(ActionFilter(), f"row:{second}")
    page = page_actions(engine.tools, engine.plan_of(run).id, wanted, PageOf())
    assert [stored.action.id for stored in page.items] == [join.id]
    done = engine.apply(engine.approve(run))
    after = outcomes(engine, run)
    assert (after["applied"], after["quarantined"]) == (4, 2)
    assert done.books
    assert {**dict.fromkeys(ROW_OUTCOMES, 0), **after} == done.books["rows"]
    again = engine.plan(extract, force=True)
    assert not engine.actions(again)
