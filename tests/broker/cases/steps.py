"""The steps of a case, one at a time, for these tests."""

from dataclasses import dataclass, field
from typing import Any

from broker import cases, disclosures, jobs, people, queries, searches
from broker.demo import house
from broker.models import Case, Disclosure, Job, Query, User
from broker.roles import Role
from consent.ledger import log
from tests.world import EARLIER, NOW, World, again, job_of


@dataclass
class Found:
    """A world in which a search under the case finds Noor."""

    world: World
    trace: bytes
    case: Case = field(init=False)

    def __post_init__(self) -> None:
        self.case = self.world.case()

    @property
    def by(self) -> User:
        return self.world.staff.investigator

    def asked(self, case: Case | None = None, **changes: Any) -> Query:
        """A search as it is submitted: nobody has signed it."""
        case = case or self.case
        evidence = cases.bring_evidence(case, again(self.trace), by=self.by, at=NOW)
        question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 7, "min_total_cm": 20}
        return queries.submit(question | changes, under=case, by=self.by, at=NOW)

    def released(self) -> Job:
        return run(job_of(self.asked()))

    def proposed(self) -> Disclosure:
        return disclosures.propose(self.released(), reason="To go on.", by=self.by, at=NOW)


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    return job


def search(query: Query, by: User, role: Role, *, approves: bool = True) -> Query:
    return searches.decide(query, role=role, approves=approves, reason="seen", by=by, at=NOW)


def disclose(made: Disclosure, by: User, role: Role, *, approves: bool = True) -> Disclosure:
    return disclosures.decide(made, role=role, approves=approves, reason="seen", by=by, at=NOW)


def by_the_second_pair(world: World, made: Disclosure) -> Disclosure:
    for role, reviewer in house.second_pair(world.staff):
        disclose(made, reviewer, role)
    log.sequence(at=NOW)
    return made


def also(world: World, user: User, *roles: Role) -> User:
    """The same login with further roles, given by two."""
    for role in roles:
        proposed = people.propose(user, role, by=world.staff.admin, at=EARLIER)
        people.confirm(proposed, by=world.staff.second_admin, at=EARLIER)
    return User.objects.get(pk=user.pk)
