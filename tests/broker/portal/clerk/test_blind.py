"""The second reader sees nothing of the first."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import papers
from consent import forms
from consent.models import PaperEntry, PaperImport
from consent.readings import Answer, Reading, Signature
from tests.broker.portal.clerk.sheets import keyed, received, sent, shown, somebody
from tests.builders import PNG

pytestmark = pytest.mark.django_db


def masked(page: str, sheet: PaperImport) -> str:
    """A page without what is told of any form: its number, its hash, whose it is, when, and the token."""
    page = page.replace(str(sheet.pk), "PAPER").replace(sheet.sha256, "HASH")
    page = page.replace(sheet.participant.pseudonym, "WHO")
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "TOKEN", page)
    return re.sub(r"<time .*?</time>|Waits [^<]+|Just came", "WHEN", page)


def test_the_second_reader_reaches_nothing_of_the_first_reading(world, carl):
    """Three forms that the first reader read as all yes, no or blank: to the second they are the same."""
    sheets = {}
    for answer in ("yes", "no", "blank"):
        sheet = received(world)
        said = {clause.id: Answer(answer) for clause in forms.clauses(sheet.form)}
        signature = Signature(present=answer == "yes", on=timezone.now().date())
        papers.key(
            sheet,
            Reading(answers=said, signature=signature),
            by=world.staff.clerk,
            at=timezone.now(),
        )
        sheets[answer] = sheet
    pages = {
        answer: [masked(shown(carl, name, sheet.pk), sheet) for name in ("paper", "key", "reject")]
        for answer, sheet in sheets.items()
    }
    assert pages["yes"] == pages["no"] == pages["blank"]
    inbox = shown(carl, "inbox")
    for sheet in sheets.values():
        inbox = masked(inbox, sheet)
    second = inbox[inbox.index('id="second"') : inbox.index('id="third"')]
    assert len(set(re.findall(r"<li.*?</li>", second, re.S))) == 1
    assert carl.get(reverse("clerk:settle", args=[sheets["yes"].pk])).status_code == 302
    assert carl.get(reverse("auditor:paper", args=[sheets["yes"].pk])).status_code == 403


def test_a_form_that_waits_is_on_the_right_list_of_each_clerk(world, clara, carl, kim):
    sheet = received(world)
    key_url, settle_url = (reverse(f"clerk:{name}", args=[sheet.pk]) for name in ("key", "settle"))

    def lists(client):
        page = shown(client, "inbox")
        first, second, third, mine = (
            page.index(f'id="{name}"') for name in ("first", "second", "third", "mine")
        )
        return [key_url in page[first:second], key_url in page[second:third], settle_url in page[third:mine]]

    assert lists(clara) == lists(carl) == [True, False, False]
    sent(clara, "key", sheet.pk, **keyed(sheet, QC="yes"))
    assert [lists(one) for one in (clara, carl)] == [[False] * 3, [False, True, False]]
    sent(carl, "key", sheet.pk, **keyed(sheet, QC="no"))
    assert [lists(one) for one in (clara, carl, kim)] == [[False] * 3, [False] * 3, [False, False, True]]
    assert reverse("clerk:paper", args=[sheet.pk]) in shown(clara, "inbox")


def test_what_has_waited_long_is_marked(world, clara):
    form, by = forms.current("F-ADULT"), world.staff.clerk
    at = timezone.now() - timedelta(days=9)
    papers.receive(somebody(), form, PNG, language="en", by=by, at=at)
    assert "status-warn" in shown(clara, "inbox")


def test_nobody_reads_a_form_twice_at_this_desk_either(world, clara):
    sheet = received(world)
    sent(clara, "key", sheet.pk, **keyed(sheet, QC="yes"))
    assert "does not wait for you" in sent(clara, "key", sheet.pk, **keyed(sheet, QC="yes"))
    assert PaperEntry.objects.count() == 1
    shown(clara, "scan", sheet.pk, status=404)
