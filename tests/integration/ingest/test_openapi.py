"""The OpenAPI document says all that can come: every address is asked with made-up requests."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from services.ingest.pages import parts
from shared.domain.access import Role
from shared.http.catalogue import PROBLEMS, ProblemType
from tests.fakes.api_thread import ApiThread

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
#: Requests made up for each address, in keeping with the document and against it.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "12"))


#: A sound request may still be refused for what it asks: a form that isn't whole, a slip in a name.
#: And a list of one, in a query, looks like no list.
UNSUITED = [positive_data_acceptance, negative_data_rejection]


def held_against(path: Path, text: str) -> None:
    """The page is what the code says; `UPDATE_DOCS=1` writes it."""
    if os.environ.get("UPDATE_DOCS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name}: run with UPDATE_DOCS=1"


def test_the_document_in_the_reference_is_the_program_s(api: ApiThread) -> None:
    text = json.dumps(api.app.openapi(), indent=1, ensure_ascii=False) + "\n"
    held_against(REFERENCE / "openapi.json", text)


def page(kind: ProblemType) -> str:
    sections = "\n\n".join(f"## {term}\n\n{words}" for term, words in parts(kind))
    again = "yes" if kind.retryable else "no"
    return (
        f"# {kind.title}\n\n`{kind.code}`, HTTP {kind.status}, `{kind.urn}`."
        f" Worth repeating: {again}.\n\n{sections}\n"
    )


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_s_page_in_the_reference_is_the_program_s(code: str) -> None:
    kind = PROBLEMS[code]
    held_against(REFERENCE / "problems" / f"{kind.slug}.md", page(kind))


def test_the_reference_has_no_page_of_a_problem_that_is_gone() -> None:
    there = {path.stem for path in (REFERENCE / "problems").glob("*.md")}
    assert there == {kind.slug for kind in PROBLEMS.values()}


@pytest.mark.slow
def test_no_address_answers_what_it_does_not_say(api: ApiThread, planned: Any) -> None:
    """Slow: a dozen requests, sound and unsound, to each address, by somebody who may do all."""
    admin = api.key(Role.ADMIN, user="root")
    real = {
        "run_id": planned["id"],
        "plan_id": planned["plan_id"],
        "upload_id": planned["upload_id"],
    }
    schema = schemathesis.openapi.from_dict(api.app.openapi())
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        ask_made_up(api, found.ok(), real, admin)
    assert httpx.get(f"{api.url}/api/v1/runs", headers=bearer(admin)).status_code == 200


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ask_made_up(api: ApiThread, operation: Any, real: dict[str, str], key: str) -> None:
    """Requests to one address: in turn of made-up and real ids."""
    # A 503 of these is what they are for: a part is down.
    unsuited = UNSUITED + [not_a_server_error] * (operation.path in ("/readyz", "/health"))
    sound = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    unsound = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    both = st.one_of(sound, unsound)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=both, with_real=st.booleans())
    def ask(case: Any, with_real: bool) -> None:
        if with_real:
            case.path_parameters |= {k: v for k, v in real.items() if k in case.path_parameters}
        case.call_and_validate(base_url=api.url, headers=bearer(key), excluded_checks=unsuited)

    ask()
