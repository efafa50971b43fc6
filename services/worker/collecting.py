"""How often a worker's process looks for garbage in cycles: seldom, since a plan is large and has none."""

import gc

#: Python's own (700, 10, 10) go over all people, rows and actions again and again while a plan is made: a
#: fifth of its time. What is in no cycle is freed at once all the same.
_THRESHOLDS = (20_000, 20, 100)


def collect_seldom() -> None:
    """For the whole process; called once, where it begins to work."""
    gc.set_threshold(*_THRESHOLDS)
