"""The way to a choice in pages: what would change, a question that never blocks, a proof, a day to wait."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import impact
from broker.models import Notice, User
from broker.portal.record_questions import QUESTIONS, question
from broker.wards import Ward
from consent import policies, records
from consent.models import Participant, Statement
from consent.policy import Policy
from consent.purposes import FAMILIES
from consent.terms import AfterDeath, Authority, Capacity, Verb
from tests.broker.portal.participant.pages import HEALTH, press, said_yes, shown, terms
from tests.builders import vcf
from tests.proofs import prove
from tests.remembering import receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def slow(world) -> None:
    """The waiting times as shipped."""
    policies.adopt(
        Policy.default().overlay({"policy_version": "slow"}),
        by="founding",
        at=timezone.now() - timedelta(days=1),
    )


def second_file(user: User) -> str:
    person = user.own_record.participant
    more = vcf([("20", 1000300, "C", "G", "1/1")])
    receive(person, more, by=user.reference, at=timezone.now() - timedelta(days=1))
    return str(person.holdings.order_by("file")[0].file)


def last(user: User):
    return records.of(user.own_record.participant)[-1]


def test_every_use_has_its_question():
    assert set(QUESTIONS) == set(FAMILIES)


@pytest.mark.parametrize(
    ("capacity", "families"),
    [
        (Capacity.GUARDIAN, Policy().guardian_may_grant | Policy().guardian_may_grant_identity_only),
        (Capacity.PROXY, Policy().proxy_may_grant),
    ],
)
def test_who_acts_for_another_is_never_asked_about_her_own_file(capacity, families):
    ward = Ward(Participant(), Authority(capacity, True), True, timezone.now())
    for family in families:
        asked = question(family, ward)
        assert not re.search(r"\b(my|mine|I)\b", asked.text), asked.text
        assert asked.right == QUESTIONS[family].right


@pytest.mark.parametrize(("answer", "words"), [("yes", "That is so"), ("no", "Not quite"), ("", "Relatives")])
def test_the_question_explains_and_never_blocks(eve, her, answer, words):
    page = press(her, "check", "LE.HOM", status=200, **terms(her, "LE.HOM", answer=answer))
    assert words in page
    assert "Relatives share DNA" in page
    press(her, "give", "LE.HOM", **terms(her, "LE.HOM", answer=answer))
    assert last(eve).family == "LE.HOM"


def test_a_yes_says_when_it_begins_before_and_after(eve, her, slow):
    begins = (timezone.now() + timedelta(days=7)).strftime("%-d %B %Y")
    assert begins in press(her, "check", "LE.HOM", status=200, **terms(her, "LE.HOM"))
    receipt = press(her, "give", "LE.HOM", **terms(her, "LE.HOM"))
    assert f"It takes hold on {begins}." in receipt
    card = shown(her, "choices")
    assert f"Your yes begins on {begins}." in card
    assert "Your yes has not begun yet." in card
    assert "had not begun" not in card
    assert "Begins later" in card
    assert "status-yes" not in card


def test_a_yes_that_waits_is_stopped_with_the_same_one_press(eve, her, slow):
    press(her, "give", "LE.HOM", **terms(her, "LE.HOM"))
    assert reverse("participant:stop", args=["LE.HOM"]) in shown(her, "choices")
    assert "Stopped – Police: killings" in press(her, "stop", "LE.HOM")
    assert "Your yes begins on" not in shown(her, "choices")


def test_a_yes_without_a_fresh_proof_is_asked_for_one_and_not_recorded(eve):
    client = Client()
    client.force_login(eve)
    for proof in (None, "password"):
        if proof:
            prove(client, proof)
        answer = client.post(reverse("participant:give", args=["QC"]), terms(client, "QC"))
        assert answer.status_code == 302
        assert "receipt" not in answer["Location"]
    assert not Statement.objects.exists()
    prove(client)
    assert "receipt" in client.post(reverse("participant:give", args=["QC"]), terms(client, "QC"))["Location"]


def test_a_smaller_yes_holds_at_once_and_asks_for_no_proof(eve, slow):
    said_yes(eve, "QC")
    client = Client()
    client.force_login(eve)
    until = (timezone.now() + timedelta(days=30)).date().isoformat()
    page = press(client, "check", "QC", status=200, **terms(client, "QC", until=until))
    assert "This only makes your yes smaller" in page
    press(client, "give", "QC", **terms(client, "QC", until=until))
    assert last(eve).valid_to is not None
    assert Notice.objects.get(user=eve).kind == "narrowed"


@pytest.mark.parametrize("chosen", ["", "STOP", "NOK_DECIDES", "CONTINUE"])
def test_what_is_left_after_death_is_hers_to_say_and_a_stop_by_default(eve, her, chosen):
    assert "After your death?" in shown(her, "choice", "QC")
    press(her, "give", "QC", **terms(her, "QC", after_death=chosen))
    assert last(eve).after_death == (AfterDeath(chosen) if chosen else AfterDeath.STOP)


def test_who_has_one_file_is_not_asked_which(her):
    assert "For which file?" not in shown(her, "choice", "QC")


def test_one_file_can_be_left_out_and_the_card_says_so(eve, her):
    file = second_file(eve)
    said_yes(eve, "QC")
    assert "Say no for one file" in shown(her, "choice", "QC")
    press(her, "stop", "QC", file=file)
    assert (last(eve).decision, last(eve).file) == (Verb.DENY, file)
    assert re.search(r"No for VCF file of \d+ \w+ \d+\.", shown(her, "choices"))
    press(her, "give", "QC", **terms(her, "QC", file=file))
    assert last(eve).file == file
    assert re.search(r"Yes for VCF file of", shown(her, "choices"))


def test_a_waiting_yes_for_one_file_is_told(eve, her, slow):
    file = second_file(eve)
    press(her, "give", "LE.HOM", **terms(her, "LE.HOM", file=file))
    assert re.search(r"Your yes for VCF file of .* begins on", shown(her, "choices"))


@pytest.mark.parametrize("file", ["nonsense", "00000000-0000-0000-0000-000000000007"])
def test_a_file_that_is_not_hers_changes_nothing(eve, her, file):
    her.post(reverse("participant:stop", args=["QC"]), {"file": file})
    second_file(eve)
    press(her, "give", "QC", status=422, **terms(her, "QC", file=file))
    assert not Statement.objects.exists()


def test_the_preview_is_told_alike_before_yes_and_before_no(world, her):
    world.request("R.HMB")
    impact.take(at=timezone.now())
    page = shown(her, "choice", "RESEARCH")
    for words in ("If you say yes", "If you say no"):
        assert words in page
    assert page.count("Open projects that would gain this file") == 2
    assert page.count("Open projects that would lose it") == 2
    assert "1 to 5" in page
    checked = press(her, "check", "RESEARCH", status=200, **terms(her, "RESEARCH"))
    assert "1 to 5" in checked


def test_a_police_choice_tells_of_relatives_in_general(her):
    page = shown(her, "choice", "LE.HOM")
    assert "about 600 who are third cousins or closer" in page
    assert "We never say whether there is such a case." in page


def test_the_page_is_the_same_byte_for_byte_with_and_without_an_open_case(world, her):
    def page() -> str:
        text = "".join(shown(her, "choice", family) for family in ("LE.HOM", "LE.UHR", "EXON"))
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)

    impact.take(at=timezone.now())
    before = page()
    world.case(purpose="L.HOM", number="C-1")
    world.case(purpose="E.EXON", number="C-2")
    impact.take(at=timezone.now())
    assert page() == before


def test_a_no_asks_nothing_at_all(eve):
    said_yes(eve, "RESEARCH", permissions=HEALTH)
    client = Client()
    client.force_login(eve)
    answer = client.post(reverse("participant:stop", args=["RESEARCH"]))
    assert "receipt" in answer["Location"]
    assert last(eve).decision is Verb.WITHDRAW
