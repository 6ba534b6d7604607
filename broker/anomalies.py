"""What is unusual in the ledger: a table of rules over the events of some days. Pure.

Each anomaly says by which rule, about whom, on which day of the house, and on which events it rests. What is
unusual is no proof of anything: it is where an auditor begins. Who reads the events is broker.anomaly_watch.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from broker import events
from broker.roles import Role
from consent import events as consent_events
from genomics import events as genomics_events

BEGINS, ENDS, WEEKEND = time(7), time(19), frozenset({5, 6})  # when an office works, in the house's zone
REFUSALS = 5  # of one person's questions, on one day


@dataclass(frozen=True, slots=True)
class Limit:
    """So many on one day are unusual: at least `least`, and `factor` times as many as usual for her."""

    least: int
    factor: float


# What one person does in a day. What is usual is counted from the USUAL days before.
LIMITS: dict[str, Limit] = {
    events.QUERY_SUBMITTED.tag: Limit(20, 5),
    events.RESULT_READ.tag: Limit(40, 5),
    events.CASE_OPENED.tag: Limit(5, 5),
    events.CASE_DECIDED.tag: Limit(15, 5),
    events.REQUEST_DECIDED.tag: Limit(30, 5),
    events.SCAN_SEEN.tag: Limit(60, 5),
    events.TAKEN_ALONG.tag: Limit(5, 5),
    consent_events.FROZEN.tag: Limit(10, 5),
}
USUAL = timedelta(days=28)

# What of an investigator's work is looked at for its hour.
OFFICE = frozenset(
    {
        events.QUERY_SUBMITTED.tag,
        events.QUERY_REFUSED.tag,
        events.RESULT_READ.tag,
        events.CASE_OPENED.tag,
        events.AUTHORISATION_RECORDED.tag,
    }
)
# What nobody does with somebody who is made up.
TOUCHES = frozenset(
    {
        *(kind.tag for kind in (consent_events.GIVEN, consent_events.CONTINUED, consent_events.DENIED)),
        *(kind.tag for kind in (consent_events.WITHDRAWN, consent_events.MOVED, consent_events.DIED)),
        *(kind.tag for kind in (consent_events.KIN_CLAIMED, consent_events.PAPER_RECEIVED)),
        *(kind.tag for kind in (events.TAKEN_ALONG, events.HANDOVER_INVITED, events.CHANNEL_ADDED)),
    }
)
# Of evidence: that a profile was held, and that more of them were tried than an organisation may.
CRAFTED = frozenset({genomics_events.EVIDENCE_HELD.tag, events.BUDGET_SPENT.tag})
ALARMS = frozenset({consent_events.RISE.tag, consent_events.UNSOUND.tag, events.PASSKEY_DOUBTED.tag})
WATCHED = frozenset(
    {
        *LIMITS,
        *OFFICE,
        *TOUCHES,
        *ALARMS,
        *CRAFTED,
        events.CANARY_TOUCHED.tag,
        events.JOB_REFUSED.tag,
        genomics_events.VAULT_UNACCOUNTED.tag,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event, as the rules need it."""

    uid: str
    kind: str
    at: datetime
    by: str
    subject: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The events of some days, and what else the rules are told."""

    happened: tuple[Happening, ...]
    zone: ZoneInfo
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)  # by the reference of a login
    usual: Mapping[tuple[str, str], float] = field(default_factory=dict)  # a day, by kind and login
    askers: Mapping[str, str] = field(default_factory=dict)  # job:<id> -> who asked
    canaries: Mapping[str, datetime] = field(default_factory=dict)  # pseudonym -> planted at
    marks_missing: int = 0  # canaries of whom the ledger tells, and whose marks are gone
    at: datetime

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def of(self, kinds: Iterable[str]) -> Iterator[Happening]:
        wanted = frozenset(kinds)
        return (one for one in self.happened if one.kind in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something unusual. `about` is a login, a job, a participant, or what else an event is about."""

    rule: str
    about: str
    day: date
    count: int
    evidence: tuple[str, ...]  # uids of events, oldest first
    last: datetime
    kinds: tuple[str, ...] = ()  # of the evidence
    usual: float | None = None


