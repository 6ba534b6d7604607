"""Nobody makes another powerful alone."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from broker import access, cases, people, rights
from broker.demo.staff import PASSWORD, Staff, appoint
from broker.errors import NotAllowed, Refused
from broker.models import Appointment, Organisation, Reviewed, User
from broker.roles import Right, Role
from consent.models import LedgerEvent
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Staff:
    return appoint(at=NOW)


def test_a_role_takes_two_administrators(staff: Staff):
    newcomer = User.objects.create_user("newcomer")
    proposed = people.propose(newcomer, Role.STEWARD, by=staff.admin, at=NOW)
    assert newcomer.roles == frozenset()
    with pytest.raises(NotAllowed, match="takes two"):
        people.confirm(proposed, by=staff.admin, at=NOW)
    assert newcomer.roles == frozenset()
    people.confirm(proposed, by=staff.second_admin, at=NOW)
    assert newcomer.roles == {Role.STEWARD}


def test_nobody_confirms_her_own_role(staff: Staff):
    proposed = people.propose(staff.second_admin, Role.AUDITOR, by=staff.admin, at=NOW)
    with pytest.raises(NotAllowed, match="takes two"):
        people.confirm(proposed, by=staff.second_admin, at=NOW)


def test_the_database_itself_refuses_a_role_that_one_gave_alone(staff: Staff):
    proposed = people.propose(User.objects.create_user("friend"), Role.AUDITOR, by=staff.admin, at=NOW)
    alone = Appointment.objects.filter(pk=proposed.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        alone.update(confirmed_by=staff.admin, confirmed_at=NOW)


def test_an_organisation_takes_two(staff: Staff):
    proposed = people.propose_organisation(
        "Acme", Organisation.Kind.FORPROFIT, region="EU", by=staff.admin, at=NOW
    )
    with pytest.raises(NotAllowed, match="takes two"):
        people.confirm_organisation(proposed, by=staff.admin, at=NOW)
    assert not proposed.verified
    assert people.confirm_organisation(proposed, by=staff.second_admin, at=NOW).verified


def test_one_is_enough_to_take_a_role_away(staff: Staff):
    appointment = staff.steward.appointments.get()
    people.dismiss(appointment, by=staff.admin, at=NOW)
    assert staff.steward.roles == frozenset()


def test_only_administrators_appoint(staff: Staff):
    by = staff.steward
    with pytest.raises(NotAllowed):
        people.propose(staff.auditor, Role.ADMINISTRATOR, by=by, at=NOW)
    with pytest.raises(NotAllowed):
        people.propose_organisation("X", Organisation.Kind.ACADEMIC, region="EU", by=by, at=NOW)


def test_a_house_is_founded_once(staff: Staff):
    with pytest.raises(Refused, match="has administrators"):
        people.found(("x", "y"), (PASSWORD, PASSWORD), at=NOW)


def test_djangos_flags_open_nothing(staff: Staff):
    root = User.objects.create_superuser("root", password=PASSWORD)
    assert root.rights == {Right.PUBLIC, Right.SIGNED_IN}
    project = access.start_project("P", by=staff.researcher, at=NOW)
    assert not rights.may(root, access.ASK, project)
    assert not root.has_perm("broker.ask_project", project)
    assert not type(project).objects.visible_to(root).exists()


def test_nobody_verifies_or_approves_herself(staff: Staff):
    stewards_own = people.sign_up("own", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
    proposed = people.propose(stewards_own, Role.STEWARD, by=staff.admin, at=NOW)
    people.confirm(proposed, by=staff.second_admin, at=NOW)
    with pytest.raises(NotAllowed, match="verifies herself"):
        people.verify_identity(stewards_own.own_record.participant, by=stewards_own, at=NOW)


def test_a_case_takes_a_steward_and_a_legal_reviewer_who_are_two_people(staff: Staff):
    both = people.propose(staff.steward, Role.LEGAL_REVIEWER, by=staff.admin, at=NOW)
    people.confirm(both, by=staff.second_admin, at=NOW)
    case = _case(staff)
    cases.decide(case, role=Role.STEWARD, approves=True, reason="seen", by=staff.steward, at=NOW)
    assert case.state == Reviewed.SUBMITTED
    with pytest.raises(Refused, match="stands already"):
        cases.decide(case, role=Role.LEGAL_REVIEWER, approves=True, reason="seen", by=staff.steward, at=NOW)
    cases.decide(case, role=Role.LEGAL_REVIEWER, approves=True, reason="seen", by=staff.legal, at=NOW)
    case.refresh_from_db()
    assert case.state == Reviewed.APPROVED


def test_one_refusal_is_a_refusal(staff: Staff):
    case = _case(staff)
    cases.decide(case, role=Role.LEGAL_REVIEWER, approves=False, reason="no", by=staff.legal, at=NOW)
    assert case.state == Reviewed.REFUSED


def test_every_appointment_is_in_the_ledger(staff: Staff):
    confirmed = LedgerEvent.objects.filter(kind="broker:role:confirmed").count()
    assert confirmed == Appointment.objects.filter(confirmed_by__isnull=False).count()


def _case(staff: Staff):
    world = object.__new__(World)
    world.staff = staff
    return world.case(sign=False)
