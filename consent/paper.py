"""Paper consents: a crossed-out yes counts at once, a yes only when two people read it alike.

Two clerks key the same scan without seeing each other's entry. What a third person does when they differ is
later work: until then the differing families stay as they were, and `differences` names them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent import events, records
from consent.errors import PaperRefused
from consent.ledger import log
from consent.models import FormVersion, PaperEntry, Participant, Statement
from consent.terms import Authority, Capacity, Paper, Permission


def key(
    paper: UUID,
    participant: Participant,
    answers: Mapping[str, bool],
    *,
    form: FormVersion,
    permissions: Sequence[Permission] = (),
    by: str,
    at: datetime,
) -> list[Statement]:
    """Enter what one clerk read: family -> yes or no. Returns the statements that this entry made."""
    foreign = sorted(set(answers) - set(form.offers))
    if foreign:
        raise PaperRefused(f"{form} does not ask about {', '.join(foreign)}. Nothing was recorded.")
    first = PaperEntry.objects.filter(paper=paper, order=PaperEntry.Order.FIRST).first()
    if first is not None and first.keyed_by == by:
        raise PaperRefused(
            "You keyed this form before; a second person has to read it. Nothing was recorded."
        )
    if PaperEntry.objects.filter(paper=paper, order=PaperEntry.Order.SECOND).exists():
        raise PaperRefused("Two people have keyed this form already. Nothing was recorded.")
    if first is not None and (first.participant_id, first.form_id) != (participant.ordinal, form.id):
        raise PaperRefused("The first reader saw another person or form. Nothing was recorded.")
    with transaction.atomic():
        order = PaperEntry.Order.FIRST if first is None else PaperEntry.Order.SECOND
        PaperEntry.objects.create(
            paper=paper,
            order=order,
            participant=participant,
            form=form,
            answers=dict(answers),
            keyed_by=by,
            keyed_at=at,
        )
        log.append(
            events.PAPER_KEYED,
            at=at,
            by=by,
            subject=participant.pseudonym,
            paper=str(paper),
            order=int(order),
        )
        before = first.answers if first is not None else {}
        return [
            records.deny(participant, family, by=by, at=at)
            for family, yes in sorted(answers.items())
            if not yes and before.get(family) is not False
        ] + [
            records.give(
                participant,
                family,
                form=form,
                by=by,
                at=at,
                wording=records.Wording(
                    permissions=permissions if family == "RESEARCH" else (),
                    authority=Authority(capacity=Capacity.SELF, verified=True),
                    paper=Paper(keyed_by=first.keyed_by, verified_by=by, match=True),
                ),
            )
            for family, yes in sorted(answers.items())
            if first is not None and yes and before.get(family) is True
        ]


def differences(paper: UUID) -> list[str]:
    """The families that two readers saw differently, for a third to settle."""
    entries = list(PaperEntry.objects.filter(paper=paper).order_by("order"))
    if len(entries) < 2:
        return []
    first, second = entries
    return sorted(
        f for f in {*first.answers, *second.answers} if first.answers.get(f) != second.answers.get(f)
    )
