"""For every test: how hypothesis searches. A failure in the build is the same failure everywhere."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("build", deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "search",
    deadline=None,
    max_examples=1000,
    suppress_health_check=[HealthCheck.too_slow],
)
# `HYPOTHESIS_PROFILE=search` looks for new failures, with another seed each time.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "build"))
