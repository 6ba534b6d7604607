"""Nobody alone: one account, whichever its roles, presses every button it can reach until nothing changes any
more, and no search was released and no match disclosed. Two accounts, by the same driver, do both.
"""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import cases, court_papers, disclosures, jobs, queries
from broker.demo import house
from broker.models import (
    Appointment,
    Authorisation,
    Case,
    Disclosure,
    DisclosureState,
    Job,
    JobState,
    Organisation,
    Query,
    User,
)
from broker.roles import Role
from consent.ledger import log
from genomics.models import EvidenceHold, EvidenceProfile
from tests.house.test_doors import DOORS
from tests.house.test_url_matrix import BACKEND, account
from tests.house.url_rows import ROWS
from tests.world import (
    EARLIER,
    FAR,
    NOW,
    World,
    again,
    court_paper,
    genotypes,
    job_of,
    pdf,
    small_panel,
    with_panel,
)

pytestmark = pytest.mark.django_db

ROUNDS = 2  # a button opens the next one within a round, too
MOST = 10  # things that one button is tried with: those that wait at each step, and the newest

# Everything that any form of these pages asks: one body fits all.
TICKS = (
    "offence",
    "origin",
    "paper",
    "evidence",
    "scope",
    "no_more",
    "needed",
    "lead",
    "fits",
    "ethics",
    "seen",
)
SAID: dict[str, Any] = {
    **dict.fromkeys(TICKS, "on"),
    **{
        "decision": "approve",
        "reason": "All read.",
        "why": "All read.",
        "number": "ALONE-1",
        "court": "A court",
    },
    **{"purpose": "L.HOM", "jurisdiction": "US-UT", "sample_origin": "crime_scene_putative_perpetrator"},
    **{"summary": "x", "codis_searched": "on", "leads_exhausted": "on", "until": "2099-01-01"},
    **{"min_cm": "7", "min_total_cm": "20", "name": "Alone", "kind": "government", "region": "US-UT"},
}
DOMAIN = (
    "agency:",
    "steward:case",
    "steward:search",
    "steward:disclosure",
    "steward:evidence",
    "administrator:",
    "jobs:",
    "api:",
)
NOT_TRIED = {
    "agency:close",
    "administrator:dismiss",
    "administrator:withdraw_organisation",
    "administrator:enrol",
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Town:
    """A house in which a search would find Noor; its cases wait at each step for both signatures."""

    def __init__(self) -> None:
        self.world = World()
        panel = small_panel(600)
        with_panel(panel)
        self.trace = genotypes(panel, np.random.default_rng(7).binomial(2, 0.5, len(panel)))
        self.world.join("Noor", data=self.trace)

    def cases(self, by: User, prefix: str) -> None:
        """One with bare papers; one whose search is not signed; one whose leads are asked for; one whose
        search has ended."""
        self.opened(by, f"{prefix}-1")
        self.asked(self.signed(self.opened(by, f"{prefix}-2")), by)
        ended = job_of(self.asked(self.signed(self.opened(by, f"{prefix}-3")), by))
        work()
        ended.refresh_from_db()
        disclosures.propose(ended, reason="x", by=by, at=NOW)
        job_of(self.asked(self.signed(self.opened(by, f"{prefix}-4")), by))
        work()

    def opened(self, by: User, number: str) -> Case:
        said = cases.Particulars(
            number=number,
            purpose="L.HOM",
            jurisdiction="US-UT",
            sample_origin=Case.Origin.PERPETRATOR,
            summary="x",
            codis_searched=True,
            leads_exhausted=True,
            valid_to=FAR,
        )
        case = cases.open_case(said, by=by, at=EARLIER)
        court_papers.record(case, court_paper(number), by=by, at=EARLIER)
        return case

    def signed(self, case: Case) -> Case:
        for role, reviewer in house.first_pair(self.world.staff):
            cases.decide(case, role=role, approves=True, reason="seen", by=reviewer, at=EARLIER)
        return case

    def asked(self, case: Case, by: User) -> Query:
        evidence = cases.bring_evidence(case, again(self.trace), by=by, at=NOW)
        question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 7, "min_total_cm": 20}
        return queries.submit(question, under=case, by=by, at=NOW)


def work() -> None:
    """What workers and the sequencer do meanwhile."""
    for job in Job.objects.filter(state=JobState.QUEUED):
        jobs.run(job.pk, clock=lambda: NOW, batch=9)
    log.sequence(at=NOW)


def done() -> tuple[set[Any], set[Any]]:
    """The searches that were released, and the disclosures that were made."""
    released = Job.objects.filter(query__case__isnull=False, state=JobState.RELEASED)
    made = Disclosure.objects.filter(state=DisclosureState.DISCLOSED)
    return set(released.values_list("pk", flat=True)), set(made.values_list("pk", flat=True))


def state() -> tuple[Any, ...]:
    """All that a button could have changed on the way."""
    rows: list[type[Model]] = [Appointment, Organisation, Case, Query, Job, Disclosure, Authorisation]
    counts = [model._default_manager.count() for model in rows]
    states = [sorted(model._default_manager.values_list("pk", "state")) for model in (Query, Job, Disclosure)]
    roles = sorted(Appointment.objects.values_list("pk", "confirmed_by_id"), key=str)
    return (*counts, states, sorted(Case.objects.values_list("pk", "state")), roles)


