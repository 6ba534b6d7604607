"""Who may act for whom: guardians, proxies and next of kin, from the claim to the end.

A guardian's statements lapse at majority by law (rules/authority), whatever stands here; what a link gives at
an instant is read in powers. Identical twins are in twins.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from consent import events, fence, policies, powers, records
from consent.errors import KinRefused
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import KinLink, Participant, Statement
from consent.models.kin import KINDS, OVER, TRANSITIONS, Kind, State, Why
from consent.participants import of_age_at
from consent.purposes import FAMILIES
from consent.rules import precedence
from consent.terms import AfterDeath, Authority, Capacity, SignIn, Verb
from consent.terms import Statement as Said

LONGEST_PROXY = timedelta(days=3653)  # ten years, by whichever calendar


def claim(
    guardian: str,
    child: Participant,
    *,
    kind: Kind = Kind.PARENT,
    limits: Iterable[str] = (),
    papers: str = "",
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    at: datetime,
) -> KinLink:
    """Somebody says that she is the guardian of this child. Until it is verified she can only narrow: so she
    is heard whatever the policy, for a no is."""
    if at >= of_age_at(child, policies.within_bounds(at=at)):
        raise KinRefused(f"{child} is of age and chooses alone: there is no guardian. Nothing was recorded.")
    facts = {"limits": _families(limits), "papers": papers}
    return _claim(guardian, child, Capacity.GUARDIAN, kind, valid_from or at, valid_to, at, **facts)


def claim_proxy(
    proxy: str,
    person: Participant,
    *,
    kind: Kind,
    papers: str,
    valid_from: datetime | None = None,
    valid_to: datetime | None,
    at: datetime,
) -> KinLink:
    """Somebody says that she acts for an adult who cannot: named by a court, or by herself while she could.
    Until two have seen the papers she can do nothing."""
    if at < of_age_at(person, policies.in_force(at=at)):
        raise KinRefused(f"{person} is not of age: a guardian acts, not a proxy. Nothing was recorded.")
    if person.died_at is not None:
        raise KinRefused(f"{person} has died: her next of kin act, not a proxy. Nothing was recorded.")
    if valid_to is None:
        raise KinRefused("A proxy always has a last day. Nothing was recorded; name it.")
    if valid_to - at > LONGEST_PROXY:
        raise KinRefused(
            "A proxy lasts ten years at most, and can then be asked for again. Nothing was recorded."
        )
    return _claim(proxy, person, Capacity.PROXY, kind, valid_from or at, valid_to, at, papers=_named(papers))


def claim_next_of_kin(
    claimant: str, deceased: Participant, *, kind: Kind, papers: str, at: datetime
) -> KinLink:
    """Somebody says that she is next of kin of a participant who died. Until verified she can only narrow."""
    if deceased.died_at is None or deceased.died_at > at:
        raise KinRefused(f"No death of {deceased} is on record. Nothing was recorded.")
    facts = {"papers": _named(papers)}
    return _claim(claimant, deceased, Capacity.NEXT_OF_KIN, kind, deceased.died_at, None, at, **facts)


def verify(link: KinLink, *, by: str, at: datetime) -> KinLink:
    """Somebody has seen the papers. For a proxy it takes two, and this may be the first of them."""
    if by == link.claimant:
        raise KinRefused("Nobody verifies her own claim. Nothing was recorded; ask somebody else.")
    if by == link.seen_by:
        raise KinRefused("A proxy takes two: somebody else has to see the papers. Nothing was recorded.")
    if link.capacity == Capacity.PROXY and not link.seen_by:
        return _move(link, State.SEEN, events.KIN_SEEN, by=by, at=at, seen_by=by)
    said = {"seen_by": link.seen_by or None}
    return _move(
        link, State.VERIFIED, events.KIN_VERIFIED, said, by=by, at=at, verified_at=at, verified_by=by
    )


def reject(link: KinLink, *, by: str, at: datetime) -> KinLink:
    """The papers do not show what was claimed."""
    if by == link.claimant:
        raise KinRefused("Nobody judges her own claim. Nothing was recorded; ask somebody else.")
    return _move(link, State.REJECTED, events.KIN_REJECTED, by=by, at=at, ended_at=at)


def end(link: KinLink, *, why: Why = Why.COURT, by: str, at: datetime) -> KinLink:
    """It is over. What a proxy granted, and whoever should never have been confirmed, ends with it."""
    with transaction.atomic():
        said = {"why": Why(why).label}
        moved = _move(link, State.ENDED, events.KIN_ENDED, said, by=by, at=at, ended_at=at, ended_why=why)
        if link.capacity == Capacity.PROXY or why == Why.MISTAKE:
            _take_back(moved, by=by, at=at)
        return moved


def limit(link: KinLink, families: Iterable[str], *, by: str, at: datetime) -> KinLink:
    """A court has taken these families from this guardian: her further yes to them is refused. It takes the
    place of what was taken before; what she granted until now stands until somebody withdraws it."""
    taken = _families(families)
    if link.capacity != Capacity.GUARDIAN:
        raise KinRefused("Only a guardian's power is limited by family. Nothing was recorded.")
    with transaction.atomic():
        fence.advance([link.person_id])
        if not KinLink.objects.filter(pk=link.pk).exclude(state__in=OVER).update(limits=taken):
            raise KinRefused("This guardianship is over. Nothing was recorded.")
        said = {"actor": link.claimant, "families": taken}
        log.append(events.KIN_LIMITED, at=at, by=by, subject=link.person.pseudonym, **said)
    link.refresh_from_db()
    return link


def uphold(link: KinLink, grant: Statement, *, at: datetime, sign_in: SignIn | None = None) -> Statement:
    """A verified next of kin continues a grant that the participant left to them to decide."""
    power = powers.of(link, at=at, policy=policies.in_force(at=at))
    if power is None or not power.upholds:
        raise KinRefused("Only a verified next of kin continues a choice. Nothing was recorded.")
    if grant.participant_id != link.person_id or grant not in left_to_kin(link.person, at=at):
        raise KinRefused("This choice was not left to the next of kin to decide. Nothing was recorded.")
    return records.uphold(link.person, grant, by=link.claimant, at=at, sign_in=sign_in)


def left_to_kin(deceased: Participant, *, at: datetime) -> tuple[Statement, ...]:
    """Her choices that still speak, and that she left to her next of kin to decide."""
    said = records.of(deceased)
    heads = {
        head.seq
        for family in FAMILIES
        for file in {one.file for one in said}
        for head in precedence.heads(said, family, file, at).all
        if head.is_grant
        and head.authority.capacity is Capacity.SELF
        and head.after_death is AfterDeath.NOK_DECIDES
    }
    return tuple(deceased.statements.filter(seq__in=heads).order_by("seq"))


def _claim(
    claimant: str,
    person: Participant,
    capacity: Capacity,
    kind: Kind,
    valid_from: datetime,
    valid_to: datetime | None,
    at: datetime,
    **facts: object,
) -> KinLink:
    if kind not in KINDS[capacity]:
        raise KinRefused(f"{kind} does not make anybody {capacity}. Nothing was recorded.")
    if valid_to is not None and valid_to <= valid_from:
        raise KinRefused("This would end before it begins. Nothing was recorded; correct the days.")
    with transaction.atomic():
        fence.advance([person.ordinal])
        living = KinLink.objects.filter(claimant=claimant, person=person, capacity=capacity)
        if living.exclude(state__in=OVER).exists():
            raise KinRefused(f"You act for {person} already, or have asked to. Nothing was recorded.")
        link = KinLink.objects.create(
            claimant=claimant,
            person=person,
            capacity=capacity,
            kind=kind,
            valid_from=valid_from,
            valid_to=valid_to,
            claimed_at=at,
            **facts,
        )
        log.append(
            events.KIN_CLAIMED,
            at=at,
            by=claimant,
            subject=person.pseudonym,
            actor=claimant,
            capacity=str(capacity),
            relation=str(kind),
            valid_from=valid_from.isoformat(),
            valid_to=valid_to.isoformat() if valid_to else None,
        )
        return link


def _move(
    link: KinLink,
    state: State,
    kind: EventKind,
    said: Mapping[str, object] | None = None,
    *,
    by: str,
    at: datetime,
    **facts: object,
) -> KinLink:
    """One step of the table. Whoever else was quicker wins, and nothing is recorded twice."""
    before = [one for one, after in TRANSITIONS.items() if state in after]
    with transaction.atomic():
        fence.advance([link.person_id])
        # Asked of the row and not of the value at hand, which may be old.
        waiting = KinLink.objects.filter(pk=link.pk, state__in=before, seen_by=link.seen_by)
        if not waiting.update(state=state, **facts):
            raise KinRefused("This claim has been settled by somebody else already. Nothing was recorded.")
        actor = {"actor": link.claimant, "capacity": str(link.capacity)}
        log.append(kind, at=at, by=by, subject=link.person.pseudonym, **actor, **(said or {}))
    link.refresh_from_db()
    return link


def _take_back(link: KinLink, *, by: str, at: datetime) -> None:
    """Withdraw what rests on this link alone: its yes to a use, where nobody else has spoken since."""
    said = {one.seq: one for one in records.of(link.person)}
    actors = dict(link.person.statements.values_list("seq", "actor"))
    mine = {
        seq
        for seq, one in said.items()
        if actors[seq] == link.claimant and one.authority.capacity == link.capacity
    }
    others = [one for seq, one in said.items() if seq not in mine]
    upheld = {one.continues for one in others if one.decision is Verb.CONTINUE}
    last: dict[tuple[str, str | None], int] = {}
    for seq in sorted(mine):
        one = said[seq]
        if one.decision is Verb.GRANT:
            last[one.family, one.file] = seq
        elif one.continues is not None and one.continues not in upheld:
            last[one.family, said[one.continues].file] = seq
    for (family, file), seq in last.items():
        if not any(_displaces(one, family, file, seq, at) for one in others):
            wording = records.Wording(
                authority=Authority(Capacity(link.capacity), True), file=UUID(file) if file else None
            )
            records.withdraw(link.person, family, by=by, at=at, wording=wording)


def _displaces(one: Said, family: str, file: str | None, seq: int, at: datetime) -> bool:
    """Whether this word came after that yes and has taken its place."""
    spoken = not one.is_grant or precedence.pending(one, at) is None
    same = one.family in (family, records.EVERYTHING) and one.file == file
    return one.seq > seq and one.decision is not Verb.CONTINUE and same and spoken


def _families(names: Iterable[str]) -> list[str]:
    families = sorted(set(names))
    if unknown := [name for name in families if name not in FAMILIES]:
        raise KinRefused(f"There is no family called {', '.join(unknown)}. Nothing was recorded.")
    return families


def _named(papers: str) -> str:
    if not papers.strip():
        raise KinRefused("Say where the papers are to be found. Nothing was recorded.")
    return papers.strip()
