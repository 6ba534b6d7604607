"""The choices of a record as pages: one card a use, a yes in four steps, a no in one press.

A no is done at once, whatever else is wrong. A yes is read, filled in, looked at again, and said by whoever
has just shown who she is; it is recorded under the words that were read. What each changes is told before.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from broker import choices as choices_of
from broker import fresh, impact, uses
from broker.languages.sentences import spoken
from broker.portal import record_files
from broker.portal import record_preview as preview
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.portal.record_exchange import terms_in
from broker.portal.record_forms import TermsForm, as_said, terms_form
from broker.portal.record_reach import ReachForm, as_reached
from broker.standing import Standing
from consent import forms, giving, records
from consent.errors import ConsentError
from consent.purposes import FAMILIES, POLICE_FAMILIES, is_police
from consent.terms import Modifier, Permission


def choices(desk: Desk) -> HttpResponse:
    """One card a use, the police's in a section of their own; and everything that was ever said."""
    standing, version = desk.standing(), desk.version()
    text = desk.text(version)
    cards = [_card(desk, family, text, standing) for family in standing.choices]
    receipts_at = {said.seq: desk.url("receipt", said.seq) for said in standing.statements}
    context = {
        "sentence": words.allowed_of(standing.allowed, len(standing.choices)),
        "cards": [card for card in cards if not is_police(card["family"])],
        "police": [card for card in cards if is_police(card["family"])],
        "police_who": _(FAMILIES[POLICE_FAMILIES[0]].who),
        "notice": text["notice"],
        "history": words.history(standing.statements, receipts_at),
        "version": version,
        "sheet_url": desk.url("form_sheet", desk.language()),
        "exchange_url": desk.url("exchange"),
    }
    return desk.render("choices", context)


def choice(desk: Desk, family: str) -> HttpResponse:
    """One use explained, how it stands, what would change, and the terms of a yes to fill in."""
    standing = desk.standing()
    if family not in standing.choices:
        raise Http404
    before = standing.last_yes(family)
    initial = as_said(before, zone=desk.ward.participant.home_zone, at=desk.at) if before else {}
    brought = terms_in(desk.request.GET)  # what a FHIR file says, to be read and said here
    form = terms_form(family, desk)(initial={**initial, **brought, "version": str(desk.version() or "")})
    reach = ReachForm(family=family, ward=desk.ward, initial=as_reached(before))
    return _explained(desk, family, form, reach, standing)


def check(desk: Desk, family: str) -> HttpResponse:
    """What she is about to say, to look at once more. Nothing is recorded yet."""
    if not _may_say_yes(desk, family):
        return redirect(desk.url("choice", family))
    form, reach, offer = _offered(desk, family)
    if offer is None or "again" in desk.request.POST:
        status = 200 if offer is not None or form.only_looks else 422
        return _explained(desk, family, form, reach, desk.standing(), status=status)
    said, text = offer.statement, desk.text(desk.version())
    context = {
        "form": form,
        "reach": reach,
        "family": family,
        "clause": text["clauses"].get(family, ""),
        "notice": text["notice"] if is_police(family) else "",
        "answered": reach.explained(),
        "facts": [
            {"term": _("Use"), "text": words.label(family, is_child=desk.ward.is_child), "code": family},
            *words.terms_of(said),
            *preview.of_reach(
                said,
                record_files.held(desk.ward.participant),
                record_files.blocked(desk.standing(), family, desk.at),
                is_child=desk.ward.is_child,
            ),
            {"term": _("Begins"), "text": preview.begins(said, desk.at)},
            {
                "term": _("Ends"),
                "text": words.day(said.valid_to, desk.ward.participant.home_zone)
                if said.valid_to
                else _("Only when stopped"),
            },
        ],
        "impact": preview.facts(impact.of_yes(desk.ward.participant, said, at=desk.at)),
        "widens": offer.widens,
        "steps": words.steps(now=1),
        "give_url": desk.url("give", family),
        "check_url": desk.url("check", family),
        "choice_url": desk.url("choice", family),
    }
    return desk.render("check", context)


def give(desk: Desk, family: str) -> HttpResponse:
    """Say yes, on the terms that were checked, once she has shown who she is."""
    if not _may_say_yes(desk, family):
        return redirect(desk.url("choice", family))
    form, reach, offer = _offered(desk, family)
    version = desk.version()
    if version is None or offer is None:
        return _explained(desk, family, form, reach, desk.standing(), status=422)
    sign_in = fresh.of(desk.request, at=desk.at)
    proved = sign_in is not None and giving.is_fresh(sign_in, uses.dials(desk.at), desk.at)
    if offer.widens and not proved:
        return fresh.ask(desk.request, what=_("To say yes, show that it is you."))
    try:
        said = choices_of.say_yes(
            desk.ward,
            family,
            user=desk.user,
            form=version,
            wording=reach.over(form.wording(family, desk.ward)),
            sign_in=sign_in,
            at=desk.at,
        )
    except ConsentError as refused:
        form.add_error(None, spoken(refused))
        return _explained(desk, family, form, reach, desk.standing(), status=422)
    return redirect(desk.url("receipt", said.seq))


