"""How hard the laws are tried: 100 examples in the ordinary run; HYPOTHESIS_EXAMPLES=5000 for a long one."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ordinary",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")),
    deadline=None,  # a busy machine is no broken law
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ordinary")
