"""The cast: who said what, and who asks. Pure values, no database; everybody's tests may borrow them.

Ada allows all research, Ben cancer only, Cleo withdrew, Dov never answered. Mia is a child whose guardian
allowed health research; Nils too, but he himself said no. Noor allows police searches for killings only,
Lena everything; Finn did, and stopped everything. Pia: commercial use, but no companies. Cara: health
research and her own care. Ira is frozen. Hal, Ida and Jan have died: "go on", "my family decides", not a
word. Otis and Pat signed on paper, and Pat's was read once. Kai allows what his twin Kim does not. Rex looks
for relatives. Tom is a child who may go missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from consent.purposes import FAMILIES
from consent.terms import (
    NONE,
    AfterDeath,
    Authorisation,
    Authority,
    Capacity,
    Case,
    DataUse,
    Ethics,
    File,
    Form,
    Freeze,
    Level,
    Modifier,
    Paper,
    Permission,
    Policy,
    Project,
    Relations,
    Requester,
    Side,
    Source,
    Statement,
    Subject,
    Verb,
)

SIGNED = datetime(2025, 1, 10, 9, tzinfo=UTC)  # when most of them said what they said
LATER = datetime(2026, 2, 1, 9, tzinfo=UTC)  # when some changed their minds
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
POLICY = Policy.default()

MELANOMA, CANCER, DIABETES = "MONDO:0005105", "MONDO:0004992", "MONDO:0005015"

ADULT_FORM = Form(id="F-ADULT", version="3.0", offers=frozenset(FAMILIES), le_notice=True)
CHILD_FORM = Form(
    id="F-CHILD",
    version="1.0",
    offers=frozenset(("RESEARCH", "CLINICAL", "QC", "LE.MIS")),
    le_notice=True,
)

HERSELF = Authority(Capacity.SELF, True)
GUARDIAN = Authority(Capacity.GUARDIAN, True)
SOMEBODY = Authority(Capacity.GUARDIAN, False)  # says that she is the guardian
NEXT_OF_KIN = Authority(Capacity.NEXT_OF_KIN, True)

ANY_RESEARCH = Permission("GRU")
HEALTH = Permission("HMB")
CANCER_ONLY = Permission("DS", (CANCER,))

_ON_PAPER: dict[str, Any] = {"source": Source.PAPER}


def says(decision: Verb, family: str, *permissions: Permission, seq: int = 1, **changes: Any) -> Statement:
    """One statement of an adult in the portal, unless something else is said."""
    plain = Statement(
        seq=seq,
        level=Level.PARTICIPANT,
        family=family,
        decision=decision,
        recorded_at=SIGNED,
        effective_at=SIGNED,
        authority=HERSELF,
        form=ADULT_FORM,
        permissions=permissions,
    )
    if "recorded_at" in changes:
        changes.setdefault("effective_at", changes["recorded_at"])
    return replace(plain, **changes)


def yes(family: str, *permissions: Permission, **changes: Any) -> Statement:
    """A grant."""
    return says(Verb.GRANT, family, *permissions, **changes)


def no(family: str, **changes: Any) -> Statement:
    """A refusal."""
    return says(Verb.DENY, family, **changes)


def stop(family: str, **changes: Any) -> Statement:
    """A withdrawal, some time after the yes."""
    return says(Verb.WITHDRAW, family, **{"seq": 2, "recorded_at": LATER, **changes})


def born(day: date = date(1980, 3, 15), **changes: Any) -> Subject:
    """A verified adult, alive, unless something else is said."""
    return replace(Subject(id="P1", dob=day, identity_verified=True), **changes)


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast, with her record and her file."""

    name: str
    subject: Subject
    statements: tuple[Statement, ...] = ()
    relations: Relations = NONE

    @property
    def file(self) -> File:
        return File(f"file of {self.name}")


def _person(name: str, *statements: Statement, subject: Subject | None = None, **changes: Any) -> Person:
    return Person(name, replace(subject or born(), id=name), statements, **changes)


_CHILD = born(date(2015, 4, 2))
_DEAD = born(died_at=datetime(2026, 3, 3, tzinfo=UTC))
_KIM = _person("Kim")

