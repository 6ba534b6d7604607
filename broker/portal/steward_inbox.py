"""What waits for a reviewer, the oldest first, and what is in force: lines for her inbox."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from broker import cases, rights
from broker.models import AccessRequest, Case, DeathReport, OwnRecord, Reviewed, User
from broker.roles import Role
from consent.models import KinLink, Participant
from consent.purposes import PURPOSES
from consent.terms import Capacity

LATE = timedelta(days=7)  # what has waited longer is marked
SHOWN = 50  # so many of what is in force; the newest

Entry = dict[str, Any]  # as components/entries.html takes it


def requests_to_decide(user: User, *, at: datetime) -> list[Entry]:
    """Submitted by others than herself."""
    waiting = _requests(user).filter(state=Reviewed.SUBMITTED).exclude(submitted_by=user)
    return [_request_entry(one, at) for one in waiting.order_by("submitted_at")]


def requests_in_force(user: User, *, at: datetime) -> list[Entry]:
    approved = _requests(user).filter(state=Reviewed.APPROVED)
    return [_request_entry(one, at) for one in approved.order_by("-submitted_at")[:SHOWN]]


def cases_to_sign(user: User, *, at: datetime) -> list[Entry]:
    """Those that wait for a signature that she may still give."""
    waiting = Case.objects.visible_to(user).filter(state=Reviewed.SUBMITTED)
    waiting = waiting.exclude(pk__in=Case.objects.worked_on_by(user).values("pk"))
    held = user.roles
    rows = waiting.select_related("organisation").prefetch_related("approvals").order_by("opened_at")
    return [_case_entry(case, at) for case in rows if _unsigned(user, held, case)]


def cases_in_force(user: User, *, at: datetime) -> list[Entry]:
    approved = Case.objects.visible_to(user).filter(state=Reviewed.APPROVED).select_related("organisation")
    return [_case_entry(case, at) for case in approved.order_by("-opened_at")[:SHOWN]]


def signatures_open_to(user: User, case: Case) -> list[Role]:
    """How she may sign a case: not what she works on, not twice, not what somebody signed already."""
    if rights.may(user, cases.WORK, case):
        return []
    return _unsigned(user, user.roles, case)


def unverified() -> QuerySet[Participant]:
    return Participant.objects.filter(identity_verified=False, erased_at__isnull=True)


def identities(user: User, pseudonym: str) -> QuerySet[Participant]:
    """Participants nobody has verified yet, who joined first coming first; herself left out."""
    others = unverified().exclude(pk__in=OwnRecord.objects.filter(user=user).values("participant"))
    if pseudonym:
        others = others.filter(pseudonym__startswith=pseudonym)
    return others.order_by("ordinal")


def claimed(capacity: str = Capacity.GUARDIAN) -> QuerySet[KinLink]:
    return KinLink.objects.filter(state__in=("CLAIMED", "SEEN"), capacity=capacity)


def guardians(user: User, *, at: datetime) -> list[dict[str, Any]]:
    """Guardianships that others claim; the guardian under her own pseudonym."""
    links = list(claimed().exclude(claimant=user.reference).select_related("person").order_by("claimed_at"))
    logins = [link.claimant.removeprefix("user:") for link in links]
    own = OwnRecord.objects.filter(user__public_id__in=logins).select_related("user", "participant")
    known = {one.user.reference: one.participant for one in own}
    return [
        {"link": link, "guardian": known.get(link.claimant), "age": _age(link.claimed_at, at)}
        for link in links
    ]


def kin_waiting(user: User, *, at: datetime) -> list[Entry]:
    """Proxies, next of kin and deaths that wait for her: a line each, to the page where they are settled."""
    links = KinLink.objects.filter(state__in=("CLAIMED", "SEEN")).exclude(capacity=Capacity.GUARDIAN)
    links = links.exclude(claimant=user.reference).exclude(seen_by=user.reference).select_related("person")
    deaths = DeathReport.objects.filter(settled_at__isnull=True).exclude(reported_by=user)
    words = {Capacity.PROXY: _("Proxy for an adult"), Capacity.NEXT_OF_KIN: _("Next of kin")}
    told = [(one.claimed_at, one.person, words[Capacity(one.capacity)]) for one in links]
    told += [
        (one.reported_at, one.participant, _("A death"))
        for one in deaths.exclude(seen_by=user).select_related("participant")
    ]
    return [
        {
            "when": when,
            "title": f"{what}: {person.pseudonym}",
            "url": reverse("steward:kin"),
            **_age(when, at),
        }
        for when, person, what in sorted(told, key=lambda one: one[0])
    ]


def status(state: str) -> dict[str, str]:
    """Where a request or case stands, in words."""
    return {
        Reviewed.SUBMITTED: {"kind": "wait", "word": _("Waits for a decision")},
        Reviewed.APPROVED: {"kind": "good", "word": _("Approved")},
        Reviewed.REFUSED: {"kind": "bad", "word": _("Refused")},
        Reviewed.CLOSED: {"kind": "off", "word": _("Closed")},
    }[Reviewed(state)]


def _requests(user: User) -> QuerySet[AccessRequest]:
    return AccessRequest.objects.visible_to(user).select_related("project__organisation")


def _unsigned(user: User, held: frozenset[Role], case: Case) -> list[Role]:
    given = list(case.approvals.all())
    if case.state != Reviewed.SUBMITTED or case.opened_by_id == user.pk:
        return []
    if any(one.by_id == user.pk for one in given):
        return []
    taken = {one.role for one in given}
    return [role for role in cases.SIGNATURES if role in held and str(role) not in taken]


def _request_entry(asked: AccessRequest, at: datetime) -> Entry:
    uses = ", ".join(_(PURPOSES[purpose].label) for purpose in asked.purposes)
    return {
        "when": asked.submitted_at,
        "title": asked.project.title,
        "text": f"{asked.project.organisation}: {uses}",
        "url": reverse("steward:request", args=[asked.pk]),
        **(_age(asked.submitted_at, at) if asked.state == Reviewed.SUBMITTED else status(asked.state)),
    }


def _case_entry(case: Case, at: datetime) -> Entry:
    return {
        "when": case.opened_at,
        "title": case.number,
        "text": f"{case.organisation}: {_(PURPOSES[case.purpose].label)}",
        "url": reverse("steward:case", args=[case.pk]),
        **(_age(case.opened_at, at) if case.state == Reviewed.SUBMITTED else status(case.state)),
    }


def _age(since: datetime, at: datetime) -> dict[str, str]:
    if at - since < timedelta(minutes=1):
        return {"kind": "wait", "word": _("Just came")}
    word = _("Waits %(time)s") % {"time": timesince(since, at, depth=1)}
    return {"kind": "warn" if at - since > LATE else "wait", "word": word}
