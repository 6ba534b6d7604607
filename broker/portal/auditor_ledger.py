"""The ledger's events as an auditor reads them: a sentence each, its place in the tree, and its proof.

A line that was changed by hand must not break the page that is to show it: what cannot be told is said so.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from broker import ledger_search
from broker.events import BY_TAG, sentence
from broker.ledger_search import Search, SearchRefused
from consent import alarms
from consent.errors import ConsentError
from consent.ledger import checkpoints, log
from consent.ledger.leaves import commit
from consent.models import Holding, LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from consent.purposes import FAMILIES, PURPOSES
from consent.records import EVERYTHING

PRESETS = (
    (gettext_lazy("Refused this week"), "outcome:refused after:7d"),
    (gettext_lazy("Police and counsel"), "actor:investigator actor:counsel"),
    (gettext_lazy("Releases this week"), "kind:query:job:released after:7d"),
    (gettext_lazy("Noes and withdrawals"), "outcome:narrowed"),
    (gettext_lazy("Alarms"), "outcome:alarm"),
    (gettext_lazy("Auditors' own looks"), "actor:auditor"),
)


class SearchForm(forms.Form):
    """Which events to show, in one box; what does not fit is said for each word."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=ledger_search.LONGEST,
        help_text=gettext_lazy("Words with a colon, for example actor:investigator outcome:refused after:7d"),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, asked: QueryDict, *, at: datetime) -> None:
        super().__init__(asked)
        self._at = at

    def clean_q(self) -> Search:
        try:
            return ledger_search.parse(self.cleaned_data["q"], at=self._at)
        except SearchRefused as refused:
            raise forms.ValidationError(list(refused.troubles)) from None

    @property
    def search(self) -> Search | None:
        """None when it cannot be read."""
        return self.cleaned_data["q"] if self.is_valid() else None


def presets() -> list[dict[str, str]]:
    """Searches that are asked often."""
    return [{"label": str(label), "q": q} for label, q in PRESETS]


def words() -> list[list[Any]]:
    """Every word of the search, what it means, and an example that can be pressed."""
    return [
        [
            {"text": f"{name}:"},
            str(word.means),
            {"text": word.example, "url": address(word.example)},
        ]
        for name, word in ledger_search.WORDS.items()
    ]


def values() -> list[list[Any]]:
    """What may stand behind the words that know their values."""
    known = {
        "actor:": [*ledger_search.ROLES, "worker", "operator", "founding", "alarm"],
        "purpose:": [*FAMILIES, *PURPOSES],
        "outcome:": ledger_search.OUTCOMES,
        "kind:": {kind for kind in ledger_search.KINDS if kind.count(":") == 2},
    }
    return [[{"text": word}, ", ".join(sorted(map(str, some)))] for word, some in known.items()]


def address(q: str) -> str:
    """A search as a link."""
    return f"{reverse('auditor:ledger')}?{urlencode({'q': q})}"


def kind_words(tag: str) -> str:
    """consent:statement:given -> "Statement given"."""
    _floor, subject, action = tag.split(":")
    words = f"{subject} {action}".replace("_", " ").capitalize()
    return _(words)


def tell(event: LedgerEvent) -> str:
    """The event in the sentence of its kind."""
    kind, said = BY_TAG.get(event.kind), _said(event)
    if said is None:
        return _("What this event said is gone; that it happened is kept.")
    if kind is None:
        return _("An event of a kind that is not known here: %(kind)s.") % {"kind": event.kind}
    try:
        fields = {name: _plain(value) for name, value in said["fields"].items()}
        return short(kind.tell({**said, "fields": fields}, sentence(kind.tag, get_language() or "en")))
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


def short(told: str) -> str:
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