Finder = Callable[[Scene], Iterator[Anomaly]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, in a few words and in a sentence, and how."""

    name: Promise
    means: Promise
    find: Finder


def find(scene: Scene) -> list[Anomaly]:
    """All there is, the newest first."""
    found = [anomaly for rule in RULES.values() for anomaly in rule.find(scene)]
    return sorted(found, key=lambda one: (one.last, one.rule, one.about), reverse=True)


def over(counts: Mapping[tuple[str, str, date], int]) -> set[tuple[str, str]]:
    """The kinds and logins with so many on a day that it has to be asked what is usual for them."""
    return {(kind, by) for (kind, by, _), many in counts.items() if many >= LIMITS[kind].least}


def counted(scene: Scene) -> dict[tuple[str, str, date], int]:
    """How many of each limited kind each person did on each day."""
    return {key: len(some) for key, some in _by_day(scene, scene.of(LIMITS)).items()}


def _by_day(scene: Scene, some: Iterable[Happening]) -> dict[tuple[str, str, date], list[Happening]]:
    groups = defaultdict(list)
    for one in some:
        groups[one.kind, one.by, scene.day(one.at)].append(one)
    return groups


def _rates(scene: Scene) -> Iterator[Anomaly]:
    for (kind, by, day), some in _by_day(scene, scene.of(LIMITS)).items():
        usual, limit = scene.usual.get((kind, by), 0.0), LIMITS[kind]
        if len(some) >= limit.least and len(some) >= limit.factor * usual:
            yield _anomaly("rate", by, day, some, usual=usual)


def _refusals(scene: Scene) -> Iterator[Anomaly]:
    refused = defaultdict(list)
    for one in scene.of({events.QUERY_REFUSED.tag, events.JOB_REFUSED.tag}):
        by = scene.askers.get(one.subject, "") if one.kind == events.JOB_REFUSED.tag else one.by
        refused[by, scene.day(one.at)].append(one)
    for (by, day), some in refused.items():
        if by and len(some) >= REFUSALS:
            yield _anomaly("refusals", by, day, some)


def _hours(scene: Scene) -> Iterator[Anomaly]:
    outside = defaultdict(list)
    for one in scene.of(OFFICE):
        local = one.at.astimezone(scene.zone)
        works = BEGINS <= local.time() < ENDS and local.weekday() not in WEEKEND
        if Role.INVESTIGATOR in scene.roles.get(one.by, frozenset()) and not works:
            outside[one.by, local.date()].append(one)
    for (by, day), some in outside.items():
        yield _anomaly("hours", by, day, some)


def _canaries(scene: Scene) -> Iterator[Anomaly]:
    touched = defaultdict(list)
    for one in scene.happened:
        since = scene.canaries.get(one.subject)
        if one.kind == events.CANARY_TOUCHED.tag or (
            one.kind in TOUCHES and since is not None and one.at > since
        ):
            touched[one.subject, scene.day(one.at)].append(one)
    for (about, day), some in touched.items():
        yield _anomaly("canary", about, day, some)


def _marks(scene: Scene) -> Iterator[Anomaly]:
    if scene.marks_missing:
        yield Anomaly(
            rule="marks",
            about="",
            day=scene.day(scene.at),
            count=scene.marks_missing,
            evidence=(),
            last=scene.at,
        )


def _vault(scene: Scene) -> Iterator[Anomaly]:
    by_day = defaultdict(list)
    for one in scene.of({genomics_events.VAULT_UNACCOUNTED.tag}):
        by_day[scene.day(one.at)].append(one)
    for day, some in by_day.items():
        yield _anomaly("vault", some[0].subject if len(some) == 1 else "vault", day, some)


def _crafted(scene: Scene) -> Iterator[Anomaly]:
    tried = defaultdict(list)
    for one in scene.of(CRAFTED):
        tried[one.by, scene.day(one.at)].append(one)
    for (by, day), some in tried.items():
        yield _anomaly("crafted", by, day, some)


def _alarms(scene: Scene) -> Iterator[Anomaly]:
    for one in scene.of(ALARMS):
        yield _anomaly("alarm", one.subject, scene.day(one.at), [one])


def _anomaly(
    rule: str, about: str, day: date, some: list[Happening], *, usual: float | None = None
) -> Anomaly:
    some = sorted(some, key=lambda one: one.at)
    return Anomaly(
        rule=rule,
        about=about,
        day=day,
        count=len(some),
        evidence=tuple(one.uid for one in some),
        last=some[-1].at,
        kinds=tuple(sorted({one.kind for one in some})),
        usual=usual,
    )


RULES: dict[str, Rule] = {
    "canary": Rule(
        gettext_lazy("A canary was touched"),
        gettext_lazy("Somebody made up, who allows nothing, was reached, or something was done about her."),
        _canaries,
    ),
    "marks": Rule(
        gettext_lazy("Marks of canaries are gone"),
        gettext_lazy("The ledger tells of canaries whose marks were removed or changed."),
        _marks,
    ),
    "vault": Rule(
        gettext_lazy("The vault was opened outside a job"),
        gettext_lazy("Something sealed was opened, and nobody said for what."),
        _vault,
    ),
    "crafted": Rule(
        gettext_lazy("Odd profiles, or too many"),
        gettext_lazy(
            "Evidence was held as not of one person, or more profiles were tried than the budget has."
        ),
        _crafted,
    ),
    "alarm": Rule(
        gettext_lazy("An alarm rang"),
        gettext_lazy("A record was not as it was recorded, yeses rose, or a passkey counted backwards."),
        _alarms,
    ),
    "hours": Rule(
        gettext_lazy("An investigator outside hours"),
        gettext_lazy("She worked before 7:00, after 19:00 or at a weekend, in the time zone of this house."),
        _hours,
    ),
    "refusals": Rule(
        gettext_lazy("Many refusals"),
        gettext_lazy("At least five questions of one person were refused on one day."),
        _refusals,
    ),
    "rate": Rule(
        gettext_lazy("Much more than usual"),
        gettext_lazy("One person did far more of something on one day than in the four weeks before."),
        _rates,
    ),
}
