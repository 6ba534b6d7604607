"""The form of the public report: which tables there are, and which cells each has. Pure.

Its fields are those of the statutes of Maryland (Crim. Proc. 17-105) and Utah (53-25-401), and of what
companies publish. Two fill it in: broker.transparency from the tables of the house, and
consent.ledger.recount_report from an export of the ledger alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent.ledger import cells

FORMAT = 1
THRESHOLD = 10  # the law's: what the gate never tells apart from none, no report tells apart either
REST = "others"
UNTOLD = "not reported back"
YES_NO = ("yes", "no")
REPORTED = (*YES_NO, UNTOLD)
PURPOSES = ("L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS", "E.EXON")
SIDES = ("prosecution", "defence before trial", "defence after conviction", "defence")
OUTCOMES = ("granted", "refused", "not decided")
ORIGINS = (
    *("crime_scene_putative_perpetrator", "unidentified_remains", "missing_person_reference"),
    *("victim", "bystander"),
)
WAITS = ("within a week", "within a month", "within three months", "later", "not yet")
PEOPLE = ("fewer than 10", "10 to 99", "100 to 999", "1,000 to 9,999", "10,000 or more")
COSTS = ("none", "up to 1,000", "up to 10,000", "more than 10,000", UNTOLD)
KINDS = ("warrant", "order", "subpoena", "demand", "national_security")
ANSWERS = ("REJECTED", "ACTED_WITHIN_CONSENT", "not answered yet")
QUESTIONS = ("relatives", "identity")
LEADS = ("no leads", "leads")
DESTROYED = ("yes", "not yet", "none was brought")

CASE_TABLES: dict[str, tuple[str, ...]] = {
    "kind": SIDES,
    "offence": PURPOSES,
    "sample": ORIGINS,
    "outcome": OUTCOMES,
    "decided": WAITS,
    "cold case": REPORTED,
    "third-party sample": REPORTED,
    "identity revealed": REPORTED,
    "evidence destroyed": DESTROYED,
    "arrest": REPORTED,
    "conviction": REPORTED,
    "cost": COSTS,
}
SEARCH_TABLES = {"question": QUESTIONS, "people considered": PEOPLE, "people who permitted it": PEOPLE}
DISCLOSURE_TABLES = {"question": QUESTIONS, "leads": LEADS, "disclosed": WAITS[:-1]}
ORDER_TABLES = {
    "kind": KINDS,
    "sought people who had not agreed": YES_NO,
    "about everybody": YES_NO,
    "forbidden to speak of": YES_NO,
    "answer": ANSWERS,
    "answered": WAITS,
}
# Tables whose cells are names that nobody knows beforehand: only what occurs often is named.
FOLDED = {"cases": ("jurisdiction",), "refused questions": ("reason",)}
# What the monthly statements tell exactly.
KNOWN = {"orders": (("sought people who had not agreed", "yes"),)}
FIXED: dict[str, dict[str, tuple[str, ...]]] = {
    "cases": CASE_TABLES,
    "searches": SEARCH_TABLES,
    "disclosures": DISCLOSURE_TABLES,
    "refused questions": {},
    "orders": ORDER_TABLES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time, half open."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


def filled(facts: Mapping[str, Iterable[Mapping[str, str]]], k: int) -> dict[str, dict[str, dict[str, Any]]]:
    """The tables as they are published, from one fact a case, search, disclosure, refused question or
    order: each names its cell in every table of its group."""
    return {
        group: cells.shown(_counted(group, list(facts[group]), k), k, KNOWN.get(group, ())) for group in FIXED
    }


def _counted(group: str, facts: list[Mapping[str, str]], k: int) -> dict[str, dict[str, int]]:
    tables = {"all": {"all": len(facts)}}
    for name, names in FIXED[group].items():
        tables[name] = dict.fromkeys(names, 0)
        for fact in facts:
            tables[name][fact[name]] += 1
    for name in FOLDED.get(group, ()):
        seen: dict[str, int] = {}
        for fact in facts:
            seen[fact[name]] = seen.get(fact[name], 0) + 1
        tables[name] = cells.folded(seen, k, REST)
    return tables


def waited(start: datetime, end: datetime | None) -> str:
    """How long something took, as one of WAITS."""
    if end is None:
        return WAITS[-1]
    for name, days in zip(WAITS, (7, 30, 90), strict=False):
        if end - start <= timedelta(days=days):
            return name
    return WAITS[3]


def people(number: int) -> str:
    """A number of people, as one of PEOPLE."""
    return PEOPLE[sum(number >= edge for edge in (10, 100, 1_000, 10_000))]


def cost(amount: int | None) -> str:
    """What a case was said to have cost, as one of COSTS."""
    if amount is None:
        return UNTOLD
    return COSTS[sum(amount > edge for edge in (0, 1_000, 10_000))]


def leads(number: int) -> str:
    """Whether a disclosure let anybody out under a case name, as one of LEADS."""
    return LEADS[number > 0]


def destroyed(brought: bool, gone: bool) -> str:
    """What became of a case's evidence by the end of the period, as one of DESTROYED."""
    return DESTROYED[0] if gone else DESTROYED[1] if brought else DESTROYED[2]


def yes_no(said: bool | None) -> str:
    return UNTOLD if said is None else "yes" if said else "no"
