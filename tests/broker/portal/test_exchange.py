"""Choices taken along and brought as FHIR files: a no in one press, a yes to be read and said by oneself."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fhir.resources.R4B.bundle import Bundle

from broker import people
from broker.demo.staff import PASSWORD
from broker.models import User
from broker.portal import record_exchange
from consent import forms, records
from consent.exchange import fhir_in, fhir_out
from consent.models import FormVersion, KinLink, Statement
from consent.policy import Policy
from consent.terms import Level, Modifier, Permission, Verb
from tests.cast import CANCER, no, says, stop, yes
from tests.world import World

pytestmark = pytest.mark.django_db

FORM = "Our form does not have these terms."
FAR = datetime(2101, 5, 1, tzinfo=UTC)


@pytest.fixture
def eve() -> User:
    World()
    return people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=timezone.now() - timedelta(days=365))


@pytest.fixture
def her(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    return client


def file_of(user: User, *said: Any) -> dict[str, Any]:
    return fhir_out.bundle(said, participant=user.own_record.participant.pseudonym)


def bring(client: Client, data: object, *, status: int = 200) -> Any:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    sent = {"file": SimpleUploadedFile("consent.json", content)}
    answer = client.post(reverse("participant:exchange"), sent)
    assert answer.status_code == status
    return answer


def test_what_holds_is_taken_along_as_fhir_and_says_no_name(eve, her):
    person, now = eve.own_record.participant, timezone.now()
    records.deny(person, "AI", by=eve.reference, at=now - timedelta(days=1))
    answer = her.get(reverse("participant:consent_fhir"))
    assert answer["Content-Type"] == "application/fhir+json"
    assert 'filename="consent.fhir.json"' in answer["Content-Disposition"]
    Bundle.model_validate_json(answer.content)
    assert b"eve" not in answer.content
    found = fhir_in.proposals(answer.json(), participant=person.pseudonym, policy=Policy.default())
    assert [(one.said.family, one.said.decision) for one in found] == [("AI", Verb.DENY)]


def test_the_page_shows_what_a_file_says_and_changes_nothing(eve, her):
    data = file_of(
        eve,
        no("AI"),
        yes("RESEARCH", Permission("DS", (CANCER,)), seq=2, modifiers=(Modifier.of("NPU"),), valid_to=FAR),
    )
    before = Statement.objects.count()
    page = bring(her, data).content.decode()
    assert "Nothing has been changed yet." in page
    assert reverse("participant:stop", args=["AI"]) in page
    assert "Cancer" in page
    assert Statement.objects.count() == before


def test_a_no_of_a_file_is_one_press_at_the_door_of_every_no(eve, her):
    card = bring(her, file_of(eve, no("AI"))).context["noes"][0]
    assert her.post(card["stop_url"]).status_code == 302
    assert eve.own_record.participant.statements.get().family == "AI"
    everything = bring(her, file_of(eve, stop("*"))).context["noes"][0]
    assert everything["stop_url"] == reverse("participant:stop_everything")


def test_a_yes_of_a_file_leads_to_the_ordinary_page_with_its_terms_filled_in(eve, her):
    said = yes("RESEARCH", Permission("DS", (CANCER,)), modifiers=(Modifier.of("NPU"),), valid_to=FAR)
    card = bring(her, file_of(eve, said)).context["yeses"][0]
    form = her.get(card["choice_url"]).context["form"]
    assert form["kind"].value() == ["DS"]
    assert form["diseases"].value() == [CANCER]
    assert form["conditions"].value() == ["NPU"]
    assert form["until"].value() == FAR.date()
    assert not Statement.objects.exists(), "she has to say it herself"


def test_several_kinds_of_one_yes_are_all_filled_in(eve, her):
    card = bring(her, file_of(eve, yes("RESEARCH", Permission("HMB"), Permission("POA")))).context["yeses"][0]
    form = her.get(card["choice_url"]).context["form"]
    assert [box.data["value"] for box in form["kind"] if box.data["selected"]] == ["HMB", "POA"]


def test_a_link_with_odd_terms_fills_in_nothing(her):
    page = her.get(
        reverse("participant:choice", args=["RESEARCH"]),
        {"kind": "GRU-CC", "until": "soon", "conditions": "NONE"},
    )
    form = page.context["form"]
    ticked = [
        box.data["value"] for name in ("kind", "conditions") for box in form[name] if box.data["selected"]
    ]
    assert ticked == []
    assert not page.context["form"].initial.get("until")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (no("AI", level=Level.FILE, file="GF1"), "It speaks of one file only."),
        (says(Verb.CONTINUE, "QC", continues=1), "This cannot be said here."),
        (
            yes("RESEARCH", Permission("HMB"), modifiers=(Modifier("CC"),)),
            FORM,
        ),
        (yes("QC", modifiers=(Modifier("NPU"),)), FORM),
        (yes("QC", valid_to=datetime(2025, 2, 1, tzinfo=UTC)), FORM),
    ],
)
def test_what_our_pages_cannot_say_is_shown_and_not_guessed(eve, her, said, why):
    answer = bring(her, file_of(eve, said))
    assert why in answer.content.decode()
    assert not answer.context["noes"]
    assert not answer.context["yeses"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "This is no JSON file"),
        (b"{", "This is no JSON file"),
        (b'{"resourceType": "Consent", "resourceType": "Bundle"}', "This is no JSON file"),
        (b'{"resourceType": NaN}', "This is no JSON file"),
        (b"[" * 100_000, "This is no JSON file"),
        (b'"' + b"a" * record_exchange.MOST_BYTES + b'"', "larger than a consent can be"),
        (b'{"resourceType": "Patient"}', "is no FHIR Consent"),
    ],
)
def test_a_file_that_cannot_be_honoured_is_told_with_its_sentence(eve, her, content, why):
    page = bring(her, content, status=422).content.decode()
    assert why in page
    assert not Statement.objects.exists()


def test_somebody_elses_file_is_refused(eve, her):
    data = fhir_out.bundle((yes("AI"),), participant="P-XXXX-XXXX")
    assert "somebody else" in bring(her, data, status=422).content.decode()


def test_a_tampered_record_gives_no_file(eve, her, monkeypatch):
    def broken(*_args: object) -> None:
        raise records.SealBroken("Statement 1 is not as it was recorded.")

    monkeypatch.setattr(records, "of", broken)
    answer = her.get(reverse("participant:consent_fhir"))
    assert (answer.status_code, "file" in answer.json()) == (409, False)


def test_a_guardian_takes_along_and_brings_for_her_child_alone(eve, her):
    child = people.add_child(eve, born_on=timezone.now().date() - timedelta(days=900), at=timezone.now())
    link = KinLink.objects.get()
    her.force_login(User.objects.get(pk=eve.pk))
    name = link.person.pseudonym
    assert her.get(reverse("guardian:exchange", args=[name])).status_code == 200
    assert her.get(reverse("guardian:consent_fhir", args=[name])).json()["resourceType"] == "Bundle"
    assert her.get(reverse("guardian:consent_fhir", args=["P-XXXX-XXXX"])).status_code == 404
    data = json.dumps(fhir_out.bundle((no("QC"), yes("CLINICAL", seq=2)), participant=name)).encode()
    sent = {"file": SimpleUploadedFile("consent.json", data)}
    shown = her.post(reverse("guardian:exchange", args=[name]), sent).context
    assert [card["stop_url"] for card in shown["noes"]] == [reverse("guardian:stop", args=[name, "QC"])]
    assert not shown["yeses"], "an unverified guardian says no, and not yet yes"
    assert child is not None
    assert forms.current("F-ADULT") == FormVersion.objects.get(form="F-ADULT")
