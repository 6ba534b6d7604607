"""Registered identical twins: a search for kin of the one is a search for kin of the other.

Two say so, or it does not stand. What follows from it is in rules/relatives. It never ends, but it can prove
to have been wrong.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from consent import events, fence
from consent.errors import KinRefused
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import Participant, TwinLink


def register(a: Participant, b: Participant, *, by: str, second: str, at: datetime) -> TwinLink:
    """Two people say so together: two of the staff, or the twins or their guardians."""
    with transaction.atomic():
        return confirm(propose(a, b, by=by, at=at), by=second, at=at)


def propose(a: Participant, b: Participant, *, by: str, at: datetime) -> TwinLink:
    """One says so. Nothing follows from it until another has confirmed it."""
    if a.ordinal == b.ordinal:
        raise KinRefused("Nobody is her own twin. Nothing was recorded; name two different people.")
    first, second = sorted((a, b), key=lambda one: one.ordinal)
    with transaction.atomic():
        fence.advance([first.ordinal, second.ordinal])
        both = (first.ordinal, second.ordinal)
        if _living().filter(Q(first__in=both) | Q(second__in=both)).exists():
            raise KinRefused("One of them has a registered twin, or waits for one. Nothing was recorded.")
        link = TwinLink.objects.create(first=first, second=second, proposed_by=by, proposed_at=at)
        _note(events.TWINS_PROPOSED, link, by=by, at=at)
        return link


def confirm(link: TwinLink, *, by: str, at: datetime) -> TwinLink:
    """Another says so too. From now on the police need both."""
    if by == link.proposed_by:
        raise KinRefused("Twins take two: somebody else has to confirm it. Nothing was recorded.")
    return _move(
        link, events.TWINS_REGISTERED, Q(confirmed_by=""), by=by, at=at, confirmed_by=by, confirmed_at=at
    )


def dissolve(link: TwinLink, *, why: str, by: str, second: str, at: datetime) -> TwinLink:
    """Two people have seen together that they are no identical twins after all."""
    with transaction.atomic():
        return part(propose_parting(link, why=why, by=by, at=at), by=second, at=at)


def propose_parting(link: TwinLink, *, why: str, by: str, at: datetime) -> TwinLink:
    """One has seen that they are no identical twins after all, say because their DNA shows it. Nothing
    follows from it until another has confirmed it."""
    if not why.strip():
        raise KinRefused("Say what shows that they are no identical twins. Nothing was recorded.")
    why = why.strip()[:200]
    return _move(
        link,
        events.TWINS_DOUBTED,
        Q(parting_by=""),
        {"why": why},
        by=by,
        at=at,
        parting_by=by,
        parting_why=why,
        parting_at=at,
    )


def part(link: TwinLink, *, by: str, at: datetime) -> TwinLink:
    """Another has seen it too. It may widen what the police search, so one alone cannot."""
    if not by or by == link.parting_by:
        raise KinRefused("To part twins takes two different people. Nothing was recorded.")
    # `by` in the ledger is who said it first, and `second` who has confirmed it.
    said = {"why": link.parting_why, "second": by}
    waiting = Q(parting_by=link.parting_by, parting_at=link.parting_at) & ~Q(parting_by="")
    return _move(link, events.TWINS_DISSOLVED, waiting, said, by=link.parting_by, at=at, dissolved_at=at)


def keep(link: TwinLink, *, by: str, at: datetime) -> TwinLink:
    """Nothing shows that they are none: what one has said of parting them is dropped."""
    return _move(
        link,
        events.TWINS_KEPT,
        ~Q(parting_by=""),
        by=by,
        at=at,
        parting_by="",
        parting_why="",
        parting_at=None,
    )


def ever_twins_of(ordinals: Iterable[int]) -> set[int]:
    """Everybody who was ever registered as the twin of one of these."""
    asked = set(ordinals)
    pairs = TwinLink.objects.exclude(confirmed_by="").values_list("first", "second")
    return {other for pair in pairs for one, other in (pair, pair[::-1]) if one in asked}


def twin_of(ordinals: Iterable[int]) -> dict[int, int]:
    """The registered twin of each of these who has one."""
    return TwinLink.objects.standing().twins_of(ordinals)


def _living() -> QuerySet[TwinLink]:
    return TwinLink.objects.filter(dissolved_at__isnull=True)


def _move(
    link: TwinLink,
    kind: EventKind,
    while_: Q,
    said: dict[str, str] | None = None,
    *,
    by: str,
    at: datetime,
    **facts: object,
) -> TwinLink:
    with transaction.atomic():
        fence.advance([link.first_id, link.second_id])
        if not _living().filter(while_, pk=link.pk).update(**facts):
            raise KinRefused("This pair has been settled by somebody else already. Nothing was recorded.")
        _note(kind, link, by=by, at=at, **(said or {}))
    link.refresh_from_db()
    return link


def _note(kind: EventKind, link: TwinLink, *, by: str, at: datetime, **said: str) -> None:
    """One line each, so that each finds it in her own history."""
    pair = (link.first.pseudonym, link.second.pseudonym)
    for one, other in (pair, pair[::-1]):
        log.append(kind, at=at, by=by, subject=one, twin=other, **said)
