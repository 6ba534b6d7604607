"""A small house for tests: staff, and participants with real files, through the ordinary verbs.

The cast keeps one sentence each (see tests/cast.py): Ada allows all research, Ben cancer only, Noor police
homicide only, Cleo withdrew, Dov never answered. A crowd that says the same as one of them makes numbers
large enough to be told.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np

from broker import access, cases, court_papers, disclosures, searches
from broker.demo import house
from broker.demo.staff import Staff, appoint
from broker.models import AccessRequest, Case, Disclosure, Job, Query, QueryState, User
from broker.roles import Role
from consent import forms, participants, policies, records
from consent.ledger import log
from consent.models import Participant
from consent.terms import Capacity, Permission, Policy, SignIn
from genomics.coordinates import Build
from genomics.genetic_map import GeneticMap
from genomics.intake.receive import load_panel
from genomics.panel import Panel
from tests import founding
from tests.builders import vcf
from tests.remembering import receive

# A yes holds at once in this world; what a cooling-off does is tested where it is the matter.
WITHOUT_COOLING_OFF = Policy.default().overlay(
    {"policy_version": "2026.1 without cooling-off", "cooling_off_hours": {}}
)

WITHOUT_HOLD = WITHOUT_COOLING_OFF.overlay(
    {"policy_version": "2026.1 told at once", "hold_days": 0, "hold_latest_days": 0}
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)  # the papers of this world outlive its tests
EARLIER = NOW - timedelta(days=100)
CANCER = "MONDO:0004992"

# name -> what was said: (family, permissions), or a withdrawal of everything at the end
SAID: dict[str, list[tuple[str, tuple[Permission, ...]]]] = {
    "Ada": [("RESEARCH", (Permission(code="GRU"),))],
    "Ben": [("RESEARCH", (Permission(code="DS", diseases=(CANCER,)),))],
    "Noor": [("LE.HOM", ())],
    "Cleo": [("RESEARCH", (Permission(code="GRU"),)), ("*", ())],
    "Dov": [],
}

_COPIES = count()
SITE = "20:1000226 A>T"


class World:
    """Built at EARLIER; tests act at NOW or after."""

    def __init__(self, *, held: bool = True) -> None:
        policy = WITHOUT_COOLING_OFF if held else WITHOUT_HOLD
        self.staff: Staff = founding.once(f"under {policy.version}", lambda: _found(policy))
        self.people: dict[str, Participant] = {}

    def join(
        self, name: str, *, says: str | None = None, genotype: str = "0/1", data: bytes | None = None
    ) -> Participant:
        """A participant with one file: `genotype` at SITE, unless the whole file is given."""
        person = participants.register(born_on=date(1980, 1, 1), by=name, at=EARLIER)
        participants.verify_identity(person, by="steward", at=EARLIER)
        content = data if data is not None else vcf([("20", 1000226, "A", "T", genotype)])
        receive(person, content, by=name, at=EARLIER)
        for family, permissions in SAID[says or name]:
            if family == "*":
                records.withdraw(person, by=name, at=EARLIER + timedelta(days=1))
            else:
                self.give(person, family, *permissions, at=EARLIER)
        self.people[name] = person
        return person

    def crowd(self, size: int, *, says: str, genotype: str = "0/1") -> list[Participant]:
        first = len(self.people)
        return [self.join(f"{says} {first + n}", says=says, genotype=genotype) for n in range(size)]

    def give(
        self, person: Participant, family: str, *permissions: Permission, at: datetime = NOW, **terms: Any
    ) -> Any:
        wording = records.Wording(permissions=permissions, **terms)
        is_guardian = wording.authority.capacity is Capacity.GUARDIAN
        form = forms.current("F-GUARDIAN" if is_guardian else "F-ADULT")
        assert form is not None
        sign_in = SignIn("totp", at)
        return records.give(person, family, form=form, by="self", at=at, wording=wording, sign_in=sign_in)

    def request(self, *purposes: str, approve: bool = True, **facts: Any) -> AccessRequest:
        project = access.start_project("A project", by=self.staff.researcher, at=EARLIER)
        application = access.Application(
            summary="x",
            purposes=purposes or ("R.HMB",),
            commercial_use=facts.pop("commercial_use", False),
            valid_to=FAR,
            **facts,
        )
        request = access.apply(project, application, by=self.staff.researcher, at=EARLIER)
        if approve:
            access.decide(request, approves=True, reason="seen", by=self.staff.steward, at=EARLIER)
        return request

    def case(
        self,
        *,
        purpose: str = "L.HOM",
        order: bool = True,
        compels: bool = False,
        sign: bool = True,
        number: str = "C-1",
    ) -> Case:
        by = self.staff.counsel if purpose == "E.EXON" else self.staff.investigator
        case = cases.open_case(
            cases.Particulars(
                number=number,
                purpose=purpose,
                jurisdiction="US-UT",
                sample_origin=Case.Origin.PERPETRATOR,
                summary="x",
                codis_searched=True,
                leads_exhausted=True,
                valid_to=FAR,
            ),
            by=by,
            at=EARLIER,
        )
        if order:
            paper = court_paper(number.replace("C", "W"), compels_non_consenting=compels)
            court_papers.record(case, paper, by=by, at=EARLIER)
        if sign:
            for role, reviewer in house.first_pair(self.staff):
                cases.decide(case, role=role, approves=True, reason="seen", by=reviewer, at=EARLIER)
        return case

    def disclose(self, job: Job, *, at: datetime = NOW) -> Disclosure:
        """Ask for the leads of a released search, and let a second pair sign."""
        made = disclosures.propose(job, reason="To go on.", by=self.investigator_of(job.query.case), at=at)
        for role, reviewer in house.second_pair(self.staff):
            disclosures.decide(made, role=role, approves=True, reason="seen", by=reviewer, at=at)
        log.sequence(at=at)
        return made

    def investigator_of(self, case: Case) -> User:
        return self.staff.counsel if case.purpose == "E.EXON" else self.staff.investigator

    @staticmethod
    def carriers(**changes: Any) -> dict[str, Any]:
        return {"kind": "carriers", "variant": SITE, "build": "GRCh37"} | changes


def _found(policy: Policy) -> Staff:
    forms.publish_shipped(by="founding", at=EARLIER)
    policies.adopt(policy, by="founding", at=EARLIER)
    return appoint(at=EARLIER)


def small_panel(sites: int = 3000, seed: int = 1) -> Panel:
    """A panel over chromosomes 1 and 2, evenly spread."""
    rng = np.random.default_rng(seed)
    chromosome = np.repeat(np.array([1, 2], dtype=np.uint8), sites // 2)
    position = np.concatenate([np.sort(rng.choice(240_000_000, sites // 2, replace=False)) for _ in range(2)])
    return Panel.of(
        name="small",
        version="1",
        build=Build.GRCh37,
        chromosome=chromosome,
        position=position.astype(np.uint32),
        ref=np.full(len(position), b"A"),
        alt=np.full(len(position), b"G"),
        frequency=np.full(len(position), 0.5, dtype=np.float32),
        genetic_map=GeneticMap.load(Build.GRCh37),
    )


def with_panel(panel: Panel | None = None) -> Panel:
    chosen = panel or small_panel()
    load_panel(chosen, by="operator", at=EARLIER)
    return chosen


def genotypes(panel: Panel, copies: Any) -> bytes:
    """A VCF of one person at the panel's sites."""
    words = {0: "0/0", 1: "0/1", 2: "1/1", 3: "./."}
    return vcf(
        [
            (str(int(c)), int(p) + 1, r.decode(), a.decode(), words[int(n)])
            for c, p, r, a, n in zip(
                panel.chromosome, panel.position, panel.ref, panel.alt, copies, strict=True
            )
        ]
    )


