"""The paper desk: who may receive, read and settle a paper form, and what waits for whom.

Two read it blind and a third settles: none of them for herself or for somebody she stands for, and nobody who
reads the ledger, where the noes of a first reading stand at once. What a form then says is in consent.paper.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from broker import notices, paper_scans, people, rights, wards
from broker.errors import NotAllowed
from broker.models import OwnRecord, User
from broker.roles import Right
from consent import paper, records
from consent.models import FormVersion, KinLink, PaperEntry, PaperImport, PaperMove, Participant
from consent.paper_steps import State, state_of
from consent.readings import Reading, Side

READ, READ_AGAIN, SETTLE = "read", "read again", "settle"
WORK = {State.RECEIVED: READ, State.KEYED: READ_AGAIN, State.DISCREPANT: SETTLE}


def receive(
    participant: Participant, form: FormVersion, data: bytes, *, language: str, by: User, at: datetime
) -> PaperImport:
    """Take in a scan and seal it."""
    _require(by, participant)
    with transaction.atomic():
        received = paper.receive(
            participant,
            form,
            paper_scans.described(data),
            language=language,
            by=by.reference,
            at=at,
        )
        paper_scans.keep(received, data)
    return received


def key(sheet: PaperImport, reading: Reading, *, by: User, at: datetime) -> None:
    """Enter what she read. Who signed for another is named on the form by her own reference."""
    _require(by, sheet.participant)
    signature = replace(reading.signature, signer=login_of(reading.signature.signer))
    with transaction.atomic():
        _tell(paper.key(sheet, replace(reading, signature=signature), by=by.reference, at=at), sheet, at)


def settle(sheet: PaperImport, sides: Mapping[str, Side], *, by: User, at: datetime) -> None:
    _require(by, sheet.participant)
    with transaction.atomic():
        _tell(paper.settle(sheet, sides, by=by.reference, at=at), sheet, at)


def reject(sheet: PaperImport, reason: str, *, by: User, at: datetime) -> None:
    _require(by, sheet.participant)
    paper.reject(sheet, reason, by=by.reference, at=at)


def look(sheet: PaperImport, *, by: User, at: datetime) -> bytes:
    """The scan, for the clerk whose work it is now, for the third, and for auditors."""
    if not rights.has(by, Right.READ_LEDGER) and work_for(by, sheet) is None:
        raise NotAllowed("This scan is for who works on the form now. Nothing was shown.")
    return paper_scans.look(sheet, by=by, at=at)


def work_for(user: User, sheet: PaperImport) -> str | None:
    """What she may do about this form now: read it, read it again, settle it, or nothing."""
    if not rights.has(user, Right.KEY_PAPER) or rights.has(user, Right.READ_LEDGER):
        return None
    if stands_for(user, sheet.participant) or user.reference in readers(sheet):
        return None
    state = state_of(sheet)
    return WORK.get(state) if state else None


def readers(sheet: PaperImport) -> set[str]:
    return set(PaperEntry.objects.filter(paper=sheet.paper).values_list("keyed_by", flat=True))


def on_the_desk(user: User) -> QuerySet[PaperImport]:
    """Every form but those of herself and of whom she stands for."""
    return (
        PaperImport.objects.exclude(participant__in=OwnRecord.objects.filter(user=user).values("participant"))
        .exclude(participant__in=KinLink.objects.filter(claimant=user.reference).values("person"))
        .select_related("participant", "form")
        .order_by("received_at", "paper")
    )


def waiting(user: User, state: PaperMove.State) -> list[PaperImport]:
    """The forms in one state that wait for her, the oldest first."""
    read = PaperEntry.objects.filter(keyed_by=user.reference).values("paper")
    newest = PaperMove.objects.order_by("paper", "-id").filter(paper=OuterRef("paper")).order_by("-id")
    here = PaperMove.objects.filter(state=state, id=Subquery(newest.values("id")[:1]))
    return list(on_the_desk(user).filter(paper__in=here.values("paper")).exclude(paper__in=read))


def stands_for(user: User, participant: Participant) -> bool:
    """Whether this is her own record, or that of somebody she acts for or ever said she does."""
    return (
        OwnRecord.objects.filter(user=user, participant=participant).exists()
        or KinLink.objects.filter(claimant=user.reference, person=participant).exists()
        or rights.may(user, people.ACT, participant)
    )


def login_of(reference: str) -> str:
    """How the ground floor names who has this reference; the reference itself where nobody has it."""
    record = OwnRecord.objects.filter(participant__pseudonym=reference).select_related("user").first()
    return record.user.reference if record else reference


def reference_of(login: str) -> str:
    """The other way round, for pages."""
    known = (
        OwnRecord.objects.filter(user__public_id=login.removeprefix("user:"))
        if login.startswith("user:")
        else ()
    )
    return next((one.participant.pseudonym for one in known), login)


def _tell(entry: PaperEntry, sheet: PaperImport, at: datetime) -> None:
    """Tell everybody who acts for her what this entry closed, and what the form gave if it was the last."""
    her = sheet.participant
    applied = sheet.moves.filter(state=PaperMove.State.APPLIED).first()
    given = applied.facts["given"] if applied is not None else []
    made = her.statements.filter(seq__in=[*entry.made, *given]).order_by("seq")
    acting = wards.acting_for(her, at=at) if made else ()
    for row in made:
        about = {"family": row.family, "whose": her.pseudonym}
        if row.seq in given:
            begins = records.read(row, her.pseudonym).effective_at
            notices.tell(acting, "widened", at=at, begins=begins.isoformat(), **about)
        else:
            notices.tell(acting, "narrowed", at=at, **about)


def _require(user: User, participant: Participant) -> None:
    rights.require(user, Right.KEY_PAPER)
    if rights.has(user, Right.READ_LEDGER):
        raise NotAllowed(
            "You read the ledger, so no reading of yours is blind. Nothing was recorded; another clerk has "
            "to do this."
        )
    if stands_for(user, participant):
        raise NotAllowed(
            "This form is your own, or of somebody you stand for. Nothing was recorded; another clerk has to "
            "do this."
        )
