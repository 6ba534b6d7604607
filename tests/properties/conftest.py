"""How hard the laws are tried: 30 examples each, and 2,000 in .ci/run; HYPOTHESIS_EXAMPLES says how many."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ordinary",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "30")),
    deadline=None,  # a busy machine is no broken law
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ordinary")
