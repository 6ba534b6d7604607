"""The code on a printed form, there and back; what was misread is noticed; the printed forms themselves."""

import io

import pytest
import segno

from broker import paper_codes, paper_sheets, sheet_pdf
from broker.paper_codes import Code, CodeRefused, Misread
from consent import forms
from consent.drafts import LANGUAGES
from tests.world import EARLIER

CODE = Code("F-ADULT", "2.0", "id", "P-2345-6789")


@pytest.mark.parametrize(
    "code", [CODE, Code("F-GUARDIAN", "1.0.12", "en"), Code("F", "1", "en", "P-XXXX-ZZZZ")]
)
def test_a_code_is_read_as_it_was_written(code):
    assert paper_codes.read(str(code)) == code
    assert paper_codes.read(f"  {str(code).lower()}\n") == code
    assert len(str(code)) <= 60


def test_a_code_names_form_version_language_and_reference_and_nothing_else():
    assert str(CODE).rpartition(":")[0] == "TALI:F-ADULT:2.0:ID:P-2345-6789"


def test_every_wrong_letter_and_every_pair_that_changed_places_is_noticed():
    text = str(CODE)
    for place in range(5, len(text)):
        for letter in paper_codes.SYMBOLS:
            if letter != text[place]:
                with pytest.raises(CodeRefused):
                    paper_codes.read(text[:place] + letter + text[place + 1 :])
        swapped = text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
        if swapped != text and place + 1 < len(text):
            with pytest.raises(CodeRefused):
                paper_codes.read(swapped)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("", CodeRefused, "no code of one of our forms"),
        ("https://example.org/?x=1", CodeRefused, "no code of one of our forms"),
        ("P-2345-6789", CodeRefused, "no code of one of our forms"),
        ("TALI:F-ADULT:2.0", Misread, "missing"),
        ("TALI:F-ADULT:2.0:ID:P-2345-6789:22", Misread, "misread"),
        ("TALI:F-ADULT:2.0:ID:P-2345-678ä:22", Misread, "misread"),
    ],
)
def test_what_is_no_code_is_refused_in_a_sentence(text, error, sentence):
    with pytest.raises(error, match=sentence):
        paper_codes.read(text)


@pytest.mark.parametrize(
    "code",
    [
        Code("1FORM", "1", "en"),
        Code("F", "one", "en"),
        Code("F", "1", "fr"),
        Code("F", "1", "en", "P-AEIO-2222"),
    ],
)
def test_a_whole_code_that_names_no_form_of_ours_is_refused(code):
    with pytest.raises(CodeRefused, match="not kept here"):
        paper_codes.read(str(code))


# --- what is printed ---


@pytest.fixture
def shipped(db):
    return forms.publish_shipped(by="founding", at=EARLIER)


@pytest.mark.parametrize("form", ["F-ADULT", "F-GUARDIAN"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_holds_every_clause_in_the_order_of_the_form_with_the_notice_before_police(
    shipped, form, language
):
    version = shipped[form]
    sheet = paper_sheets.sheet(version, language, "P-2345-6789")
    clauses = forms.clauses(version)
    words = forms.text_of(version, language)["clauses"]
    printed = [line for group in sheet.groups for line in group.lines]
    assert {line.id: line.words for line in printed} == words
    assert [line.id for line in printed] == [clause.id for clause in clauses]
    first = next(group.lines[0].id for group in sheet.groups if group.noticed)
    assert first == next(clause.id for clause in clauses if clause.family.startswith("LE."))
    assert sum(group.noticed for group in sheet.groups) == 1
    assert {line.id for line in printed if line.asks} == {clause.id for clause in clauses if clause.asks}
    assert sheet.notice
    assert paper_codes.read(sheet.code) == Code(form, version.version, language, "P-2345-6789")


@pytest.mark.parametrize("form", ["F-ADULT", "F-GUARDIAN"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_has_every_letter_of_the_form(shipped, form, language):
    """Its type has the letters of WinAnsi: those of Indonesian and English, and the signs between them."""
    sheet = paper_sheets.sheet(shipped[form], language)
    assert sheet_pdf.letters(sheet).encode("cp1252")
    assert sheet_pdf.drawn(sheet).startswith(b"%PDF-")


def test_a_form_with_other_letters_is_refused_rather_than_printed_with_holes(shipped, monkeypatch):
    monkeypatch.setitem(paper_sheets.AROUND["en"], "then", "Ω")
    with pytest.raises(sheet_pdf.LettersMissing, match="Ω"):
        sheet_pdf.drawn(paper_sheets.sheet(shipped["F-ADULT"], "en"))


def test_both_languages_say_the_same_things_around_a_form():
    assert set(paper_sheets.AROUND) == set(LANGUAGES)
    assert len({frozenset(words) for words in paper_sheets.AROUND.values()}) == 1


def test_the_code_is_drawn_as_it_is_written():
    """A reader of codes finds in the drawing what was written; the PDF and the page draw the same modules."""
    reader = pytest.importorskip("zxingcpp", reason="the reader of codes comes with the ci extra")
    image = pytest.importorskip("PIL.Image")
    drawn = io.BytesIO()
    paper_sheets.qr(str(CODE)).save(drawn, kind="png", scale=4, border=4)
    found = reader.read_barcodes(image.open(drawn))
    assert [one.text for one in found] == [str(CODE)]


def test_the_pdf_draws_every_dark_module_once_a_page(shipped, monkeypatch):
    sheet = paper_sheets.sheet(shipped["F-ADULT"], "id", "P-2345-6789")
    code = segno.make(sheet.code, error="m", micro=False)
    dark = sum(map(sum, code.matrix))
    drawn = []
    rect = sheet_pdf.Canvas.rect

    def counted(canvas, x, y, width, height, **how):
        if how.get("fill"):
            drawn.append((round(x, 2), round(y, 2)))
        return rect(canvas, x, y, width, height, **how)

    monkeypatch.setattr(sheet_pdf.Canvas, "rect", counted)
    sheet_pdf.drawn(sheet)
    assert len(set(drawn)) == dark
    assert len(drawn) % dark == 0


def test_a_sheet_is_the_same_each_time_it_is_drawn(shipped):
    sheet = paper_sheets.sheet(shipped["F-ADULT"], "en", "P-2345-6789")
    assert sheet_pdf.drawn(sheet) == sheet_pdf.drawn(sheet)
