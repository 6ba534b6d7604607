"""What a choice would change and when, in words: the preview, how far it reaches, a yes that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from broker.impact import Band, Preview
from broker.portal import record_words as words
from broker.portal.record_reach import AFTER_DEATH
from consent.purposes import PURPOSES
from consent.terms import Statement


def facts(preview: Preview) -> list[dict[str, Any]]:
    """The same lines before a yes and before a no, in the same order."""
    told = [
        {"term": _("Open projects that would gain this file"), "text": _band(preview.gain)},
        {"term": _("Open projects that would lose it"), "text": _band(preview.lose)},
    ]
    if preview.classes:
        labels = ", ".join(_(PURPOSES[name].label) for name in preview.classes)
        text = _("%(classes)s. We never say whether there is such a case.") % {"classes": labels}
        told.append({"term": _("Kinds of cases it is about"), "text": text})
    return [*told, {"term": _("What it shows about relatives"), "text": relatives(preview)}]


def relatives(preview: Preview) -> str:
    if not preview.relatives:
        return _("Nothing: nobody looks for relatives under this choice.")
    return _(
        "A search can lead to your relatives. An ordinary person has about %(number)s who are third "
        "cousins or closer."
    ) % {"number": preview.relatives}


def of_reach(
    said: Statement, files: Sequence[tuple[str, str]], blocked: str, *, is_child: bool
) -> list[dict[str, Any]]:
    """For which file, why that allows nothing if it does not, and what of it is left after death."""
    told = []
    if said.file is not None:
        told.append({"term": _("File"), "text": dict(files).get(said.file, said.file)})
        if blocked:
            told.append({"term": _("What it allows now"), "text": blocked})
    if not is_child:
        told.append({"term": _("After your death"), "text": str(AFTER_DEATH[said.after_death])})
    return told


def begins(said: Statement, at: datetime) -> str:
    """When a yes takes hold."""
    if said.effective_at <= at:
        return _("As soon as you say yes")
    return words.day(said.effective_at)


def _band(band: Band) -> str:
    return {
        Band.NONE: _("None"),
        Band.FEW: _("1 to 5"),
        Band.SOME: _("6 to 20"),
        Band.MANY: _("More than 20"),
    }[band]
