"""What the floors below say, in Indonesian: whole sentences, sentences with values, several in a row."""

import pytest
from django.utils import translation

from broker.languages import sentences
from broker.languages.sentences import Turned, spoken
from genomics.errors import FileReason, FileRefused


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of three sentences; and Indonesian is spoken."""
    known = (
        Turned.of("Line {1}:", "Baris {1}:"),
        Turned.of("Nothing was stored.", "Tidak ada yang disimpan."),
        Turned.of("{1} is not {2}.", "Bukan {2}: {1}."),
        Turned.of("{1} is not a day.", "{1} bukan hari."),
    )
    monkeypatch.setattr(sentences, "_book", lambda language: known if language == "id" else ())
    monkeypatch.setattr(sentences, "gettext", lambda text: text)


@pytest.mark.parametrize(
    ("english", "indonesian"),
    [
        ("Nothing was stored.", "Tidak ada yang disimpan."),
        ("Line 12: Nothing was stored.", "Baris 12: Tidak ada yang disimpan."),
        ("Ab is not c.", "Bukan c: Ab."),  # values may change their places
        ("X is not a day. Nothing was stored.", "X bukan hari. Tidak ada yang disimpan."),  # the surer one
        ("Somebody's own words. Nothing was stored.", "Somebody's own words. Tidak ada yang disimpan."),
        ("", ""),
    ],
)
def test_a_sentence_is_said_in_the_language_that_is_spoken(book: None, english: str, indonesian: str) -> None:
    with translation.override("id"):
        assert spoken(english) == indonesian
    with translation.override("en"):
        assert spoken(english) == english


def test_an_error_is_said_as_its_sentence(book: None) -> None:
    refused = FileRefused(FileReason.GENOTYPE, "Abc is not a genotype.", 7)
    with translation.override("id"):
        assert spoken(refused).startswith("Baris 7: Bukan a genotype: Abc. Tidak ada yang disimpan.")
