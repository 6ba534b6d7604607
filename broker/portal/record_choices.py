"""The choices of a record as pages: one card a use, a yes in three steps, a no in one press.

A no is done at once, whatever else is wrong. A yes is read, filled in, looked at again, and then said; it is
recorded under the words that were read.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from broker.portal import record_words as words
from broker.portal.desk import Desk, Standing
from broker.portal.record_forms import TermsForm, as_said, terms_form
from consent import forms, records
from consent.errors import ConsentError
from consent.models import Statement
from consent.purposes import FAMILIES, POLICE_FAMILIES, is_police


def choices(desk: Desk) -> HttpResponse:
    """One card a use, the police's in a section of their own; and everything that was ever said."""
    standing, text = desk.standing(), desk.text(desk.version())
    cards = [_card(desk, family, text, standing) for family in standing.choices]
    receipts_at = {said.seq: desk.url("receipt", said.seq) for said in standing.statements}
    context = {
        "sentence": words.allowed_of(standing.allowed, len(standing.choices)),
        "cards": [card for card in cards if not is_police(card["family"])],
        "police": [card for card in cards if is_police(card["family"])],
        "police_who": _(FAMILIES[POLICE_FAMILIES[0]].who),
        "notice": text["notice"],
        "history": words.history(standing.statements, receipts_at),
    }
    return desk.render("choices", context)


def choice(desk: Desk, family: str) -> HttpResponse:
    """One use explained, how it stands, and the terms of a yes to fill in."""
    standing = desk.standing()
    before = standing.last_yes(family)
    initial = as_said(before, at=desk.at) if before else {}
    form = terms_form(family, desk)(initial={**initial, "version": str(desk.version() or "")})
    return _explained(desk, family, form, standing)


def check(desk: Desk, family: str) -> HttpResponse:
    """What she is about to say, to look at once more. Nothing is recorded yet."""
    form = terms_form(family, desk)(desk.request.POST)
    if not _may_say_yes(desk, family):
        return redirect(desk.url("choice", family))
    if not _is_whole(desk, form):
        return _explained(desk, family, form, desk.standing(), status=422)
    if "again" in desk.request.POST:
        return _explained(desk, family, form, desk.standing())
    wording = form.wording(family, desk.ward)
    ends = words.day(wording.valid_to) if wording.valid_to else _("Only when stopped")
    text = desk.text(desk.version())
    facts = [
        {"term": _("Use"), "text": words.label(family, is_child=desk.ward.is_child), "code": family},
        *words.terms_of(wording),
        {"term": _("Begins"), "text": _("As soon as you say yes")},
        {"term": _("Ends"), "text": ends},
    ]
    context = {
        "form": form,
        "family": family,
        "clause": text["clauses"].get(family, ""),
        "notice": text["notice"] if is_police(family) else "",
        "facts": facts,
        "steps": words.steps(now=1),
        "give_url": desk.url("give", family),
        "check_url": desk.url("check", family),
        "choice_url": desk.url("choice", family),
    }
    return desk.render("check", context)


def give(desk: Desk, family: str) -> HttpResponse:
    """Say yes, on the terms that were checked."""
    form, version = terms_form(family, desk)(desk.request.POST), desk.version()
    if not _may_say_yes(desk, family):
        return redirect(desk.url("choice", family))
    if version is None or not _is_whole(desk, form):
        return _explained(desk, family, form, desk.standing(), status=422)
    try:
        said = records.give(
            desk.ward.participant,
            family,
            form=version,
            by=desk.user.reference,
            at=desk.at,
            wording=form.wording(family, desk.ward),
        )
    except ConsentError as refused:
        form.add_error(None, str(refused))
        return _explained(desk, family, form, desk.standing(), status=422)
    return redirect(desk.url("receipt", said.seq))


def stop(desk: Desk, family: str) -> HttpResponse:
    """Say no to one use, or take a yes back: one press, done at once."""
    if family not in FAMILIES:
        raise Http404
    held = desk.standing().choices.get(family)
    spoken = held.head if held else None
    verb = records.withdraw if spoken is not None and spoken.is_grant else records.deny
    return _narrow(desk, verb, family)


def stop_everything(desk: Desk) -> HttpResponse:
    """Take everything back: one press, done at once."""
    return _narrow(desk, records.withdraw, records.EVERYTHING)


def _explained(
    desk: Desk, family: str, form: TermsForm, standing: Standing, *, status: int = 200
) -> HttpResponse:
    if family not in standing.choices:
        raise Http404
    version = desk.version()
    text = desk.text(version)
    context: dict[str, Any] = {
        "form": form,
        "card": _card(desk, family, text, standing),
        "clause": text["clauses"].get(family, ""),
        "notice": text["notice"] if is_police(family) else "",
        "version": version,
        "can": desk.ward.may_widen and bool(text["clauses"].get(family)),
        "check_url": desk.url("check", family),
        "steps": words.steps(now=0),
    }
    return desk.render("choice", context, status=status)


def _card(desk: Desk, family: str, text: forms.Text, standing: Standing) -> dict[str, Any]:
    card = words.card(standing.choices[family], text["clauses"].get(family, ""), desk.ward, at=desk.at)
    if card["allowed"]:
        change = _("Change the terms")
    else:
        change = _("Change back") if standing.last_yes(family) else _("Read and decide")
    return card | {
        "change": change,
        "change_url": desk.url("choice", family),
        "stop_url": desk.url("stop", family),
    }


def _may_say_yes(desk: Desk, family: str) -> bool:
    version = desk.version()
    if family not in FAMILIES or version is None or family not in version.offers:
        raise Http404
    if desk.ward.may_widen:
        return True
    messages.error(desk.request, _("Nothing was changed: you can say no here, and not yet yes."))
    return False


def _is_whole(desk: Desk, form: TermsForm) -> bool:
    """Whether the terms are whole, and the words those that stand on the form now."""
    whole = form.is_valid()
    if whole and form.cleaned_data["version"] != str(desk.version()):
        form.add_error(None, _("The words of this choice have changed. Please read them again."))
        return False
    return whole


def _narrow(desk: Desk, verb: Callable[..., Statement], family: str) -> HttpResponse:
    try:
        said = verb(
            desk.ward.participant,
            family,
            by=desk.user.reference,
            at=desk.at,
            wording=records.Wording(authority=desk.ward.authority),
        )
    except ConsentError as refused:
        messages.error(desk.request, str(refused))
        return redirect(desk.url("choices"))
    return redirect(desk.url("receipt", said.seq))
