"""A request or a case as a reviewer reads it: what is asked in plain words, and what the house knows of it.

Lines of the list are facts that follow from the papers; what they are worth, a person decides. Whether
anybody may then be read is decided in consent, person by person, and not here.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from broker import uses
from broker.models import AccessRequest, Approval, Authorisation, Case, OwnRecord, Query, User
from broker.portal import asked as wording
from broker.portal.disease_field import called
from broker.roles import Role
from broker.signatures import SIGNATURES, Step
from consent import duo
from consent.hierarchies import REGION_NAMES
from consent.purposes import PURPOSES
from consent.rules.requests import SAMPLE_ORIGINS
from genomics import holds
from genomics.models import EvidenceProfile, Hold

Fact = dict[str, Any]  # as components/facts.html takes it
Line = dict[str, str]  # kind, word, text

WHOSE = {
    Role.STEWARD: gettext_noop("The steward's"),
    Role.LEGAL_REVIEWER: gettext_noop("The legal reviewer's"),
}
ALLOWS = {
    "relatives": gettext_lazy("a search for relatives"),
    "identity": gettext_lazy("a check whether the very person is here"),
}
OK, LOOK, MISSING = "good", "warn", "bad"


def purpose_code(purpose: str) -> str:
    """The DUO id of a purpose that has one, else our own code."""
    term = duo.PERMISSIONS.get(purpose.partition(".")[2])
    return term.id if term else purpose


def region(code: str) -> str:
    return _(REGION_NAMES[code]) if code in REGION_NAMES else code


def asked(request: AccessRequest) -> list[Fact]:
    """What an access request asks for and undertakes."""
    facts: list[Fact] = [
        {
            "term": _("Purpose"),
            "text": f"{_(PURPOSES[purpose].label)}: {_(PURPOSES[purpose].words.meaning)}",
            "code": purpose_code(purpose),
        }
        for purpose in request.purposes
    ]
    if request.disease:
        code = request.disease
        name = called([code])[code]
        text = name if name != code else _("Not known here: it reaches nobody")
        facts.append({"term": _("Disease"), "text": text, "code": code})
    places = ", ".join(region(code) for code in request.regions)
    facts += [
        {"term": _("Commercial"), "text": _("Yes, for profit") if request.commercial_use else _("No")},
        {"term": _("Kind of study"), "text": request.study_type.capitalize()},
        {"term": _("Where"), "text": places or _("Not said")},
        {"term": _("For how long"), "text": _("%(n)d months") % {"n": request.duration_months}},
        {"term": _("Ends on"), "when": request.valid_to},
        {"term": _("Ethics approval"), "text": request.ethics_ref or _("None named")},
    ]
    if request.ethics_valid_to:
        facts.append({"term": _("Ethics approval until"), "when": request.ethics_valid_to})
    return [*facts, {"term": _("Undertakes"), "text": _promises(request)}]


def _promises(request: AccessRequest) -> str:
    promised = [
        words
        for made, words in (
            (request.publication, _("to publish what is found")),
            (request.collaboration, _("to work with the first investigators")),
            (request.return_data, _("to bring new data back")),
        )
        if made
    ]
    return "; ".join(promised) or _("Nothing beyond the rules")


def request_list(request: AccessRequest, *, at: datetime) -> Iterator[Line]:
    """What the papers of a request show."""
    organisation = request.project.organisation
    yield _yes(organisation.verified, _("The organisation is verified."), _("It is not verified."))
    yield _yes(request.valid_to > at, _("It has not run out."), _("It has run out: nothing can be asked."))
    good = bool(request.ethics_ref) and request.ethics_valid_to is not None and request.ethics_valid_to > at
    yield _yes(
        good,
        _("An ethics approval is named, and it has not run out."),
        _("No ethics approval in force: people who ask for one are left out."),
        otherwise=LOOK,
    )
    yield _yes(
        not request.commercial_use,
        _("No commercial use."),
        _("Commercial: only people who allowed that are reached."),
        otherwise=LOOK,
    )
    yield _yes(
        bool(request.regions),
        _("The places are named."),
        _("No place is named: people who limited the place are left out."),
        otherwise=LOOK,
    )
    unmade = not (request.publication and request.collaboration and request.return_data)
    yield _yes(
        not unmade,
        _("Everything is undertaken that people may ask for."),
        _("Not everything is undertaken: people who ask for the rest are left out."),
        otherwise=LOOK,
    )


def papers(case: Case) -> list[Fact]:
    """What an agency or counsel says about its case."""
    kind = PURPOSES[case.purpose]
    return [
        {
            "term": _("Offence class"),
            "text": _(kind.label),
            "code": case.purpose,
        },
        {"term": _("Organisation"), "text": str(case.organisation)},
        {"term": _("Jurisdiction"), "text": region(case.jurisdiction), "code": case.jurisdiction},
        {"term": _("The sample is"), "text": capfirst(case.get_sample_origin_display())},
        {"term": _("Police database (CODIS)"), "text": _searched(case.codis_searched)},
        {"term": _("Other leads"), "text": _("Exhausted") if case.leads_exhausted else _("Not exhausted")},
        {"term": _("Opened"), "when": case.opened_at},
        {"term": _("Ends on"), "when": case.valid_to},
    ]


def orders(papers: Iterable[Authorisation]) -> list[dict[str, Any]]:
    """Each judicial paper, with its document. What it compels is shown, and changes nothing."""
    return [{"id": paper.pk, "document": paper.document_sha256, "facts": order(paper)} for paper in papers]


def order(paper: Authorisation) -> list[Fact]:
    return [
        {"term": _("Court"), "text": paper.court},
        {"term": _("Number"), "text": paper.number},
        {
            "term": _("For"),
            "text": ", ".join(_(PURPOSES[purpose].label) for purpose in paper.purposes),
            "code": ", ".join(paper.purposes),
        },
        {"term": _("Allows"), "text": scope(paper.scope)},
        {"term": _("Good until"), "when": paper.valid_to},
        {
            "term": _("People who did not consent"),
            "text": _("It asks for people who did not consent. That is recorded, and changes nothing.")
            if paper.compels_non_consenting
            else _("It does not ask for them."),
        },
    ]


def scope(kinds: Iterable[str]) -> str:
    """What a judicial paper allows, in words."""
    return "; ".join(str(ALLOWS[kind]) for kind in sorted(kinds) if kind in ALLOWS) or _("Nothing")


def case_list(case: Case, orders: Iterable[Authorisation], *, at: datetime) -> Iterator[Line]:
    """What the papers of a case show."""
    yield _yes(case.organisation.verified, _("The agency is verified."), _("The agency is not verified."))
    yield _yes(case.valid_to > at, _("It has not run out."), _("It has run out: nothing can be searched."))
    yield _yes(
        case.sample_origin in SAMPLE_ORIGINS,
        _("Samples of this origin may be searched with."),
        _("Samples of this origin are never searched with."),
    )
    tried = case.codis_searched and case.leads_exhausted
    spared = case.purpose in uses.dials(at).leads_exempt
    yield _yes(
        tried or spared,
        _("Everything else was tried first.") if tried else _("Other ways need not be tried first here."),
        _("Not everything else was tried: every search will be refused."),
    )
    good = any(case.purpose in order.purposes and order.valid_to > at for order in orders)
    yield _yes(
        good,
        _("A judicial paper names this case, and it has not run out."),
        _("No judicial paper in force. Where the law demands one, every search will be refused."),
        otherwise=LOOK,
    )


def searched(query: Query) -> list[Fact]:
    """What a search asks, and with what. Never whom it found."""
    facts: list[Fact] = [{"term": _("Asked"), "text": wording.title(query.question)}]
    if query.question["kind"] == "relatives":
        least, most = query.question["min_cm"], query.question["min_total_cm"]
        facts += [
            {"term": _("Shortest segment, in centimorgans"), "number": least},
            {"term": _("Shared in all, in centimorgans"), "number": most},
        ]
    facts += [{"term": _("Submitted"), "when": query.submitted_at}]
    brought = EvidenceProfile.objects.filter(pk=query.question["evidence"]).first()
    gone = [{"term": _("Evidence"), "text": _("Destroyed with the end of the case")}]
    return facts + (profile(brought)["facts"] if brought else gone)


HOLDS: dict[str, tuple[str, Any]] = {
    Hold.HELD: ("wait", gettext_lazy("Held: a steward has to look")),
    Hold.CLEARED: ("warn", gettext_lazy("Let through, with doubts")),
    Hold.REFUSED: ("bad", gettext_lazy("Refused: nothing is compared with it")),
}


def profile(one: EvidenceProfile) -> dict[str, Any]:
    """One profile in a few facts, and how it is held, if it is. What was read there is never shown."""
    held = holds.of(one)
    kind, word = HOLDS[held.state] if held else ("", "")
    return {
        "id": one.pk,
        "hold": {"kind": kind, "word": word, "reason": held.reason} if held else None,
        "doubts": [_(doubt) for doubt in holds.why(held)] if held else [],
        "free": held is None or held.state == Hold.CLEARED,
        "received_at": one.received_at,
        "facts": [
            {"term": _("Evidence, brought"), "when": one.received_at},
            {"term": _("Reference genome"), "text": one.build},
            {"term": _("Sites"), "number": one.quality["sites"]},
            {"term": _("Of them read"), "text": _("%(n).1f %%") % {"n": 100 * one.quality["call_rate"]}},
        ],
        "notes": one.notes,
    }


def signatures(step: Step) -> list[Fact]:
    """The two that a step of a case needs, given or open, and by whom."""
    given = {one.role: one for one in step.approvals.select_related("by").order_by("at")}
    return [_signature(_(WHOSE[role]), given.get(str(role))) for role in SIGNATURES]


def _signature(term: str, given: Approval | None) -> Fact:
    if given is None:
        return {"term": term, "kind": "wait", "word": _("Open"), "reason": "", "at": None, "by": ""}
    kind, word = (OK, _("Approved")) if given.approves else (MISSING, _("Refused"))
    who = _called(given.by)
    return {"term": term, "kind": kind, "word": word, "reason": given.reason, "at": given.at, "by": who}


def _called(user: User) -> str:
    """Staff by their login; what a participant calls herself is nobody's to read."""
    own = OwnRecord.objects.filter(user=user).exists()
    return str(user.public_id)[:8] if own else str(user)


def _searched(yes: bool) -> str:
    return _("Searched, without an answer") if yes else _("Not searched")


def _yes(holds: bool, words: str, other: str, *, otherwise: str = MISSING) -> Line:
    if holds:
        return {"kind": OK, "word": _("Yes"), "text": words}
    return {"kind": otherwise, "word": _("Look") if otherwise == LOOK else _("No"), "text": other}
