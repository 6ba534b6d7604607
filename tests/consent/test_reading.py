"""How hard a text reads: counted by hand here, and the shipped forms held to it in both languages."""

import pytest

from consent import forms, reading
from consent.drafts import Text
from consent.purposes import FAMILIES
from consent.rules.authority import GUARDIAN_CEILING, GUARDIAN_IDENTITY_CEILING

BY_HAND = {
    1: (
        "use",
        "used",
        "called",
        "courts",
        "child's",
        "don't",
        "see",
        "dies",
        "freed",
        "lines",
        "whole",
        "made",
    ),
    2: ("people", "questions", "police", "approved", "because", "disease", "allowed", "isn't", "quiet", "18"),
    3: ("DNA", "researchers", "relatives", "ancestry", "diseases", "computer", "family", "anyone", "idea"),
    4: ("European", "society", "material", "reality", "artificial", "voluntary", "variety"),
}
WORDS = [(many, word) for many, words in BY_HAND.items() for word in words]
JARGON = {
    "en": ("genotype", "phenotype", "cohort", "pseudonym", "biobank", "genome", "pursuant", "herein"),
    "id": ("genotipe", "fenotipe", "kohort", "pseudonim", "biobank", "genom", "consent", "data", "user"),
}
SHIPPED = [(name, lang) for name in ("F-ADULT 1.0", "F-GUARDIAN 1.0") for lang in ("en", "id")]


def whole(text: Text) -> str:
    parts = (text["title"], text["introduction"], text["notice"])
    return "\n".join((*parts, *text["families"].values(), *text["clauses"].values()))


@pytest.mark.parametrize(("many", "word"), WORDS)
def test_syllables_are_those_that_are_heard(many, word):
    assert reading.syllables(word) == many


@pytest.mark.parametrize(
    ("text", "words", "sentences", "grade"),
    [
        ("The cat sat on the mat.", 6, 1, -1.4),  # six syllables: 2.34 + 11.8 - 15.59
        ("Police may compare my DNA. I said no!", 8, 2, 3.7),  # 12 syllables: 1.56 + 17.7 - 15.59 = 3.67
        ("", 0, 0, 0.0),
    ],
)
def test_a_text_is_graded_as_by_hand(text, words, sentences, grade):
    ease = reading.measure(text)
    assert (ease.words, ease.sentences) == (words, sentences)
    assert ease.grade == pytest.approx(grade, abs=0.05)


def test_long_words_and_long_sentences_read_harder():
    plain = reading.measure("You can stop at any time. You need no reason.")
    hard = reading.measure(
        "Participation may be discontinued at any time without the necessity of justification."
    )
    assert plain.grade < reading.AIM < hard.grade


def test_a_line_ends_a_sentence_and_a_number_does_not():
    assert reading.sentences("Title\nOn 3.5 days. Then?\n\nNo") == ["Title", "On 3.5 days", "Then", "No"]
    assert reading.longest("One two. One two three. One.") == "One two three"
    assert reading.longest("") == ""
    assert reading.measure("").average == 0


@pytest.mark.parametrize("name", ["F-ADULT 1.0", "F-GUARDIAN 1.0"])
def test_the_english_of_a_shipped_form_reads_at_grade_eight_or_below(name):
    text = forms.shipped()[name]["texts"]["en"]
    assert reading.measure(whole(text)).grade <= reading.AIM
    for paragraph in (*text["introduction"].split("\n"), *text["notice"].split("\n")):
        assert reading.measure(paragraph).grade <= reading.AIM, paragraph


@pytest.mark.parametrize(("name", "language"), SHIPPED)
def test_sentences_of_a_shipped_form_are_short_and_free_of_jargon(name, language):
    said = whole(forms.shipped()[name]["texts"][language])
    ease = reading.measure(said)
    assert ease.average <= reading.WORDS_ON_AVERAGE
    assert ease.longest <= reading.WORDS_AT_MOST, reading.longest(said)
    assert reading.jargon(said, JARGON[language]) == []
    assert reading.jargon(said + " " + JARGON[language][0], JARGON[language]) == [JARGON[language][0]]


def test_the_shipped_forms_ask_about_everything_that_can_be_granted():
    adult, guardian = (forms.shipped()[name] for name in ("F-ADULT 1.0", "F-GUARDIAN 1.0"))
    assert {clause["family"] for clause in adult["clauses"]} == set(FAMILIES)
    ceiling = GUARDIAN_CEILING | GUARDIAN_IDENTITY_CEILING
    assert {clause["family"] for clause in guardian["clauses"]} == ceiling


@pytest.mark.parametrize(("name", "language"), SHIPPED)
def test_the_languages_of_a_form_say_it_paragraph_by_paragraph(name, language):
    texts = forms.shipped()[name]["texts"]
    for part in ("introduction", "notice"):
        ours, other = texts[language][part].split("\n"), texts["en"][part].split("\n")
        assert [len(reading.sentences(p)) for p in ours] == [len(reading.sentences(p)) for p in other]


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        (
            "F-ADULT 1.0",
            "en",
            ("stop at any time", "cannot be called back", "no health results", "A court can"),
        ),
        (
            "F-ADULT 1.0",
            "id",
            ("berhenti kapan saja", "tidak dapat ditarik kembali", "hasil kesehatan", "engadilan"),
        ),
        ("F-GUARDIAN 1.0", "en", ("18th birthday", "may object at any age", "Nothing else can be allowed")),
        ("F-GUARDIAN 1.0", "id", ("ulang tahun ke-18", "boleh menolak pada usia", "Tidak ada hal lain")),
    ],
)
def test_a_shipped_form_says_what_people_must_know(name, language, words):
    said = whole(forms.shipped()[name]["texts"][language])
    for one in words:
        assert one in said
