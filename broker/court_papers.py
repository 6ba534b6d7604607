"""Judicial papers: recorded with a case, bound to it, sealed, read by those who sign. Never a permission.

A paper names its court, its number, what it allows and until when, and is good for this one case. A search
rests on the paper it was submitted under; one that is recorded later does not reach back.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from broker import cases, events, paper_scans, rights, staging
from broker.errors import NotAllowed, Refused
from broker.models import Authorisation, Case, CourtDocument, User
from broker.roles import Right
from broker.submissions import ASKABLE
from consent import fence
from consent.ledger import log
from consent.purposes import PURPOSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What stands on a judicial paper, and its document: a PDF or a picture of it."""

    court: str
    number: str
    scope: frozenset[str]  # the kinds of question it allows
    valid_to: datetime
    document: bytes
    compels_non_consenting: bool = False


def record(case: Case, paper: Paper, *, by: User, at: datetime) -> Authorisation:
    """Bind a judicial paper to the case. It names this case and its purpose, and nothing else."""
    cases.require_works_on(by, case)
    court, number = paper.court.strip(), paper.number.strip()
    if not court or not number:
        raise Refused("A judicial paper names its court and its number. Nothing was recorded.")
    askable = ASKABLE[PURPOSES[case.purpose].domain]
    if not paper.scope or not paper.scope <= askable:
        raise Refused(
            "Say what the paper allows: a search for relatives, or for identity. Nothing was recorded."
        )
    if paper.valid_to <= at:
        raise Refused("This paper has run out already. Nothing was recorded.")
    scan = paper_scans.described(paper.document)
    if not scan.media_type:
        raise Refused("The document is not a PDF, PNG or JPEG that can be opened. Nothing was recorded.")
    of_others = Authorisation.objects.exclude(case=case).filter(
        Q(court__iexact=court, number__iexact=number) | Q(document_sha256=scan.sha256)
    )
    if of_others.exists():
        raise Refused("This paper was recorded for another case; each needs its own. Nothing was recorded.")
    with transaction.atomic():
        fence.advance([])  # a restore may lose it, but not that it was there
        kept = Authorisation.objects.create(
            case=case,
            court=court,
            number=number,
            purposes=[case.purpose],
            scope=sorted(paper.scope),
            document_sha256=scan.sha256,
            media_type=scan.media_type,
            valid_to=paper.valid_to,
            compels_non_consenting=paper.compels_non_consenting,
            recorded_by=by,
            recorded_at=at,
        )
        CourtDocument.objects.create(paper=kept, sealed=staging.seal(paper.document, _place(kept)))
        log.append(
            events.AUTHORISATION_RECORDED,
            at=at,
            by=by.reference,
            subject=cases.reference(case),
            purposes=kept.purposes,
            scope=kept.scope,
            document_sha256=kept.document_sha256,
            valid_to=paper.valid_to.isoformat(),
            compels_non_consenting=paper.compels_non_consenting,
        )
    return kept


def read(paper: Authorisation, *, by: User, at: datetime) -> bytes:
    """The document, for who works on the case or reviews cases. Each look has its line in the ledger."""
    if not Case.objects.visible_to(by).filter(pk=paper.case_id).exists():
        raise NotAllowed("This paper is not yours to read.")
    if not (rights.has(by, Right.REVIEW_CASES) or rights.has(by, Right.OPEN_CASE)):
        raise NotAllowed("This paper is not yours to read.")
    document = CourtDocument.objects.filter(paper=paper).first()
    if document is None:
        raise Refused("No document was recorded with this paper.")
    data = staging.unseal(bytes(document.sealed), _place(paper))
    with transaction.atomic():
        log.append(
            events.AUTHORISATION_SEEN,
            at=at,
            by=by.reference,
            subject=cases.reference(paper.case),
            paper=paper.pk,
        )
    return data


def _place(paper: Authorisation) -> str:
    """Bound to the case: a document moved to another does not open."""
    return f"{paper.case_id}/{paper.document_sha256}/{paper.media_type}"
