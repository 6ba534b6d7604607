"""What the top floor keeps about kin: a death that was told, and how a child's record becomes an adult's."""

from django.db import models
from django.db.models import F, Q

from broker.models.people import User
from consent.append_only import OF_ERASED, AppendOnly
from consent.handover import Moment
from consent.models import Participant
from consent.models.kin import Kind


class DeathReport(models.Model):
    """That a relative says a participant has died. Two stewards see the paper before it is so; with it she
    becomes a claimed next of kin."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    relation = models.CharField(max_length=8, choices=Kind)
    died_on = models.DateField()
    papers = models.CharField(max_length=200)
    reported_at = models.DateTimeField()
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "reported_by"],
                condition=Q(settled_at__isnull=True),
                name="one_open_death_report",
            ),
            models.CheckConstraint(
                condition=Q(confirmed=False)
                | (
                    ~Q(seen_by=F("settled_by"))
                    & ~Q(seen_by=F("reported_by"))
                    & ~Q(settled_by=F("reported_by"))
                ),
                name="death_takes_two_others",
            ),
        ]

    def __str__(self) -> str:
        return f"death of {self.participant}"


class HandoverStep(AppendOnly):
    """That a step on the way to majority was taken: once for each participant."""

    erasable = f"OLD.participant_id {OF_ERASED}"

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="handover_steps")
    moment = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Moment])
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["participant", "moment"], name="handover_step_once")]

    def __str__(self) -> str:
        return f"{self.moment} of {self.participant}"


class HandoverCode(models.Model):
    """A code with which a young person takes over the record that others opened for her: once, for a time.
    Kept as a hash. Her login says yes only when a steward has seen her papers (`seen_by`)."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0)  # times that the date of birth did not match
    used_by = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"code for {self.participant}"
