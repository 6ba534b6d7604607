"""The paper desk: receiving, reading, and reading again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from broker import paper_codes
from broker.models import PaperScan
from consent import forms, records
from consent.models import PaperEntry, PaperImport, Statement
from tests import many_diseases
from tests.broker.portal.clerk.sheets import keyed, received, says, sent, shown, somebody
from tests.builders import PDF, PNG
from tests.many_diseases import SKIN

pytestmark = pytest.mark.django_db


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
        ({"R-DS": "yes", "R-DS:named": ["MONDO:9"]}, "is not known here"),
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


def test_a_disease_of_a_large_table_is_found_while_the_reading_stays(world, clara):
    many_diseases.load(at=timezone.now())
    sheet = received(world)
    clause = next(one for one in forms.clauses(sheet.form) if one.asks == "diseases").id
    name = f"{clause}:named"
    filled = keyed(sheet, **{clause: "yes"})
    page = sent(clara, "key", sheet.paper, status=200, find=name, **{f"{name}_text": "skin"}, **filled)
    assert f'value="{SKIN}"' in page
    assert "skin disorder" in page
    assert not PaperEntry.objects.exists()
    page = sent(clara, "key", sheet.paper, status=422, **{name: ["MONDO:0005015"]}, **filled)
    assert "is not known here" in page
    sent(clara, "key", sheet.paper, **{name: [SKIN]}, **filled)
    assert PaperEntry.objects.count() == 1
