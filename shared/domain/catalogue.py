"""Every code a violation can have: the engine's own, and those of the governed feeds' rules."""

from shared.domain.feeds.governed import policy_rules
from shared.domain.violation import RULES, ViolationRule


def rule_of(code: str) -> ViolationRule | None:
    """What a code means and how to mend it; None for a code of an older version."""
    if rule := RULES.get(code):
        return rule
    policy = policy_rules().get(code)
    return (
        ViolationRule(policy.code, policy.title, policy.violation_class, policy.remedy)
        if policy
        else None
    )
