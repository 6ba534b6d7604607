"""A consent form told on a page: its words with the code of each clause, how hard it reads, what it changes.

For whoever keeps the forms and for whoever reads one. Nothing is decided here.
"""

import difflib
import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consent import clauses as clause_rules
from consent import duo, forms, reading
from consent.clauses import Clause
from consent.drafts import Draft, Text
from consent.form_steps import State
from consent.models import FormVersion
from consent.purposes import FAMILIES

Cell = dict[str, Any]

STATES: dict[str, tuple[str, str]] = {
    State.DRAFT: ("wait", gettext_noop("Draft")),
    State.APPROVED: ("info", gettext_noop("Approved")),
    State.ACTIVE: ("good", gettext_noop("In use")),
    State.SUPERSEDED: ("off", gettext_noop("Replaced")),
    State.RETIRED: ("off", gettext_noop("Retired")),
}
LANGUAGE_NAMES = {"en": "English", "id": "Bahasa Indonesia"}


def status(state: str) -> Cell:
    kind, word = STATES[state]
    return {"kind": kind, "word": _(word)}


def sections(draft: Draft, text: Text) -> list[Cell]:
    """The clauses by family, in the order of the form, each with its words and its code."""
    found: dict[str, list[Cell]] = {}
    for clause in clause_rules.read(draft["clauses"]):
        row = {"id": clause.id, "words": text["clauses"][clause.id], "code": code_of(clause)}
        found.setdefault(clause.family, []).append(row)
    own = text.get("families", {})
    return [
        {"family": family, "title": _(FAMILIES[family].label), "words": own.get(family, ""), "clauses": rows}
        for family, rows in found.items()
    ]


def side_by_side(draft: Draft) -> list[Cell]:
    """Each clause with its code and its words in every language."""
    return [
        {
            "id": clause.id,
            "family": clause.family,
            "code": code_of(clause),
            "does": _("Allows") if clause.allows else _("Condition"),
            "texts": [
                {"language": language, "words": text["clauses"][clause.id]}
                for language, text in _ordered(draft)
            ],
        }
        for clause in clause_rules.read(draft["clauses"])
    ]


def code_of(clause: Clause) -> str:
    """DUO:0000022 GS regions: EU – or the family, where a plain yes needs no code."""
    code = clause.permission or clause.modifier
    if code is None:
        return clause.family
    term = {**duo.PERMISSIONS, **duo.MODIFIERS}[code.code]
    stated = [
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for name, value in code.as_json().items()
        if name != "code"
    ]
    if clause.asks:
        stated.append(f"{clause.asks}: ?")
    return " ".join((term.id if term.is_duo else "", code.code, *stated)).strip()


def whole(text: Text) -> str:
    """All words of one language, as one text."""
    parts = (text["title"], text["introduction"], text["notice"])
    return "\n".join((*parts, *text.get("families", {}).values(), *text["clauses"].values()))


def grade(draft: Draft) -> float:
    return reading.measure(whole(draft["texts"]["en"])).grade


def ease_rows(draft: Draft) -> list[list[Cell | str]]:
    """How hard each language reads, for components/table.html."""
    rows: list[list[Cell | str]] = []
    for language, text in _ordered(draft):
        said = whole(text)
        ease = reading.measure(said)
        easy = ease.average <= reading.WORDS_ON_AVERAGE and ease.longest <= reading.WORDS_AT_MOST
        if language == "en":
            easy = easy and ease.grade <= reading.AIM
        verdict = {"kind": "good", "word": _("Easy")} if easy else {"kind": "warn", "word": _("Hard to read")}
        rows.append(
            [
                LANGUAGE_NAMES[language],
                {"number": f"{ease.grade:.1f}" if language == "en" else "–"},
                {"number": f"{ease.average:.1f}"},
                {"number": ease.longest},
                verdict,
                reading.longest(said),
            ]
        )
    return rows


def ease_columns() -> list[Cell]:
    return [
        {"label": _("Language")},
        {"label": _("Grade"), "number": True},
        {"label": _("Words a sentence"), "number": True},
        {"label": _("Longest"), "number": True},
        {"label": _("Reads")},
        {"label": _("The longest sentence")},
    ]


def facts(draft: Draft, digest: str, published: FormVersion | None) -> list[Cell]:
    """Whom a form is for, what it offers, and who is asked again by when."""
    for_whom = {"adult": _("Adults, for themselves"), "guardian": _("Guardians, for a child")}
    told: list[Cell] = [
        {"term": _("For"), "text": for_whom[draft["audience"]]},
        {"term": _("Offers"), "text": ", ".join(_(FAMILIES[one].label) for one in _offers(draft))},
        {"term": _("Carries the police notice"), "text": _("Yes") if draft["le_notice"] else _("No")},
        {"term": _("Everybody is asked again by"), "text": draft["reconsent_due"] or _("No day is set")},
        {"term": _("Fingerprint"), "text": "", "code": digest},
    ]
    if published is not None:
        told.append({"term": _("People whose yes rests on it"), "number": forms.resting_on(published)})
    return told


def changes(before: Draft, after: Draft) -> list[Cell]:
    """What differs from the version in use, place by place: words taken out and words put in."""
    rows: list[Cell] = []
    for language in LANGUAGE_NAMES:
        old, new = _places(before, language), _places(after, language)
        for place in dict.fromkeys((*old, *new)):
            was, now = old.get(place, ""), new.get(place, "")
            if was != now:
                rows.append({"place": place, "language": language, "pieces": _pieces(was, now)})
    return rows


def _places(draft: Draft, language: str) -> dict[str, str]:
    text = draft["texts"][language]
    parts = {part: text[part] for part in ("title", "introduction", "notice")}
    codes = {clause.id: code_of(clause) for clause in clause_rules.read(draft["clauses"])}
    said = {id: f"{words} [{codes[id]}]" for id, words in text["clauses"].items()}
    return {**parts, **text.get("families", {}), **said}


def _pieces(was: str, now: str) -> list[Cell]:
    old, new = re.findall(r"\s+|[^\s]+", was), re.findall(r"\s+|[^\s]+", now)
    pieces: list[Cell] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append({"kind": "same", "text": "".join(old[a:b])})
            continue
        pieces += [
            {"kind": kind, "text": "".join(words)}
            for kind, words in (("out", old[a:b]), ("in", new[c:d]))
            if words
        ]
    return pieces


def _offers(draft: Draft) -> list[str]:
    allowed = {clause.family for clause in clause_rules.read(draft["clauses"]) if clause.allows}
    return [family for family in FAMILIES if family in allowed]


def _ordered(draft: Draft) -> list[tuple[str, Text]]:
    return [(language, draft["texts"][language]) for language in LANGUAGE_NAMES]
