"""A consent form as it is printed: its words in one language, a box for yes and a box for no at each clause.

Both the print page and the PDF are drawn from a Sheet. The words around the form's own are here in both
languages, for a sheet speaks the language of its form and not that of who prints it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import segno

from broker import paper_codes
from consent import forms, purposes
from consent.models import FormVersion

Words = dict[str, str]

AROUND: dict[str, Words] = {
    "en": {
        "yes": "Yes",
        "no": "No",
        "how": "Cross one box on each line. A line left blank changes nothing: where you never said yes, it "
        "stays a no. If both boxes are crossed, we take the narrower answer.",
        "names": "Which ones:",
        "notice": "Read this first: police",
        "whose": "This form is for",
        "nobody": "Reference (P-XXXX-XXXX):",
        "sign": "Signature",
        "who": "I sign",
        "self": "for myself",
        "guardian": "as guardian of this child",
        "proxy": "for an adult who cannot act",
        "kin": "as next of kin (a no only)",
        "signer": "Your own reference, if you sign for somebody else (P-XXXX-XXXX):",
        "name": "Signature:",
        "date": "Date (day, month, year):",
        "then": "Two people read this form without seeing what the other read. A no holds as soon as the "
        "first has read it. A yes holds when both read the same, and a waiting time has passed.",
        "code": "Code of this form",
        "research": "Conditions on research are in the same list: a yes sets the condition.",
    },
    "id": {
        "yes": "Ya",
        "no": "Tidak",
        "how": "Beri tanda silang pada satu kotak di setiap baris. Baris yang kosong tidak mengubah apa pun: "
        "jika Anda belum pernah menjawab ya, itu tetap tidak. Jika kedua kotak disilang, kami memakai "
        "jawaban yang lebih sempit.",
        "names": "Yang mana:",
        "notice": "Baca ini dahulu: polisi",
        "whose": "Formulir ini untuk",
        "nobody": "Nomor acuan (P-XXXX-XXXX):",
        "sign": "Tanda tangan",
        "who": "Saya menandatangani",
        "self": "untuk diri saya sendiri",
        "guardian": "sebagai wali anak ini",
        "proxy": "untuk orang dewasa yang tidak dapat bertindak",
        "kin": "sebagai keluarga terdekat (hanya untuk tidak)",
        "signer": "Nomor acuan Anda sendiri, jika Anda menandatangani untuk orang lain (P-XXXX-XXXX):",
        "name": "Tanda tangan:",
        "date": "Tanggal (hari, bulan, tahun):",
        "then": "Dua orang membaca formulir ini tanpa melihat bacaan satu sama lain. Jawaban tidak berlaku "
        "segera setelah orang pertama membacanya. Jawaban ya berlaku jika keduanya membaca hal yang sama, "
        "dan masa tunggu sudah lewat.",
        "code": "Kode formulir ini",
        "research": "Syarat untuk penelitian ada di daftar yang sama: jawaban ya berarti syarat itu berlaku.",
    },
}
CAPACITIES = {"adult": ("self", "proxy", "kin"), "guardian": ("guardian",)}


@dataclass(frozen=True, slots=True)
class Line:
    """One clause: its words, and whether something is written beside it."""

    id: str
    words: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The clauses of one family, or of several that have no words of their own."""

    head: str
    lines: tuple[Line, ...]
    noticed: bool = False  # the first group about police: the notice stands before it


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is printed."""

    title: str
    language: str
    version: str
    introduction: tuple[str, ...]
    notice: tuple[str, ...]
    groups: tuple[Group, ...]  # in the order of the form
    capacities: tuple[str, ...]
    reference: str
    code: str
    around: Words


def sheet(version: FormVersion, language: str, reference: str = "") -> Sheet:
    """The sheet of a published form. Raises FormRefused when its words in this language are not here."""
    text, draft = forms.text_of(version, language), forms.draft_of(version)
    code = paper_codes.Code(version.form, version.version, language, reference)
    around = AROUND[language]
    lines: dict[str, list[Line]] = {}
    for clause in forms.clauses(version):
        line = Line(clause.id, text["clauses"][clause.id], clause.asks is not None)
        lines.setdefault(clause.family, []).append(line)
    heads = {family: _head(text.get("families", {}), family, around) for family in lines}
    return Sheet(
        title=text["title"],
        language=language,
        version=f"{version.form} {version.version}",
        introduction=_paragraphs(text["introduction"]),
        notice=_paragraphs(text["notice"]),
        groups=tuple(_grouped(lines, heads)),
        capacities=tuple(around[one] for one in CAPACITIES[draft["audience"]]),
        reference=reference,
        code=paper_codes.write(code),
        around=around,
    )


def qr(text: str) -> Any:
    """The QR code: level M bears a stain or a fold."""
    return segno.make(text, error="m", micro=False)


def _grouped(lines: dict[str, list[Line]], heads: Words) -> Iterator[Group]:
    """Families with words or several clauses of their own stand apart; the others follow each other in one
    table, until police come or go."""
    noticed = False

    def kind(family: str) -> tuple[str, bool]:
        apart = family if heads[family] or len(lines[family]) > 1 else ""
        return apart, purposes.is_police(family)

    for (apart, police), run in groupby(lines, key=kind):
        yield Group(
            heads.get(apart, ""),
            tuple(line for family in run for line in lines[family]),
            noticed=police and not noticed,
        )
        noticed = noticed or police


def _head(heads: Words, family: str, around: Words) -> str:
    return " ".join(filter(None, (heads.get(family, ""), around["research"] if family == "RESEARCH" else "")))


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.strip())
