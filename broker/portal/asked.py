"""What somebody asked and what became of it, told to whoever asked, in plain words.

No number of people stands here, and nothing that tells whether anybody changed her mind. What a participant
reads is in consent.reasons; the answer itself is shown in answers.
"""

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker.errors import BrokerError
from broker.models import (
    AccessRequest,
    Case,
    Disclosure,
    DisclosureState,
    Job,
    JobState,
    Query,
    QueryState,
    Reviewed,
)
from broker.models.queries import QueryQuerySet
from consent.errors import ConsentError
from consent.purposes import PURPOSES
from consent.reasons import Reason
from genomics.errors import GenomicsError

REFUSALS = (BrokerError, ConsentError, GenomicsError)  # whose sentence is for the person at the door

STATES: dict[JobState, tuple[str, Any]] = {
    JobState.QUEUED: ("wait", gettext_lazy("Waiting")),
    JobState.RUNNING: ("wait", gettext_lazy("Running")),
    JobState.RELEASED: ("good", gettext_lazy("Ready")),
    JobState.REFUSED: ("bad", gettext_lazy("Refused")),
    JobState.FAILED: ("bad", gettext_lazy("Failed")),
    JobState.CANCELLED: ("off", gettext_lazy("Cancelled")),
    JobState.PAUSED: ("warn", gettext_lazy("Paused")),
    JobState.EXPIRED: ("off", gettext_lazy("No longer kept")),
}

DISCLOSED: dict[DisclosureState, tuple[str, Any]] = {
    DisclosureState.PROPOSED: ("wait", gettext_lazy("Waits for a second pair")),
    DisclosureState.DISCLOSED: ("good", gettext_lazy("Disclosed")),
    DisclosureState.REFUSED: ("bad", gettext_lazy("Refused")),
    DisclosureState.LAPSED: ("off", gettext_lazy("Lapsed: nothing went out")),
}

REVIEWS: dict[Reviewed, tuple[str, Any]] = {
    Reviewed.SUBMITTED: ("wait", gettext_lazy("Waits for a decision")),
    Reviewed.APPROVED: ("good", gettext_lazy("Approved")),
    Reviewed.REFUSED: ("bad", gettext_lazy("Refused")),
    Reviewed.CLOSED: ("off", gettext_lazy("Closed")),
}

# Why a request was refused, and what to do now. Only reasons of the request itself: no others are told.
SENTENCES: dict[Reason, Any] = {
    Reason.JOB_LEDGER_UNAVAILABLE: gettext_lazy(
        "The record of choices could not be read just then, so nothing was. Ask again later."
    ),
    Reason.REQ_ROLE_NOT_ALLOWED: gettext_lazy(
        "Your role may not ask for this use. An administrator can tell whether your appointment is in force."
    ),
    Reason.REQ_PURPOSE_UNKNOWN: gettext_lazy("It names no use that is known here."),
    Reason.REQ_PURPOSE_MIXED: gettext_lazy(
        "It mixes uses that must be kept apart. Make a request for each of them."
    ),
    Reason.REQ_PURPOSE_INCOMPLETE: gettext_lazy(
        "Training computer models is only allowed as part of research. Name that research as well."
    ),
    Reason.REQ_PROJECT_NOT_APPROVED: gettext_lazy(
        "It is not approved, or not any more. A steward decides about a project; a case takes two signatures."
    ),
    Reason.REQ_PROJECT_EXPIRED: gettext_lazy("It has run out. Apply again, or open a new case."),
    Reason.REQ_PURPOSE_EXCEEDS_APPROVAL: gettext_lazy("It is approved for other uses than this one."),
    Reason.REQ_AGENCY_UNVERIFIED: gettext_lazy(
        "Your organisation is not verified. Two administrators verify it together."
    ),
    Reason.REQ_OFFENCE_NOT_OFFERED: gettext_lazy("We never search for this kind of case."),
    Reason.REQ_SAMPLE_ORIGIN_INVALID: gettext_lazy(
        "The sample comes from somebody who must not be searched for, such as a victim or a bystander."
    ),
    Reason.REQ_LEADS_NOT_EXHAUSTED: gettext_lazy(
        "Other ways come first: the police database has to be searched, and other leads exhausted."
    ),
    Reason.REQ_JUDICIAL_AUTH_MISSING: gettext_lazy(
        "A judicial paper is missing. Record it with the case, then search again."
    ),
    Reason.REQ_JUDICIAL_AUTH_INVALID: gettext_lazy(
        "The judicial paper does not name this case and this use, or has run out. Record one that does."
    ),
    Reason.REQ_NO_CARE_RELATIONSHIP: gettext_lazy("No care relationship is on record."),
}


