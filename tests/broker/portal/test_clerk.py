"""The paper desk: what waits, a form that comes, two blind readings, a third who settles, what is printed."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import paper_codes, papers, people
from broker.models import OwnRecord, PaperScan, User
from broker.roles import Role
from consent import forms, participants, records
from consent.models import LedgerEvent, PaperEntry, PaperImport, Participant, Statement
from consent.paper_steps import State, state_of
from consent.readings import Answer, Reading, Signature
from tests.builders import PDF, PNG
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def clara(world):
    return signed_in(world.staff.clerk)


@pytest.fixture
def carl(world):
    return signed_in(world.staff.second_clerk)


@pytest.fixture
def kim(world):
    return signed_in(world.staff.third_clerk)


def somebody(name="x") -> Participant:
    return participants.register(born_on=date(1980, 1, 1), by=name, at=EARLIER)


def received(world, person=None, *, data=PNG) -> PaperImport:
    form = forms.current("F-ADULT")
    assert form is not None
    by, now = world.staff.clerk, timezone.now()
    return papers.receive(person or somebody(), form, data, language="id", by=by, at=now)


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"clerk:{name}", args=args), query)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def sent(client: Client, name: str, *args: Any, status: int = 302, **said: Any) -> str:
    answer = client.post(reverse(f"clerk:{name}", args=args), said)
    assert answer.status_code == status, answer.content.decode()
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def keyed(sheet: PaperImport, **answers: str) -> dict[str, Any]:
    """What a clerk sends: what is not named is blank. Clause ids are written with _ for -."""
    blank = {clause.id: "blank" for clause in forms.clauses(sheet.form)}
    return {
        **blank,
        **{"hers": "on", "present": "yes", "capacity": "SELF", "signer": ""},
        "on": (timezone.now() - timedelta(days=1)).date().isoformat(),
        **{id.replace("_", "-"): answer for id, answer in answers.items()},
    }


def says(person: Participant) -> dict[str, str]:
    return {one.family: str(one.decision) for one in records.of(person)}


def test_an_empty_desk_says_what_will_stand_there(clara):
    page = shown(clara, "inbox")
    for words in ("No form waits to be read", "second reading by you", "to be settled by you", "None yet"):
        assert words in page
    assert reverse("clerk:new") in page


def test_a_form_comes_by_its_code(world, clara):
    person = somebody()
    code = paper_codes.write(paper_codes.Code("F-ADULT", "1.0", "id", person.pseudonym))
    page = sent(clara, "new", reference=code.lower(), scan=SimpleUploadedFile("s.png", PNG))
    sheet = PaperImport.objects.get()
    assert (sheet.participant, str(sheet.form), sheet.language) == (person, "F-ADULT 1.0", "id")
    assert "locked away" in page
    assert person.pseudonym in page
    assert PaperScan.objects.filter(paper=sheet).exists()


def test_an_old_form_comes_by_reference_form_and_language(world, clara):
    person, form = somebody(), forms.current("F-ADULT")
    scan = SimpleUploadedFile("s.pdf", PDF)
    sent(clara, "new", reference=person.pseudonym.lower(), form=form.pk, language="en", scan=scan)
    assert PaperImport.objects.get().media_type == "application/pdf"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"reference": "P-2222-2222", "form": "1", "language": "en"}, "Nobody has this reference"),
        ({"reference": "TALI:F-ADULT:1.0:ID:P-2222-2222:22"}, "misread"),
        ({"reference": "hello"}, "no code of one of our forms"),
        ({"reference": "{blank}"}, "the code of a blank form"),
        ({"reference": "{her}"}, "Say which form it is"),
        ({"reference": "{her}", "form": "1"}, "Say in which language"),
        ({"reference": "{unknown form}"}, "never put to people here"),
        ({"reference": "{code}", "form": "{guardian}"}, "names another form"),
        ({"reference": "{code}", "language": "en"}, "names another language"),
    ],
)
def test_a_form_that_cannot_be_told_is_not_received(world, clara, said, sentence):
    her = somebody().pseudonym
    codes = {
        "{her}": her,
        "{blank}": paper_codes.write(paper_codes.Code("F-ADULT", "1.0", "id")),
        "{code}": paper_codes.write(paper_codes.Code("F-ADULT", "1.0", "id", her)),
        "{unknown form}": paper_codes.write(paper_codes.Code("F-OTHER", "1.0", "id", her)),
        "{guardian}": str(forms.current("F-GUARDIAN").pk),
    }
    said = {name: codes.get(value, value) for name, value in said.items()}
    page = sent(clara, "new", scan=SimpleUploadedFile("s.png", PNG), status=422, **said)
    assert sentence in page
    assert not PaperImport.objects.exists()


def test_what_is_no_scan_is_told_so_whatever_it_is_called(world, clara):
    scan = SimpleUploadedFile("scan.png", b"<script>alert(1)</script>", content_type="image/png")
    form = forms.current("F-ADULT")
    page = sent(
        clara, "new", reference=somebody().pseudonym, form=form.pk, language="en", scan=scan, status=422
    )
    assert "this is none" in page


def test_the_first_reading_closes_what_was_crossed_out_at_once(world, clara):
    person = somebody()
    sheet = received(world, person)
    page = sent(clara, "key", sheet.pk, **keyed(sheet, HOM="no", QC="yes"))
    assert "Every no holds from now on" in page
    assert says(person) == {"LE.HOM": "deny"}


def test_two_who_read_alike_apply_the_form_with_its_list_and_conditions(world, clara, carl):
    person = somebody()
    sheet = received(world, person)
    answers = keyed(sheet, R_DS="yes", R_NPU="yes", QC="yes") | {"R-DS:named": ["MONDO:0004992"]}
    sent(clara, "key", sheet.pk, **answers)
    page = sent(carl, "key", sheet.pk, **answers)
    assert "Applied" in page
    said = {one.family: one for one in records.of(person)}
    assert set(said) == {"RESEARCH", "QC"}
    assert said["RESEARCH"].permissions[0].diseases == ("MONDO:0004992",)
    assert said["RESEARCH"].carries("NPU")


def test_the_page_to_key_shows_every_clause_in_the_order_and_language_of_the_form_and_nothing_set(
    world, clara
):
    sheet = received(world)
    page = shown(clara, "key", sheet.pk)
    words = forms.text_of(sheet.form, "id")["clauses"]
    places = [page.index(f'<span lang="id">{words[clause.id]}') for clause in forms.clauses(sheet.form)]
    assert places == sorted(places)
    assert "checked" not in page
    assert reverse("clerk:scan", args=[sheet.pk]) in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hers": ""}, "This field is required"),
        ({"QC": ""}, "This field is required"),
        ({"QC": "maybe"}, "not one of the available choices"),
        ({"R-DS": "no", "R-DS:named": ["MONDO:0004992"]}, "the answer is no yes"),
        ({"R-DS": "yes", "R-DS:named": ["MONDO:9"]}, "not one of the available choices"),
        ({"on": "2100-01-01"}, "has not come yet"),
        ({"on": "1999-01-01"}, "there was no F-ADULT"),
        ({"capacity": ""}, "This field is required"),
    ],
)
def test_a_reading_with_a_gap_keeps_what_was_typed_and_records_nothing(world, clara, changes, sentence):
    sheet = received(world)
    page = sent(clara, "key", sheet.pk, status=422, **(keyed(sheet, AI="no") | changes))
    assert sentence in page
    assert page.count("checked") >= 20
    assert not PaperEntry.objects.exists()
    assert not Statement.objects.filter(participant=sheet.participant).exists()


# --- blind ---


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


# --- settling and rejecting ---


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


# --- whose ---


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


# --- what is printed ---


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
