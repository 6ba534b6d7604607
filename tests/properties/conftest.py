"""How hard the laws are tried: 2,000 examples each; HYPOTHESIS_EXAMPLES says another number."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ordinary",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "2000")),
    deadline=None,  # a busy machine is no broken law
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ordinary")
