"""Counts the public report again from the events of an export, and says where a report differs. Pure.

A second hand: it knows nothing of the house's tables. What was told in a period is counted in that period, so
that a report is final when its period is over, and no search shows before those it considered were told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent.ledger import kinds
from consent.ledger import report_form as form
from consent.ledger.leaves import Entry, commit, from_text

CASE_OPENED = "broker:case:opened"
CASE_DECIDED = "broker:case:decided"
QUERY_SUBMITTED = "query:query:submitted"
QUERY_REFUSED = "query:query:refused"
JOB_RELEASED = "query:job:released"
JOB_REFUSED = "query:job:refused"
DISCLOSURE_PROPOSED = "query:disclosure:proposed"
DISCLOSURE_MADE = "query:disclosure:made"
EVIDENCE_RECEIVED = "genomics:evidence:received"
EVIDENCE_DESTROYED = "genomics:evidence:destroyed"
SIGNATURES = {"steward", "legal_reviewer"}
STAGES = {"pretrial": form.SIDES[1], "postconviction": form.SIDES[2]}
READ = (
    *(CASE_OPENED, CASE_DECIDED, QUERY_SUBMITTED, QUERY_REFUSED, JOB_RELEASED, JOB_REFUSED),
    *(DISCLOSURE_PROPOSED, DISCLOSURE_MADE, EVIDENCE_RECEIVED, EVIDENCE_DESTROYED),
    *(kinds.CASE_TOLD, kinds.CASE_REPORTED, kinds.PROCESS_RECEIVED, kinds.PROCESS_MOVED, kinds.PROCESS_TOLD),
)


@dataclass(slots=True)
class _Case:
    opened: datetime
    said: Mapping[str, Any]
    decided: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    told: list[tuple[datetime, datetime]] = field(default_factory=list)  # when, and up to when
    reported: Mapping[str, Any] = field(default_factory=dict)
    searches: list[tuple[datetime, Mapping[str, str]]] = field(default_factory=list)
    refused: list[tuple[datetime, Mapping[str, str]]] = field(default_factory=list)
    disclosed: list[tuple[datetime, Mapping[str, str]]] = field(default_factory=list)
    evidence: set[str] = field(default_factory=set)  # the kinds of what happened to it


@dataclass(slots=True)
class _Order:
    said: Mapping[str, Any]
    told: datetime | None = None
    moves: list[tuple[datetime, str]] = field(default_factory=list)


class Recount:
    """Takes the events of a ledger in order, and fills in the report of one period."""

    def __init__(self, period: form.Period) -> None:
        self.period = period
        self.cases: dict[str, _Case] = {}
        self.orders: dict[str, _Order] = {}
        self._asked: dict[str, tuple[str, str]] = {}  # job -> (under what, which kind of question)
        self._proposed: dict[str, datetime] = {}

    def see(self, entry: Entry) -> None:
        """Events of other kinds, of later days, and those that lost what they said, count for nothing."""
        if entry.kind not in READ or entry.salt is None or entry.body is None:
            return
        if entry.at >= self.period.end or commit(entry.salt, entry.body) != entry.commitment:
            return
        said = from_text(entry.body)
        about, what = said["subject"], said["fields"]
        if entry.kind == CASE_OPENED:
            self.cases[about] = _Case(entry.at, what)
        elif entry.kind == kinds.PROCESS_RECEIVED:
            self.orders[about] = _Order(what)
        elif about in self.orders:
            self._of_order(self.orders[about], entry, what)
        elif about in self.cases:
            self._of_case(self.cases[about], entry, what)
        else:
            self._of_question(about, entry, what)

    def filled(self, k: int) -> dict[str, dict[str, dict[str, Any]]]:
        """The tables of the period."""
        facts = {
            "cases": list(self._cases()),
            "searches": list(self._within("searches")),
            "disclosures": list(self._within("disclosed")),
            "refused questions": list(self._within("refused")),
            "orders": list(self._orders()),
        }
        return form.filled(facts, k)

    def _of_order(self, order: _Order, entry: Entry, what: Mapping[str, Any]) -> None:
        if entry.kind == kinds.PROCESS_MOVED:
            order.moves.append((entry.at, what["state"]))
        elif entry.kind == kinds.PROCESS_TOLD:
            order.told = order.told or entry.at

    def _of_case(self, case: _Case, entry: Entry, what: Mapping[str, Any]) -> None:
        if entry.kind == CASE_DECIDED:
            case.decided.append((entry.at, what))
        elif entry.kind == kinds.CASE_TOLD:
            case.told.append((entry.at, datetime.fromisoformat(what["upto"])))
        elif entry.kind == kinds.CASE_REPORTED:
            case.reported = what
        else:
            case.evidence.add(entry.kind)

    def _of_question(self, about: str, entry: Entry, what: Mapping[str, Any]) -> None:
        if entry.kind == QUERY_SUBMITTED:
            self._asked[f"job:{what['job']}"] = (what["under"], what["question_kind"])
            return
        if entry.kind == DISCLOSURE_PROPOSED:
            self._proposed[about] = entry.at
            return
        run = f"job:{what['job']}" if entry.kind == DISCLOSURE_MADE else about
        under, question = (
            (what["under"], "") if entry.kind == QUERY_REFUSED else self._asked.get(run, ("", ""))
        )
        case = self.cases.get(under)
        if case is None:
            return
        if entry.kind == JOB_RELEASED:
            fact = {
                "question": question,
                "people considered": form.people(what["considered"]),
                "people who permitted it": form.people(what["permitted"]),
            }
            case.searches.append((entry.at, fact))
        elif entry.kind == DISCLOSURE_MADE:
            fact = {
                "question": question,
                "leads": form.leads(what["leads"]),
                "disclosed": form.waited(self._proposed[about], entry.at),
            }
            case.disclosed.append((entry.at, fact))
        elif entry.kind in {QUERY_REFUSED, JOB_REFUSED}:
            case.refused.append((entry.at, {"reason": what["reasons"][0]}))

    def _cases(self) -> Iterator[Mapping[str, str]]:
        for case in self.cases.values():
            if case.told and case.told[0][0] in self.period:
                yield _of(case)

    def _within(self, what: str) -> Iterator[Mapping[str, str]]:
        for case in self.cases.values():
            before: datetime | None = None
            for told, upto in case.told:
                for at, fact in getattr(case, what):
                    if told in self.period and at <= upto and (before is None or at > before):
                        yield fact
                before = upto

    def _orders(self) -> Iterator[Mapping[str, str]]:
        for order in self.orders.values():
            if order.told is None or order.told not in self.period:
                continue
            received = datetime.fromisoformat(order.said["received"])
            answers = [(at, state) for at, state in order.moves if state in form.ANSWERS]
            yield {
                "kind": order.said["process_kind"],
                "sought people who had not agreed": form.yes_no(order.said["compels_non_consenting"]),
                "about everybody": form.yes_no(order.said["concerns"] == "all"),
                "forbidden to speak of": form.yes_no(bool(order.said["gag_until"])),
                "answer": answers[0][1] if answers else form.ANSWERS[-1],
                "answered": form.waited(received, answers[0][0] if answers else None),
            }


def differences(report: Mapping[str, Any], recount: Recount) -> list[str]:
    """Where a published report is not what the ledger says: one sentence each, none when it is."""
    try:
        groups = report["groups"]
        if report["format"] != form.FORMAT:
            return [f"This is no report of format {form.FORMAT}."]
        counted = recount.filled(form.THRESHOLD)
        found = [
            f"The report says {said!r} for {group}, {table}, {cell}; the ledger says {ours!r}."
            for group in sorted({*counted, *groups})
            for table in sorted({*counted.get(group, {}), *groups.get(group, {})})
            for cell, said, ours in _cells(groups, counted, group, table)
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        return [f"The report is not as it was made ({type(fault).__name__}: {fault})."]
    return found


def _cells(
    groups: Mapping[str, Any], counted: Mapping[str, Any], group: str, table: str
) -> Iterator[tuple[str, Any, Any]]:
    said, ours = groups.get(group, {}).get(table, {}), counted.get(group, {}).get(table, {})
    for cell in sorted({*said, *ours}):
        if said.get(cell) != ours.get(cell):
            yield cell, said.get(cell), ours.get(cell)


def _of(case: _Case) -> dict[str, str]:
    told, side = case.reported, form.SIDES[0]
    if case.said["purpose"].startswith("E."):
        side = STAGES.get(told.get("stage", ""), form.SIDES[3])
    outcome, at = _outcome(case)
    return {
        "kind": side,
        "offence": case.said["purpose"],
        "jurisdiction": case.said["jurisdiction"],
        "sample": case.said["origin"],
        "outcome": outcome,
        "decided": form.waited(case.opened, at),
        "cold case": form.yes_no(told.get("cold_case")),
        "third-party sample": form.yes_no(told.get("third_party_sample")),
        "identity revealed": form.yes_no(told.get("identity_revealed")),
        "evidence destroyed": form.destroyed(
            EVIDENCE_RECEIVED in case.evidence, EVIDENCE_DESTROYED in case.evidence
        ),
        "arrest": form.yes_no(told.get("arrest")),
        "conviction": form.yes_no(told.get("conviction")),
        "cost": form.cost(told.get("cost")),
    }


def _outcome(case: _Case) -> tuple[str, datetime | None]:
    """One refusal refuses; both signatures grant."""
    signed: dict[str, datetime] = {}
    for at, said in case.decided:
        if not said["approves"]:
            return "refused", at
        signed.setdefault(said["role"], at)
    if signed.keys() >= SIGNATURES:
        return "granted", max(signed[role] for role in SIGNATURES)
    return "not decided", None
