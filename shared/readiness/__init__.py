"""`validate-config`: is everything there that a run needs? All problems in one pass."""

from shared.readiness.check import check_installation

__all__ = ["check_installation"]
