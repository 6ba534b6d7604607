"""Settling, rejecting, whose desk it is, and what is printed."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from broker import paper_codes, papers, people
from broker.models import OwnRecord
from broker.roles import Role
from consent import forms, records
from consent.models import LedgerEvent, Participant
from consent.paper_steps import State, state_of
from tests.broker.portal.clerk.sheets import keyed, received, says, sent, shown, signed_in, somebody
from tests.builders import PDF, PNG
from tests.world import EARLIER

pytestmark = pytest.mark.django_db


def test_the_third_sees_both_readings_and_the_scan_and_settles(world, clara, carl, kim):
    person = somebody()
    sheet = received(world, person)
    sent(clara, "key", sheet.pk, **(keyed(sheet, R_DS="yes", QC="no") | {"R-DS:named": ["MONDO:0004992"]}))
    page = sent(carl, "key", sheet.pk, **(keyed(sheet, R_DS="yes", QC="yes") | {"present": "no"}))
    assert "a third person settles" in page
    page = shown(kim, "settle", sheet.pk)
    for words in ("First reader: Yes (Cancer)", "Second reader: Yes", "First reader: No", "no signature"):
        assert words in page
    assert reverse("clerk:scan", args=[sheet.pk]) in page
    assert "checked" not in page
    assert "This field is required" in sent(kim, "settle", sheet.pk, QC="second", status=422)
    sides = {"QC": "second", "R-DS": "first", "signature": "first"}
    assert "Settled by a third person" in sent(kim, "settle", sheet.pk, **sides)
    assert says(person) == {"QC": "grant", "RESEARCH": "grant"}


def test_a_reader_cannot_settle_and_nobody_settles_what_does_not_differ(world, clara, kim):
    sheet = received(world)
    sent(clara, "key", sheet.pk, **keyed(sheet, QC="yes"))
    for client in (clara, kim):
        assert "does not wait for you" in sent(client, "settle", sheet.pk, QC="first")
    assert state_of(sheet) == State.KEYED


def test_a_form_is_rejected_with_its_reason_and_the_noes_stay(world, clara, carl):
    person = somebody()
    sheet = received(world, person)
    sent(clara, "key", sheet.pk, **keyed(sheet, HOM="no", QC="yes"))
    assert "This field is required" in sent(carl, "reject", sheet.pk, reason=" ", status=422)
    page = sent(carl, "reject", sheet.pk, reason="<b>Torn</b> in two.")
    assert "&lt;b&gt;Torn&lt;/b&gt; in two." in page
    assert says(person) == {"LE.HOM": "deny"}
    assert "does not wait for you" in sent(carl, "reject", sheet.pk, reason="again")


def test_a_yes_that_was_read_and_not_given_is_told_with_its_reason(world, clara, carl):
    person = somebody()
    records.withdraw(person, "QC", by="self", at=timezone.now())
    sheet = received(world, person)
    for client in (clara, carl):
        sent(client, "key", sheet.pk, **keyed(sheet, QC="yes", AI="yes"))
    page = shown(clara, "paper", sheet.pk)
    assert "Something newer was said about this" in page
    assert says(person) == {"QC": "withdraw", "AI": "grant"}


def test_her_own_form_is_not_on_a_clerks_desk(world, clara):
    own = somebody()
    OwnRecord.objects.create(user=world.staff.clerk, participant=own)
    form = forms.current("F-ADULT")
    sheet = papers.receive(own, form, PNG, language="en", by=world.staff.second_clerk, at=timezone.now())
    for name in ("paper", "key", "settle", "reject", "scan"):
        shown(clara, name, sheet.pk, status=404)
    assert own.pseudonym not in shown(clara, "inbox")
    page = sent(
        clara,
        "new",
        reference=own.pseudonym,
        form=form.pk,
        language="en",
        scan=SimpleUploadedFile("s.png", PDF),
        status=422,
    )
    assert "another clerk" in page


@pytest.mark.parametrize("who", ["steward", "researcher", "investigator", "admin", "auditor"])
def test_nobody_else_sits_at_this_desk(world, who):
    sheet = received(world)
    client = signed_in(getattr(world.staff, who))
    for name in ("paper", "key", "settle", "reject", "scan"):
        shown(client, name, sheet.pk, status=403)


def test_a_scan_is_shown_sealed_off_and_each_look_is_recorded(world, clara):
    for data, how in ((PNG, "inline"), (PDF, "attachment")):
        sheet = received(world, data=data)
        answer = clara.get(reverse("clerk:scan", args=[sheet.pk]))
        assert answer.content == data
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Content-Type"] == sheet.media_type
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith(how)
    assert LedgerEvent.objects.filter(kind="broker:paper:seen").count() == 2


def test_an_auditor_reads_every_reading_and_her_look_is_recorded(world, clara):
    otto = signed_in(world.staff.auditor)
    assert "No paper form yet" in otto.get(reverse("auditor:papers")).content.decode()
    sheet = received(world)
    url = reverse("auditor:paper", args=[sheet.pk])
    assert "Nobody has read it yet" in otto.get(url).content.decode()
    sent(clara, "key", sheet.pk, **keyed(sheet, HOM="both"))
    assert url in otto.get(reverse("auditor:papers")).content.decode()
    page = otto.get(url).content.decode()
    assert "Both crossed" in page
    assert "First reader" in page
    assert otto.get(reverse("auditor:scan", args=[sheet.pk])).content == PNG
    assert LedgerEvent.objects.filter(kind="broker:paper:audited").count() == 2


def test_a_form_is_printed_for_somebody_or_blank(world, clara):
    form, person = forms.current("F-ADULT"), somebody()
    for reference in ("", person.pseudonym):
        page = shown(clara, "print_form", form=form.pk, language="id", reference=reference)
        code = paper_codes.write(paper_codes.Code("F-ADULT", "1.0", "id", reference))
        assert page.count(code) == 2  # beside the drawing, and for those who listen
        assert '<html lang="id">' in page
        assert 'class="qr"' in page
        answer = clara.get(
            reverse("clerk:print_form"), {"form": form.pk, "language": "id", "reference": reference, "pdf": 1}
        )
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    page = shown(clara, "print_form", form=form.pk, language="id", reference="P-2222-2222", status=422)
    assert "Nobody has this reference" in page
    assert "Which form?" in shown(clara, "print_form")


def test_a_steward_prints_forms_too(world):
    sten = signed_in(world.staff.steward)
    form = forms.current("F-GUARDIAN")
    page = sten.get(reverse("steward:print_form"), {"form": form.pk, "language": "en"}).content.decode()
    assert "TALI:F-GUARDIAN:1.0:EN:-:" in page


def test_she_prints_her_own_form_and_a_guardian_the_childs(world):
    ada = people.sign_up("ada", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)
    her = OwnRecord.objects.get(user=ada).participant
    people.add_child(ada, born_on=timezone.now().date() - timedelta(days=900), at=EARLIER)
    child = Participant.objects.exclude(pk=her.pk).latest("ordinal")
    door = signed_in(ada)
    for url, reference, form in (
        (reverse("participant:form_sheet", args=["id"]), her.pseudonym, "F-ADULT"),
        (reverse("guardian:form_sheet", args=[child.pseudonym, "id"]), child.pseudonym, "F-GUARDIAN"),
    ):
        page = door.get(url).content.decode()
        assert f"TALI:{form}:1.0:ID:{reference}:" in page
        assert url.replace("/id/", "/en/") in page
        assert door.get(f"{url}pdf/").content.startswith(b"%PDF-")
        assert door.get(url.replace("/id/", "/fr/")).status_code == 404
    stranger = signed_in(people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER))
    assert stranger.get(reverse("guardian:form_sheet", args=[child.pseudonym, "id"])).status_code == 403


def test_who_has_the_role_of_a_clerk_comes_home_to_the_desk(world, clara):
    assert world.staff.clerk.roles == {Role.CLERK}
    assert clara.get(reverse("home"))["Location"] == reverse("clerk:inbox")
