"""What a disease is called, and how one is found by a few letters. A decision reads no name.

The table in the database comes from a file that two stewards confirmed (disease_tables); a house without one
has the small table of hierarchies. What lies inside what is the policy's.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Length

from consent.hierarchies import DISEASE_NAMES
from consent.models import DiseaseName

INDONESIAN: dict[str, str] = {
    "MONDO:0006486": "Melanoma uvea",
    "MONDO:0005105": "Melanoma",
    "MONDO:0004992": "Kanker",
    "MONDO:0045024": "Kanker atau tumor jinak",
    "MONDO:0005148": "Diabetes tipe 2",
    "MONDO:0005015": "Diabetes",
    "MONDO:0000001": "Penyakit apa pun",
}
SHORTEST = 2  # letters to look for
MOST = 500  # rows looked at
ROWS = 1000  # rows written together


def put(names: Mapping[str, str], *, version: str) -> None:
    """Put another table of names in the place of the one before. Who may, and the event of it, is a matter of
    disease_tables."""
    rows = (
        DiseaseName(code=code, name=name, folded=name.casefold(), source_version=version)
        for code, name in names.items()
    )
    with transaction.atomic():
        DiseaseName.objects.all().delete()
        DiseaseName.objects.bulk_create(rows, batch_size=ROWS)


def renamed(names: Mapping[str, str]) -> list[dict[str, str]]:
    """Which codes these names would call otherwise than people read today: {code, before, after}, by code."""
    return [
        {"code": code, "before": before, "after": names[code]}
        for code, before in DiseaseName.objects.order_by("code").values_list("code", "name").iterator()
        if names.get(code, before) != before and code not in DISEASE_NAMES
    ]


def name_of(code: str, language: str = "en") -> str:
    """What a disease is called; the code itself where nobody named it. A loaded name is English."""
    return names_of([code], language)[code]


def names_of(codes: Iterable[str], language: str = "en") -> dict[str, str]:
    """The same for several, with one question to the database at most."""
    named = {code: _small(code, language) for code in codes}
    others = [code for code, name in named.items() if not name]
    loaded = dict(DiseaseName.objects.filter(code__in=others).values_list("code", "name")) if others else {}
    return {code: name or loaded.get(code, code) for code, name in named.items()}


def find(text: str, limit: int, language: str = "en") -> list[tuple[str, str]]:
    """(code, name) of the diseases whose name or code has every word of the text. A name that begins with the
    text comes first, a short one before a long one. Fewer letters than SHORTEST find nothing."""
    words = text.casefold().split()
    if len("".join(words)) < SHORTEST:
        return []
    found = {
        code: _small(code, language)
        for code in DISEASE_NAMES
        if all(word in f"{_small(code, language)} {code}".casefold() for word in words)
    }
    if DiseaseName.objects.exists():
        known = set(DiseaseName.objects.filter(code__in=list(found)).values_list("code", flat=True))
        has_all = Q()
        for word in words:
            has_all &= Q(folded__contains=word) | Q(code__icontains=word)
        rows = (
            DiseaseName.objects.filter(has_all).order_by(Length("name"), "name").values_list("code", "name")
        )
        loaded = {code: _small(code, language) or name for code, name in rows[:MOST]}
        found = {code: name for code, name in found.items() if code in known} | loaded
    whole = " ".join(words)
    order = sorted(found.items(), key=lambda one: (not one[1].casefold().startswith(whole), len(one[1]), one))
    return order[:limit]


def _small(code: str, language: str) -> str:
    """Our own name of a disease; empty for one that is not in the small table."""
    return (INDONESIAN.get(code, "") if language == "id" else "") or DISEASE_NAMES.get(code, "")
