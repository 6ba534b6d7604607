"""A table of diseases in the portal: the operator's file, two stewards who read what it widens, one no."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker.demo.staff import Staff, appoint
from broker.models import User
from consent import diseases, policies
from consent.disease_tables import State
from consent.hierarchies import DISEASES
from consent.models import DiseaseMove, DiseaseProposal, LedgerEvent
from tests.broker.test_ontologies import HEAD, term
from tests.cast import CANCER, DIABETES
from tests.consent.ledger.build import unsafe_rows
from tests.proofs import prove
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER

pytestmark = pytest.mark.django_db
RARE = [f"MONDO:9{n:06d}" for n in range(60)]
TABLE = {**DISEASES.as_json(), DIABETES: [CANCER], **{code: [CANCER] for code in RARE}}
FILE = HEAD + "".join(
    term(code, f"disease {code[-3:]}", *(f"is_a: {above}" for above in parents))
    for code, parents in TABLE.items()
)


@pytest.fixture
def staff() -> Staff:
    return appoint(at=EARLIER)


@pytest.fixture
def proposal(staff: Staff, tmp_path: Path) -> DiseaseProposal:
    diseases.put({RARE[0]: "a rare disorder"}, version="before")
    path = tmp_path / "table.obo"
    path.write_text(FILE)
    call_command("load_diseases", str(path), stdout=StringIO())
    return DiseaseProposal.objects.get()


def signed_in(user: User, *, fresh: bool = True) -> Client:
    client = Client()
    client.force_login(user)
    return prove(client) if fresh else client


def shown(client: Client, proposal: DiseaseProposal, **query: Any) -> str:
    answer = client.get(reverse("steward:diseases_proposal", args=[proposal.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def settle(client: Client, proposal: DiseaseProposal, action: str, **said: str) -> Any:
    sent = {"action": action, "read": "yes"} | said
    return client.post(reverse("steward:settle_diseases", args=[proposal.pk]), sent)


def covers() -> bool:
    return CANCER in policies.in_force(at=timezone.now()).disease_parents.upwards(DIABETES)


def test_the_page_says_what_a_yes_would_newly_cover(staff: Staff, proposal: DiseaseProposal):
    client = signed_in(staff.steward)
    page = shown(client, proposal)
    for words in ("A yes to Cancer", "would newly cover 62 diseases", "Diabetes", "Type 2 diabetes"):
        assert words in page
    assert "and 12 more, which stand in the file" in page
    assert "<del>a rare disorder</del>" in page
    listed = client.get(reverse("steward:diseases_all", args=[proposal.pk])).content.decode()
    for code in (*RARE, DIABETES):
        assert f"{CANCER},Cancer,{code}," in listed
    assert "Waits for two" in client.get(reverse("steward:diseases")).content.decode()


def test_a_long_list_is_turned_page_by_page(staff: Staff, proposal: DiseaseProposal, monkeypatch: Any):
    monkeypatch.setattr("broker.portal.steward_diseases.PAGE", 1)
    page = shown(signed_in(staff.steward), proposal, page=2)
    assert f"Page 2 of {len(proposal.widens)}" in page
    assert 'rel="prev"' in page


def test_two_stewards_bring_it_into_force(staff: Staff, proposal: DiseaseProposal):
    sten, sara = signed_in(staff.steward), signed_in(staff.second_steward)
    settle(sten, proposal, "confirm")
    assert not covers()
    page = shown(sten, proposal)
    assert "Another steward has to confirm it, too." in page
    assert 'value="confirm"' not in page
    settle(sten, proposal, "confirm")
    assert not covers(), "one steward is one, however often she presses"
    settle(sara, proposal, "confirm")
    assert covers()
    assert "It is in force now" in shown(sara, proposal)
    by = {
        event.kind: event.opening.said["by"]
        for event in LedgerEvent.objects.filter(kind__startswith="consent:diseases:")
    }
    assert by["consent:diseases:proposed"] == "operator"
    assert by["consent:diseases:seen"] == staff.steward.reference
    assert by["consent:diseases:loaded"] == staff.second_steward.reference
    assert 'value="reject"' not in shown(sara, proposal)


def test_a_password_alone_confirms_nothing(staff: Staff, proposal: DiseaseProposal):
    settle(signed_in(staff.steward), proposal, "confirm")
    client = signed_in(staff.second_steward, fresh=False)
    answer = settle(client, proposal, "confirm")
    assert answer["Location"].startswith(reverse("confirm"))
    assert not covers()
    settle(prove(client), proposal, "confirm")
    assert covers()


def test_who_has_not_read_it_confirms_nothing(staff: Staff, proposal: DiseaseProposal):
    client = signed_in(staff.steward)
    client.post(reverse("steward:settle_diseases", args=[proposal.pk]), {"action": "confirm"})
    assert "Tick that you have read what it widens" in shown(client, proposal)
    assert DiseaseMove.objects.count() == 1
    assert settle(client, proposal, "adopt").status_code == 404


def test_a_no_is_one_press(staff: Staff, proposal: DiseaseProposal):
    settle(signed_in(staff.steward), proposal, "confirm")
    client = signed_in(staff.second_steward, fresh=False)
    client.post(reverse("steward:settle_diseases", args=[proposal.pk]), {"action": "reject"})
    assert DiseaseMove.objects.latest("number").state == State.REJECTED
    page = shown(client, proposal)
    assert "What is in force stays as it was" in page
    assert "What may be done" not in page


def test_an_empty_list_and_a_table_that_widens_nothing_say_so(staff: Staff, tmp_path: Path):
    client = signed_in(staff.steward)
    assert "No table was proposed" in client.get(reverse("steward:diseases")).content.decode()
    path = tmp_path / "small.obo"
    path.write_text(HEAD + term("MONDO:0000001", "disease"))
    call_command("load_diseases", str(path), stdout=StringIO())
    assert "No yes covers more" in shown(client, DiseaseProposal.objects.get())


def test_a_table_that_was_changed_is_not_shown(staff: Staff, proposal: DiseaseProposal):
    with unsafe_without_triggers(connection):
        unsafe_rows(DiseaseProposal).update(body="{}")
    page = shown(signed_in(staff.steward), proposal)
    assert "tell an auditor" in page
    assert 'value="confirm"' not in page