def again(file: bytes) -> bytes:
    """The same genotypes in a file of its own: nobody brings the same bytes twice."""
    head, rest = file.split(b"\n", 1)
    return head + b"\n##source=copy%d\n" % next(_COPIES) + rest


def court_paper(number: str = "W-1", **changes: Any) -> court_papers.Paper:
    """A judicial paper in good order, as it is recorded."""
    plain = court_papers.Paper(
        court="A court",
        number=number,
        scope=frozenset({"relatives", "identity"}),
        valid_to=FAR,
        document=pdf(number),
    )
    return replace(plain, **changes)


def pdf(words: str) -> bytes:
    """The smallest file that passes for a PDF."""
    return f"%PDF-1.4\n% {words}\n%%EOF\n".encode()


def signed(query: Query, *, at: datetime = NOW) -> Query:
    """A search signed by the world's first pair."""
    for name, role in (("sten-steward", Role.STEWARD), ("lena-legal", Role.LEGAL_REVIEWER)):
        reviewer = User.objects.get(username=name)
        searches.decide(query, role=role, approves=True, reason="seen", by=reviewer, at=at)
    return query


def job_of(query: Query) -> Any:
    """The run of a query; a search that waits is signed first."""
    if query.case is not None and query.state == QueryState.SUBMITTED:
        signed(query, at=query.submitted_at)
    job = query.job
    assert job is not None
    return job
