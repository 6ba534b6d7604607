"""Who may act for whom: guardians of children, from claim to majority.

A guardian's statements lapse at majority by law (rules/authority); the link is what upstairs reads before
it opens a door, and it closes at the same second.
"""

from datetime import datetime

from django.db import transaction

from consent import events, fence
from consent.ledger import log
from consent.models import GuardianLink, Participant
from consent.participants import of_age_at
from consent.terms import Policy


def claim(guardian: str, child: Participant, *, at: datetime) -> GuardianLink:
    """Somebody says that she is the guardian of this child. Until it is verified she can only narrow."""
    with transaction.atomic():
        fence.advance([child.ordinal])
        link = GuardianLink.objects.create(guardian=guardian, child=child, claimed_at=at)
        log.append(events.GUARDIAN_CLAIMED, at=at, by=guardian, subject=child.pseudonym, guardian=guardian)
        return link


def verify(link: GuardianLink, *, by: str, at: datetime) -> GuardianLink:
    """Somebody has seen the papers of a guardianship."""
    return _move(
        link,
        GuardianLink.State.CLAIMED,
        by=by,
        at=at,
        state=GuardianLink.State.VERIFIED,
        verified_at=at,
        verified_by=by,
    )


def end(link: GuardianLink, *, by: str, at: datetime) -> GuardianLink:
    """A guardianship is over: a court, a death, or the child's majority."""
    return _move(link, link.state, by=by, at=at, state=GuardianLink.State.ENDED, ended_at=at)


def in_force(link: GuardianLink, *, at: datetime, policy: Policy) -> bool:
    """Whether this guardian may act now: verified, not ended, and the child not yet of age."""
    return link.state == GuardianLink.State.VERIFIED and at < of_age_at(link.child, policy)


def _move(
    link: GuardianLink, before: str, *, by: str, at: datetime, state: GuardianLink.State, **facts: object
) -> GuardianLink:
    kind = events.GUARDIAN_VERIFIED if state == GuardianLink.State.VERIFIED else events.GUARDIAN_ENDED
    with transaction.atomic():
        fence.advance([link.child_id])
        moved = GuardianLink.objects.filter(id=link.id, state=before).exclude(state=GuardianLink.State.ENDED)
        if moved.update(state=state, **facts):
            log.append(kind, at=at, by=by, subject=link.child.pseudonym, guardian=link.guardian)
    link.refresh_from_db()
    return link
