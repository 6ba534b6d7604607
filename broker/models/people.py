"""Who signs in, where she belongs, and what she has been appointed to.

A User is a login and never a Participant: OwnRecord joins the two. Django's staff and superuser flags open
nothing here.
"""

import uuid

from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractUser
from django.db import models
from guardian.models import UserObjectPermissionBase

from broker.roles import FOR_SIGNED_IN, RIGHTS, Right, Role
from consent.models import Participant


class Organisation(models.Model):
    """Where researchers, investigators and counsel belong. Verified by two administrators, or not at all."""

    class Kind(models.TextChoices):
        NONPROFIT = "nonprofit", "not for profit"
        ACADEMIC = "academic", "academic"
        GOVERNMENT = "government", "government"
        FORPROFIT = "forprofit", "for profit"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    region = models.CharField(max_length=16)
    # Nobody while its verification is withdrawn: then it is to be proposed anew.
    proposed_by = models.ForeignKey("User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey(
        "User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | (models.Q(proposed_by__isnull=False) & ~models.Q(confirmed_by=models.F("proposed_by"))),
                name="organisation_takes_two",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def verified(self) -> bool:
        return self.confirmed_by_id is not None


class User(AbstractUser):
    """A login. `public_id` is how ledger lines and consent records name her: `user:<uuid>`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    language = models.CharField(max_length=2, default="en")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="people"
    )

    @property
    def reference(self) -> str:
        """The actor reference that verbs take as `by`."""
        return f"user:{self.public_id}"

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Django would say yes to any superuser; here a row says yes, or nobody does."""
        return self.is_active and any(
            backend.has_perm(self, perm, obj=obj) for backend in get_backends() if obj is not None
        )

    @property
    def roles(self) -> frozenset[Role]:
        """The roles in force: proposed by one, confirmed by another, and not ended."""
        standing = self.appointments.filter(confirmed_by__isnull=False, ended_at__isnull=True)
        return frozenset(Role(role) for role in standing.values_list("role", flat=True))

    @property
    def rights(self) -> frozenset[Right]:
        """What she may do at a door."""
        return FOR_SIGNED_IN.union(*(RIGHTS[role] for role in self.roles))


class Appointment(models.Model):
    """That somebody has a role. One administrator proposes, another confirms; participants and guardians
    take theirs themselves."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(ended_at__isnull=True),
                name="one_living_appointment",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | models.Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="appointment_confirmed_at_and_by",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(role__in=["participant", "guardian"], confirmed_by=models.F("user"))
                | ~(models.Q(confirmed_by=models.F("proposed_by")) | models.Q(confirmed_by=models.F("user"))),
                name="appointment_takes_two",
            ),
        ]


class OwnRecord(models.Model):
    """Which participant a login is."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="own_record")
    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="+")


class ParticipantPermission(UserObjectPermissionBase):
    """guardian's row: this login may act on this participant's record. It decides no use of data."""

    content_object = models.ForeignKey(Participant, on_delete=models.CASCADE)
