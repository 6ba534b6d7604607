"""A consent record told in plain words: choices as cards, a statement's terms as facts, receipts.

Values for templates, codes beside the words. Nothing is decided here; where somebody stands is consent.scope.
Files, and who used them, are told in usage_words.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from broker.portal.dates import day_of
from broker.portal.disease_field import called as diseases_called
from broker.standing import why_not
from broker.wards import Ward
from consent import duo
from consent.hierarchies import REGION_NAMES
from consent.purposes import FAMILIES, is_police
from consent.reasons import Reason
from consent.receipts import Receipt, digest
from consent.records import Wording
from consent.scope import Choice
from consent.terms import Capacity, Modifier, Source, Statement, Verb

Cell = dict[str, Any]
UNANSWERED = frozenset((Reason.CONSENT_NONE, Reason.COMMERCIAL_NOT_GRANTED))  # where nothing was said at all

_LEADS = gettext_noop("A search can lead to relatives who never said yes.")
_NUMBERS = gettext_noop("Nothing about relatives. What leaves is a number.")
RELATIVES: dict[str, str] = {
    "RESEARCH": _NUMBERS,
    "COMMERCIAL": _NUMBERS,
    "CLINICAL": gettext_noop("What a doctor finds may run in the family."),
    "EXON": _LEADS,
    "RELMATCH": gettext_noop("That you are related, and how closely. It can be a surprise."),
}
# Words that speak to an adult, in place of those a guardian should read.
CHILDS_CARE = gettext_noop("The child's care")
CHILDS_DOCTORS = gettext_noop("Clinicians who care for the child")
ONLY_THIS_CHILD = gettext_noop("Nothing. Police are told only whether it is this child.")


def day(at: date, zone: str = "UTC") -> str:
    """A day in full, in the reader's language; of an instant, the day in this zone."""
    if isinstance(at, datetime):
        at = at.astimezone(ZoneInfo(zone))
    return str(date_format(at, "j F Y"))


def called(ward: Ward) -> str:
    """What somebody for whom one acts is called."""
    born = {"day": day(ward.participant.born_on)}
    if ward.is_child:
        return _("A child born on %(day)s") % born
    if ward.is_proxy:
        return _("An adult born on %(day)s") % born
    return _("Somebody who has died, born on %(day)s") % born


def acted_for(ward: Ward) -> str:
    """For whom one acts, with a place for the day of birth and one for the pseudonym."""
    if ward.is_child:
        return _("a child born on {day} ({name})")
    if ward.is_proxy:
        return _("an adult born on {day} who cannot act ({name})")
    return _("somebody born on {day} who has died ({name})")


def allowed_of(allowed: int, asked: int) -> str:
    """How many uses are allowed, in a sentence."""
    if not allowed:
        return _("None of %(all)s uses is allowed.") % {"all": asked}
    counted = ngettext(
        "%(count)s of %(all)s uses is allowed.", "%(count)s of %(all)s uses are allowed.", allowed
    )
    return counted % {"count": allowed, "all": asked}


def label(family: str, *, is_child: bool) -> str:
    """What a use is called."""
    return _(CHILDS_CARE) if is_child and family == "CLINICAL" else _(FAMILIES[family].label)


def relatives(family: str, *, is_child: bool) -> str:
    """What this use may show about relatives."""
    if is_child and family == "LE.MIS":
        return _(ONLY_THIS_CHILD)
    said = _LEADS if is_police(family) else RELATIVES.get(family)
    return _(said) if said else ""


def where_it_stands(choice: Choice, *, zone: str, at: datetime) -> str:
    """One sentence: since when, on which terms, or why not."""
    head = choice.head
    if head is None:
        if choice.allowed:
            return _("Allowed through your choice about research.")
        if choice.reasons[0] in UNANSWERED:
            return _("No answer yet. Silence is a no.")
        return why_not(choice.reasons[0])
    since = day(head.recorded_at)
    if head.decision is Verb.WITHDRAW:
        return _("Stopped on %(day)s.") % {"day": since}
    if head.decision is Verb.DENY:
        return _("No since %(day)s.") % {"day": since}
    if head.valid_to is not None and head.valid_to <= at:
        return _("This yes ended on %(day)s.") % {"day": day(head.valid_to, zone)}
    if not choice.allowed:
        return why_not(choice.reasons[0])
    if head.permissions or head.modifiers:
        return _("Yes since %(day)s: %(terms)s.") % {"day": since, "terms": _terms(head)}
    return _("Yes since %(day)s.") % {"day": since}


def terms_of(said: Statement | Wording) -> list[Cell]:
    """The terms of a yes, one fact each: term, text and code."""
    facts: list[Cell] = []
    for permission in said.permissions:
        term = duo.PERMISSIONS[permission.code]
        facts.append({"term": _("Kind of research"), "text": _(term.label), "code": term.id})
        facts += [
            {"term": _("Disease"), "text": name, "code": code}
            for code, name in diseases_called(permission.diseases).items()
        ]
    facts += [_condition(modifier) for modifier in said.modifiers]
    return facts