PEOPLE: tuple[Person, ...] = (
    _person("Ada", yes("RESEARCH", ANY_RESEARCH)),
    _person("Ben", yes("RESEARCH", CANCER_ONLY)),
    _person("Cleo", yes("RESEARCH", ANY_RESEARCH), stop("RESEARCH")),
    _person("Dov"),
    _person("Mia", yes("RESEARCH", HEALTH, authority=GUARDIAN, form=CHILD_FORM), subject=_CHILD),
    _person(
        "Nils",
        yes("RESEARCH", HEALTH, authority=GUARDIAN, form=CHILD_FORM),
        subject=replace(_CHILD, minor_dissent=True),
    ),
    _person("Noor", yes("LE.HOM")),
    _person(
        "Lena",
        *(yes(family, ANY_RESEARCH, seq=seq) for seq, family in enumerate(FAMILIES, start=1)),
    ),
    _person(
        "Finn",
        *(yes(family, ANY_RESEARCH, seq=seq) for seq, family in enumerate(FAMILIES, start=1)),
        stop("*", seq=99),
    ),
    _person("Pia", yes("RESEARCH", ANY_RESEARCH, modifiers=(Modifier("NPU"),)), yes("COMMERCIAL", seq=2)),
    _person("Cara", yes("RESEARCH", HEALTH, modifiers=(Modifier("CC"), Modifier("IRB")))),
    _person("Ira", yes("RESEARCH", ANY_RESEARCH), subject=born(freezes=(Freeze(LATER),))),
    _person("Hal", yes("RESEARCH", HEALTH, after_death=AfterDeath.CONTINUE), subject=_DEAD),
    _person("Ida", yes("RESEARCH", HEALTH, after_death=AfterDeath.NOK_DECIDES), subject=_DEAD),
    _person("Jan", yes("RESEARCH", HEALTH), subject=_DEAD),
    _person("Otis", yes("RESEARCH", HEALTH, **_ON_PAPER, paper=Paper("clerk1", "clerk2", True))),
    _person("Pat", yes("RESEARCH", HEALTH, **_ON_PAPER, paper=Paper("clerk1", None, None))),
    _person("Kai", yes("LE.HOM"), relations=Relations(mz_twin=Side(_KIM.subject, _KIM.statements))),
    _KIM,
    _person("Rex", yes("RELMATCH")),
    _person(
        "Tom",
        yes("LE.MIS", authority=GUARDIAN, form=CHILD_FORM, modifiers=(Modifier("IDENTITY_ONLY"),)),
        subject=_CHILD,
    ),
)
CAST: Mapping[str, Person] = {person.name: person for person in PEOPLE}


def _use(role: str, org_type: str, purposes: tuple[str, ...], changes: Mapping[str, Any]) -> DataUse:
    """A request in good order: nothing is missing that a gate asks for."""
    plain = DataUse(
        id="Q1",
        purposes=frozenset(purposes),
        requester=Requester(role=role, user="u1", institution="inst1", org_type=org_type),
        commercial_use=False,
        study_type="genetic",
        regions=frozenset(("GB",)),
        duration_months=12,
        match_mode="kinship",
        ethics=Ethics(ref="REC-1", valid_to=datetime(2027, 1, 1, tzinfo=UTC)),
        project=Project(
            id="PRJ1",
            status="APPROVED",
            valid_to=datetime(2027, 6, 1, tzinfo=UTC),
            approved_purposes=frozenset(purposes),
        ),
    )
    return replace(plain, **changes)


def research(*purposes: str, **changes: Any) -> DataUse:
    """Rosa, at a university, asks; R.DS is about cancer unless something else is said."""
    if "R.DS" in purposes:
        changes.setdefault("disease", CANCER)
    return _use("researcher", "academic", purposes, changes)


def company(*purposes: str, **changes: Any) -> DataUse:
    """A company asks for the same."""
    use = research(*purposes, **changes)
    return replace(use, commercial_use=True, requester=replace(use.requester, org_type="forprofit"))


def care(**changes: Any) -> DataUse:
    """A clinician asks about her own patient."""
    return _use("clinician", "academic", ("C.CARE",), {"care_relationship": True, **changes})


def quality(**changes: Any) -> DataUse:
    """Our quality staff ask."""
    return _use("qc_staff", "academic", ("Q.QC",), changes)


def order(*purposes: str, **changes: Any) -> Authorisation:
    """A court's permission for the case below, good until the end of the year."""
    plain = Authorisation(
        case_id="C-77", purposes=frozenset(purposes), valid_to=datetime(2026, 12, 31, tzinfo=UTC)
    )
    return replace(plain, **changes)


def case(*purposes: str, **changes: Any) -> Case:
    """A case in which everything was tried and a court agreed."""
    plain = Case(
        agency_verified=True,
        jurisdiction="US-UT",
        case_id="C-77",
        sample_origin="crime_scene_putative_perpetrator",
        codis_searched=True,
        leads_exhausted=True,
        judicial_authorisation=order(*purposes),
    )
    return replace(plain, **changes)


def police(*purposes: str, le: Case | None = None, **changes: Any) -> DataUse:
    """An investigator of a verified agency asks."""
    changes = {"regions": frozenset(("US-UT",)), "le": le or case(*purposes), **changes}
    return _use("law_enforcement", "government", purposes, changes)


def counsel(le: Case | None = None, **changes: Any) -> DataUse:
    """A defence lawyer asks."""
    changes = {"regions": frozenset(("US-UT",)), "le": le or case("E.EXON"), **changes}
    return _use("defence_counsel", "government", ("E.EXON",), changes)


def relatives(**changes: Any) -> DataUse:
    """Another participant looks for relatives."""
    return _use("participant", "academic", ("G.REL",), changes)


def asked_by(role: str, use: DataUse) -> DataUse:
    """The same request from somebody in another role."""
    return replace(use, requester=replace(use.requester, role=role))
