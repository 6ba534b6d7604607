"""What was said of one file: which file it is, and whether it allows anything."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker.models import User
from broker.portal import record_files
from consent import records
from consent.models import FormVersion, Holding, Statement
from consent.terms import SignIn
from tests.broker.portal.participant.pages import press, said_yes, shown, terms
from tests.builders import vcf
from tests.remembering import receive

pytestmark = pytest.mark.django_db
NOTHING = "It allows nothing as long as your no for all files stands."


def add(user: User, position: int, *, at: datetime) -> str:
    """One more file of hers; its number."""
    person = user.own_record.participant
    before = set(person.holdings.values_list("file", flat=True))
    receive(person, vcf([("20", position, "C", "G", "1/1")]), by=user.reference, at=at)
    return str((set(person.holdings.values_list("file", flat=True)) - before).pop())


@pytest.fixture
def second(eve: User) -> str:
    return add(eve, 1000300, at=timezone.now() - timedelta(days=1))


def status(page: str) -> str:
    """The state of the first card, in words."""
    return re.findall(r'class="status status-\w+">.*?</svg>\s*([^<]+)<', page, re.S)[0].strip()


def card(client: Client) -> str:
    page = shown(client, "choices")
    return next(part for part in page.split('<section class="choice">') if ">QC<" in part)


def test_a_yes_for_one_file_under_a_no_for_all_says_that_it_allows_nothing(eve, her, second):
    press(her, "stop", "QC")
    filled = terms(her, "QC", file=second)
    assert NOTHING in press(her, "check", "QC", status=200, **filled), "before it is said"
    assert NOTHING in press(her, "give", "QC", **filled), "on the receipt"
    assert NOTHING in card(her)
    assert status(card(her)) == "Not allowed"
    assert "None of 13 uses is allowed" in shown(her, "home")


def test_a_yes_for_one_file_alone_is_told_as_what_it_is_and_stopped_with_one_press(eve, her, second):
    press(her, "give", "QC", **terms(her, "QC", file=second))
    assert status(card(her)) == "Allowed for single files"
    assert "For all other files: No answer yet." in card(her)
    assert NOTHING not in card(her)
    home = shown(her, "home")
    assert "1 of 13 uses is allowed" in home
    assert "Nobody can use your file." not in home
    assert reverse("participant:stop", args=["QC"]) in card(her)
    press(her, "stop", "QC")
    assert status(card(her)) == "Not allowed"
    assert NOTHING in card(her)


def test_a_yes_for_all_that_ended_stands_before_a_yes_for_one_file(eve, her, second):
    said_yes(eve, "QC", valid_to=timezone.now() - timedelta(days=100))
    press(her, "give", "QC", **terms(her, "QC", file=second))
    assert "your yes for all files has ended" in card(her)


def test_a_no_for_all_and_a_yes_for_all_leave_nothing_blocked(eve, her, second):
    press(her, "stop", "QC")
    press(her, "give", "QC", **terms(her, "QC", file=second))
    press(her, "give", "QC", **terms(her, "QC"))
    assert NOTHING not in card(her)
    assert status(card(her)) == "Allowed"


def test_files_of_one_kind_and_day_are_told_apart_everywhere(eve, her):
    noon = (timezone.now() - timedelta(days=2)).replace(hour=12)
    first, second = add(eve, 1000300, at=noon), add(eve, 1000301, at=noon + timedelta(minutes=5))
    called = record_files.names(eve.own_record.participant)
    assert len(set(called.values())) == 3
    assert "number 1 of that day" in called[first]
    assert "number 2 of that day" in called[second]
    assert sum("of that day" in name for name in called.values()) == 2
    for page in (shown(her, "files"), shown(her, "home"), shown(her, "choice", "QC")):
        for name in called.values():
            assert name in page
    receipt = press(her, "stop", "QC", file=second)
    assert called[second] in receipt
    assert "No – Quality checks (one file only)" in receipt


def test_a_name_stays_when_another_file_is_erased(eve, her):
    noon = (timezone.now() - timedelta(days=2)).replace(hour=12)
    first, second = add(eve, 1000300, at=noon), add(eve, 1000301, at=noon + timedelta(minutes=5))
    before = record_files.names(eve.own_record.participant)[second]
    eve.own_record.participant.holdings.filter(file=UUID(first)).update(state=Holding.State.ERASED)
    assert (second, before) in record_files.held(eve.own_record.participant)
    assert first not in dict(record_files.held(eve.own_record.participant))


def test_a_yes_for_a_file_that_is_gone_counts_for_nothing(eve, her, second):
    at = timezone.now() - timedelta(days=1)
    records.give(
        eve.own_record.participant,
        "QC",
        form=FormVersion.objects.get(form="F-ADULT"),
        by=eve.reference,
        at=at,
        wording=records.Wording(file=UUID(second)),
        sign_in=SignIn("passkey", at),
    )
    assert status(card(her)) == "Allowed for single files"
    eve.own_record.participant.holdings.filter(file=UUID(second)).update(state=Holding.State.ERASED)
    assert status(card(her)) == "Not allowed"
    assert Statement.objects.count() == 1
