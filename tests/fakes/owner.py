"""Who may send, in tests that aren't about leases."""


def always() -> bool:
    """The lease never ends."""
    return True
