"""The guardian's pages: bringing a child, a no at once, a yes once verified, nothing after the birthday."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import checks, jobs, people, queries
from broker.demo.staff import PASSWORD
from broker.models import Upload, User
from consent import kin, records
from consent.models import Participant, Statement
from consent.terms import Authority, Capacity, Modifier, Verb
from genomics.models import GenomicFile
from tests.builders import vcf
from tests.proofs import prove
from tests.remembering import receive
from tests.world import World

pytestmark = pytest.mark.django_db

FILE = vcf([("20", 1000226, "A", "T", "0/1")])
PAGES = ("choices", "files", "usage")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def gita(world: World) -> User:
    return people.sign_up("gita", PASSWORD, born_on=date(1985, 1, 1), at=timezone.now() - timedelta(days=90))


@pytest.fixture
def hers(gita: User) -> Client:
    client = Client()
    client.force_login(gita)
    prove(client)
    return client


@pytest.fixture
def claimed(gita: User) -> Participant:
    """A child of eight; nobody has seen any papers."""
    born = timezone.now().date() - timedelta(days=8 * 366)
    return people.add_child(gita, born_on=born, at=timezone.now() - timedelta(days=60))


@pytest.fixture
def child(world: World, claimed: Participant) -> Participant:
    """The same, its guardian verified."""
    at = timezone.now() - timedelta(days=50)
    people.verify_guardian(claimed.kin_links.get(), by=world.staff.steward, at=at)
    people.verify_identity(claimed, by=world.staff.steward, at=at)
    return claimed


def shown(client: Client, name: str, *args: Any, status: int = 200) -> str:
    answer = client.get(reverse(f"guardian:{name}", args=args))
    assert answer.status_code == status
    return answer.content.decode()


def press(client: Client, name: str, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is not done, or what the next page says when it is."""
    answer = client.post(reverse(f"guardian:{name}", args=args), said)
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def terms(**changes: Any) -> dict[str, Any]:
    return {"version": "F-GUARDIAN 1.0", "until": "", **changes}


# --- people I manage ---


def test_a_child_is_brought_with_nothing_but_a_birthday(gita, hers):
    page = press(hers, "claim", born_on="2020-05-04")
    assert "The child has a record now. Every use is off." in page
    assert "A child born on 4 May 2020" in page
    assert "Not verified yet" in page
    assert "None of 4 uses is allowed." in page


@pytest.mark.parametrize(
    ("born_on", "words"),
    [
        ("2999-01-01", "This day has not come yet."),
        ("1990-01-01", "Somebody born then is of age, and chooses alone."),
        ("", "This field is required."),
        ("soon", "Enter a valid date."),
    ],
)
def test_somebody_who_is_no_child_is_not_brought(hers, born_on, words):
    before = Participant.objects.count()
    assert words in press(hers, "claim", status=422, born_on=born_on)
    assert Participant.objects.count() == before


def test_people_tells_until_when_she_decides(hers, child):
    page = shown(hers, "people")
    of_age = date(child.born_on.year + 18, child.born_on.month, child.born_on.day)
    assert f"You decide until {of_age.day} {of_age:%B} {of_age.year}." in page
    assert "Verified" in page


def test_people_tells_who_is_no_longer_hers(hers, child, world):
    kin.end(child.kin_links.get(), by=world.staff.steward.reference, at=timezone.now())
    page = shown(hers, "people")
    assert "No longer yours to decide" in page
    assert child.pseudonym in page
    assert reverse("guardian:choices", args=[child.pseudonym]) not in page
    assert "You act for nobody else at the moment." in page


# --- acting for a child ---


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_for_whom_she_acts(hers, child, name):
    page = shown(hers, name, child.pseudonym)
    assert "You act for a child born on" in page
    assert child.pseudonym in page
    assert f'action="{reverse("guardian:stop_everything", args=[child.pseudonym])}"' in page


