"""The house that tests write back is the one that was founded, and they do so only where there is none."""

from dataclasses import fields

import pytest
from django.db import transaction

from broker.demo.staff import Staff, appoint
from broker.models import Appointment, Organisation, User
from consent.models import LedgerEvent
from tests import founding
from tests.world import EARLIER, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def never() -> Staff:
    raise AssertionError("it was founded anew")


@pytest.fixture(autouse=True)
def nothing_founded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(founding, "_founded", {})


def test_a_house_written_back_is_row_for_row_the_one_that_was_founded():
    undone = transaction.savepoint()
    first, rows = World().staff, list(founding._rows())
    transaction.savepoint_rollback(undone)
    assert not User.objects.exists()
    assert not LedgerEvent.objects.exists()
    again = World().staff
    assert list(founding._rows()) == rows
    for field in fields(Staff):
        one, other = getattr(first, field.name), getattr(again, field.name)
        assert (type(other), other.pk, other.public_id) == (type(one), one.pk, one.public_id)
    assert again.researcher.organisation is again.university
    assert again.steward.roles == first.steward.roles


def test_the_next_row_finds_a_number_of_its_own():
    undone = transaction.savepoint()
    World()
    transaction.savepoint_rollback(undone)
    staff = World().staff
    taken = set(User.objects.values_list("pk", flat=True))
    assert User.objects.create_user("next").pk not in taken
    taken = set(Appointment.objects.values_list("pk", flat=True))
    made = {"user": staff.admin, "role": "auditor", "proposed_by": staff.admin, "proposed_at": EARLIER}
    assert Appointment.objects.create(**made).pk not in taken


def test_where_there_is_a_row_already_the_verbs_do_it():
    undone = transaction.savepoint()
    staff = founding.once("a house", lambda: appoint(at=EARLIER))
    transaction.savepoint_rollback(undone)
    assert founding.once("a house", never) == staff
    transaction.savepoint_rollback(undone)
    Organisation.objects.create(name="Before", kind="academic", region="EU")
    with pytest.raises(AssertionError, match="anew"):
        founding.once("a house", never)
