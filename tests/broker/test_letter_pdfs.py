"""The letter that answers a demand, as a PDF: every word of the page, the same bytes each time, no holes."""

import base64
import re
import zlib

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from broker import letter_pdfs, process_letters, processes
from broker.models import LegalProcess
from broker.sheet_pdf import LettersMissing
from tests.broker.reporting.history import demand
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
SHOWN = re.compile(rb"\(((?:\\.|[^\\()])*)\) Tj")


@pytest.fixture
def world() -> World:
    return World()


def answered(world: World, reason: str = "There is no such function.", **said: object) -> LegalProcess:
    seen = demand(world, at=NOW, **said)
    for state in (LegalProcess.State.REVIEWED, LegalProcess.State.REJECTED):
        processes.move(seen, state, reason, by=world.staff.legal, at=NOW)
    return seen


def printed(pdf: bytes) -> str:
    """The words that a reader of the PDF sees."""
    text = []
    for raw in STREAM.findall(pdf):
        content = zlib.decompress(base64.a85decode(raw.strip().removesuffix(b"~>")))
        for line in SHOWN.findall(content):
            plain = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), line)
            text.append(re.sub(rb"\\(.)", rb"\1", plain).decode("cp1252"))
    return " ".join(" ".join(text).split())


@pytest.mark.parametrize("language", ["en", "id"])
def test_it_says_every_word_of_the_letter_and_is_the_same_each_time(world: World, language: str):
    seen = answered(world, "First (a) reason.\nSecond: “no”, & that is all <here>.")
    letter = process_letters.letter(seen, language)
    assert letter is not None
    pdf = letter_pdfs.drawn(letter)
    assert pdf.startswith(b"%PDF-")
    shown = printed(pdf)
    for line in letter_pdfs.words(letter).splitlines():
        assert "".join(line.split()) in shown.replace(" ", "")  # a sign may stand a little apart
    assert pdf == letter_pdfs.drawn(letter)


def test_its_days_are_written_as_its_language_writes_them(world: World):
    seen = answered(world)
    english, indonesian = (process_letters.letter(seen, code) for code in ("en", "id"))
    assert english is not None
    assert indonesian is not None
    assert (english.received, indonesian.received) == ("1 June 2026", "1 Juni 2026")
    client = Client()
    client.force_login(world.staff.clerk, backend="django.contrib.auth.backends.ModelBackend")
    for letter in (english, indonesian):
        page = client.get(reverse("processes:letter", args=[seen.pk, letter.language])).content.decode()
        assert letter.received in page
        assert letter.issued in page
        assert "2026-0" not in page
    entry = client.get(reverse("processes:process", args=[seen.pk])).content.decode()
    assert english.issued in entry
    assert f"{seen.issued_on:%Y-%m-%d}" not in re.sub(r'datetime="[^"]*"', "", entry)


def test_a_letter_of_many_pages_names_itself_on_each(world: World):
    seen = answered(world, "\n".join(f"Reason {number}." for number in range(200)))
    letter = process_letters.letter(seen, "en")
    assert letter is not None
    pdf = letter_pdfs.drawn(letter)
    pages = pdf.count(b"/Type /Page\n") or len(re.findall(rb"/Type /Page\b(?!s)", pdf))
    assert pages > 3
    assert printed(pdf).count(letter.reference) == pages + 1
    assert "Reason 199." in printed(pdf)


def test_letters_that_it_lacks_are_told_and_the_page_prints_them(world: World):
    seen = answered(world, "Ω is not in its type.")
    letter = process_letters.letter(seen, "en")
    assert letter is not None
    with pytest.raises(LettersMissing, match="Ω"):
        letter_pdfs.drawn(letter)
    client = Client()
    client.force_login(world.staff.clerk, backend="django.contrib.auth.backends.ModelBackend")
    back = client.get(reverse("processes:letter_pdf", args=[seen.pk, "en"]))
    assert back["Location"] == reverse("processes:letter", args=[seen.pk, "en"])
    assert "Ω" in str(next(iter(get_messages(back.wsgi_request))))
    shown = client.get(reverse("processes:process", args=[seen.pk])).content.decode()
    assert "Print it from the page instead" in shown, "it is said on the next page that says such things"


def test_its_page_leads_to_it_and_there_is_none_before_an_answer(world: World):
    client = Client()
    client.force_login(world.staff.legal, backend="django.contrib.auth.backends.ModelBackend")
    waiting = demand(world, at=NOW)
    assert client.get(reverse("processes:letter_pdf", args=[waiting.pk, "en"])).status_code == 404
    seen = answered(world)
    where = reverse("processes:letter_pdf", args=[seen.pk, "id"])
    assert where in client.get(reverse("processes:letter", args=[seen.pk, "id"])).content.decode()
    answer = client.get(where)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{seen.pk}-id.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert client.get(reverse("processes:letter_pdf", args=[seen.pk, "fr"])).status_code == 404
