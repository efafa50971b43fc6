"""The worlds by name."""

from tests.browser.seeds import plans
from tests.browser.seeds.worlds import Recipe
from tests.fakes.installation import Installation


def _nothing(_: Installation) -> None:
    """Nothing has happened yet."""


RECIPES = {
    "empty": Recipe(make=_nothing),
    "awaiting": Recipe(make=plans.awaiting),
    "review": Recipe(make=plans.review, people=plans.PEOPLE, seed=2026),
}
