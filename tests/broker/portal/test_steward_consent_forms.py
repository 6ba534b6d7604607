"""Keeping consent forms in the portal: two stewards, one form, and whoever wants to read it."""

import copy
import json
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker.demo.staff import PASSWORD
from broker.models import Appointment, User
from broker.roles import Role
from consent import forms
from consent.form_steps import State
from consent.models import FormDraft, FormVersion
from tests import drafts
from tests.consent.ledger.build import unsafe_rows
from tests.proofs import prove
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db
PLACE = ("F-ADULT", "9.0")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def sten(world: World) -> Client:
    return signed_in(world.staff.steward)


@pytest.fixture
def stella(world: World) -> Client:
    user = User.objects.create_user("stella", password=PASSWORD)
    Appointment.objects.create(
        user=user,
        role=Role.STEWARD,
        proposed_by=world.staff.admin,
        proposed_at=EARLIER,
        confirmed_by=world.staff.steward,
        confirmed_at=EARLIER,
    )
    return signed_in(user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def load(client: Client, draft: Any, *, status: int = 302) -> str:
    data = draft if isinstance(draft, bytes) else json.dumps(draft).encode()
    answer = client.post(reverse("steward:load_form"), {"file": SimpleUploadedFile("form.json", data)})
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def move(client: Client, verb: str, *place: str, status: int = 302, draft: Any = None, **said: str) -> str:
    newest = FormDraft.objects.filter(form=place[0], version=place[1]).order_by("-id").first()
    sent = {"verb": verb, "draft": draft or (newest.pk if newest else 1), "read": "yes"} | said
    answer = client.post(reverse("steward:move_form", args=place), sent)
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def test_forms_are_listed_with_their_state_and_reading_grade(sten):
    load(sten, drafts.adult(reconsent_due="2099-01-01T00:00:00Z"))
    page = shown(sten, "steward:consent_forms")
    for words in ("F-ADULT 9.0", "F-GUARDIAN 1.0", "Draft", "In use", "Reading grade"):
        assert words in page
    assert "asked again by 2099-01-01T00:00:00Z" in page


def test_an_empty_list_says_what_that_means(sten):
    with unsafe_without_triggers(connection):
        unsafe_rows(FormDraft.moves.rel.related_model).all().delete()
    assert "No form is here" in shown(sten, "steward:consent_forms")


def test_two_stewards_bring_a_form_to_people(sten, stella):
    draft = drafts.adult()
    draft["texts"]["en"]["clauses"]["QC"] = "Staff may look for swapped samples."
    page = load(sten, draft)
    for words in ("Kept as a draft", "What it changes against F-ADULT 1.0", "<del>", "<ins>", "DUO:0000006"):
        assert words in page
    assert 'value="approve"' not in page  # not hers to approve
    assert "Setiap pilihan berdiri sendiri." in page  # what is read first, in both languages
    assert "Petugas boleh membandingkan" in page  # side by side
    assert 'value="approve"' in shown(stella, "steward:consent_form", *PLACE)
    assert 'value="publish"' in move(stella, "approve", *PLACE)
    page = move(sten, "publish", *PLACE)
    assert str(forms.current("F-ADULT")) == "F-ADULT 9.0"
    assert reverse("form", args=PLACE) in page
    assert "People whose yes rests on it" in page
    assert "What it changes" not in page
    move(sten, "supersede", *PLACE)
    assert "Not even from paper".lower() in shown(sten, "steward:consent_form", *PLACE).lower()
    assert "Nothing now" in move(sten, "retire", *PLACE)
    assert forms.state_of(*PLACE) == State.RETIRED


def test_the_same_words_are_said_to_be_the_same(sten):
    assert "Not a word" in load(sten, drafts.adult())


def test_who_loaded_a_form_does_not_approve_it_however_she_asks(sten):
    load(sten, drafts.adult())
    assert "somebody else has to approve it" in move(sten, "approve", *PLACE)
    assert forms.state_of(*PLACE) == State.DRAFT


def test_what_was_loaded_again_is_read_again_before_it_is_approved(sten, stella):
    load(sten, drafts.adult())
    first = FormDraft.objects.get(form=PLACE[0], version=PLACE[1]).pk
    load(sten, drafts.adult(reconsent_due="2099-01-01T00:00:00Z"))
    assert "loaded again since" in move(stella, "approve", *PLACE, draft=first)
    assert forms.state_of(*PLACE) == State.DRAFT


def test_nothing_is_moved_unread_or_by_made_up_words(sten, stella):
    load(sten, drafts.adult())
    pk = FormDraft.objects.get(form=PLACE[0], version=PLACE[1]).pk
    unread = {"verb": "approve", "draft": pk}
    answer = stella.post(reverse("steward:move_form", args=PLACE), unread)
    assert "Tick that you have read it" in stella.get(answer["Location"]).content.decode()
    move(stella, "bless", *PLACE, status=404)
    move(stella, "supersede", *PLACE, status=404)  # nothing of it is published
    for odd in ("x", "²", "-1", "9" * 30, "999"):
        move(stella, "approve", *PLACE, status=404, draft=odd)
    move(stella, "approve", "F-ADULT", "1.0", status=404, draft=pk)
    assert forms.state_of(*PLACE) == State.DRAFT
    shown(sten, "steward:consent_form", "F-ADULT", "77", status=404)


def test_a_form_that_is_wrong_is_told_every_fault_and_not_kept(sten):
    page = load(sten, drafts.adult(le_notice=False, version="one"), status=400)
    assert "needs a police notice" in page
    assert "version &#x27;one&#x27; must be" in page
    assert "line 1, column 2" in load(sten, b"{", status=400)
    assert "larger than 256 kB" in load(sten, b" " * 300_000, status=400)
    assert "is active, so it cannot become draft" in load(sten, drafts.adult(version="1.0"), status=400)
    assert FormDraft.objects.count() == 2


@pytest.mark.parametrize("who", ["researcher", "legal", "auditor", "admin"])
def test_forms_are_kept_by_stewards_alone(world, who):
    client = signed_in(getattr(world.staff, who))
    shown(client, "steward:consent_forms", status=403)
    shown(client, "steward:consent_form", "F-ADULT", "1.0", status=403)
    load(client, drafts.adult(), status=403)
    move(client, "approve", "F-ADULT", "1.0", status=403)


def test_words_that_were_tampered_with_are_told_and_not_shown(sten):
    with unsafe_without_triggers(connection):
        unsafe_rows(FormDraft).filter(form="F-ADULT").update(body="{}")
    for name in ("steward:consent_form", "form"):
        page = shown(sten, name, "F-ADULT", "1.0")
        assert "not those that people agreed to" in page
        assert "DUO:" not in page
    assert "not those that people agreed to" in shown(sten, "steward:consent_forms")


# --- for anybody ---


def test_anybody_reads_a_published_form_in_either_language(world):
    page = shown(Client(), "form", "F-ADULT", "1.0")
    version = FormVersion.objects.get(form="F-ADULT")
    for words in ("My DNA, my choices", "A court can still act against us.", version.texts["en"]):
        assert words in page
    assert "regions: EU" in page
    assert "diseases: ?" in page
    page = shown(Client(), "form", "F-ADULT", "1.0", language="id")
    assert "DNA saya, pilihan saya" in page
    assert version.texts["id"] in page
    assert 'lang="id"' in page


def test_a_replaced_form_stays_readable_and_a_draft_is_not_for_everybody(world):
    forms.load(drafts.adult(), by="sten", at=timezone.now())
    shown(Client(), "form", *PLACE, status=404)
    drafts.published(drafts.adult(version="9.1"), at=timezone.now())
    page = shown(Client(), "form", "F-ADULT", "1.0")
    assert "Replaced" in page
    assert "My DNA, my choices" in page
    shown(Client(), "form", "F-ADULT", "1.0", status=404, language="fr")


# --- the terminal ---


def test_a_form_is_loaded_from_the_terminal_in_the_name_of_a_steward(world, tmp_path):
    file, said = tmp_path / "form.json", StringIO()
    file.write_text(json.dumps(drafts.adult()))
    call_command("load_form", str(file), by=world.staff.steward.username, stdout=said)
    assert "F-ADULT 9.0 is a draft now." in said.getvalue()
    loaded = FormDraft.objects.get(form=PLACE[0], version=PLACE[1])
    assert loaded.loaded_by == world.staff.steward.reference


@pytest.mark.parametrize(
    ("by", "content", "sentence"),
    [
        ("nobody", "{}", "is no steward here"),
        ("researcher", "{}", "is no steward here"),
        ("steward", "{", "no JSON: line 1"),
        ("steward", "{}", "form must be a name"),
        ("steward", None, "cannot be read"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_a_sentence(world, tmp_path, by, content, sentence):
    file = tmp_path / "form.json"
    if content is not None:
        file.write_text(content)
    user = getattr(world.staff, by, None)
    with pytest.raises(CommandError, match=sentence):
        call_command("load_form", str(file), by=user.username if user else by)
    assert FormDraft.objects.count() == 2


# --- what a participant meets ---


def test_a_form_may_ask_for_places_and_its_words_are_those_she_ticks(world):
    draft = copy.deepcopy(drafts.adult())
    draft["clauses"].append(
        {"id": "R-GS", "family": "RESEARCH", "modifier": {"code": "GS"}, "asks": "regions"}
    )
    for text in draft["texts"].values():
        text["clauses"]["R-GS"] = "Only where I say."
    drafts.published(draft, at=timezone.now())
    client = Client()
    client.post(
        reverse("sign_up"),
        {"username": "eve", "password": "long enough 12", "born_on": "1980-01-01", "home_zone": "UTC"},
    )
    prove(client)
    page = shown(client, "participant:choice", "RESEARCH")
    assert "Only where I say." in page
    sent = {"version": "F-ADULT 9.0", "kind": ["HMB", "POA"], "conditions": ["GS"], "regions": ["GB"]}
    place = reverse("participant:give", args=["RESEARCH"])
    for wrong, words in (
        ({"regions": []}, "Tick at least one place."),
        ({"conditions": []}, "You named places"),
    ):
        assert words in client.post(place, sent | wrong).content.decode()
    assert client.post(place, sent).status_code == 302
    form = client.get(reverse("participant:choice", args=["RESEARCH"])).context["form"]
    assert form["kind"].value() == ["HMB", "POA"]
    assert form["regions"].value() == ["GB"]
