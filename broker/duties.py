"""The duties of the clock, each by itself: one that fails takes no other with it. The fault is logged,
written down, and told to auditors once a day while it lasts.

What the duties are is in tasks; doing them, in the rooms that they name.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import OperationalError, transaction

from broker import events, notices, people
from broker.errors import BrokerError
from broker.roles import Role
from consent.errors import ConsentError, DatabaseBehind, LedgerUnavailable
from consent.ledger import log
from consent.models import LedgerOpening
from genomics.errors import GenomicsError

logger = logging.getLogger(__name__)

TOLD_AGAIN = timedelta(days=1)
BUSY = (OperationalError, LedgerUnavailable)  # for a moment; a minute later again
OURS = (BrokerError, ConsentError, GenomicsError)  # whose words are sentences, and name nobody

Duty = Callable[[datetime], object]


def do_each(duties: Mapping[str, Duty], *, at: datetime) -> list[str]:
    """Do them in their order; the names of those that could not be done. Raises DatabaseBehind, for then no
    door is open."""
    failed = []
    for name, duty in duties.items():
        try:
            duty(at)
        except DatabaseBehind:
            raise
        except BUSY:
            logger.warning("the duty %s waits for the database", name, exc_info=True)
            failed.append(name)
        except Exception as fault:
            logger.exception("the duty %s was not done", name)
            _ring(name, fault, at)
            failed.append(name)
    return failed


def _ring(name: str, fault: Exception, at: datetime) -> None:
    trouble = str(fault) if isinstance(fault, OURS) else type(fault).__name__
    subject = f"duty:{name}"
    told = LedgerOpening.objects.filter(subject=subject, event__kind=events.DUTY_FAILED.tag)
    try:
        with transaction.atomic():
            if not told.filter(event__at__gt=at - TOLD_AGAIN).exists():
                log.append(events.DUTY_FAILED, at=at, by="house", subject=subject, duty=name, trouble=trouble)
                notices.tell(people.holding(Role.AUDITOR), "duty", at=at, duty=name)
    except BUSY:
        logger.warning("it could not be written down that the duty %s was not done", name, exc_info=True)
