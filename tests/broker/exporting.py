"""The ledger as an auditor takes it home, for tests that read it there."""

import io
from datetime import datetime, timedelta

from consent.ledger import log
from tests.world import NOW

LATE = NOW + timedelta(days=2000)  # when everything that these tests let happen is told


def exported(*, at: datetime = NOW) -> list[str]:
    """Every line of it, once everything has its place under a checkpoint of this instant."""
    log.sequence(at=at)
    stream = io.StringIO()
    log.export(stream)
    return stream.getvalue().splitlines(keepends=True)
