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

TOGETHER = ", "  # between the months of one notice
GRACE = timedelta(days=1)  # after the end of a month, before its statement is missed


def make(month: date, *, by: str, at: datetime) -> MonthlyStatement:
    """The statement of a month of this house that is over. Raises Refused for any other, and for one that was
    made."""
    if month.replace(day=1) > _before(at):
        raise Refused(f"{_said(month)} is not over. Nothing was signed.")
    founded = _founded()
    if founded is None or month.replace(day=1) < founded:
        since = f"there is one for each month since {_said(founded)}" if founded else "nothing happened yet"
        raise Refused(f"This house was not there in {_said(month)}: {since}. Nothing was signed.")
    start, end = _bounds(month)
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
    """Make last month's, and tell auditors of those that have none: once of each, all together."""
    last, founded = _before(at), _founded()
    if founded is not None and founded <= last and not MonthlyStatement.objects.filter(month=last).exists():
        make(last, by="house", at=at)
    if lost := [_said(month) for month in missing(at=at)]:
        told = Notice.objects.filter(kind="statement_missing").values_list("fields__month", flat=True)
        known = {month for months in told.distinct() for month in months.split(TOGETHER)}
        if new := [month for month in lost if month not in known]:
            auditors = people.holding(Role.AUDITOR)
            notices.tell(auditors, "statement_missing", at=at, month=TOGETHER.join(new))


def missing(*, at: datetime) -> list[date]:
    """The months without a statement, from that of the founding until last month."""
    last, founded = _before(at), _founded()
    if founded is None:
        return []
    made = set(MonthlyStatement.objects.values_list("month", flat=True))
    month, found = founded, []
    while month <= last:
        if month not in made and at >= _bounds(month)[1] + GRACE:
            found.append(month)
        month = _bounds(month)[1].date()
    return found


def read(statement: MonthlyStatement) -> monthly.Monthly:
    """What it says. Raises NoteRefused if it is not as it was signed."""
    signer = notes.Signer.of(settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes)
    return monthly.opened(statement.note, signer)


def _founded() -> date | None:
    """The month of the ledger's first event."""
    first = LedgerEvent.objects.order_by("id").values_list("at", flat=True).first()
    return first.astimezone(UTC).date().replace(day=1) if first else None


def _said(month: date) -> str:
    return f"{month.year:04}-{month.month:02}"


def _bounds(month: date) -> tuple[datetime, datetime]:
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    return start, (start + timedelta(days=31)).replace(day=1)


def _before(at: datetime) -> date:
    first = at.astimezone(UTC).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)
