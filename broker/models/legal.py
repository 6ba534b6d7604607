"""What courts and agencies demand, each step of answering it, and when searches were told. All of it only
grows: nothing here is changed or removed by anybody.

The verbs are in broker.processes and broker.tellings. Nothing that decides about data reads these tables.
"""

import uuid

from django.db import models

from broker.models.people import User
from broker.models.undertakings import Case
from consent.append_only import OF_ERASED, AppendOnly
from consent.models import Participant


class LegalProcess(AppendOnly):
    """One order, subpoena or demand as it was received."""

    class Kind(models.TextChoices):
        WARRANT = "warrant", "search warrant"
        ORDER = "order", "court order"
        SUBPOENA = "subpoena", "subpoena"
        DEMAND = "demand", "demand without a court"
        NATIONAL_SECURITY = "national_security", "national security demand"

    class State(models.TextChoices):
        """How it stands; what may follow what is TRANSITIONS."""

        RECEIVED = "RECEIVED", "received"
        REVIEWED = "REVIEWED", "looked into"
        CHALLENGED = "CHALLENGED", "challenged"
        NARROWED = "NARROWED", "made narrower"
        REJECTED = "REJECTED", "refused"
        ACTED = "ACTED_WITHIN_CONSENT", "answered within consent"
        CLOSED = "CLOSED", "closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    issuer = models.CharField(max_length=200)  # the court or agency
    number = models.CharField(max_length=64)
    issued_on = models.DateField()
    asks = models.TextField()
    concerns_all = models.BooleanField()  # everybody here; otherwise whom LegalConcern names
    among = (
        models.BigIntegerField()
    )  # the newest participant when it was entered; who came later is not meant
    compels_non_consenting = models.BooleanField()  # recorded, answered and reported; changes nothing
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, null=True, blank=True, related_name="legal_processes"
    )
    gag_until = models.DateTimeField(null=True, blank=True)  # until when a court forbids to speak of it
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()  # by when it has to be answered
    received_by = models.CharField(max_length=64)
    document = models.BinaryField()  # sealed (broker.staging)
    document_sha256 = models.CharField(max_length=64)
    document_type = models.CharField(max_length=40)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["issuer", "number"], name="legal_process_once"),
            models.CheckConstraint(
                condition=models.Q(due_at__gt=models.F("received_at")), name="legal_process_is_due_later"
            ),
            models.CheckConstraint(
                condition=models.Q(gag_until__isnull=True) | models.Q(gag_until__gt=models.F("received_at")),
                name="legal_gag_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.number}"


_STATE = LegalProcess.State
LEGAL_TRANSITIONS: dict[LegalProcess.State, frozenset[LegalProcess.State]] = {
    _STATE.RECEIVED: frozenset({_STATE.REVIEWED}),
    _STATE.REVIEWED: frozenset({_STATE.CHALLENGED, _STATE.NARROWED, _STATE.REJECTED, _STATE.ACTED}),
    _STATE.CHALLENGED: frozenset({_STATE.NARROWED, _STATE.REJECTED, _STATE.ACTED}),
    _STATE.NARROWED: frozenset({_STATE.CHALLENGED, _STATE.REJECTED, _STATE.ACTED}),
    _STATE.REJECTED: frozenset({_STATE.CLOSED}),
    _STATE.ACTED: frozenset({_STATE.CLOSED}),
    _STATE.CLOSED: frozenset(),
}
ANSWERED = frozenset({_STATE.REJECTED, _STATE.ACTED, _STATE.CLOSED})


class LegalConcern(AppendOnly):
    """That a legal process names this participant."""

    erasable = f"OLD.participant_id {OF_ERASED}"

    process = models.ForeignKey(LegalProcess, on_delete=models.PROTECT, related_name="concerned")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["process", "participant"], name="legal_concern_once")]


class LegalStep(AppendOnly):
    """What was done about a legal process, with the reason."""

    class Kind(models.TextChoices):
        MOVE = "move", "moved"
        GAG_ENDED = "gag_ended", "the ban on speaking of it was lifted"
        OVERDUE = "overdue", "nobody had answered it in time"
        TOLD = "told", "told to whom it concerns"

    process = models.ForeignKey(LegalProcess, on_delete=models.PROTECT, related_name="steps")
    order = models.PositiveSmallIntegerField()  # of two at once, one finds its place taken
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MOVE)
    state = models.CharField(max_length=20, choices=LegalProcess.State, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["process", "order"], name="legal_step_in_its_place"),
            models.CheckConstraint(
                condition=models.Q(kind="move") ^ models.Q(state=""), name="legal_step_moves_or_not"
            ),
        ]


class Telling(AppendOnly):
    """That the searches of a case, up to an instant, were told to everybody they considered, together."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tellings")
    upto = models.DateTimeField()
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["case", "upto"], name="telling_once")]


class MonthlyStatement(AppendOnly):
    """A month's signed statement on orders that sought people who had not agreed (broker.statements)."""

    month = models.DateField(unique=True)  # its first day
    note = models.TextField()
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=models.Q(month__day=1), name="statement_of_a_month")]


class PublishedReport(AppendOnly):
    """The public report of a year that is over, as it was published (broker.transparency)."""

    year = models.PositiveSmallIntegerField(unique=True)
    report = models.JSONField()
    at = models.DateTimeField()


class CaseReport(AppendOnly):
    """What an agency or counsel reports back of its case, as statutes ask; the newest is what holds. Nothing
    that is not known is filled in."""

    class Stage(models.TextChoices):
        INVESTIGATION = "investigation", "an investigation"
        PRETRIAL = "pretrial", "the defence, before trial"
        POSTCONVICTION = "postconviction", "the defence, after conviction"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    stage = models.CharField(max_length=16, choices=Stage)
    cold_case = models.BooleanField(null=True)
    third_party_sample = models.BooleanField(null=True)
    arrest = models.BooleanField(null=True)
    conviction = models.BooleanField(null=True)
    identity_revealed = models.BooleanField(null=True)
    cost = models.PositiveIntegerField(null=True, blank=True)  # in whole units of the agency's money
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
