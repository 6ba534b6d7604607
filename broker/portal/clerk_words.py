"""A paper form in words: how it stands, how long it waits, what was done with it; never what was read."""

from datetime import datetime, timedelta
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from broker.models import User
from consent.models import PaperEntry, PaperImport, PaperMove
from consent.paper_steps import State, state_of
from consent.purposes import FAMILIES

LATE = timedelta(days=7)
Entry = dict[str, Any]


def entry(sheet: PaperImport, page: str, *, at: datetime) -> Entry:
    """A form that waits, for components/entries.html."""
    age = at - sheet.received_at
    waits = _("Waits %(time)s") % {"time": timesince(sheet.received_at, at, depth=1)}
    return {
        "when": sheet.received_at,
        "title": str(sheet.participant),
        "text": _named(sheet),
        "url": reverse(f"clerk:{page}", args=[sheet.paper]),
        "kind": "warn" if age > LATE else "wait",
        "word": _("Just came") if age < timedelta(minutes=1) else waits,
    }


def done(sheet: PaperImport) -> Entry:
    """A form that she has worked on."""
    return {
        "when": sheet.received_at,
        "title": str(sheet.participant),
        "text": _named(sheet),
        "url": reverse("clerk:paper", args=[sheet.paper]),
        **status(state_of(sheet)),
    }


def status(state: PaperMove.State | None) -> dict[str, str]:
    return {
        State.RECEIVED: {"kind": "wait", "word": _("Waits for a reader")},
        State.KEYED: {"kind": "wait", "word": _("Waits for a second reader")},
        State.VERIFIED: {"kind": "good", "word": _("Read alike")},
        State.DISCREPANT: {"kind": "warn", "word": _("Waits to be settled")},
        State.ADJUDICATED: {"kind": "good", "word": _("Settled")},
        State.APPLIED: {"kind": "good", "word": _("Applied")},
        State.REJECTED: {"kind": "bad", "word": _("Rejected")},
    }[state or State.RECEIVED]


def outcome(sheet: PaperImport) -> str:
    """What somebody is told who has just worked on a form."""
    return {
        State.KEYED: _(
            "Kept. Every no holds from now on; a second person reads the form without your entry."
        ),
        State.DISCREPANT: _("Kept. The two readings differ, so a third person settles them."),
        State.APPLIED: _("Applied. What two people read alike now stands in the record."),
        State.REJECTED: _("The form is rejected. A no that was read before stays a no."),
    }.get(state_of(sheet) or State.KEYED, "")


def facts(sheet: PaperImport) -> list[Entry]:
    return [
        {"term": _("For"), "text": str(sheet.participant)},
        {"term": _("Form"), "text": _named(sheet)},
        {"term": _("Received"), "when": sheet.received_at},
        {
            "term": _("Scan"),
            "text": f"{sheet.media_type}, {filesizeformat(sheet.size)}",
            "code": sheet.sha256,
        },
        {"term": _("Number of this paper"), "text": "", "code": str(sheet.paper)},
    ]


def history(sheet: PaperImport, user: User) -> list[Entry]:
    """Each step, for components/timeline.html. Who took it is told to herself alone."""
    labels = {
        State.RECEIVED: _("Scanned"),
        State.KEYED: _("Read once"),
        State.VERIFIED: _("Read alike by a second person"),
        State.DISCREPANT: _("Read differently by a second person"),
        State.ADJUDICATED: _("Settled by a third person"),
        State.APPLIED: _("Applied to the record"),
        State.REJECTED: _("Rejected"),
    }
    return [
        {
            "label": labels[State(move.state)],
            "state": "failed" if move.state == State.REJECTED else "done",
            "at": move.at,
            "text": " ".join(filter(None, (move.reason, _("By you.") if move.by == user.reference else ""))),
        }
        for move in sheet.moves.order_by("id")
    ]


def left(sheet: PaperImport) -> list[Entry]:
    """The yeses that were read and not given, once the form is applied, each with its reason."""
    applied = sheet.moves.filter(state=State.APPLIED).first()
    why = applied.facts.get("left", {}) if applied else {}
    return [{"term": _(FAMILIES[family].label), "text": _(reason)} for family, reason in why.items()]


def readers(sheet: PaperImport) -> list[PaperEntry]:
    return list(PaperEntry.objects.filter(paper=sheet.paper).order_by("order"))


def _named(sheet: PaperImport) -> str:
    language = {"en": _("English"), "id": _("Indonesian")}.get(sheet.language, sheet.language)
    return f"{sheet.form}, {language}"
