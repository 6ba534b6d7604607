"""Under what a question is asked: a researcher's project with its access request, an agency's or counsel's
case with its judicial authorisation, and the approvals of both and of each step of a case.
"""

import uuid
from functools import reduce
from operator import or_
from typing import Self

from django.db import models
from guardian.models import UserObjectPermissionBase
from guardian.shortcuts import get_objects_for_user

from broker.models.people import Organisation, User
from broker.roles import Right


class Reviewed(models.TextChoices):
    """How a request or a case stands with those who review it."""

    SUBMITTED = "submitted", "submitted"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"
    CLOSED = "closed", "closed"


REVIEW_TRANSITIONS: dict[Reviewed, frozenset[Reviewed]] = {
    Reviewed.SUBMITTED: frozenset({Reviewed.APPROVED, Reviewed.REFUSED}),
    Reviewed.APPROVED: frozenset({Reviewed.CLOSED}),
    Reviewed.REFUSED: frozenset(),
    Reviewed.CLOSED: frozenset(),
}

# A case can also end before anybody has decided about it: it is given up, or its time is over.
CASE_TRANSITIONS: dict[Reviewed, frozenset[Reviewed]] = REVIEW_TRANSITIONS | {
    Reviewed.SUBMITTED: REVIEW_TRANSITIONS[Reviewed.SUBMITTED] | {Reviewed.CLOSED}
}


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> Self:
        """The projects she works on."""
        mine = get_objects_for_user(
            user, "broker.ask_project", klass=Project, with_superuser=False, accept_global_perms=False
        )
        return self.filter(pk__in=mine.values("pk"))


class Project(models.Model):
    """Researchers' undertaking."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    first_access_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ProjectQuerySet.as_manager()

    class Meta:
        permissions = [("ask_project", "May ask questions under this project")]

    def __str__(self) -> str:
        return self.title

    @property
    def standing(self) -> "AccessRequest | None":
        """The newest request that was decided in its favour, or the newest at all."""
        newest = self.requests.order_by("-submitted_at")
        return newest.filter(state=Reviewed.APPROVED).first() or newest.first()


class ProjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Project, on_delete=models.CASCADE)


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def visible_to(self, user: User) -> Self:
        """Those of her projects; all of them for who reviews requests."""
        return self if Right.REVIEW_REQUESTS in user.rights else self.worked_on_by(user)

    def worked_on_by(self, user: User) -> Self:
        """Those of her projects. Reviewing a request shows it, and lets nobody ask under it."""
        return self.filter(project__in=Project.objects.visible_to(user))


class AccessRequest(models.Model):
    """What a project asks to do with the data, and what it undertakes: the evidence behind a DataUse."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="requests")
    summary = models.TextField()
    purposes = models.JSONField()  # e.g. ["R.DS"]
    disease = models.CharField(max_length=32, blank=True, default="")
    commercial_use = models.BooleanField()
    study_type = models.CharField(max_length=32, default="genetic")
    regions = models.JSONField(default=list)
    duration_months = models.PositiveSmallIntegerField(default=12)
    publication = models.BooleanField(default=False)
    collaboration = models.BooleanField(default=False)
    return_data = models.BooleanField(default=False)
    ethics_ref = models.CharField(max_length=64, blank=True, default="")
    ethics_valid_to = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField()
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=Reviewed, default=Reviewed.SUBMITTED)

    objects = AccessRequestQuerySet.as_manager()


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> Self:
        """The cases she works on; all of them for who reviews cases."""
        return self if Right.REVIEW_CASES in user.rights else self.worked_on_by(user)

    def worked_on_by(self, user: User) -> Self:
        """The cases she works on. Reviewing a case shows its papers, not its answers."""
        mine = get_objects_for_user(
            user, "broker.work_case", klass=Case, with_superuser=False, accept_global_perms=False
        )
        # Whoever has left the organisation has left its cases.
        return self.filter(pk__in=mine.values("pk"), organisation=user.organisation_id)


class Case(models.Model):
    """An agency's or counsel's undertaking: one offence, one sample, one jurisdiction."""

    class Origin(models.TextChoices):
        PERPETRATOR = "crime_scene_putative_perpetrator", "left at the scene, thought to be the perpetrator's"
        REMAINS = "unidentified_remains", "an unidentified dead person"
        MISSING = "missing_person_reference", "a missing person, or kin of one"
        VICTIM = "victim", "a victim"
        BYSTANDER = "bystander", "somebody else who was there"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=64)  # the agency's own
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cases")
    purpose = models.CharField(max_length=8)  # L.HOM ... E.EXON
    jurisdiction = models.CharField(max_length=16)
    sample_origin = models.CharField(max_length=40, choices=Origin)
    codis_searched = models.BooleanField(default=False)
    leads_exhausted = models.BooleanField(default=False)
    summary = models.TextField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField()
    state = models.CharField(max_length=12, choices=Reviewed, default=Reviewed.SUBMITTED)

    objects = CaseQuerySet.as_manager()

    class Meta:
        permissions = [("work_case", "May work on this case")]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="case_number_once_an_agency")
        ]

    def __str__(self) -> str:
        return self.number


class CasePermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class Authorisation(models.Model):
    """The judicial paper bound to a case: a precondition, never a permission."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="authorisations")
    court = models.CharField(max_length=200)
    number = models.CharField(max_length=64)
    purposes = models.JSONField()
    scope = models.JSONField(default=list)  # the kinds of question that it allows; none beside them
    document_sha256 = models.CharField(max_length=64, blank=True, default="")
    media_type = models.CharField(max_length=32, blank=True, default="")
    valid_to = models.DateTimeField()
    compels_non_consenting = models.BooleanField(default=False)  # recorded and reported; changes nothing
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()


class CourtDocument(models.Model):
    """The judicial paper itself, sealed; broker.court_papers alone opens it."""

    paper = models.OneToOneField(
        Authorisation, on_delete=models.PROTECT, primary_key=True, related_name="document"
    )
    sealed = models.BinaryField()


STEPS = ("case", "query", "disclosure")  # of a case: its papers, a search, the disclosure of what was found
OF_WHAT = ("request", *STEPS)


def _one_of(*names: str) -> models.Q:
    """Exactly one of these is set."""
    conditions = [
        models.Q(**{f"{other}__isnull": other != name for other in names}, _connector=models.Q.AND)
        for name in names
    ]
    return reduce(or_, conditions)


class Approval(models.Model):
    """What one reviewer decided about one request, or one step of a case, with the reason."""

    request = models.ForeignKey(
        AccessRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals")
    query = models.ForeignKey(
        "broker.Query", on_delete=models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    disclosure = models.ForeignKey(
        "broker.Disclosure", on_delete=models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    approves = models.BooleanField()
    reason = models.TextField()
    at = models.DateTimeField()
    seal = models.BinaryField(default=b"")  # broker.signature_seals; of a step of a case

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_one_of(*OF_WHAT), name="approval_of_one_thing"),
            *(
                models.UniqueConstraint(fields=[step, once], name=f"approval_once_a_{word}_and_{step}")
                for step in STEPS
                for once, word in (("by", "reviewer"), ("role", "role"))
            ),
        ]
