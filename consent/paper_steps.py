"""The steps of a paper form: which may follow which, how each form stands, and the one way to take a step.

Only consent.paper takes steps; each of its verbs is a transaction around one or two of them.
"""

from collections.abc import Mapping
from datetime import datetime

from consent import events
from consent.errors import PaperRefused
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import PaperImport, PaperMove

State = PaperMove.State

# From how a paper form stands to how it may stand next. None: it is not here yet.
MOVES: dict[PaperMove.State | None, frozenset[PaperMove.State]] = {
    None: frozenset({State.RECEIVED}),
    State.RECEIVED: frozenset({State.KEYED, State.REJECTED}),
    State.KEYED: frozenset({State.VERIFIED, State.DISCREPANT, State.REJECTED}),
    State.VERIFIED: frozenset({State.APPLIED}),
    State.DISCREPANT: frozenset({State.ADJUDICATED, State.REJECTED}),
    State.ADJUDICATED: frozenset({State.APPLIED}),
    State.APPLIED: frozenset(),
    State.REJECTED: frozenset(),
}
TOLD_AS: dict[PaperMove.State, EventKind] = {
    State.RECEIVED: events.PAPER_RECEIVED,
    State.KEYED: events.PAPER_KEYED,
    State.VERIFIED: events.PAPER_VERIFIED,
    State.DISCREPANT: events.PAPER_DISCREPANT,
    State.ADJUDICATED: events.PAPER_ADJUDICATED,
    State.APPLIED: events.PAPER_APPLIED,
    State.REJECTED: events.PAPER_REJECTED,
}


def state_of(paper: PaperImport) -> PaperMove.State | None:
    """How a paper form stands."""
    last = paper.moves.order_by("-id").first()
    return State(last.state) if last else None


def take(
    paper: PaperImport,
    state: PaperMove.State,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    facts: Mapping[str, object] | None = None,
    tell: Mapping[str, object] | None = None,
) -> None:
    """One step with its event, in the caller's transaction, if it may follow on the last one."""
    now = state_of(paper)
    if state not in MOVES[now]:
        stands = now.label.lower() if now else "not here"
        raise PaperRefused(f"This form is {stands}; it cannot become {state.label.lower()}. Nothing changed.")
    PaperMove.objects.create(paper=paper, state=state, by=by, at=at, reason=reason, facts=facts or {})
    log.append(
        TOLD_AS[state],
        at=at,
        by=by,
        subject=paper.participant.pseudonym,
        paper=str(paper.paper),
        **(tell or {}),
    )