def title(question: Mapping[str, Any]) -> str:
    """A question as somebody would ask it aloud."""
    match question["kind"]:
        case "carriers" if "variant" in question:
            return _("How many people carry %(place)s?") % {"place": question["variant"]}
        case "carriers":
            return _("How many people carry a variant in %(place)s?") % {"place": question["region"]}
        case "frequencies":
            return _("How common is %(place)s?") % {"place": question["variant"]}
        case "relatives":
            return _("Who is related to the person of the evidence?")
        case _other:
            return _("Is the person of the evidence here?")


def purposes(codes: Iterable[str]) -> str:
    """Purposes by name."""
    return ", ".join(_(PURPOSES[code].label) for code in codes)


def refusals(query: Query, job: Job | None) -> list[dict[str, str]]:
    """Why a query or its run was refused, as components/code.html takes it: a sentence with its code."""
    codes = list(query.reasons) or (list(job.reasons) if job is not None else [])
    return [{"words": _sentence(code), "code": code} for code in codes]


def status(job: Job | None) -> dict[str, str]:
    """The state of a query by its newest run; one without any was refused."""
    kind, word = STATES[JobState.REFUSED if job is None else job.state_told]
    return {"kind": kind, "word": str(word)}


def search_status(query: Query) -> dict[str, str]:
    """The state of a query, which waits for its signatures if it is a search."""
    if query.state == QueryState.SUBMITTED:
        return {"kind": "wait", "word": _("Waits for two signatures")}
    return status(query.job)


def disclosure_status(disclosure: Disclosure) -> dict[str, str]:
    """The state of a disclosure."""
    kind, word = DISCLOSED[DisclosureState(disclosure.state)]
    return {"kind": kind, "word": str(word)}


def review(undertaking: AccessRequest | Case) -> dict[str, str]:
    """Where an access request or a case stands."""
    kind, word = REVIEWS[Reviewed(undertaking.state)]
    return {"kind": kind, "word": str(word)}


def newest_first(queries: QueryQuerySet) -> QueryQuerySet:
    """With what stands beside each in a list."""
    return queries.with_runs().select_related("request__project", "case").order_by("-submitted_at")


def entries(queries: Iterable[Query], *, under: bool = True) -> list[dict[str, Any]]:
    """Queries as components/entries.html takes them; `under` says which project or case each belongs to."""
    return [_entry(query, query.job, under=under) for query in queries]


def as_json(under: AccessRequest | Case, question: Mapping[str, Any]) -> str:
    """The body that a program sends to ask the same."""
    name = "request" if isinstance(under, AccessRequest) else "case"
    return json.dumps({name: str(under.pk), "question": question}, indent=2, ensure_ascii=False)


def as_curl(body: str, address: str) -> str:
    """The line that sends it."""
    lines = (
        f"curl {shlex.quote(address)}",
        '-H "Authorization: Token $TOKEN"',
        "-H 'Content-Type: application/json'",
        f"-d {shlex.quote(json.dumps(json.loads(body), ensure_ascii=False))}",
    )
    return " \\\n  ".join(lines)


def _entry(query: Query, job: Job | None, *, under: bool) -> dict[str, Any]:
    said = [purposes(query.purposes)]
    if under:
        said.insert(0, str(query.undertaking))
    return {
        "when": query.submitted_at,
        "title": title(query.question),
        "text": " · ".join(said),
        "url": reverse("jobs:job", args=[job.pk]) if job else reverse("jobs:query", args=[query.pk]),
        **search_status(query),
    }


def _sentence(code: str) -> str:
    known = {str(reason): words for reason, words in SENTENCES.items()}
    return str(known.get(code, _("The request was not in order.")))
