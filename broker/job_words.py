"""What is said of a job that ended without a release, and the bounds that such sentences name.

The asker reads the sentences in capitals: whose record it was, or that somebody changed her mind, stands in
the ledger alone. When each is said is in broker.jobs.
"""

from datetime import timedelta

MOST_ATTEMPTS = 5  # a job, or a range of one, that ends five workers is parked
MOST_ROUNDS = 10  # times it is asked anew: consent changed before the release, or that was ended
LONGEST = timedelta(minutes=50)  # of one attempt; the queue itself ends a task ten minutes later

UNSETTLED = "This job could not be finished for now, and nothing was released. It can be resumed."
UNSOUND = (
    "Something this job relies on is not as it was recorded, so nothing was released. An auditor has to look "
    "at it first; then the job goes on."
)
UNREADABLE = "Something this job had to read could not be read. Nothing was released; ask again later."
PARKED = (
    f"This job ended {MOST_ATTEMPTS} workers and is parked. Nothing was released. An operator has to look "
    "at it first; then it can be put back into the queue by its name."
)
TOO_LONG = (
    f"This took longer than {LONGEST // timedelta(minutes=1)} minutes and was stopped. Nothing was released. "
    "Ask about a smaller place, or ask again when less is going on."
)


def unsettled(changed: int) -> str:
    """For the ledger: why no try came to a release, when consent had changed at so many of them and the
    others stood still and were ended."""
    if changed == MOST_ROUNDS:
        return f"Consent changed at each of {MOST_ROUNDS} tries, so nothing was released."
    return (
        f"Of {MOST_ROUNDS} tries to release, {MOST_ROUNDS - changed} stood still or died before they had "
        f"released anything, and at {changed} consent had changed. Nothing was released; look at the worker."
    )
