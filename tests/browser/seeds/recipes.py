"""The worlds by name."""

from tests.browser.seeds import history, hostile, plans, records
from tests.browser.seeds.worlds import Recipe
from tests.fakes.installation import Installation
from tests.fakes.people import LOOSE


def _nothing(_: Installation) -> None:
    """Nothing has happened yet."""


RECIPES = {
    "empty": Recipe(make=_nothing),
    "awaiting": Recipe(make=plans.awaiting),
    "review": Recipe(make=plans.review, people=plans.PEOPLE, seed=2026),
    "four_eyes": Recipe(make=plans.awaiting, four_eyes=True),
    "mixed": Recipe(make=plans.mixed),
    "held": Recipe(make=plans.held),
    "approved": Recipe(make=plans.approved, people=400),
    "large": Recipe(make=plans.large, people=10, limits=LOOSE),
    "history": Recipe(make=history.history, people=history.PEOPLE),
    "errors": Recipe(make=history.errors, people=history.PEOPLE),
    "canceled": Recipe(make=history.canceled, people=history.PEOPLE),
    "records": Recipe(make=records.records),
    "hostile": Recipe(make=hostile.hostile),
}