def card(choice: Choice, clause: str, ward: Ward, *, at: datetime) -> Cell:
    """One use of the data, for components/choice.html; the links are the page's."""
    words = FAMILIES[choice.family]
    ends, zone = choice.head.valid_to if choice.head and choice.allowed else None, ward.participant.home_zone
    return {
        "family": choice.family,
        "title": label(choice.family, is_child=ward.is_child),
        "meaning": clause or _(words.meaning),
        "who": _(CHILDS_DOCTORS) if ward.is_child and choice.family == "CLINICAL" else _(words.who),
        "example": _(words.example),
        "relatives": relatives(choice.family, is_child=ward.is_child),
        "kind": "yes" if choice.allowed else "no",
        "word": _("Allowed") if choice.allowed else _("Not allowed"),
        "said": where_it_stands(choice, zone=zone, at=at),
        "until": ends and day_of(ends, zone),
        "allowed": choice.allowed,
        "refused": choice.head is not None and not choice.head.is_grant,
    }


def title_of(said: Statement) -> str:
    """What was said, in a few words."""
    if said.family not in FAMILIES:
        return _("Everything was stopped")
    use = label(said.family, is_child=said.authority.capacity is Capacity.GUARDIAN)
    spoken = {
        Verb.GRANT: _("Yes – %(use)s"),
        Verb.CONTINUE: _("Yes, still – %(use)s"),
        Verb.DENY: _("No – %(use)s"),
        Verb.WITHDRAW: _("Stopped – %(use)s"),
    }
    title = spoken[said.decision] % {"use": use}
    return _("%(title)s (one file only)") % {"title": title} if said.file else title


def history(statements: Iterable[Statement], urls: dict[int, str]) -> list[Cell]:
    """Everything that was ever said, newest first, each with its receipt."""
    return [
        {"when": said.recorded_at, "title": title_of(said), "url": urls[said.seq]}
        for said in sorted(statements, key=lambda said: -said.seq)
    ]


def receipt_facts(said: Statement, paper: Receipt, file: str, *, sealed: bool) -> list[Cell]:
    """What stands on a receipt; `file` is what the one file is called that it is about."""
    who = {
        Capacity.SELF: _("The participant"),
        Capacity.GUARDIAN: _("The guardian"),
        Capacity.NEXT_OF_KIN: _("The next of kin"),
        Capacity.PROXY: _("Somebody who may act for her"),
    }
    ends = {"when": said.valid_to} if said.valid_to else {"text": _("Only when stopped")}
    if said.is_grant:
        facts: list[Cell] = [
            {"term": _("Recorded"), "when": said.recorded_at},
            {"term": _("Holds from"), "when": said.effective_at},
            {"term": _("Ends"), **ends},
            *terms_of(said),
        ]
    else:
        facts = [{"term": _("In force since"), "when": said.recorded_at}]
    header, notice, how = paper["record_header"], paper["pii_processing"]["privacy_notice"], paper["event"]
    facts += [
        {"term": _("Participant"), "text": "", "code": header["pii_principal_id"]},
        {"term": _("Said by"), "text": who[said.authority.capacity]},
        {"term": _("How"), "text": _how(how)},
    ]
    if said.file:
        facts.append({"term": _("For one file only"), "text": file, "code": said.file})
    if notice:
        code = f"{notice['form']} {notice['version']}"
        facts.append({"term": _("Words agreed to"), "text": _("Consent form"), "code": code})
    place = ("good", _("Sealed")) if sealed else ("wait", _("Recorded, to be sealed in a moment"))
    facts += [
        {"term": _("In the ledger"), "kind": place[0], "word": place[1]},
        {"term": _("Number of this receipt"), "text": "", "code": header["record_id"]},
        {"term": _("Fingerprint of the record"), "text": "", "code": paper["commitment"]},
        {"term": _("Fingerprint of this receipt"), "text": "", "code": digest(paper)},
    ]
    return facts


def _how(event: dict[str, Any]) -> str:
    """On paper or in the portal, and what stood behind it."""
    if event["method"] == Source.PAPER:
        return _("On paper, read alike by two people") if event["two_readers"] else _("On paper")
    if event["signed_in"]:
        return _("In the portal, after a fresh sign-in")
    return _("In the portal")


def steps(*, now: int) -> list[Cell]:
    """The way to a yes, for components/steps.html."""
    labels = (_("Read and fill in"), _("Look again"), _("Show that it is you"), _("Done"))
    return [
        {"label": label, "state": "done" if place < now else "now" if place == now else "next"}
        for place, label in enumerate(labels)
    ]


def _terms(said: Statement) -> str:
    """The terms of a yes in one line."""
    parts = []
    for permission in said.permissions:
        named = ", ".join(diseases_called(permission.diseases).values())
        label = _(duo.PERMISSIONS[permission.code].label)
        parts.append(f"{label} ({named})" if named else label)
    return "; ".join((*parts, *(_condition(modifier)["text"] for modifier in said.modifiers)))


def _condition(modifier: Modifier) -> Cell:
    term = duo.MODIFIERS[modifier.code]
    text = _(term.label)
    regions = modifier.get("regions")
    if isinstance(regions, tuple):
        text = _("Only inside: %(places)s") % {
            "places": ", ".join(_(REGION_NAMES.get(str(region), str(region))) for region in regions)
        }
    return {"term": _("Condition"), "text": text, "code": term.id if term.is_duo else modifier.code}
