"""The ledger's events as an auditor reads them: a sentence each, its place in the tree, and its proof.

A line that was changed by hand must not break the page that is to show it: what cannot be told is said so.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from broker.events import BY_TAG, sentence
from consent import alarms
from consent.errors import ConsentError
from consent.ledger import checkpoints, log
from consent.ledger.leaves import commit
from consent.models import Holding, LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from consent.purposes import FAMILIES, PURPOSES
from consent.records import EVERYTHING

THINGS = ("job:", "case:", "query:", "user:")  # how a subject names what has an id


def kind_words(tag: str) -> str:
    """consent:statement:given -> "Statement given"."""
    _floor, subject, action = tag.split(":")
    return _(f"{subject} {action}".replace("_", " ").capitalize())


def _kinds() -> list[tuple[str, Any]]:
    """The kinds of all three floors, under what they are about."""
    about: dict[str, list[tuple[str, str]]] = {}
    for tag in sorted(BY_TAG, key=lambda tag: tag.split(":")[1:]):
        about.setdefault(tag.split(":")[1].capitalize(), []).append((tag, kind_words(tag)))
    return [("", _("Every kind")), *((_(name), kinds) for name, kinds in about.items())]


class FilterForm(forms.Form):
    """Which events to show."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=_kinds)
    subject = forms.CharField(
        label=gettext_lazy("About"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("A pseudonym, or the id of a job, a case or a login."),
    )
    after = forms.DateField(
        label=gettext_lazy("From this day on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def narrow(self, events: QuerySet[LedgerEvent]) -> QuerySet[LedgerEvent]:
        """Those that fit everything that was said."""
        if not self.is_valid():
            return events.none()
        said = self.cleaned_data
        if said["kind"]:
            events = events.filter(kind=said["kind"])
        if said["subject"]:
            events = events.filter(_about(said["subject"].strip()))
        if said["after"]:
            events = events.filter(at__gte=midnight(said["after"]))
        return events


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _about(text: str) -> Q:
    """Events whose subject begins or ends with a text, or whose subject is a thing whose id begins with it.
    The subject is the last word of an opening, for its keys are sorted."""
    word = json.dumps(text, ensure_ascii=False)[1:-1]
    found = Q(opening__body__iendswith=f'{word}"}}')
    things = THINGS if re.fullmatch(r"[0-9a-f-]{4,}", text) else ()
    for begins in (word, *(thing + word for thing in things)):
        found |= Q(opening__body__icontains=f'"subject":"{begins}')
    return found


def tell(event: LedgerEvent) -> str:
    """The event in the sentence of its kind."""
    kind, said = BY_TAG.get(event.kind), _said(event)
    if said is None:
        return _("What this event said is gone; that it happened is kept.")
    if kind is None:
        return _("An event of a kind that is not known here: %(kind)s.") % {"kind": event.kind}
    try:
        fields = {name: _plain(value) for name, value in said["fields"].items()}
        return _short(kind.tell({**said, "fields": fields}, sentence(kind.tag, get_language() or "en")))
    except (KeyError, AttributeError, TypeError, ValueError):
        return _("This event does not say what events of its kind say. Verify the ledger.")


def entry(event: LedgerEvent, *, sealed: int) -> dict[str, Any]:
    """One line of the list; `sealed` events lie under the newest checkpoint."""
    position = place(event)
    under = position is not None and position < sealed
    return {
        "when": event.at,
        "title": tell(event),
        "code": event.kind,
        "url": reverse("auditor:event", args=[event.uid]),
        "kind": "good" if under else "wait",
        "word": _("Place %(n)d") % {"n": position} if under else _("Not yet sealed"),
    }


def place(event: LedgerEvent) -> int | None:
    """Its position in the tree."""
    leaf: LedgerLeaf | None = getattr(event, "leaf", None)
    return leaf.position if leaf else None


def sealed_size() -> int:
    newest = LedgerCheckpoint.newest()
    return newest.size if newest else 0


def as_json(event: LedgerEvent) -> str:
    """What the event says, to be read by people who read JSON."""
    said = _said(event)
    return "" if said is None else json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True)


def checks(event: LedgerEvent) -> tuple[list[dict[str, str]], log.Proof | None]:
    """Whether what it says is what was committed to, and whether it lies where the signed tree says."""
    opening: LedgerOpening | None = getattr(event, "opening", None)
    lines = []
    if opening is not None:
        fits = commit(bytes(opening.salt), opening.body) == bytes(event.commitment)
        lines.append(
            _line(
                fits,
                _("What it says fits its commitment."),
                _("What it says is not what was committed to: it was changed."),
            )
        )
    try:
        proof = log.proof(event)
    except ConsentError as unsealed:
        return [*lines, {"kind": "wait", "word": _("Not yet"), "text": str(unsealed)}], None
    except KeyError:
        return [*lines, _line(False, "", _("Leaves that the proof needs are gone. Verify the ledger."))], None
    holds = proof.holds(checkpoints.signer())
    lines.append(
        _line(
            holds,
            _("The inclusion proof holds: it lies in the tree that the newest checkpoint signs."),
            _("The inclusion proof does not hold. Verify the ledger."),
        )
    )
    return lines, proof


def _line(holds: bool, words: str, other: str) -> dict[str, str]:
    if holds:
        return {"kind": "good", "word": _("Holds"), "text": words}
    return {"kind": "bad", "word": _("Does not hold"), "text": other}


def _said(event: LedgerEvent) -> dict[str, Any] | None:
    opening: LedgerOpening | None = getattr(event, "opening", None)
    if opening is None:
        return None
    try:
        said: dict[str, Any] = opening.said
    except ValueError:
        return {"not JSON": opening.body}
    return said


def _short(told: str) -> str:
    """A sentence for the eye: ids by their first eight letters, and each kind of thing said once. The whole
    ids stand in the JSON."""
    told = re.sub(r"\b(job|case|query|request) \1:", r"\1 ", told, flags=re.IGNORECASE)
    told = re.sub(r"\b(job|case|query|request):(?=[0-9a-f]{8}-)", r"\1 ", told)
    told = re.sub(r"\buser:(?=[0-9a-f]{8}-)", _("login") + " ", told)
    return capfirst(re.sub(r"\b([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", r"\1", told))


def _plain(value: Any) -> str:
    """A value inside a sentence."""
    if value is None:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value) or _("nothing")
    if value == EVERYTHING:
        return _("everything")
    if value in FAMILIES:
        return _(FAMILIES[value].label)
    if value in PURPOSES:
        return _(PURPOSES[value].label)
    if value in Holding.State.values:
        return str(Holding.State(value).label)
    return str(value)


def alarm(*, at: datetime) -> dict[str, str] | None:
    """What rang last in the last week: an unsound record before a rise of yeses."""
    since = at - timedelta(days=7)
    unsound = alarms.newest_unsound(since=since)
    rang = unsound or alarms.newest(since=since)
    if rang is None:
        return None
    what = _("A consent record is not as it was recorded") if unsound else _("Many more yeses than usual")
    return {"what": what, "text": tell(rang), "url": reverse("auditor:event", args=[rang.uid])}
