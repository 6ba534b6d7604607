"""Why a job read one participant or did not, as an auditor reads it: the sentence, what was compared, and the
machine form.
"""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker.explaining import Replay
from broker.portal import would_be
from consent.canonical import canonical, instant
from consent.explain import Explanation
from consent.models import Participant
from consent.purposes import FAMILIES
from consent.reasons import Reason


class WhoForm(forms.Form):
    """Which participant, and as of when."""

    participant = forms.CharField(
        label=gettext_lazy("Participant"),
        max_length=16,
        help_text=gettext_lazy("The pseudonym, such as P-BCDF-GHJK."),
    )
    as_of = forms.CharField(
        label=gettext_lazy("As of"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("An instant, such as 2026-06-01T12:00:00Z. Empty: as it was decided."),
    )

    def clean_participant(self) -> Participant:
        name = self.cleaned_data["participant"].strip().upper()
        found = Participant.objects.filter(pseudonym=name).first()
        if found is None:
            raise forms.ValidationError(_("There is no participant of this name here."))
        return found

    def clean_as_of(self) -> Any:
        text = self.cleaned_data["as_of"].strip()
        try:
            return instant(text) if text else None
        except ValueError:
            raise forms.ValidationError(_("This is no instant. Write it as in the example.")) from None


def sentence(replay: Replay) -> str:
    """The first thing to read."""
    if replay.then is not None:
        values = {"person": replay.participant, "why": _told(replay.then.verdict.reasons)}
        if replay.then.verdict.files:
            return _("%(person)s may be read, for her record allows it.") % values
        return _("%(person)s may not be read. %(why)s") % values
    if replay.erased:
        return _("%(person)s was erased since. What the decision rested on went with her data.") % {
            "person": replay.participant
        }
    if not replay.considered:
        return _("This job did not consider %(person)s.") % {"person": replay.participant}
    return _("What the decision rested on is not as it was recorded, so it cannot be made again.")


def comparison(replay: Replay) -> dict[str, str]:
    """Whether the decision that was made again is the one that was recorded."""
    if not replay.holds:
        return {"kind": "bad", "word": _("Does not hold")}
    if replay.equal:
        return {"kind": "good", "word": _("Byte for byte the same")}
    return {"kind": "off", "word": _("Nothing to compare with")}


def facts(replay: Replay) -> list[dict[str, Any]]:
    """What was recorded, what it rests on, and what would permit."""
    lines: list[dict[str, Any]] = []
    if replay.recorded is not None:
        gate = replay.recorded.gate
        lines += [
            {
                "term": _("Recorded"),
                "text": _("Read") if replay.recorded.read else _("Not read"),
                "code": " ".join(replay.recorded.reasons),
            },
            {"term": _("Decided at"), "when": gate.at},
            {"term": _("At the gate"), "text": str(_(gate.get_kind_display())), "code": str(gate.number)},
        ]
    then = replay.then
    if then is None:
        return lines
    lines += [
        {"term": _("Policy"), "text": then.verdict.policy_version},
        {"term": _("Rests on statements"), "text": ", ".join(map(str, then.verdict.relied_on)) or "–"},
        {"term": _("Forms agreed to"), "text": ", ".join(then.forms) or "–"},
    ]
    if then.counterfactual:
        would = {"term": _("Would be permitted"), "text": would_be.told(then.counterfactual)}
        lines.append(would)
    return lines


def families(then: Explanation) -> list[list[Any]]:
    """What she had said of each use that the request needed."""
    return [
        [
            {"text": _(FAMILIES[one.family].label) if one.family in FAMILIES else one.family},
            ", ".join(f"{said.seq}: {said.decision}" for said in one.statements) or _("nothing"),
            {"text": _told(one.reasons) or _("enough"), "code": " ".join(one.reasons)},
        ]
        for one in then.spoke
    ]


def differences(replay: Replay) -> list[list[Any]]:
    """What today's record would say otherwise."""
    return [[part, _short(then), _short(now)] for part, then, now in replay.differences]


def as_json(replay: Replay) -> str:
    return json.dumps(json.loads(canonical(replay)), indent=2, ensure_ascii=False)


def shown(replay: Replay) -> dict[str, Any]:
    """What the page needs."""
    return {
        "replay": replay,
        "sentence": sentence(replay),
        "status": comparison(replay),
        "facts": facts(replay),
        "families": families(replay.then) if replay.then is not None else [],
        "family_columns": [{"label": _("Use")}, {"label": _("What spoke")}, {"label": _("Why not")}],
        "differences": differences(replay),
        "difference_columns": [{"label": _("Part")}, {"label": _("Then")}, {"label": _("Today")}],
        "json": as_json(replay),
    }


def _told(reasons: tuple[Reason, ...]) -> str:
    return " ".join(dict.fromkeys(_(reason.sentence) for reason in reasons))


def _short(value: Any) -> dict[str, str]:
    return {"text": "", "code": canonical(value).decode()}
