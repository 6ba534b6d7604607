"""The monthly signed statement on orders that sought people who had not agreed: made when a month is over,
also when there was none. A month without one is an alarm. What a statement is: consent.ledger.monthly.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from broker import events, notices, people
from broker.errors import Refused
from broker.models import LegalProcess, LegalStep, MonthlyStatement, Notice
from broker.roles import Role
from consent.ledger import log, monthly
from consent.ledger import note as notes
from consent.models import LedgerEvent

GRACE = timedelta(days=1)  # after the end of a month, before its statement is missed


def make(month: date, *, by: str, at: datetime) -> MonthlyStatement:
    """The statement of a month that is over. Raises Refused for one that is not, or that was made."""
    start, end = _bounds(month)
    if at < end:
        raise Refused(f"{start:%Y-%m} is not over. Nothing was signed.")
    if MonthlyStatement.objects.filter(month=start.date()).exists():
        raise Refused(f"The statement of {start:%Y-%m} was made already. Nothing was signed.")
    told = LegalStep.objects.filter(kind=LegalStep.Kind.TOLD, at__gte=start, at__lt=end)
    sought = LegalProcess.objects.filter(pk__in=told.values("process"), compels_non_consenting=True)
    said = monthly.Monthly(
        month=f"{start:%Y-%m}",
        sought=sought.count(),
        earlier=sought.filter(received_at__lt=start).count(),
        at=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    note = notes.sign_text(
        said.text(settings.LEDGER_ORIGIN), settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes
    )
    with transaction.atomic():
        made = MonthlyStatement.objects.create(month=start.date(), note=note, at=at)
        sha256 = hashlib.sha256(note.encode()).hexdigest()
        log.append(
            events.STATEMENT_MADE, at=at, by=by, subject=said.month, sought=said.sought, note_sha256=sha256
        )
    return made


def keep(*, at: datetime) -> None:
    """Make last month's, and tell auditors, once, of every month that has none."""
    last = _before(at)
    founded = LedgerEvent.objects.filter(at__lt=_bounds(last)[1]).exists()
    if founded and not MonthlyStatement.objects.filter(month=last).exists():
        make(last, by="house", at=at)
    for month in missing(at=at):
        said = f"{month:%Y-%m}"
        if not Notice.objects.filter(kind="statement_missing", fields__month=said).exists():
            notices.tell(people.holding(Role.AUDITOR), "statement_missing", at=at, month=said)


def missing(*, at: datetime) -> list[date]:
    """The months without a statement, from that of the first one on; at the latest since last month."""
    last = _before(at)
    made = set(MonthlyStatement.objects.values_list("month", flat=True))
    if not made and not LedgerEvent.objects.filter(at__lt=_bounds(last)[1]).exists():
        return []  # the house was founded this month
    month, found = min([*made, last]), []
    while month <= last:
        if month not in made and at >= _bounds(month)[1] + GRACE:
            found.append(month)
        month = _bounds(month)[1].date()
    return found


def read(statement: MonthlyStatement) -> monthly.Monthly:
    """What it says. Raises NoteRefused if it is not as it was signed."""
    signer = notes.Signer.of(settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes)
    return monthly.opened(statement.note, signer)


def _bounds(month: date) -> tuple[datetime, datetime]:
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    return start, (start + timedelta(days=31)).replace(day=1)


def _before(at: datetime) -> date:
    first = at.astimezone(UTC).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)
