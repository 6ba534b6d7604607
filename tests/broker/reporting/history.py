"""Cases, searches, orders and what came of them, and the ledger that tells of it."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from broker import case_ends, cases, court_papers, jobs, processes, queries, reporting, searches, tellings
from broker.models import Case, Job, LegalProcess, Query, QueryState
from broker.roles import Role
from consent.ledger import log
from consent.ledger.report_form import Period
from tests.builders import PDF
from tests.world import FAR, NOW, World, again, court_paper, genotypes, job_of, small_panel

DAY = timedelta(days=1)


PANEL = small_panel(200)


ALWAYS = Period(start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))


def open_(world: World, number: str, *, at: datetime, purpose: str = "L.HOM", region: str = "US-UT") -> Case:
    by = world.staff.counsel if purpose == "E.EXON" else world.staff.investigator
    said = cases.Particulars(
        number=number,
        purpose=purpose,
        jurisdiction=region,
        sample_origin=Case.Origin.PERPETRATOR,
        summary="x",
        codis_searched=True,
        leads_exhausted=True,
        valid_to=FAR,
    )
    case = cases.open_case(said, by=by, at=at)
    court_papers.record(case, court_paper(number), by=by, at=at)
    return case


def decide(world: World, case: Case, *, approves: bool, at: datetime) -> None:
    for role, by in ((Role.STEWARD, world.staff.steward), (Role.LEGAL_REVIEWER, world.staff.legal)):
        cases.decide(case, role=role, approves=approves, reason="x", by=by, at=at)
        if not approves:
            return


def asked(world: World, case: Case, *, at: datetime) -> Query:
    """A search that nobody has signed."""
    by = world.investigator_of(case)
    held = cases.bring_evidence(case, again(genotypes(PANEL, [1] * len(PANEL))), by=by, at=at)
    return queries.submit({"kind": "relatives", "evidence": str(held.id)}, under=case, by=by, at=at)


def search(world: World, case: Case, *, at: datetime) -> Job | None:
    """None where a request gate refused the question."""
    query = asked(world, case, at=at)
    if query.state == QueryState.REFUSED:
        return None
    jobs.run(job_of(query).pk, clock=lambda: at, batch=50)
    return Job.objects.get(query=query)


def demand(world: World, *, at: datetime, **said: Any) -> LegalProcess:
    plain: dict[str, Any] = {
        "kind": LegalProcess.Kind.WARRANT,
        "issuer": "A court",
        "number": f"W-{LegalProcess.objects.count()}",
        "issued_on": at.date(),
        "asks": "x",
        "concerned": None,
        "compels_non_consenting": True,
        "received_at": at,
    }
    return processes.receive(processes.Particulars(**plain | said), PDF, by=world.staff.legal, at=at)


def history(world: World, seed: int) -> None:
    """A few years of cases, refused, searched, closed or not, with orders, bans and reports."""
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    at = NOW
    for number in range(7):
        purpose = chance.choice(["L.HOM", "L.HOM", "L.SEX", "E.EXON"])
        case = open_(world, f"C-{number}", at=at, purpose=purpose, region=chance.choice(["US-UT", "US-MD"]))
        if chance.random() < 0.3:
            search(world, case, at=at)  # too early: refused by a gate
        if chance.random() < 0.9:
            decide(world, case, approves=chance.random() < 0.7, at=at + chance.choice([1, 20, 70, 200]) * DAY)
        at += chance.randrange(0, 90) * DAY
        if case.state == "approved":
            at = max(at, max(case.approvals.values_list("at", flat=True)))
            for _ in range(chance.randrange(3)):
                run = search(world, case, at=at)
                log.sequence(at=at)
                at += chance.randrange(1, 40) * DAY
                if run is not None and chance.random() < 0.5:
                    world.disclose(run, at=at)
            if asked(world, case, at=at).state != QueryState.REFUSED and chance.random() < 0.5:
                waits = case.queries.get(state=QueryState.SUBMITTED)
                at += chance.randrange(1, 40) * DAY
                no = {"approves": False, "reason": "x", "by": world.staff.legal}
                searches.decide(waits, role=Role.LEGAL_REVIEWER, **no, at=at)
            if chance.random() < 0.5:
                stage = chance.choice(reporting.stages(case))
                known = {name: chance.choice([True, False, None]) for name in ("arrest", "cold_case")}
                said = reporting.Said(stage=stage, cost=chance.choice([None, 0, 500, 20_000]), **known)
                reporting.report(case, said, by=world.investigator_of(case), at=at)
            if chance.random() < 0.7:
                case_ends.close(case, by=world.investigator_of(case), at=at)
        gag = chance.choice([None, at + 200 * DAY, at + 1000 * DAY])
        order = demand(
            world,
            at=at,
            case=chance.choice([None, case]),
            gag_until=gag,
            compels_non_consenting=chance.random() < 0.5,
            kind=chance.choice(list(LegalProcess.Kind)),
        )
        if chance.random() < 0.7:
            for state in (LegalProcess.State.REVIEWED, LegalProcess.State.REJECTED):
                processes.move(order, state, "x", by=world.staff.legal, at=at + chance.randrange(60) * DAY)
        for later in range(0, 300, 60):
            tellings.tell_due(at=at + later * DAY)
            processes.tell_due(at=at + later * DAY)
    tellings.tell_due(at=at + 700 * DAY)
    processes.tell_due(at=at + 700 * DAY)
