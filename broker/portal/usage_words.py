"""Files and their uses told in plain words: a file as a card, a use as an entry, a year as bars.

Values for templates, codes beside the words. What was said about them is told in record_words.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from broker.languages.sentences import spoken
from broker.portal import coverage
from broker.usage import Use
from consent.models import Holding
from genomics.coordinates import MT, X, Y, chromosome_name
from genomics.models import GenomicFile

Cell = dict[str, Any]

FILE_STATES = {
    Holding.State.ACTIVE: ("good", gettext_noop("In use")),
    Holding.State.QUARANTINED: ("warn", gettext_noop("Set aside")),
    Holding.State.ERASED: ("off", gettext_noop("Erased")),
}
FILE_KINDS = {
    "vcf": gettext_noop("VCF file"),
    "bcf": gettext_noop("BCF file"),
    "array": gettext_noop("Raw data of a consumer test"),
    "sam": gettext_noop("Reads (SAM)"),
    "bam": gettext_noop("Reads (BAM)"),
    "cram": gettext_noop("Reads (CRAM)"),
}


OF_LITTLE_USE = ("warn", gettext_noop("In use, with little in it"))
HELD = ("info", gettext_noop("Held for review"))


def file_card(file: GenomicFile, name: str, state: str, *, reviewed: bool = False) -> Cell:
    """A received file: what it is called, how good it is, what was noticed. One that is being `reviewed` is
    quarantined, and is told as held."""
    kind, word = HELD if reviewed else FILE_STATES[Holding.State(state)]
    quality = file.quality
    if kind == "good" and "few_places" in quality.get("remarks", ()):
        kind, word = OF_LITTLE_USE
    return {
        "kind": kind,
        "word": _(word),
        "title": name,
        "notes": [spoken(note) for note in file.notes],
        "remarks": coverage.remarks(quality),
        "coverage": coverage.of(quality, str(file.id)),
        "facts": [
            {"term": _("Received"), "when": file.received_at},
            {"term": _("Genome build"), "text": file.build, "code": file.build_evidence},
            {"term": _("Chromosomes"), "text": _chromosomes(quality.get("chromosomes", ()))},
            {"term": _("Places in the genome"), "number": quality.get("sites", 0)},
            {"term": _("Of these, read clearly"), "text": f"{quality.get('call_rate', 0.0):.1%}"},
            *_further(quality),
            {"term": _("Size"), "text": size_of(file)},
            {"term": _("File number"), "text": "", "code": str(file.id)},
        ],
    }


def _chromosomes(codes: Sequence[int]) -> str:
    """How many of the 22, and which of the others."""
    others = [chromosome_name(code) for code in (X, Y, MT) if code in codes]
    return ", ".join([_("%(number)d of 22") % {"number": sum(code < X for code in codes)}, *others])


def _further(quality: Mapping[str, Any]) -> list[Cell]:
    """Numbers that not every file has."""
    facts: list[Cell] = []
    if quality.get("known"):
        facts.append({"term": _("Places known to be as the reference"), "number": quality["known"]})
    if quality.get("heterozygosity"):
        facts.append(
            {"term": _("Places with two different letters"), "text": f"{quality['heterozygosity']:.1%}"}
        )
    if quality.get("ti_to_tv"):
        text = f"{quality['ti_to_tv']:.2f}"
        facts.append({"term": _("Changes of like to unlike kind"), "text": text, "code": "Ti/Tv"})
    if quality.get("sex"):
        facts.append({"term": _("Sex chromosomes in this file"), "text": _(coverage.SEXES[quality["sex"]])})
    return facts


def use_entry(use: Use, url: str) -> Cell:
    """One job that considered her: who, what for, and what left or why she was not read. `url` tells more."""
    purpose = ", ".join(_(label) for label in use.labels)
    if use.read:
        text = _("%(purpose)s. What left: %(left)s.") % {"purpose": purpose, "left": _(use.left)}
    else:
        why = " ".join(dict.fromkeys(_(reason.sentence) for reason in use.reasons))
        text = _("%(purpose)s. Nothing was read. %(why)s") % {"purpose": purpose, "why": why}
    return {
        "when": use.at,
        "title": use.by,
        "url": url,
        "text": text,
        "code": " ".join(use.purposes),
        "kind": "info" if use.read else "off",
        "word": _("File was read") if use.read else _("Not read"),
    }


def months(uses: Sequence[Use], *, at: datetime) -> list[Cell]:
    """Times read in each of the last twelve months, oldest first."""
    read = Counter((use.at.year, use.at.month) for use in uses if use.read)
    last = at.year * 12 + at.month - 1
    bars = []
    for month in range(last - 11, last + 1):
        year, number = divmod(month, 12)
        first = at.replace(year=year, month=number + 1, day=1)
        bars.append({"label": str(date_format(first, "M Y")), "value": read[year, number + 1]})
    return bars


def size_of(file: GenomicFile) -> str:
    """How large a file came."""
    size = file.size
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(size / 1000, 0.1):.1f} kB"
