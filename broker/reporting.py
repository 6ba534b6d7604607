"""What an agency or counsel reports back of its case, for the public report: never a name, never a result."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from broker import cases, events, rights, signatures
from broker.errors import NotAllowed, Refused
from broker.models import Case, CaseReport, User
from broker.roles import Right
from consent.ledger import log
from consent.purposes import PURPOSES

Stage = CaseReport.Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known by now; None where it is not."""

    stage: CaseReport.Stage
    cold_case: bool | None = None
    third_party_sample: bool | None = None
    arrest: bool | None = None
    conviction: bool | None = None
    identity_revealed: bool | None = None
    cost: int | None = None


def stages(case: Case) -> tuple[CaseReport.Stage, ...]:
    """What this case can be: an investigation, or the defence at one of two stages."""
    is_defence = PURPOSES[case.purpose].domain == "E"
    return (Stage.PRETRIAL, Stage.POSTCONVICTION) if is_defence else (Stage.INVESTIGATION,)


def report(case: Case, said: Said, *, by: User, at: datetime) -> CaseReport:
    """Add to what was reported; the newest report is what holds, also of a case that is closed."""
    rights.require(by, Right.OPEN_CASE)
    if not rights.may(by, signatures.WORK, case):
        raise NotAllowed("You do not work on this case. Nothing was recorded.")
    if said.stage not in stages(case):
        raise Refused(f"A case for {case.purpose} is not {said.stage.label}. Nothing was recorded.")
    if said.cost is not None and said.cost < 0:
        raise Refused("A cost is not less than nothing. Nothing was recorded.")
    facts = asdict(said) | {"stage": str(said.stage)}
    with transaction.atomic():
        row = CaseReport.objects.create(case=case, by=by, at=at, **facts)
        log.append(events.CASE_REPORTED, at=at, by=by.reference, subject=cases.reference(case), **facts)
    return row
