"""The code on a printed form: which form, version and language it is, and whose; nothing else.

    write(Code("F-ADULT", "2.0", "id", "P-2345-6789"))  ->  "TALI:F-ADULT:2.0:ID:P-2345-6789:KR"
    read(" tali:f-adult:2.0:id:p-2345-6789:kr ")        ->  the same Code

Pure. The last two letters are a check: one wrong letter, or two that changed places, are always noticed.
"""

import re
from dataclasses import dataclass

from broker.errors import Refused
from consent.drafts import FORM, LANGUAGES, VERSION

MARK = "TALI"
NOBODY = "-"  # a blank form, for a filing cabinet
REFERENCE = re.compile(r"P-[2-9BCDFGHJKMNPQRSTVWXZ]{4}-[2-9BCDFGHJKMNPQRSTVWXZ]{4}")
LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"  # those of a reference: none reads like another
SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:"  # all that a code may hold; a QR code takes them tightly
PRIME = 727  # below 27 * 27


class CodeRefused(Refused):
    """What was read is no code of ours, or was misread. Nothing was recorded."""


class Misread(CodeRefused):
    """It looks like a code of ours, and its check does not fit: look again, letter by letter."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a printed form names. Without a reference it is a blank form."""

    form: str
    version: str
    language: str
    reference: str = ""

    def __str__(self) -> str:
        return write(self)


def write(code: Code) -> str:
    """The text of the QR code, which is printed beside it as well."""
    text = ":".join((MARK, code.form, code.version, code.language, code.reference or NOBODY)).upper()
    return f"{text}:{_check(text)}"


def read(text: str) -> Code:
    """Raises Misread, or CodeRefused for what never was a code of ours."""
    parts = "".join(text.split()).upper().split(":")
    if parts[0] != MARK:
        raise CodeRefused("This is no code of one of our forms. Type the reference that is printed on it.")
    if len(parts) != 6:
        raise Misread("A part of this code is missing. Scan it again, or type it as it is printed.")
    *said, check = parts
    text = ":".join(said)
    if not set(text) <= set(SYMBOLS) or check != _check(text):
        raise Misread("This code was misread: its check does not fit. Scan it again, or type it carefully.")
    _, form, version, language, reference = said
    known = FORM.fullmatch(form) and VERSION.fullmatch(version) and language.lower() in LANGUAGES
    if not known or not (reference == NOBODY or REFERENCE.fullmatch(reference)):
        raise CodeRefused("This code names a form that is not kept here. Tell a steward.")
    return Code(form, version, language.lower(), "" if reference == NOBODY else reference)


def _check(text: str) -> str:
    value = 0
    for letter in text:
        value = (value * 40 + SYMBOLS.index(letter) + 1) % PRIME
    return LETTERS[value // len(LETTERS)] + LETTERS[value % len(LETTERS)]