def test_only_what_the_guardians_form_asks_is_there(hers, child):
    page = shown(hers, "choices", child.pseudonym)
    assert "If my child is missing, police may compare my child&#x27;s DNA to find this child" in page
    assert page.count('<section class="choice">') == 4
    for family in ("LE.HOM", "COMMERCIAL", "AI", "RELMATCH", "EXON"):
        assert f">{family}<" not in page  # as the code beside a choice
        shown(hers, "choice", child.pseudonym, family, status=404)
        press(hers, "give", child.pseudonym, family, status=404, **terms())
    assert not Statement.objects.exists()


def test_a_verified_guardian_says_yes_in_her_capacity(gita, hers, child):
    filled = terms(kind="HMB")
    assert "Is this what you want?" in press(hers, "check", child.pseudonym, "RESEARCH", status=200, **filled)
    page = press(hers, "give", child.pseudonym, "RESEARCH", **filled)
    assert "The guardian" in page
    assert "my child&#x27;s DNA file" in page
    (said,) = records.of(child)
    assert (said.authority, said.form.id) == (Authority(Capacity.GUARDIAN, True), "F-GUARDIAN")
    assert "1 of 4 uses is allowed." in shown(hers, "people")
    assert not gita.own_record.participant.statements.exists()


def test_the_question_before_a_guardians_yes_is_about_the_child(hers, child):
    for family, filled in (("RESEARCH", {"kind": "HMB"}), ("CLINICAL", {}), ("QC", {}), ("LE.MIS", {})):
        page = shown(hers, "choice", child.pseudonym, family)
        checked = press(hers, "check", child.pseudonym, family, status=200, answer="no", **terms(**filled))
        for asked in (page, checked):
            assert not re.search(r"“[^”]*\b(my|mine|I)\b[^”]*”", asked), family
    assert "“Researchers will get a copy of the child&#x27;s file.”" in shown(
        hers, "choice", child.pseudonym, "RESEARCH"
    )


def test_the_way_to_majority_says_nothing_is_now_that_is_to_come(hers, child):
    page = shown(hers, "growing_up", child.pseudonym)
    assert 'Of age<span class="hidden"> (not yet)</span>' in page
    assert "(now)" not in page


def test_police_may_only_learn_whether_it_is_this_child(hers, child):
    page = press(hers, "check", child.pseudonym, "LE.MIS", status=200, **terms())
    assert "Identity only" in page
    press(hers, "give", child.pseudonym, "LE.MIS", **terms())
    (said,) = records.of(child)
    assert said.modifiers == (Modifier("IDENTITY_ONLY"),)
    assert "1 of 4 uses is allowed." in shown(hers, "choices", child.pseudonym)


def test_an_unverified_guardian_says_no_at_once_and_not_yet_yes(hers, claimed):
    page = shown(hers, "choice", claimed.pseudonym, "RESEARCH")
    assert "You can say no for this child, and not yet yes" in page
    assert "Look at it once more" not in page
    for step in ("check", "give"):
        page = press(hers, step, claimed.pseudonym, "RESEARCH", **terms(kind="HMB"))
        assert "you can say no here, and not yet yes" in page
    assert not Statement.objects.exists()

    assert "No – Research" in press(hers, "stop", claimed.pseudonym, "RESEARCH")
    assert "Everything was stopped" in press(hers, "stop_everything", claimed.pseudonym)
    assert [said.decision for said in records.of(claimed)] == [Verb.DENY, Verb.WITHDRAW]
    assert {said.authority for said in records.of(claimed)} == {Authority(Capacity.GUARDIAN, False)}


def test_a_verified_guardian_adds_a_file_and_a_claimed_one_does_not(world, hers, claimed):
    page = press(hers, "files", claimed.pseudonym, file=SimpleUploadedFile("child.vcf", FILE))
    assert "A file can be added once your guardianship is verified." in page
    assert not GenomicFile.objects.exists()
    people.verify_guardian(claimed.kin_links.get(), by=world.staff.steward, at=timezone.now())
    page = press(hers, "files", claimed.pseudonym, file=SimpleUploadedFile("child.vcf", FILE))
    assert "Waiting its turn" in page
    upload = Upload.objects.get()
    shown(hers, "upload_progress", claimed.pseudonym, upload.pk)
    assert "All of it is here already" in press(hers, "stop_upload", claimed.pseudonym, upload.pk)
    checks.run(upload.pk, clock=timezone.now)
    assert "The file is locked away" in shown(hers, "upload", claimed.pseudonym, upload.pk)
    assert GenomicFile.objects.get().participant == claimed


