"""One file among several: what it is called, so that it can be told apart, and what was said of it alone.

What was said for all files is told in record_words. Whether both together allow anything is consent.scope's.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from broker.portal import record_words as words
from broker.portal import usage_words
from broker.standing import Standing
from consent.models import Holding, Participant
from consent.rules.precedence import heads
from consent.terms import Level
from genomics.models import GenomicFile

Named = tuple[str, str]  # the number of a file, and what it is called


def names(participant: Participant) -> dict[str, str]:
    """What each of her files is called, oldest first: its kind and day; where several of a kind came on one
    day, which of them it is and how large, so that each can be told from the others."""
    rows = list(GenomicFile.objects.filter(participant=participant).order_by("received_at", "id"))
    alike = Counter((row.kind, row.received_at.date()) for row in rows)
    so_far: Counter[tuple[str, object]] = Counter()
    named = {}
    for row in rows:
        about = row.kind, row.received_at.date()
        so_far[about] += 1
        told = {
            "kind": _(usage_words.FILE_KINDS.get(row.kind, row.kind)),
            "day": words.day(row.received_at),
            "n": so_far[about],
            "size": usage_words.size_of(row),
        }
        several = _("%(kind)s of %(day)s, number %(n)d of that day, %(size)s")
        named[str(row.id)] = (several if alike[about] > 1 else _("%(kind)s of %(day)s")) % told
    return named


def held(participant: Participant) -> list[Named]:
    """Her files that are not erased, by number and name, oldest first."""
    here = participant.holdings.exclude(state=Holding.State.ERASED).values_list("file", flat=True)
    still = {str(file) for file in here}
    return [(file, name) for file, name in names(participant).items() if file in still]


def lines(standing: Standing, family: str, files: Sequence[Named], at: datetime) -> list[str]:
    """What was said of single files, a sentence each; a yes that allows nothing says so."""
    told = []
    for file, name in files:
        said = [one for one in heads(standing.statements, family, file, at).all if one.level is Level.FILE]
        later = [
            one
            for one in standing.statements
            if one.file == file and one.family == family and one.is_grant and one.effective_at > at
        ]
        for one in said:
            sentence = (_("Yes for %(file)s.") if one.is_grant else _("No for %(file)s.")) % {"file": name}
            stands = blocked(standing, family, at) if one.is_grant else ""
            told.append(f"{sentence} {stands}".strip())
        if later and later[-1].seq > max((one.seq for one in said), default=0):
            when = {"file": name, "day": words.day(later[-1].effective_at)}
            told.append(_("Your yes for %(file)s begins on %(day)s.") % when)
    return told


def blocked(standing: Standing, family: str, at: datetime) -> str:
    """Why a yes for one file allows nothing: what was said for all files stands before it. Empty where
    nothing does."""
    general = standing.choices[family].head if family in standing.choices else None
    if general is None:
        return ""
    if not general.is_grant:
        return _("It allows nothing as long as your no for all files stands.")
    if general.valid_to is not None and general.valid_to <= at:
        return _("It allows nothing: your yes for all files has ended, and stands as a no.")
    return ""
