"""What we measure: ratios to a floor of the same run. `make bench` runs all of it; nothing fails on a timing."""
