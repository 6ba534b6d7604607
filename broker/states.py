"""Every table of states in the house, with the verbs that lead into each state, and their drawing as text.

The tables themselves stand beside the rows that they are about, and are drawn from there: for the auditor's
page, for `manage.py states`, and for the README, where a test holds the drawing against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.models import (
    CASE_TRANSITIONS,
    DISCLOSURE_TRANSITIONS,
    LEGAL_TRANSITIONS,
    QUERY_TRANSITIONS,
    RANGE_TRANSITIONS,
    REVIEW_TRANSITIONS,
    TRANSITIONS,
    UPLOAD_TRANSITIONS,
    DisclosureState,
    JobState,
    LegalProcess,
    QueryState,
    RangeState,
    Reviewed,
    UploadState,
)
from consent import disease_tables, form_steps, paper_steps
from consent.models import Holding
from consent.models import kin as kin_links
from consent.models.people import HOLDING_TRANSITIONS
from genomics.models import HOLD_TRANSITIONS, Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What something may be, and become. `begins` are the states it is made in; `verbs` says by state which
    functions lead there. Each does it by one conditional write: of two at once one changes nothing."""

    name: str
    steps: Mapping[Any, frozenset[Any]]
    begins: frozenset[Any]
    verbs: Mapping[Any, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ends(self) -> frozenset[Any]:
        return frozenset(state for state, after in self.steps.items() if not after)

    @property
    def reached(self) -> frozenset[Any]:
        """Every state to which some way leads."""
        found, new = set[Any](), set(self.begins)
        while new:
            found |= new
            new = {after for state in new for after in self.steps[state]} - found
        return frozenset(found)


def _moves(name: str, moves: Mapping[Any, frozenset[Any]], verbs: Mapping[Any, tuple[str, ...]]) -> Table:
    """A table of steps that are rows of their own; None is what is not here yet."""
    steps = {state: after for state, after in moves.items() if state is not None}
    return Table(name=name, steps=steps, begins=moves[None], verbs=verbs)


_FORM, _PAPER, _DISEASES = form_steps.State, paper_steps.State, disease_tables.State

TABLES = (
    Table(
        name="job",
        steps=TRANSITIONS,
        begins=frozenset({JobState.QUEUED}),
        verbs={
            JobState.QUEUED: ("broker.queries.submit", "broker.sweeping.resume"),
            JobState.RUNNING: ("broker.jobs.run",),
            JobState.CUT: ("broker.jobs.run",),
            JobState.RELEASING: ("broker.jobs.run",),
            JobState.RELEASED: ("broker.jobs.run",),
            JobState.REFUSED: ("broker.jobs.run", "broker.ranges.run"),
            JobState.FAILED: ("broker.jobs.run", "broker.ranges.run"),
            JobState.PAUSED: ("broker.jobs.run", "broker.ranges.run"),
            JobState.CANCELLED: ("broker.queries.cancel",),
            JobState.EXPIRED: ("broker.sweeping.expire",),
        },
    ),
    Table(
        name="range of a job",
        steps=RANGE_TRANSITIONS,
        begins=frozenset({RangeState.WAITING}),
        verbs={
            RangeState.WAITING: ("broker.jobs.run",),
            RangeState.RUNNING: ("broker.ranges.run",),
            RangeState.DONE: ("broker.ranges.run",),
        },
    ),
    Table(
        name="query",
        steps=QUERY_TRANSITIONS,
        begins=frozenset({QueryState.SUBMITTED}),
        verbs={
            QueryState.SUBMITTED: ("broker.queries.submit",),
            QueryState.APPROVED: ("broker.queries.submit", "broker.searches.decide"),
            QueryState.REFUSED: ("broker.queries.submit", "broker.searches.decide", "broker.case_ends.close"),
        },
    ),
    Table(
        name="access request",
        steps=REVIEW_TRANSITIONS,
        begins=frozenset({Reviewed.SUBMITTED}),
        verbs={
            Reviewed.SUBMITTED: ("broker.access.apply",),
            Reviewed.APPROVED: ("broker.access.decide",),
            Reviewed.REFUSED: ("broker.access.decide",),
            Reviewed.CLOSED: ("broker.access.close",),
        },
    ),
    Table(
        name="case",
        steps=CASE_TRANSITIONS,
        begins=frozenset({Reviewed.SUBMITTED}),
        verbs={
            Reviewed.SUBMITTED: ("broker.cases.open_case",),
            Reviewed.APPROVED: ("broker.cases.decide",),
            Reviewed.REFUSED: ("broker.cases.decide",),
            Reviewed.CLOSED: ("broker.case_ends.close", "broker.case_ends.lapse_due"),
        },
    ),
    Table(
        name="disclosure",
        steps=DISCLOSURE_TRANSITIONS,
        begins=frozenset({DisclosureState.PROPOSED}),
        verbs={
            DisclosureState.PROPOSED: ("broker.disclosures.propose",),
            DisclosureState.DISCLOSED: ("broker.disclosures.decide",),
            DisclosureState.REFUSED: ("broker.disclosures.decide",),
            DisclosureState.LAPSED: ("broker.disclosures.decide", "broker.case_ends.close"),
        },
    ),
    Table(
        name="order or demand",
        steps=LEGAL_TRANSITIONS,
        begins=frozenset({LegalProcess.State.RECEIVED}),
        verbs={
            state: (
                "broker.processes.receive"
                if state is LegalProcess.State.RECEIVED
                else "broker.processes.move",
            )
            for state in LegalProcess.State
        },
    ),
    Table(
        name="upload",
        steps=UPLOAD_TRANSITIONS,
        begins=frozenset({UploadState.ARRIVING}),
        verbs={
            UploadState.ARRIVING: ("broker.uploads.begin",),
            UploadState.ARRIVED: ("broker.uploads.append",),
            UploadState.CHECKING: ("broker.checks.run",),
            UploadState.HELD: ("broker.checks.run",),
            UploadState.TAKEN: ("broker.checks.run", "broker.reviews.settle_due"),
            UploadState.REFUSED: ("broker.checks.run", "broker.reviews.settle_due"),
            UploadState.ENDED: ("broker.uploads.stop",),
            UploadState.EXPIRED: ("broker.leftovers.expire", "broker.leftovers.forget"),
        },
    ),
    Table(
        name="holding",
        steps=HOLDING_TRANSITIONS,
        begins=frozenset({Holding.State.ACTIVE, Holding.State.QUARANTINED}),
        verbs={
            Holding.State.ACTIVE: ("consent.holdings.add", "consent.holdings.set_state"),
            Holding.State.QUARANTINED: ("consent.holdings.add", "consent.holdings.set_state"),
            Holding.State.ERASED: ("consent.holdings.set_state",),
        },
    ),
    Table(
        name="link of kin",
        steps=kin_links.TRANSITIONS,
        begins=frozenset({kin_links.State.CLAIMED}),
        verbs={
            kin_links.State.CLAIMED: (
                "consent.kin.claim",
                "consent.kin.claim_proxy",
                "consent.kin.claim_next_of_kin",
            ),
            kin_links.State.SEEN: ("consent.kin.verify",),
            kin_links.State.VERIFIED: ("consent.kin.verify",),
            kin_links.State.REJECTED: ("consent.kin.reject",),
            kin_links.State.ENDED: ("consent.kin.end",),
        },
    ),
    Table(
        name="held evidence",
        steps=HOLD_TRANSITIONS,
        begins=frozenset({Hold.HELD}),
        verbs={
            Hold.HELD: ("broker.cases.bring_evidence",),
            Hold.CLEARED: ("broker.held_evidence.settle",),
            Hold.REFUSED: ("broker.held_evidence.settle",),
        },
    ),
    _moves(
        "paper form",
        paper_steps.MOVES,
        {
            _PAPER.RECEIVED: ("consent.paper.receive",),
            _PAPER.KEYED: ("consent.paper.key",),
            _PAPER.VERIFIED: ("consent.paper.key",),
            _PAPER.DISCREPANT: ("consent.paper.key",),
            _PAPER.ADJUDICATED: ("consent.paper.settle",),
            _PAPER.APPLIED: ("consent.paper.key", "consent.paper.settle"),
            _PAPER.REJECTED: ("consent.paper.reject", "consent.paper.key", "consent.paper.settle"),
        },
    ),
    _moves(
        "consent form",
        form_steps.MOVES,
        {
            _FORM.DRAFT: ("consent.forms.load",),
            _FORM.APPROVED: ("consent.forms.approve",),
            _FORM.ACTIVE: ("consent.forms.publish",),
            _FORM.SUPERSEDED: ("consent.forms.publish", "consent.forms.supersede"),
            _FORM.RETIRED: ("consent.forms.retire",),
        },
    ),
    Table(
        name="table of diseases",
        steps=disease_tables.MOVES,
        begins=frozenset({_DISEASES.PROPOSED}),
        verbs={
            _DISEASES.PROPOSED: ("consent.disease_tables.propose",),
            _DISEASES.SEEN: ("consent.disease_tables.confirm",),
            _DISEASES.LOADED: ("consent.disease_tables.confirm",),
            _DISEASES.REJECTED: ("consent.disease_tables.reject",),
        },
    ),
)


def drawing(tables: tuple[Table, ...] = TABLES) -> str:
    """All tables as text: from each state an arrow to what it may become."""
    return "\n\n".join(_drawn(table) for table in tables) + "\n"


def _drawn(table: Table) -> str:
    wide = max(len(str(state.value)) for state in table.steps)
    lines = [table.name]
    for state, after in table.steps.items():
        mark = "*" if state in table.begins else " "
        may = ", ".join(str(other.value) for other in table.steps if other in after)
        way = f"-> {may}" if may else "."
        lines.append(f"  {mark} {state.value!s:<{wide}} {way}")
    return "\n".join(lines)