def stop(desk: Desk, family: str) -> HttpResponse:
    """Say no to one use, or take a yes back, a waiting one too: one press, done at once. For one file if the
    press says which."""
    if family not in FAMILIES:
        raise Http404
    try:
        file = UUID(desk.request.POST["file"]) if desk.request.POST.get("file") else None
        said = choices_of.say_no(desk.ward, family, user=desk.user, at=desk.at, file=file)
    except ValueError:
        raise Http404 from None
    except ConsentError as refused:
        messages.error(desk.request, spoken(refused))
        return redirect(desk.url("choices"))
    return redirect(desk.url("receipt", said.seq))


def stop_everything(desk: Desk) -> HttpResponse:
    """Take everything back: one press, done at once."""
    try:
        said = choices_of.stop_everything(desk.ward, user=desk.user, at=desk.at)
    except ConsentError as refused:
        messages.error(desk.request, spoken(refused))
        return redirect(desk.url("choices"))
    return redirect(desk.url("receipt", said.seq))


def _explained(
    desk: Desk, family: str, form: TermsForm, reach: ReachForm, standing: Standing, *, status: int = 200
) -> HttpResponse:
    if family not in standing.choices:
        raise Http404
    version = desk.version()
    text = desk.text(version)
    files = record_files.held(desk.ward.participant)
    context: dict[str, Any] = {
        "form": form,
        "reach": reach,
        "card": _card(desk, family, text, standing),
        "clause": text["clauses"].get(family, ""),
        "notice": text["notice"] if is_police(family) else "",
        "version": version,
        "may": desk.ward.may_grant(family),
        "can": desk.ward.may_grant(family) and bool(text["clauses"].get(family)),
        "files": files if len(files) > 1 else [],
        "check_url": desk.url("check", family),
        "steps": words.steps(now=0),
        **_impacts(desk, family, standing),
    }
    return desk.render("choice", context, status=status)


def _impacts(desk: Desk, family: str, standing: Standing) -> dict[str, Any]:
    """What a yes and a no would change, side by side and told alike; nothing for a record that cannot be
    read."""
    person, authority, at = desk.ward.participant, desk.ward.authority, desk.at
    told: dict[str, Any] = {}
    try:
        told["impact_no"] = preview.facts(impact.of_no(person, family, authority=authority, at=at))
        if (version := desk.version()) is not None:
            offer = records.weigh(person, family, form=version, at=at, wording=_usual(desk, family, standing))
            told["impact_yes"] = preview.facts(impact.of_yes(person, offer.statement, at=at))
    except ConsentError:
        return told
    return told


def _usual(desk: Desk, family: str, standing: Standing) -> records.Wording:
    """The terms that a preview is told for before any are filled in: those of the last yes, or the widest."""
    before = standing.last_yes(family)
    if before is not None:
        return records.Wording(
            permissions=before.permissions, modifiers=before.modifiers, authority=desk.ward.authority
        )
    return records.Wording(
        permissions=(Permission("GRU"),) if family == "RESEARCH" else (),
        modifiers=(Modifier("IDENTITY_ONLY"),) if desk.ward.is_child and is_police(family) else (),
        authority=desk.ward.authority,
    )


def _card(desk: Desk, family: str, text: forms.Text, standing: Standing) -> dict[str, Any]:
    card = words.card(standing.choices[family], text["clauses"].get(family, ""), desk.ward, at=desk.at)
    waits = standing.waiting(family, at=desk.at)
    if standing.reaches(family) or waits:
        change = _("Change the terms")
    else:
        change = _("Change back") if standing.last_yes(family) else _("Read and decide")
    if waits is not None:
        card["waits"] = _("Your yes begins on %(day)s.") % {"day": words.day(waits.effective_at)}
        if not card["allowed"]:
            card |= {"kind": "wait", "word": _("Begins later"), "refused": False}
    files = record_files.held(desk.ward.participant) if standing.by_file else []
    for_files = standing.reaches(family) and not card["allowed"]
    if for_files:
        said = _("For all other files: %(said)s") % {"said": card["said"]}
        card |= {"kind": "yes", "word": _("Allowed for single files"), "refused": False, "said": said}
    return card | {
        "of_files": record_files.lines(standing, family, files, desk.at),
        "can_stop": card["allowed"] or for_files or waits is not None,
        "change": change,
        "change_url": desk.url("choice", family),
        "stop_url": desk.url("stop", family),
    }


def _may_say_yes(desk: Desk, family: str) -> bool:
    version = desk.version()
    if family not in FAMILIES or version is None or family not in version.offers:
        raise Http404
    if desk.ward.may_grant(family):
        return True
    messages.error(desk.request, _("Nothing was changed: you can say no here, and not yet yes."))
    return False


def _offered(desk: Desk, family: str) -> tuple[TermsForm, ReachForm, records.Offer | None]:
    """What was filled in, and the yes it makes; none where something is missing, wrong or cannot be said."""
    form = terms_form(family, desk)(desk.request.POST)
    reach = ReachForm(desk.request.POST, family=family, ward=desk.ward)
    version = desk.version()
    if not (form.is_valid() and reach.is_valid()) or version is None:
        return form, reach, None
    if form.cleaned_data["version"] != str(version):
        form.add_error(None, _("The words of this choice have changed. Please read them again."))
        return form, reach, None
    wording = reach.over(form.wording(family, desk.ward))
    try:
        return (
            form,
            reach,
            records.weigh(desk.ward.participant, family, form=version, at=desk.at, wording=wording),
        )
    except ConsentError as refused:
        form.add_error(None, spoken(refused))
        return form, reach, None
