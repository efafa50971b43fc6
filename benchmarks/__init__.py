"""Ratios to a floor of the same run; `make bench` measures them all, and no timing fails anything."""
