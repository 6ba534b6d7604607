"""Whatever a page says, it says in Indonesian too: the catalogues are whole, current, and plainly worded."""

import filecmp
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from consent.regions import REGION_NAMES
from tests.house import catalogue

BOTH = {"pages": catalogue.PAGES, "below": catalogue.BELOW}
PLACEHOLDER = re.compile(r"%\([a-zA-Z_0-9]+\)[sd]|%%|%[sd]|\{[a-zA-Z_0-9]*\}|</?[a-z]+[^>]*>")
LONGEST = 20  # words in an Indonesian sentence
# Said alike in both languages: names, codes, and words that Indonesian took over.
ALIKE = {
    *REGION_NAMES.values(),
    "%(n)d %%",
    "%(n).1f %%",
    "Administrator",
    "administrator",
    "Auditor",
    "auditor",
    "curl",
    "JSON",
    "Token",
    "“%(question)s”",
}
# Officialese that a page for people does without.
STIFF = re.compile(
    r"\b(dengan ini|sebagaimana|adapun|bahwasanya|dimana|daripada hal|apabila|terlampir)\b", re.I
)


def entries() -> Iterator[tuple[str, polib.POEntry]]:
    for name, path in BOTH.items():
        for entry in polib.pofile(str(path)):
            yield name, entry


def said(entry: polib.POEntry) -> str:
    return entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr


def values(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_nothing_is_left_in_english() -> None:
    left = [entry.msgid for _, entry in entries() if not said(entry) or "fuzzy" in entry.flags]
    assert not left, f"Say these in Indonesian (python -m tests.house.make_catalogues shows them): {left}"


def test_what_reads_alike_in_both_languages_is_meant_to() -> None:
    alike = {entry.msgid for _, entry in entries() if said(entry) == entry.msgid}
    assert alike <= ALIKE, f"English was copied, or belongs into ALIKE: {sorted(alike - ALIKE)}"


def test_no_value_is_lost_on_the_way() -> None:
    wrong = [
        entry.msgid
        for _, entry in entries()
        if sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        != sorted(PLACEHOLDER.findall(said(entry)))
        and "<a symbol>" not in entry.msgid
    ]
    assert not wrong, f"A value of the English sentence is missing, or one too many: {wrong}"


def test_indonesian_sentences_are_short() -> None:
    long = [
        sentence
        for _, entry in entries()
        for sentence in re.split(r"(?<=[.?!:;])\s+", PLACEHOLDER.sub("x", said(entry)))
        if len(sentence.split()) > LONGEST
    ]
    assert not long, f"More than {LONGEST} words; make two of them: {long}"


def test_nobody_writes_like_an_office() -> None:
    stiff = [said(entry) for _, entry in entries() if STIFF.search(said(entry))]
    assert not stiff, f"Say it as one would at a table: {stiff}"


def test_every_sentence_of_the_floors_below_is_known() -> None:
    known = {entry.msgid for _, entry in entries()}
    new = sorted({**catalogue.sentences(), **catalogue.words()}.keys() - known)
    assert not new, f"Run python -m tests.house.make_catalogues, and say these in Indonesian: {new}"


@pytest.mark.parametrize("name", BOTH)
def test_what_is_compiled_is_what_is_written(name: str, tmp_path: Path) -> None:
    polib.pofile(str(BOTH[name])).save_as_mofile(str(tmp_path / "new.mo"))
    compiled = BOTH[name].with_suffix(".mo")
    assert filecmp.cmp(tmp_path / "new.mo", compiled, shallow=False), "Run tests.house.make_catalogues"


@pytest.mark.skipif(not shutil.which("xgettext"), reason="needs the Debian package gettext, as .ci/run has")
def test_every_word_of_the_pages_is_known(tmp_path: Path) -> None:
    new = sorted(catalogue.marked(tmp_path) - {entry.msgid for name, entry in entries() if name == "pages"})
    assert not new, f"Run python -m tests.house.make_catalogues, and say these in Indonesian: {new}"
