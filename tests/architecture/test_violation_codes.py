"""The catalogue of violations and the code that gives them: neither has a code the other lacks."""

import ast
from collections.abc import Iterator

from shared.domain.violation import RULES
from tests.architecture.checkout import Source, sources

#: What makes a violation or refuses a file; the code comes first or is named.
MAKERS = {"Fault", "Violation", "InputInvalid"}


def judges() -> list[Source]:
    """The modules that judge files and rows."""
    domain = [
        source
        for source in sources("shared/domain")
        if source.path.stem.startswith(("staff_", "email_", "cell_", "record_"))
    ]
    return [*sources("shared/adapters/tabular"), *domain]


def given(tree: ast.AST) -> Iterator[str]:
    """Codes that stand where a code is given."""
    for node in ast.walk(tree):
        places: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in MAKERS:
            places = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
            if ast.unparse(node.func) == "InputInvalid":
                places = places[1:]  # its message comes first
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            places = node.value.elts[:1]
        yield from (
            place.value
            for place in places
            if isinstance(place, ast.Constant) and isinstance(place.value, str)
        )


def mentioned(tree: ast.AST) -> set[str]:
    """Every string a module holds."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_code_that_is_given_is_in_the_catalogue() -> None:
    found = {source.name: set(given(source.tree)) - RULES.keys() for source in judges()}
    assert {name: codes for name, codes in found.items() if codes} == {}


def test_every_code_of_the_catalogue_is_given_somewhere() -> None:
    words = set().union(*(mentioned(source.tree) for source in judges()))
    assert RULES.keys() - words == set()


def test_a_code_that_refuses_is_given_by_a_refusal_only() -> None:
    refusals, faults = set[str](), set[str]()
    for source in judges():
        for node in ast.walk(source.tree):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            (refusals if name == "InputInvalid" else faults).update(
                given(ast.Expression(node)) if name in MAKERS else ()  # type: ignore[arg-type]  # a call is one
            )
    assert {code for code in refusals if not RULES[code].refuses_file} == set()
    assert {code for code in faults if RULES[code].refuses_file} == set()


def test_a_remedy_says_what_to_do_in_words() -> None:
    for code, rule in RULES.items():
        assert len(rule.remedy.split()) >= 3, code
        assert code not in rule.remedy.split(), code
