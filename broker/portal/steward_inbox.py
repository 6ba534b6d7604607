"""What waits for a reviewer, the oldest first, and what is in force: lines for her inbox."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from broker import disclosures, held_evidence, searches, signatures
from broker.models import (
    AccessRequest,
    Case,
    DeathReport,
    Disclosure,
    OwnRecord,
    Query,
    Reviewed,
    User,
)
from broker.portal import asked
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


def steps_to_sign(user: User, *, at: datetime) -> list[Entry]:
    """The steps of cases that wait for a signature she may still give: papers, searches, disclosures."""
    mine, held = Case.objects.worked_on_by(user).values("pk"), user.roles
    papers = Case.objects.visible_to(user).filter(state=Reviewed.SUBMITTED).select_related("organisation")
    papers = papers.prefetch_related("approvals", "authorisations").order_by("opened_at")
    searched = searches.waiting().prefetch_related("approvals", "case__authorisations")
    found = disclosures.waiting().prefetch_related(
        "approvals", "job__query__approvals", "job__query__case__authorisations"
    )
    steps: list[tuple[signatures.Step, Entry]] = [
        *((case, _case_entry(case, at)) for case in papers.exclude(pk__in=mine)),
        *((one, _search_entry(one, at)) for one in searched.exclude(case__in=mine)),
        *((one, _disclosure_entry(one, at)) for one in found.exclude(job__query__case__in=mine)),
    ]
    hers = [entry for step, entry in steps if signatures.unsigned(user, held, step)]
    return sorted(hers, key=lambda entry: entry["when"])


def evidence_to_look_at(user: User, *, at: datetime) -> list[Entry]:
    """Profiles that are held, of cases that are no work of hers."""
    return [
        {
            "when": one.held_at,
            "title": _("Held evidence in %(case)s") % {"case": case},
            "text": _("%(organisation)s: it does not look like one person")
            % {"organisation": case.organisation},
            "url": reverse("steward:evidence", args=[one.pk]),
            **_age(one.held_at, at),
        }
        for one, case in held_evidence.waiting_for(user)
    ]


def cases_in_force(user: User, *, at: datetime) -> list[Entry]:
    approved = Case.objects.visible_to(user).filter(state=Reviewed.APPROVED).select_related("organisation")
    return [_case_entry(case, at) for case in approved.order_by("-opened_at")[:SHOWN]]


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


def _request_entry(one: AccessRequest, at: datetime) -> Entry:
    uses = ", ".join(_(PURPOSES[purpose].label) for purpose in one.purposes)
    return {
        "when": one.submitted_at,
        "title": one.project.title,
        "text": f"{one.project.organisation}: {uses}",
        "url": reverse("steward:request", args=[one.pk]),
        **(_age(one.submitted_at, at) if one.state == Reviewed.SUBMITTED else status(one.state)),
    }


def _case_entry(case: Case, at: datetime) -> Entry:
    return {
        "when": case.opened_at,
        "title": case.number,
        "text": f"{case.organisation}: {_(PURPOSES[case.purpose].label)}",
        "url": reverse("steward:case", args=[case.pk]),
        **(_age(case.opened_at, at) if case.state == Reviewed.SUBMITTED else status(case.state)),
    }


def _search_entry(query: Query, at: datetime) -> Entry:
    case = signatures.case_of(query)
    return {
        "when": query.submitted_at,
        "title": _("Search in %(case)s") % {"case": case},
        "text": f"{case.organisation}: {asked.title(query.question)}",
        "url": reverse("steward:search", args=[query.pk]),
        **_age(query.submitted_at, at),
    }


def _disclosure_entry(one: Disclosure, at: datetime) -> Entry:
    case = signatures.case_of(one)
    return {
        "when": one.proposed_at,
        "title": _("Disclosure in %(case)s") % {"case": case},
        "text": f"{case.organisation}: {_(PURPOSES[case.purpose].label)}",
        "url": reverse("steward:disclosure", args=[one.pk]),
        **_age(one.proposed_at, at),
    }


def _age(since: datetime, at: datetime) -> dict[str, str]:
    if at - since < timedelta(minutes=1):
        return {"kind": "wait", "word": _("Just came")}
    word = _("Waits %(time)s") % {"time": timesince(since, at, depth=1)}
    return {"kind": "warn" if at - since > LATE else "wait", "word": word}
