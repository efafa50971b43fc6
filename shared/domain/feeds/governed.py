"""The governed feeds there are. A new feed is a module of its own and a line here."""

from shared.domain.feeds.epa_waste import EPA_WASTE
from shared.domain.feeds.feed import Feed, PolicyRule
from shared.domain.feeds.osha_inventory import OSHA_INVENTORY

FEEDS: dict[str, Feed] = {feed.name: feed for feed in (EPA_WASTE, OSHA_INVENTORY)}


def policy_rules() -> dict[str, PolicyRule]:
    """The rules of every feed by their codes."""
    return {rule.code: rule for feed in FEEDS.values() for rule in feed.rules}