def things(name: str) -> list[dict[str, Any]]:
    """Everything in the house that could stand in this address."""
    pattern = DOORS[name][0]
    every = {
        "agency": [{"id": pk} for pk in Case.objects.values_list("pk", flat=True)],
        "jobs": [{"id": pk} for pk in Job.objects.values_list("pk", flat=True)],
    }
    namespace = name.split(":")[0]
    match name:
        case "agency:search":
            pairs = EvidenceProfile.objects.values_list("case", "pk")
            return [{"id": case.removeprefix("case:"), "evidence_id": pk} for case, pk in pairs]
        case "agency:disclose":
            runs = Job.objects.filter(query__case__isnull=False).values_list("query__case", "pk")
            return [{"id": case, "job_id": pk} for case, pk in runs]
        case "steward:case":
            return every["agency"]
        case "steward:search":
            return [{"id": pk} for pk in Query.objects.values_list("pk", flat=True)]
        case "steward:evidence":
            return [{"id": pk} for pk in EvidenceHold.objects.values_list("pk", flat=True)]
        case "steward:disclosure":
            return [{"id": pk} for pk in Disclosure.objects.values_list("pk", flat=True)]
        case "administrator:confirm":
            return [{"id": pk} for pk in Appointment.objects.values_list("pk", flat=True)]
        case "administrator:confirm_organisation" | "administrator:propose_again":
            return [{"id": pk} for pk in Organisation.objects.values_list("pk", flat=True)]
    if namespace == "api" and "<uuid:job_id>" in pattern:
        return [{"job_id": one["id"]} for one in every["jobs"]]
    return every[namespace] if "<" in pattern and namespace in every else [{}] if "<" not in pattern else []


def some(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return found if len(found) <= MOST else [*found[: MOST - 3], *found[-3:]]


def bodies(user: User) -> Iterator[dict[str, Any]]:
    """The one body, as each of the two who sign; and with each thing that a list offers."""
    for role in ("steward", "legal_reviewer"):
        yield SAID | {
            "role": role,
            "user": user.pk,
            "username": user.username,
            "colleague": user.pk,
            "compels": "on",
        }


def files(trace: bytes) -> dict[str, Any]:
    return {
        "file": SimpleUploadedFile("evidence.vcf", again(trace)),
        "document": SimpleUploadedFile("order.pdf", pdf("alone")),
        "scope": ["relatives", "identity"],
    }


def press(user: User, trace: bytes) -> int:
    """Every button of the domain, once, with everything in the house. Returns how many were reached."""
    door = Client(raise_request_exception=False)
    door.force_login(user, backend=BACKEND)
    reached = 0
    for name in sorted(DOORS):
        if not name.startswith(DOMAIN) or name in NOT_TRIED or "post" not in ROWS[name][0].split():
            continue
        for thing in some(things(name)):
            where = reverse(name, kwargs=thing)
            if door.post(where).status_code in {401, 403, 404}:
                continue
            reached += 1
            if name == "agency:evidence" and EvidenceProfile.objects.count() > MOST // 2:
                continue
            for body in bodies(user):
                upload = files(trace) if name in {"agency:paper", "agency:evidence"} else {}
                if name.startswith("api:"):
                    door.post(where, body, content_type="application/json")
                else:
                    door.post(where, body | upload)
            searched = EvidenceProfile.objects.values_list("case", "pk") if name == "api:queries" else ()
            for case, pk in list(searched)[:MOST]:
                question = {"kind": "relatives", "evidence": str(pk), "min_cm": 7, "min_total_cm": 20}
                body = {"case": case.removeprefix("case:"), "question": question}
                door.post(where, body, content_type="application/json")
    return reached


def drive(users: list[User], trace: bytes) -> int:
    """Each of them in turn, and the workers, until nothing changes any more."""
    reached = 0
    for _round in range(ROUNDS):
        before = state()
        for user in users:
            reached += press(user, trace)
            work()
        if state() == before:
            return reached
    return reached


# Each role alone, and one login with every role; all of them superusers on top.
ACCOUNTS = [*(frozenset({role}) for role in Role), frozenset(Role), frozenset()]


@pytest.mark.harness
@pytest.mark.parametrize(
    "roles", ACCOUNTS, ids=lambda roles: "+".join(sorted(roles)) if len(roles) < 2 else "all"
)
def test_one_account_alone_releases_no_search_and_discloses_no_match(roles: frozenset[Role]):
    town = Town()
    flags = {"is_superuser": True, "is_staff": True, "organisation": town.world.staff.police}
    single = account("single", *roles, **flags)
    if roles & {Role.STEWARD, Role.LEGAL_REVIEWER} and len(roles) == 1:
        single.organisation = None  # a reviewer of the agency could sign nothing at all
        single.save()
    town.cases(town.world.staff.investigator, "T")
    if Role.INVESTIGATOR in roles:
        town.cases(single, "O")  # her own cases, at each step
    before = done()
    reached = drive([single], town.trace)
    assert done() == before, f"{single} did it alone"
    busy = roles & {Role.INVESTIGATOR, Role.STEWARD, Role.LEGAL_REVIEWER, Role.ADMINISTRATOR}
    assert bool(reached) >= bool(busy), "the driver reached nothing: then this shows nothing"


def test_the_same_driver_with_two_accounts_does_both():
    """So the test above is not merely one that presses in vain."""
    town = Town()
    town.cases(town.world.staff.investigator, "T")
    before = done()
    pair = [account("s", Role.STEWARD), account("l", Role.LEGAL_REVIEWER)]
    drive(pair, town.trace)
    after = done()
    assert len(after[0] - before[0]) == 1, "the search that waited"
    assert len(after[1] - before[1]) == 1, "the leads that were asked for"
