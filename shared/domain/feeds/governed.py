"""The governed feeds there are. A new feed is a module of its own and a line here."""

from shared.domain.errors import NotFound
from shared.domain.feeds.feed import Feed, PolicyRule

FEEDS: dict[str, Feed] = {}


def governed(name: str) -> Feed:
    """A feed by its name. Raises `NotFound`."""
    if name not in FEEDS:
        known = ", ".join(["staff", *FEEDS])
        raise NotFound(f"There is no feed {name!r}; known: {known}. Nothing was started.")
    return FEEDS[name]


def policy_rules() -> dict[str, PolicyRule]:
    """The rules of every feed by their codes."""
    return {rule.code: rule for feed in FEEDS.values() for rule in feed.rules}
