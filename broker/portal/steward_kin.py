"""The steward's page of kin: claims to act for somebody, deaths, twins, and young people's logins.

People appear under their pseudonyms. Whoever confirms something has seen a paper; what takes two waits
for the second.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import handovers, kinship
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import DeathReport, HandoverCode, OwnRecord, User
from broker.portal import record_words as words
from broker.portal.guardian_kin import KIND_WORDS
from broker.rights import allow, person
from broker.roles import Right
from consent.errors import ConsentError
from consent.models import KinLink, Participant, TwinLink
from consent.models.kin import OVER, Kind, Why
from consent.purposes import FAMILIES
from consent.rules.authority import GUARDIAN_CEILING, GUARDIAN_IDENTITY_CEILING
from consent.terms import Capacity

CAPACITY_WORDS = {
    Capacity.GUARDIAN: gettext_lazy("Guardian"),
    Capacity.PROXY: gettext_lazy("Proxy for an adult"),
    Capacity.NEXT_OF_KIN: gettext_lazy("Next of kin"),
}
STATE_WORDS = {
    "CLAIMED": ("wait", gettext_lazy("Waits")),
    "SEEN": ("wait", gettext_lazy("Seen by the first of two")),
    "VERIFIED": ("good", gettext_lazy("Confirmed")),
    "REJECTED": ("bad", gettext_lazy("Rejected")),
    "ENDED": ("off", gettext_lazy("Ended")),
}
WHY_WORDS = {
    Why.COURT: gettext_lazy("A court has ended it"),
    Why.DEATH: gettext_lazy("Who acted has died"),
    Why.LAID_DOWN: gettext_lazy("Who acted has laid it down"),
    Why.RECOVERED: gettext_lazy("The person can act herself again"),
    Why.MISTAKE: gettext_lazy("It should never have been confirmed"),
}


class TwinsForm(forms.Form):
    """Two people said to be identical twins."""

    first = forms.CharField(label=gettext_lazy("One twin's reference number"), max_length=16)
    second = forms.CharField(label=gettext_lazy("The other's"), max_length=16)


@require_http_methods(["GET"])
@allow(Right.VERIFY_PEOPLE)
def kin(request: HttpRequest) -> HttpResponse:
    """What waits, and one person's links when she is looked for."""
    return _page(request)


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def settle_link(request: HttpRequest, id: int) -> HttpResponse:
    """Confirm a claim, reject it, end it, or write down what a court has taken."""
    link, user, said = get_object_or_404(KinLink, pk=id), person(request), request.POST
    moves: dict[str, Callable[[datetime], object]] = {
        "verify": lambda now: kinship.verify(link, by=user, at=now),
        "reject": lambda now: kinship.reject(link, by=user, at=now),
        "end": lambda now: kinship.end(link, why=Why(said["why"]), by=user, at=now),
        "limit": lambda now: kinship.limit(link, said.getlist("families"), by=user, at=now),
    }
    move = moves.get(said.get("action", ""))
    if move is None or (said["action"] == "end" and said.get("why") not in WHY_WORDS):
        raise Http404
    return _settled(request, move, link.person, asks_paper=said["action"] == "verify")


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def settle_death(request: HttpRequest, id: int) -> HttpResponse:
    """She has seen the paper of a death, or it shows no such thing."""
    report, user = get_object_or_404(DeathReport, pk=id, settled_at__isnull=True), person(request)
    refuses = request.POST.get("action") == "refuse"
    verb = kinship.refuse_death if refuses else kinship.see_death
    return _settled(request, lambda now: verb(report, by=user, at=now), None, asks_paper=not refuses)


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def twins(request: HttpRequest) -> HttpResponse:
    """Two people are said to be identical twins; another steward confirms it."""
    form, user = TwinsForm(request.POST), person(request)
    if form.is_valid():
        named = [form.cleaned_data[name].strip().upper() for name in ("first", "second")]
        pair = [Participant.objects.filter(pseudonym=name).first() for name in named]
        first, second = pair
        if first is not None and second is not None:
            try:
                kinship.propose_twins(first, second, by=user, at=timezone.now())
            except ConsentError as refused:
                form.add_error(None, spoken(refused))
            else:
                messages.success(request, _("Written down. Another steward confirms it."))
                return redirect("steward:kin")
        else:
            form.add_error(None, _("Nobody here has one of these reference numbers. Nothing was recorded."))
    return _page(request, twins_form=form, status=422)


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def settle_twins(request: HttpRequest, id: int) -> HttpResponse:
    """Confirm a pair, or part one: that takes two stewards, too, and to leave it as it is takes one."""
    link, user, said = get_object_or_404(TwinLink, pk=id), person(request), request.POST
    moves: dict[str, Callable[[datetime], object]] = {
        "confirm": lambda now: kinship.confirm_twins(link, by=user, at=now),
        "doubt": lambda now: kinship.propose_parting(link, said.get("why", ""), by=user, at=now),
        "part": lambda now: kinship.part_twins(link, by=user, at=now),
        "keep": lambda now: kinship.keep_twins(link, by=user, at=now),
    }
    move = moves.get(said.get("action", ""))
    if move is None:
        raise Http404
    return _settled(request, move, None, asks_paper=said["action"] != "keep")


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def confirm_login(request: HttpRequest, id: int) -> HttpResponse:
    """The login that a guardian's code opened is the young person's own."""
    code, user = get_object_or_404(HandoverCode, pk=id, used_at__isnull=False), person(request)
    return _settled(request, lambda now: handovers.confirm(code, by=user, at=now), None, asks_paper=True)


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def hand_over(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """A code for a young person whose papers she has seen, shown once."""
    found = get_object_or_404(Participant, pseudonym=pseudonym)
    if "seen" not in request.POST:
        messages.error(request, _("Tick that you have seen the papers. Nothing was confirmed."))
        return redirect("steward:kin")
    try:
        code = handovers.invite(found, by=person(request), at=timezone.now())
    except BrokerError as refused:
        messages.error(request, spoken(refused))
        return redirect("steward:kin")
    return _page(request, code=code, found=found)


def _settled(
    request: HttpRequest,
    verb: Callable[[datetime], object],
    found: Participant | None,
    *,
    asks_paper: bool = False,
) -> HttpResponse:
    if asks_paper and "seen" not in request.POST:
        messages.error(request, _("Tick that you have seen the papers. Nothing was confirmed."))
    else:
        try:
            verb(timezone.now())
        except (BrokerError, ConsentError) as refused:
            messages.error(request, spoken(refused))
        else:
            messages.success(request, _("It is written down."))
    home = redirect("steward:kin")
    if found is not None:
        home["Location"] += f"?pseudonym={found.pseudonym}"
    return home


def _page(
    request: HttpRequest,
    *,
    twins_form: TwinsForm | None = None,
    code: str = "",
    found: Participant | None = None,
    status: int = 200,
) -> HttpResponse:
    user, asked = person(request), request.GET.get("pseudonym", "").strip().upper()
    found = found or Participant.objects.filter(pseudonym=asked).first()
    waiting = KinLink.objects.filter(state__in=("CLAIMED", "SEEN")).exclude(claimant=user.reference)
    others = waiting.exclude(capacity=Capacity.GUARDIAN).exclude(seen_by=user.reference)
    deaths = DeathReport.objects.filter(settled_at__isnull=True).exclude(reported_by=user)
    pairs = TwinLink.objects.filter(dissolved_at__isnull=True).select_related("first", "second")
    codes = HandoverCode.objects.filter(used_at__isnull=False, seen_by="").exclude(used_by=user)
    context = {
        "asked": asked,
        "links": [_line(one) for one in others.select_related("person").order_by("claimed_at")],
        "deaths": deaths.exclude(seen_by=user).select_related("participant").order_by("reported_at"),
        "pairs": pairs.filter(confirmed_by="").exclude(proposed_by=user.reference),
        "partings": [
            {"pair": one, "mine": one.parting_by == user.reference}
            for one in pairs.exclude(parting_by="").order_by("parting_at", "id")
        ],
        "codes": codes.exclude(issued_by=user.reference).select_related("participant").order_by("used_at"),
        "found": found,
        "found_links": _links_of(found, user) if found else [],
        "found_pairs": [one for one in pairs if found and found.ordinal in (one.first_id, one.second_id)],
        "has_login": bool(found) and OwnRecord.objects.filter(participant=found).exists(),
        "whys": list(WHY_WORDS.items()),
        "twins_form": twins_form or TwinsForm(),
        "code": code,
    }
    return render(request, "steward/kin.html", context, status=status)


def _links_of(found: Participant, user: User) -> list[dict[str, Any]]:
    links = found.kin_links.exclude(claimant=user.reference).order_by("claimed_at", "id")
    return [_line(link) for link in links]


def _line(link: KinLink) -> dict[str, Any]:
    kind, word = STATE_WORDS[link.state]
    own = OwnRecord.objects.filter(
        user__public_id=link.claimant.removeprefix("user:"), user__isnull=False
    ).select_related("participant")
    teller = own.first() if link.claimant.startswith("user:") else None
    takeable = sorted(GUARDIAN_CEILING | GUARDIAN_IDENTITY_CEILING)
    return {
        "link": link,
        "title": CAPACITY_WORDS[Capacity(link.capacity)],
        "by": KIND_WORDS[Kind(link.kind)],
        "who": teller.participant.pseudonym if teller else link.claimant,
        "kind": kind,
        "word": word,
        "over": link.state in OVER,
        "waits": link.state in ("CLAIMED", "SEEN"),
        "born": words.day(link.person.born_on),
        "families": [
            {"name": name, "label": _(FAMILIES[name].label), "taken": name in link.limits}
            for name in takeable
        ]
        if link.capacity == Capacity.GUARDIAN
        else [],
    }
