"""The doors by which somebody comes to act for another: claims, a no before the papers were seen, the way to
majority, and what somebody who died left to her next of kin."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import choices as choices_of
from broker import fresh, handovers, kinship, people, uses
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import OwnRecord
from broker.portal import handover_words
from broker.portal import record_words as words
from broker.portal.dates import day_field
from broker.portal.guardian_desk import desk_of
from broker.portal.region_field import RegionField
from broker.portal.zone_field import ZoneField
from broker.rights import allow, person
from broker.roles import Right
from consent import giving, handover, kin, records
from consent.errors import ConsentError
from consent.models import Participant
from consent.models.kin import KINDS, Kind
from consent.participants import subject_of
from consent.purposes import FAMILIES
from consent.rules.authority import dissents, majority
from consent.terms import Capacity, Verb

REFERENCE = gettext_lazy("It reads P-, four signs, a dash, four signs, and stands on our letters.")
PAPERS = gettext_lazy("Which paper shows it, and its number. You bring the paper itself to a steward.")
KIND_WORDS = {
    Kind.PARENT: gettext_lazy("A parent"),
    Kind.COURT: gettext_lazy("Appointed by a court"),
    Kind.FOSTER: gettext_lazy("A foster parent"),
    Kind.NAMED: gettext_lazy("Named by the person herself, while she could"),
    Kind.SPOUSE: gettext_lazy("Husband or wife"),
    Kind.CHILD: gettext_lazy("A son or daughter"),
    Kind.SIBLING: gettext_lazy("A brother or sister"),
    Kind.OTHER: gettext_lazy("Another relative"),
}


def _kinds(capacity: Capacity) -> list[tuple[str, Any]]:
    return [(kind.value, KIND_WORDS[kind]) for kind in KINDS[capacity]]


class ClaimForm(forms.Form):
    """A child somebody says she is guardian of. Its name is not asked."""

    born_on = day_field(
        gettext_lazy("When was the child born?"),
        help_text=gettext_lazy("It decides until when you choose for the child. We do not ask for a name."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What are you to the child?"), required=False)
    zone = ZoneField(label=gettext_lazy("Where is the child at home?"), required=False)
    region = RegionField(label=gettext_lazy("In which country, state or province?"))
    reference = forms.CharField(
        label=gettext_lazy("The child's reference number, if it has a record here"),
        help_text=gettext_lazy("Leave it empty to open a new record."),
        required=False,
        max_length=16,
    )

    def __init__(self, *args: Any, home: Participant, **kwargs: Any) -> None:
        kwargs["initial"] = {"zone": home.home_zone, "region": home.home_region}
        super().__init__(*args, **kwargs)
        self.home = home
        self.fields["kind"].choices = _kinds(Capacity.GUARDIAN)  # type: ignore[attr-defined]

    def clean_born_on(self) -> date:
        born: date = self.cleaned_data["born_on"]
        if born > timezone.now().date():
            raise forms.ValidationError(_("This day has not come yet."))
        return born

    def clean_zone(self) -> str:
        """Where who brings it is at home, unless she says otherwise."""
        return str(self.cleaned_data["zone"] or self.home.home_zone)

    def clean(self) -> dict[str, Any]:
        said, now = super().clean() or {}, timezone.now()
        whole = {"born_on", "zone", "region"} <= said.keys()
        if whole and not said.get("reference"):  # of a child with a record, the record says where it is
            grown = majority(said["born_on"], uses.dials(now), zone=said["zone"], region=said["region"])
            if now >= grown:
                self.add_error("born_on", _("Somebody born then is of age, and chooses alone."))
        return said


class OtherForm(forms.Form):
    """Somebody with a record here, and the paper that shows what one is to her."""

    reference = forms.CharField(
        label=gettext_lazy("The person's reference number"), help_text=REFERENCE, max_length=16
    )
    kind = forms.ChoiceField(label=gettext_lazy("By what do you act?"))
    papers = forms.CharField(label=gettext_lazy("The paper"), help_text=PAPERS, max_length=200)


class ProxyForm(OtherForm):
    """An adult who cannot act."""

    born_on = day_field(gettext_lazy("When was the person born?"))
    until = day_field(
        gettext_lazy("Until when do you act?"),
        help_text=gettext_lazy("Acting for an adult always has a last day. It can be asked for again."),
    )
    field_order = ("reference", "born_on", "kind", "papers", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _kinds(Capacity.PROXY)  # type: ignore[attr-defined]


class KinForm(OtherForm):
    """Somebody who has died."""

    died_on = day_field(gettext_lazy("On which day did the person die?"))
    field_order = ("reference", "died_on", "kind", "papers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].label = _("What were you to the person?")
        self.fields["kind"].choices = _kinds(Capacity.NEXT_OF_KIN)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def claim(request: HttpRequest) -> HttpResponse:
    """Bring a child, or ask to act for one that is here. Whoever keeps a record of her own may."""
    user, now = person(request), timezone.now()
    own = OwnRecord.objects.select_related("participant").get(user=user).participant
    form = ClaimForm(request.POST or None, home=own)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        kind = Kind(said["kind"] or Kind.PARENT)
        try:
            if said["reference"]:
                kinship.claim_child(user, said["reference"], born_on=said["born_on"], kind=kind, at=now)
                messages.success(request, _("Your claim waits for a steward to see your papers."))
            else:
                home = {"home_zone": said["zone"], "home_region": said["region"]}
                people.add_child(user, born_on=said["born_on"], kind=kind, at=now, **home)
                messages.success(request, _("The child has a record now. Every use is off."))
            return redirect("guardian:people")
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
    return render(request, "guardian/claim.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def claim_proxy(request: HttpRequest) -> HttpResponse:
    """Ask to act for an adult who cannot."""
    form = ProxyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            kinship.claim_proxy(
                person(request),
                said["reference"],
                born_on=said["born_on"],
                kind=Kind(said["kind"]),
                papers=said["papers"],
                until=said["until"],
                at=timezone.now(),
            )
            messages.success(request, _("Your claim waits for two stewards to see your papers."))
            return redirect("guardian:people")
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
    return render(request, "guardian/claim_proxy.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def claim_next_of_kin(request: HttpRequest) -> HttpResponse:
    """Tell that somebody has died, and ask to act as next of kin."""
    form = KinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            kinship.claim_next_of_kin(
                person(request),
                said["reference"],
                died_on=said["died_on"],
                kind=Kind(said["kind"]),
                papers=said["papers"],
                at=timezone.now(),
            )
            messages.success(request, _("We have written it down. Stewards will ask you for the papers."))
            return redirect("home")
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
    return render(
        request, "guardian/claim_next_of_kin.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def halt(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Stop everything for somebody whose record is not open to her yet."""
    try:
        kinship.halt(person(request), pseudonym, at=timezone.now())
    except BrokerError as refused:
        raise Http404 from refused
    messages.success(request, _("Every use of %(who)s is off.") % {"who": pseudonym})
    return redirect("guardian:people")


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def growing_up(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """The way to majority, and the code with which the young person gets a login of her own."""
    desk = desk_of(request, pseudonym)
    if not desk.ward.is_child:
        raise Http404
    child, code = desk.ward.participant, ""
    if request.method == "POST":
        try:
            code = handovers.invite(child, by=desk.user, at=desk.at)
        except BrokerError as refused:
            messages.error(request, spoken(refused))
            return redirect(desk.url("growing_up"))
    invites_from = handover.invites_from(handovers.steps(child, at=desk.at))
    context = {
        "timeline": handover_words.timeline(child, desk.user, at=desk.at),
        "code": code,
        "objects": dissents(subject_of(child), desk.at),
        "has_login": OwnRecord.objects.filter(participant=child).exists(),
        "may_invite": desk.ward.authority.verified and desk.at >= invites_from,
        "invites_from": invites_from,
        "move_url": desk.url("move"),
    }
    return desk.render("growing_up", context)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def left(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """What somebody who died left to her next of kin to decide: let it go on, or leave it stopped."""
    desk = desk_of(request, pseudonym)
    if not desk.ward.upholds:
        raise Http404
    deceased = desk.ward.participant
    rows = {row.seq: row for row in kin.left_to_kin(deceased, at=desk.at)}
    if request.method == "POST":
        link = deceased.kin_links.get(
            claimant=desk.user.reference, capacity=Capacity.NEXT_OF_KIN, state="VERIFIED"
        )
        seq = request.POST.get("seq", "")
        row = rows.get(int(seq)) if seq.isdecimal() and len(seq) < 19 else None
        if row is None:
            raise Http404
        sign_in = fresh.of(request, at=desk.at)
        if sign_in is None or not giving.is_fresh(sign_in, uses.dials(desk.at), desk.at):
            return fresh.ask(request, what=_("To let it go on, show that it is you."))
        try:
            row = choices_of.uphold(desk.ward, link, row, user=desk.user, sign_in=sign_in, at=desk.at)
            begins = records.read(row, deceased.pseudonym).effective_at
            messages.success(request, _goes_on(begins, desk.at))
        except ConsentError as refused:
            messages.error(request, spoken(refused))
        return redirect(desk.url("left"))
    said = {one.seq: one for one in records.of(deceased)}
    upheld = {one.continues for one in said.values() if one.decision is Verb.CONTINUE}
    choices = [
        {
            "seq": seq,
            "title": _(FAMILIES[row.family].label),
            "when": row.recorded_at,
            "facts": words.terms_of(said[seq]),
            "upheld": seq in upheld,
        }
        for seq, row in rows.items()
    ]
    return desk.render("left", {"choices": choices})


def _goes_on(begins: datetime, at: datetime) -> str:
    if begins > at:
        return _("It goes on, as she said it, from %(day)s: that leaves time to think it over.") % {
            "day": words.day(begins)
        }
    return _("It goes on, as she said it, from now on.")
