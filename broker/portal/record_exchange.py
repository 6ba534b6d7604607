"""A record's choices to take elsewhere and to bring from elsewhere, as HL7 FHIR Consent files.

What a file says is shown and nothing is recorded: a no is one press at the door that every no goes through, a
yes leads to the page of its choice with the terms filled in, to be read, checked and said there.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker import uses
from broker.languages.sentences import spoken
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.portal.record_forms import as_said, key_of, terms_form
from broker.standing import Standing
from consent import records
from consent.errors import ConsentError, ExchangeRefused
from consent.exchange import fhir_in, fhir_out
from consent.exchange.fhir_in import Proposal
from consent.purposes import FAMILIES
from consent.terms import Statement, Verb

MOST_BYTES = 1_000_000
MEDIA_TYPE = "application/fhir+json"
TERMS = ("kind", "diseases", "conditions", "regions", "until")


class ExchangeForm(forms.Form):
    """One FHIR file."""

    file = forms.FileField(
        label=gettext_lazy("A FHIR Consent file"),
        help_text=gettext_lazy("JSON, FHIR R4: one Consent, or a Bundle of them, about this very record."),
    )


def consent_fhir(desk: Desk) -> HttpResponse:
    """What holds now of the record, for programs. A choice that FHIR cannot say gives no file at all."""
    person = desk.ward.participant
    try:
        heads = fhir_out.heads(records.of(person), desk.at)
        bundle = fhir_out.bundle(heads, participant=person.pseudonym)
    except ConsentError as refused:
        return JsonResponse({"error": spoken(refused)}, status=409)
    answer = JsonResponse(bundle, json_dumps_params={"indent": 2}, content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="consent.fhir.json"'
    return answer


def exchange(desk: Desk) -> HttpResponse:
    """Take the choices along, or bring a file and see what it says."""
    form = ExchangeForm()
    if desk.request.method == "POST":
        form = ExchangeForm(desk.request.POST, desk.request.FILES)
        if form.is_valid():
            try:
                found = fhir_in.proposals(
                    _read(form.cleaned_data["file"].read()),
                    participant=desk.ward.participant.pseudonym,
                    policy=uses.dials(desk.at),
                )
            except ExchangeRefused as refused:
                form.add_error("file", spoken(refused))
            else:
                return desk.render("exchange", _context(desk, form) | _shown(desk, found))
    return desk.render("exchange", _context(desk, form), status=422 if form.errors else 200)


def terms_in(query: QueryDict) -> dict[str, Any]:
    """The terms that a proposal's link carries, to fill a form with; none where it carries none."""
    said: dict[str, Any] = {name: query.getlist(name) for name in TERMS[:-1] if name in query}
    with suppress(ValueError):
        said["until"] = date.fromisoformat(query.get("until", ""))
    return said


def _read(data: bytes) -> Any:
    """The file's JSON. A name that stands twice in an object has no one meaning."""
    if len(data) > MOST_BYTES:
        raise ExchangeRefused(_("This file is larger than a consent can be. Nothing was taken over."))
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ExchangeRefused(_("This is no JSON file that can be read. Nothing was taken over.")) from None


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name in said:
            raise ValueError(name)
        said[name] = value
    return said


def _no_number(name: str) -> None:
    raise ValueError(name)


def _context(desk: Desk, form: ExchangeForm) -> dict[str, Any]:
    return {"form": form, "fhir_url": desk.url("consent_fhir"), "choices_url": desk.url("choices")}


def _shown(desk: Desk, found: Iterable[Proposal]) -> dict[str, Any]:
    """Each proposal with what can be done about it here."""
    standing = desk.standing()
    cards = [_card(desk, one, standing) for one in found]
    return {
        "read": True,
        "noes": [card for card in cards if card["stop_url"]],
        "yeses": [card for card in cards if card["choice_url"]],
        "others": [card for card in cards if not card["stop_url"] and not card["choice_url"]],
    }


def _card(desk: Desk, proposal: Proposal, standing: Standing) -> dict[str, Any]:
    said = proposal.said
    card: dict[str, Any] = {"title": words.title_of(said), "code": said.family, "why": "", "facts": []}
    card |= {"stop_url": "", "choice_url": ""}
    if said.file is not None:
        return card | {"why": _("It speaks of one file only. That cannot be done on this page.")}
    if proposal.is_no:
        whole = said.family not in FAMILIES
        return card | {"stop_url": desk.url("stop_everything") if whole else desk.url("stop", said.family)}
    ends, zone = said.valid_to, desk.ward.participant.home_zone
    facts = [
        *words.terms_of(said),
        {"term": _("Ends"), "text": words.day(ends, zone) if ends else _("Only when stopped")},
    ]
    if said.decision is not Verb.GRANT or said.family not in standing.choices or not desk.ward.may_widen:
        return card | {"facts": facts, "why": _("This cannot be said here.")}
    if not _can_be_filled_in(desk, said) or (said.valid_to is not None and said.valid_to <= desk.at):
        return card | {"facts": facts, "why": _("Our form does not have these terms. Please choose by hand.")}
    return card | {"facts": facts, "choice_url": f"{desk.url('choice', said.family)}?{_query(desk, said)}"}


def _can_be_filled_in(desk: Desk, said: Statement) -> bool:
    """Whether our form can say just this; what it has no place for would be lost, and the yes be wider."""
    places = terms_form(said.family, desk)().clauses.keys()
    kinds = {permission.code for permission in said.permissions}
    return kinds <= places and all({one.code, key_of(one)} & places for one in said.modifiers)


def _query(desk: Desk, said: Statement) -> str:
    terms = as_said(said, zone=desk.ward.participant.home_zone, at=desk.at)
    filled = {name: value for name, value in terms.items() if value}
    return urlencode({name: filled[name] for name in TERMS if name in filled}, doseq=True)