def test_a_receipt_of_the_childs_record_is_the_guardians_too(hers, child, gita):
    press(hers, "stop", child.pseudonym, "QC")
    (said,) = records.of(child)
    assert "No – Quality checks" in shown(hers, "receipt", child.pseudonym, said.seq)
    assert child.pseudonym in shown(hers, "receipt_json", child.pseudonym, said.seq)
    own = records.deny(gita.own_record.participant, "QC", by=gita.reference, at=timezone.now())
    shown(hers, "receipt", child.pseudonym, own.seq, status=404)


def test_usage_is_that_of_the_child(world, gita, hers, child, monkeypatch):
    monkeypatch.setattr("broker.tellings.is_held", lambda ended: False)
    receive(child, FILE, by=gita.reference, at=timezone.now() - timedelta(days=40))
    press(hers, "give", child.pseudonym, "RESEARCH", **terms(kind="HMB"))
    assert "No one has used this file." in shown(hers, "usage", child.pseudonym)
    query = queries.submit(
        world.carriers(), under=world.request("R.HMB"), by=world.staff.researcher, at=timezone.now()
    )
    jobs.run(query.job.pk, clock=timezone.now, batch=100)
    assert "Health research. What left: a number of people." in shown(hers, "usage", child.pseudonym)


# --- who may not ---


def everything(pseudonym: str) -> list[tuple[str, tuple[Any, ...]]]:
    return [
        *(("get", (name, pseudonym)) for name in PAGES),
        ("get", ("choice", pseudonym, "RESEARCH")),
        ("get", ("receipt", pseudonym, 1)),
        ("get", ("receipt_json", pseudonym, 1)),
        ("post", ("files", pseudonym)),
        ("post", ("check", pseudonym, "RESEARCH")),
        ("post", ("give", pseudonym, "RESEARCH")),
        ("post", ("stop", pseudonym, "RESEARCH")),
        ("post", ("stop_everything", pseudonym)),
    ]


def nothing_opens(client: Client, pseudonym: str) -> None:
    before = Statement.objects.count()
    for verb, (name, *args) in everything(pseudonym):
        assert getattr(client, verb)(reverse(f"guardian:{name}", args=args)).status_code == 404, name
    assert Statement.objects.count() == before


def test_another_guardian_finds_nothing(child, world):
    other = people.sign_up("hadi", PASSWORD, born_on=date(1980, 1, 1), at=timezone.now())
    people.add_child(other, born_on=date(2020, 1, 1), at=timezone.now())
    client = Client()
    client.force_login(other)
    nothing_opens(client, child.pseudonym)
    assert child.pseudonym not in shown(client, "people")


def test_an_ended_guardianship_opens_nothing(hers, child, world):
    kin.end(child.kin_links.get(), by=world.staff.steward.reference, at=timezone.now())
    nothing_opens(hers, child.pseudonym)


def test_the_birthday_closes_every_page(hers, child):
    Participant.objects.filter(pk=child.pk).update(born_on=date(timezone.now().year - 19, 1, 1))
    nothing_opens(hers, child.pseudonym)


def test_a_guardian_reaches_no_adult_through_these_doors(hers, gita, child):
    nothing_opens(hers, gita.own_record.participant.pseudonym)
    nothing_opens(hers, "P-NOBO-DYXX")


def test_whoever_has_no_child_has_no_page_of_people_but_may_bring_one(world):
    user = people.sign_up("new", PASSWORD, born_on=date(1990, 1, 1), at=datetime(2026, 1, 1, tzinfo=UTC))
    client = Client()
    client.force_login(user)
    shown(client, "people", status=403)
    assert "When was the child born?" in shown(client, "claim")


def test_staff_bring_no_children(world):
    client = Client()
    client.force_login(world.staff.researcher)
    shown(client, "claim", status=403)
