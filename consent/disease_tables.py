"""A table of diseases on its way: proposed from a file, confirmed by two stewards, in force; or rejected.

    proposal = disease_tables.propose(table, version="2026-01-01", sha256=..., by="operator", at=at)
    disease_tables.confirm(proposal, sign_in=proof, by="user:sten", at=at)   # SEEN: nothing changes now
    disease_tables.confirm(proposal, sign_in=proof, by="user:sara", at=at)   # LOADED: the policy in force

A yes to a disease reaches whatever lies inside it, so another table may widen what people said: nobody brings
one into force alone. How a disease is called and found is in diseases; reading a file is not done here.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery

from consent import diseases, events, fence, giving, policies
from consent.canonical import canonical
from consent.errors import DiseasesRefused
from consent.hierarchies import Hierarchy
from consent.ledger import log
from consent.models import DiseaseMove, DiseaseProposal, Statement
from consent.policy import Policy
from consent.terms import SignIn

State = DiseaseMove.State

MOVES: dict[DiseaseMove.State, frozenset[DiseaseMove.State]] = {
    State.PROPOSED: frozenset({State.SEEN, State.REJECTED}),
    State.SEEN: frozenset({State.LOADED, State.REJECTED}),
    State.LOADED: frozenset(),
    State.REJECTED: frozenset(),
}
_NAMED = re.compile(r'"diseases":\[([^\]]+)\]')  # in the body of a statement, which is canonical JSON


@dataclass(frozen=True, slots=True)
class Table:
    """What lies inside what, and what each disease is called in English."""

    hierarchy: Hierarchy
    names: Mapping[str, str]


# --- the verbs ---


def propose(table: Table, *, version: str, sha256: str, by: str, at: datetime) -> DiseaseProposal:
    """Keep a table, with all that it would widen today. Nothing else changes."""
    body = canonical({"names": table.names, "parents": table.hierarchy}).decode()
    with transaction.atomic():
        proposal = DiseaseProposal.objects.create(
            version=version,
            sha256=sha256,
            body=body,
            digest=_digest(body),
            widens=_widens_now(table, at),
            proposed_by=by,
            proposed_at=at,
        )
        DiseaseMove.objects.create(proposal=proposal, number=1, state=State.PROPOSED, by=by, at=at)
        told = {"sha256": sha256, "digest": proposal.digest, "terms": len(table.names)}
        log.append(
            events.DISEASES_PROPOSED, at=at, by=by, subject=version, widens=len(proposal.widens), **told
        )
    return proposal


def confirm(proposal: DiseaseProposal, *, sign_in: SignIn | None, by: str, at: datetime) -> DiseaseMove.State:
    """Somebody has read what it widens, and has shown who she is. With the second one it is in force. Raises
    DiseasesRefused, also where it would by now widen something else than the proposal says."""
    if sign_in is None or not giving.is_fresh(sign_in, policies.in_force(at=at), at):
        raise DiseasesRefused(
            "Another table of diseases takes a passkey or a second factor, shown a few minutes ago at most. "
            "Nothing was changed; show it, and confirm again."
        )
    with transaction.atomic():
        fence.advance([])  # what is in force now stays in force until this is done
        last, table = _last(proposal), table_of(proposal)
        if by in (proposal.proposed_by, last.by):
            raise DiseasesRefused(
                "You brought this table or confirmed it already; it takes somebody else. Nothing was changed."
            )
        if _widens_now(table, at) != proposal.widens:
            raise DiseasesRefused(
                f"What {proposal} would widen is not what this page says any more: the table in force or "
                "people's choices have changed since. Nothing was changed; load the file again."
            )
        if last.state == State.PROPOSED:
            _take(proposal, last, State.SEEN, by=by, at=at)
            log.append(
                events.DISEASES_SEEN,
                at=at,
                by=by,
                subject=proposal.version,
                digest=proposal.digest,
                signed_in=sign_in.method,
            )
            return State.SEEN
        _take(proposal, last, State.LOADED, by=by, at=at)
        policy = policies.adopt(_after(policies.in_force(at=at), table.hierarchy, at), by=by, at=at)
        diseases.put(table.names, version=proposal.version)
        log.append(
            events.DISEASES_LOADED,
            at=at,
            by=by,
            subject=proposal.version,
            sha256=proposal.sha256,
            digest=proposal.digest,
            terms=len(table.names),
            policy=policy.version,
            seen_by=last.by,
            signed_in=sign_in.method,
        )
    return State.LOADED


def reject(proposal: DiseaseProposal, *, by: str, at: datetime) -> None:
    """It comes to nothing: one is enough for a no."""
    with transaction.atomic():
        _take(proposal, _last(proposal), State.REJECTED, by=by, at=at)
        log.append(events.DISEASES_REJECTED, at=at, by=by, subject=proposal.version, digest=proposal.digest)


# --- what is asked about one ---


def standing() -> Sequence[DiseaseMove]:
    """The newest step of every proposal, the newest proposal first."""
    newest = DiseaseMove.objects.filter(proposal=OuterRef("proposal")).order_by("-number").values("pk")[:1]
    steps = DiseaseMove.objects.filter(pk=Subquery(newest)).select_related("proposal")
    return list(steps.defer("proposal__body", "proposal__widens").order_by("-proposal_id"))


def table_of(proposal: DiseaseProposal) -> Table:
    """What was proposed, if it is still what was read from the file."""
    if _digest(proposal.body) != proposal.digest:
        raise DiseasesRefused(
            f"The table of {proposal} is not as it was proposed. Nothing was changed; tell an auditor."
        )
    said = json.loads(proposal.body)
    return Table(Hierarchy.of(said["parents"]), said["names"])


def widens(before: Hierarchy, after: Hierarchy, named: Collection[str]) -> dict[str, list[str]]:
    """{disease: what a yes to it would newly cover}. A yes can name what the table before has; beside that,
    what was named in a yes of some earlier day may come back to life."""
    reached: dict[str, list[str]] = {}
    for code, _ in after.parents:
        for above in after.upwards(code) - before.upwards(code):
            if before.knows(above) or above in named:
                reached.setdefault(above, []).append(code)
    return reached


def named_in_consents() -> frozenset[str]:
    """Every disease that a statement on record names."""
    bodies = Statement.objects.filter(body__contains='"diseases":["').values_list("body", flat=True)
    return frozenset(
        code
        for body in bodies.iterator()
        for listed in _NAMED.findall(body)
        for code in json.loads(f"[{listed}]")
    )


def _widens_now(table: Table, at: datetime) -> dict[str, list[str]]:
    return widens(policies.in_force(at=at).disease_parents, table.hierarchy, named_in_consents())


def _after(policy: Policy, diseases: Hierarchy, at: datetime) -> Policy:
    """The policy that follows, with these diseases; the same one where it has them already."""
    if policy.disease_parents == diseases:
        return policy
    version = f"{policy.version.split('+')[0]}+diseases.{at:%Y%m%d%H%M%S}"
    return replace(policy, version=version, disease_parents=diseases)


def _take(
    proposal: DiseaseProposal, last: DiseaseMove, state: DiseaseMove.State, *, by: str, at: datetime
) -> None:
    if state not in MOVES[State(last.state)]:
        raise DiseasesRefused(
            f"{proposal} is {State(last.state).label.lower()} already. Nothing was changed."
        )
    try:
        with transaction.atomic():
            DiseaseMove.objects.create(proposal=proposal, number=last.number + 1, state=state, by=by, at=at)
    except IntegrityError:
        raise DiseasesRefused(
            f"Somebody else has just decided about {proposal}. Nothing was changed; look again."
        ) from None


def _last(proposal: DiseaseProposal) -> DiseaseMove:
    return proposal.moves.latest("number")


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
