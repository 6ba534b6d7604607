"""What the demo tells at its end: the table, the truth beside the matches, the ledger; and the same as JSON.

It sees what no person of the house sees, for it made the people up. Its checks decide the demo's exit code.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from broker import staging, uses
from broker.cases import reference
from broker.demo.cohort import Cohort
from broker.demo.house import House
from broker.demo.pedigree import Relation
from broker.demo.run import Asked, held
from consent import records
from consent.reasons import Reason

# Relations that are always found on a whole genome; more distant ones may share too little.
CERTAIN = {Relation.PARENT_CHILD, Relation.FULL_SIBLINGS, Relation.FIRST_COUSINS}


@dataclass(frozen=True, slots=True)
class Check:
    """A promise of the demo, and whether it was kept."""

    promise: str
    kept: bool


def table(done: list[Asked]) -> Iterator[str]:
    """Query, purpose, considered, permitted, matched, left out by reason."""
    yield f"{'query':46} {'purpose':8} {'considered':>10} {'permitted':>9}  answer"
    for asked in done:
        purposes = "+".join(asked.query.purposes)
        numbers = f"{asked.considered or '-':>10} {len(asked.permitted) if asked.answer else '-':>9}"
        yield f"{asked.title:46} {purposes:8} {numbers}  {_said(asked)}"
        # Her own no is the first reason; that it came while the job ran is what the last query is about.
        reasons = Counter(
            str(Reason.JOB_REVOKED_IN_FLIGHT) if Reason.JOB_REVOKED_IN_FLIGHT in reasons else reasons[0]
            for _, reasons in asked.left_out
        )
        for reason, people in reasons.most_common():
            yield f"{'':46} {'':8} {people:>10} left out: {reason}"


def truth(done: list[Asked], house: House) -> Iterator[str]:
    """Beside each relatives search: who is truly related, whether she permitted it, and what was found."""
    for asked in done:
        if asked.trace is None or asked.answer is None:
            continue
        yield f"{asked.title} — the trace is of {asked.trace.name}"
        found = _found(asked, house)
        for sample, relation in sorted(asked.trace.kin.items(), key=lambda kin: kin[1]):
            match = found.pop(sample, None)
            permitted = house.participants[sample].ordinal in asked.permitted
            shown = (
                f"{match['total_cm']:8.1f} cM, {match['relationship'].split(':')[0]}"
                if match
                else "not in the answer"
            )
            yield f"    {sample:10} {relation:42} {'permitted' if permitted else 'not permitted':14} {shown}"
        for sample, match in found.items():
            yield f"    {sample:10} {'no known relation':42} {'permitted':14} {match['total_cm']:8.1f} cM"


def checks(done: list[Asked], house: House) -> Iterator[Check]:
    """What must be so, or the demo has failed."""
    for asked in done:
        if asked.answer is None:
            yield Check(f"{asked.title}: refused before anybody was read", bool(asked.refused))
            continue
        if asked.trace is not None:
            found = _found(asked, house)
            permitted = {house.samples[ordinal] for ordinal in asked.permitted}
            yield Check(f"{asked.title}: everybody in the answer had permitted it", set(found) <= permitted)
            certain = {s for s, relation in asked.trace.kin.items() if relation in CERTAIN and s in permitted}
            yield Check(
                f"{asked.title}: all {len(certain)} parents, children, siblings and first cousins who "
                "permitted it were found",
                certain <= set(found),
            )
        if asked.withdrew is not None:
            yield Check("the withdrawal while the job ran held", held(asked))


def as_json(done: list[Asked], house: House, cohort: Cohort) -> dict[str, Any]:
    """Enough for anybody to recount it with other tools: every person's statements, every query's DataUse,
    parameters, answer, and each person's outcome with its reasons."""
    return {
        "source": cohort.source,
        "policy": uses.policy(timezone.now()).as_json(),
        "people": [
            {
                "sample": volunteer.sample,
                "pseudonym": house.participants[volunteer.sample].pseudonym,
                "born_on": house.participants[volunteer.sample].born_on.isoformat(),
                "plan": volunteer.plan,
                "statements": [s.as_json() for s in records.of(house.participants[volunteer.sample])],
            }
            for volunteer in cohort.volunteers
        ],
        "queries": [_query_json(asked, house) for asked in done],
        "checks": [{"promise": check.promise, "kept": check.kept} for check in checks(done, house)],
    }


def _query_json(asked: Asked, house: House) -> dict[str, Any]:
    outcomes: dict[str, Any] = {
        house.samples[ordinal]: {"permitted": True, "reasons": []} for ordinal in asked.permitted
    }
    for ordinal, reasons in asked.left_out:
        outcomes[house.samples[ordinal]] = {"permitted": False, "reasons": reasons}
    answer = dict(asked.answer or {})
    if asked.trace is not None and asked.answer is not None:
        aliases = {match["person"]: sample for sample, match in _found(asked, house).items()}
        answer["samples"] = [aliases[match["person"]] for match in asked.answer["records"]]
    return {
        "title": asked.title,
        "id": str(asked.query.id),
        "question": asked.query.question,
        "use": uses.of(asked.query).as_json(),
        "state": asked.job.state if asked.job else asked.query.state,
        "refused": asked.refused,
        "considered": asked.considered,
        "permitted": len(asked.permitted),
        "answer": answer,
        "kin_of_trace": {s: str(relation) for s, relation in asked.trace.kin.items()} if asked.trace else {},
        "withdrew_meanwhile": house.samples.get(asked.withdrew or 0),
        "outcomes": outcomes,
    }


def _said(asked: Asked) -> str:
    if asked.answer is None:
        return f"refused: {', '.join(asked.refused)}"
    if asked.trace is not None:
        return f"{len(asked.answer['records'])} likely relatives"
    if asked.answer["count"] is None:
        return f"fewer than {asked.answer['fewer_than']}"
    return f"{asked.answer['count']} people carry it"


def _found(asked: Asked, house: House) -> dict[str, dict[str, Any]]:
    """The matches by sample: the case's names for people are undone, as only the demo can."""
    if asked.answer is None or asked.query.case is None:
        return {}
    names = {staging.alias(reference(asked.query.case), ordinal): s for ordinal, s in house.samples.items()}
    return {names[match["person"]]: match for match in asked.answer["records"]}
