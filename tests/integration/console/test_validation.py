"""What is wrong with a file is told by rule and by row, and never by value."""

import csv
import io

from shared.domain.access import Role
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn


def test_seven_bad_rows_are_seven_on_the_page_and_in_the_file(
    engine: Installation, signed_in: SignIn
) -> None:
    extract = engine.extract()
    for row in extract.rows[:7]:
        row["work_email"] = "=secret value"
    extract.rows[0]["last_name"] = ""
    run = engine.plan(extract)
    viewer = signed_in(Role.VIEWER)
    page = viewer.get(f"/runs/{run.id}/validation").text
    assert "7 rows quarantined" in page
    assert page.index('id="invalid_email"') < page.index('id="missing_value"')
    assert "Correct the address at the source." in page
    assert '<td class="n">2</td><td>work_email</td>' in page
    assert "5 findings" in page
    assert "secret value" not in page

    answer = viewer.get(f"/runs/{run.id}/errors.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="errors.csv"'
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 8
    told = dict(zip(lines[0], lines[1], strict=True))
    assert (told["file"], told["row"], told["line"]) == ("staff.csv", "1", "2")
    assert told["column"] == "last_name; work_email"
    assert told["detail"]


def test_a_refused_file_says_what_is_wrong_and_what_to_do(
    engine: Installation, signed_in: SignIn
) -> None:
    run = engine.plan(b"employee_id,first_name\nE1,Zoe\n")
    page = signed_in(Role.OPERATOR).get(f"/runs/{run.id}", follow_redirects=True)
    assert page.url.path == f"/runs/{run.id}/validation"
    assert "The whole file was refused" in page.text
    assert "Required columns are missing: last_name" in page.text
    assert "ASCIP was not called" in page.text
    assert 'href="/runs/new?feed=staff"' in page.text
