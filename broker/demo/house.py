"""Building the demo's world: forms, staff, participants with files and consents, projects and cases.

Everything goes through the ordinary verbs; the questions themselves are asked through the doors, in run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from broker import access, cases, court_papers, people, statements
from broker.demo import codes, plans
from broker.demo.cohort import Cohort, Volunteer
from broker.demo.staff import PASSWORD, Staff, appoint
from broker.models import AccessRequest, Case, User
from broker.roles import Role
from consent import forms, kin, participants, policies
from consent.models import Participant
from genomics.coordinates import Build
from genomics.intake.receive import load_panel, receive

PARTICIPANT, LEAVER, GUARDIAN = "ada", "wira", "gita"  # logins among the cohort

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class House:
    """What was built, for whoever runs the demo through it."""

    staff: Staff
    participants: dict[str, Participant] = field(default_factory=dict)  # sample -> participant
    plans: dict[str, str] = field(default_factory=dict)  # sample -> plan
    logins: dict[str, User] = field(default_factory=dict)
    samples: dict[int, str] = field(default_factory=dict)  # ordinal -> sample
    apps: dict[str, str] = field(default_factory=dict)  # login -> the secret of its app


def build(cohort: Cohort, *, now: datetime, show: Progress, assume: Build) -> House:
    """Found the house a while ago, take everybody in, and record what they said since."""
    founded = now - timedelta(days=400)
    forms.publish_shipped(by="founding", at=founded)
    is_whole = cohort.min_cm >= plans.POLICY.shortest_segment_cm
    policies.adopt(plans.POLICY if is_whole else plans.OF_A_SLICE, by="founding", at=founded)
    house = House(appoint(at=founded))
    load_panel(cohort.panel, by="demo", at=founded)
    adults = [v.sample for v in cohort.volunteers if not v.minor]
    children = [v.sample for v in cohort.volunteers if v.minor]
    named = {adults[0]: PARTICIPANT, adults[-1]: LEAVER}
    if children:
        house.logins[GUARDIAN] = people.sign_up(
            GUARDIAN, PASSWORD, born_on=date(1985, 6, 1), at=now - timedelta(days=390)
        )
        named[children[0]] = GUARDIAN
    for number, volunteer in enumerate(cohort.volunteers, start=1):
        _take_in(house, volunteer, named.get(volunteer.sample), now=now, assume=assume)
        show("taking in files", number, len(cohort.volunteers))
    for month in statements.missing(at=now):
        statements.make(month, by="demo", at=now)
    house.apps = {name: codes.enrol(user, at=now) for name, user in house.logins.items()}
    return house


def project(
    house: House, title: str, application: access.Application, *, approve: bool = True, now: datetime
) -> AccessRequest:
    """A project of the researcher, its request, and the steward's word on it."""
    undertaking = access.start_project(title, by=house.staff.researcher, at=now)
    request = access.apply(undertaking, application, by=house.staff.researcher, at=now)
    if approve:
        access.decide(
            request, approves=True, reason="Protocol and ethics seen.", by=house.staff.steward, at=now
        )
    return request


def case(
    house: House,
    particulars: cases.Particulars,
    *,
    by: User,
    order: str = "",
    compels: bool = False,
    now: datetime,
) -> Case:
    """A case with, if an order is named, its judicial paper; signed by steward and legal reviewer."""
    opened = cases.open_case(particulars, by=by, at=now)
    if order:
        paper = court_papers.Paper(
            court="District Court of Riverside",
            number=order,
            scope=frozenset({"relatives"}),
            valid_to=now + timedelta(days=180),
            document=_order(order),
            compels_non_consenting=compels,
        )
        court_papers.record(opened, paper, by=by, at=now)
    for role, reviewer in first_pair(house.staff):
        cases.decide(opened, role=role, approves=True, reason="Papers in order.", by=reviewer, at=now)
    return opened


def first_pair(staff: Staff) -> tuple[tuple[Role, User], ...]:
    """Who signs papers and searches in the demo."""
    return (Role.STEWARD, staff.steward), (Role.LEGAL_REVIEWER, staff.legal)


def second_pair(staff: Staff) -> tuple[tuple[Role, User], ...]:
    """Who signs disclosures."""
    return (Role.STEWARD, staff.second_steward), (Role.LEGAL_REVIEWER, staff.second_legal)


def _order(number: str) -> bytes:
    """A judicial paper as the smallest PDF that says which it is."""
    return f"%PDF-1.4\n% Order {number}, made up for the demo\ntrailer<</Root<<>>>>\n%%EOF\n".encode()


def _take_in(house: House, volunteer: Volunteer, login: str | None, *, now: datetime, assume: Build) -> None:
    joined = now - timedelta(days=380)
    born = date(volunteer.born, 6, 1)
    by = f"demo:{volunteer.sample}"
    if login is None:
        participant = participants.register(born_on=born, home_region="EU", by=by, at=joined)
        if volunteer.minor:
            link = kin.claim(by, participant, at=joined)
            kin.verify(link, by=house.staff.steward.reference, at=joined)
    elif login == GUARDIAN:
        guardian = house.logins[GUARDIAN]
        participant = people.add_child(guardian, born_on=born, home_region="EU", at=joined)
        link = participant.kin_links.get()
        kin.verify(link, by=house.staff.steward.reference, at=joined)
        by = guardian.reference
    else:
        user = people.sign_up(login, PASSWORD, born_on=born, home_region="EU", at=joined)
        house.logins[login] = user
        participant = user.own_record.participant
        by = user.reference
    people.verify_identity(participant, by=house.staff.steward, at=joined)
    receive(participant, volunteer.upload(), by=by, at=joined, assume=assume)
    plans.record(participant, volunteer.plan, by=by, now=now)
    house.participants[volunteer.sample] = participant
    house.plans[volunteer.sample] = volunteer.plan
    house.samples[participant.ordinal] = volunteer.sample
