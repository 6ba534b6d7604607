"""Evidence that does not look like one person's genome: held, until somebody has looked.

What a profile looks like is matching.plausible's to say. Nothing is compared with held evidence, and whoever
brought it is told at once and why. Who may look is decided in broker.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from consent.ledger import log
from genomics import events
from genomics.errors import QuestionRefused
from genomics.matching import plausible
from genomics.matching.plausible import SENTENCES, Doubt
from genomics.models import HOLD_TRANSITIONS, EvidenceHold, EvidenceProfile, Hold
from genomics.panel import Panel, PanelRow

LOOKS = {
    Hold.HELD: "Nothing is compared with it until a steward has looked at it.",
    Hold.REFUSED: "A steward has looked at it, and nothing is compared with it.",
}


def hold(profile: EvidenceProfile, doubts: Sequence[Doubt], *, by: str, at: datetime) -> EvidenceHold:
    """Hold a profile that is being taken in. Call inside its transaction."""
    held = EvidenceHold.objects.create(profile=profile, doubts=[str(one) for one in doubts], held_at=at)
    log.append(
        events.EVIDENCE_HELD,
        at=at,
        by=by,
        subject=profile.case,
        evidence=str(profile.pk),
        doubts=held.doubts,
    )
    return held


def settle(held: EvidenceHold, *, clears: bool, reason: str, by: str, at: datetime) -> EvidenceHold:
    """Let a held profile through, or refuse it for good. Raises QuestionRefused when that was done before."""
    after = Hold.CLEARED if clears else Hold.REFUSED
    before = [state for state, next_ in HOLD_TRANSITIONS.items() if after in next_]
    with transaction.atomic():
        row = EvidenceHold.objects.filter(pk=held.pk, state__in=before)
        if not row.update(state=after, reason=reason, settled_by=by, settled_at=at):
            raise QuestionRefused("Somebody has settled this already. Nothing was changed.")
        log.append(
            events.EVIDENCE_SETTLED,
            at=at,
            by=by,
            subject=held.profile.case,
            evidence=str(held.pk),
            clears=clears,
        )
    return EvidenceHold.objects.get(pk=held.pk)


def of(profile: EvidenceProfile) -> EvidenceHold | None:
    """How it is held; None for what was taken in as one person's."""
    return EvidenceHold.objects.filter(profile=profile).first()


def why(held: EvidenceHold) -> list[str]:
    """Its doubts, a sentence each."""
    return [SENTENCES[Doubt(code)] for code in held.doubts]


def require_free(profile: EvidenceProfile) -> EvidenceHold | None:
    """How it was held, if it was. Raises QuestionRefused while it is, and for good when it was refused."""
    held = of(profile)
    if held is not None and held.state != Hold.CLEARED:
        told = " ".join(why(held))
        stands = LOOKS[Hold(held.state)]
        raise QuestionRefused(f"This profile does not look like one person's genome. {told} {stands}")
    return held


def require(profile: EvidenceProfile, row: PanelRow, panel: Panel) -> None:
    """The same, and of its row: a panel that was loaded since may show more. What was let through passes."""
    if require_free(profile) is None:
        plausible.require(row, panel)
