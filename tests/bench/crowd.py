"""Who the people of the bench are and what each of them said, as arrays: no database, no bytes.

A mix as a large service might have it, drawn from a seed. The number of people who allow police homicide
searches at `AT` is exact: they are chosen first, and nobody else has such a yes in force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent.terms import AfterDeath, Capacity, Modifier, Permission, Verb

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)  # the instant at which the mix is as planned
DAY = 86_400
STATEMENTS_PER_1300 = 4000  # statements for each 1,300 people
ALLOWED_PER_1300 = 185  # people for each 1,300 who allow homicide searches

CANCER, MELANOMA, DIABETES = "MONDO:0004992", "MONDO:0005105", "MONDO:0005015"
HOMES = (  # region, zone, weight
    ("US-UT", "America/Denver", 22),
    ("US-MD", "America/New_York", 14),
    ("US-AL", "America/Chicago", 6),
    ("GB", "Europe/London", 22),
    ("DE", "Europe/Berlin", 14),
    ("FI", "Europe/Helsinki", 8),
    ("AU", "Australia/Sydney", 8),
    ("", "UTC", 6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a statement says, apart from who and when."""

    verb: Verb
    family: str
    permissions: tuple[Permission, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    form: str = "adult"
    capacity: Capacity = Capacity.SELF
    verified: bool = True
    read_by: int = 0  # on paper: how many clerks have read it; 0: in the portal
    after_death: AfterDeath = AfterDeath.UNSPECIFIED
    of_file: bool = False
    ends: bool = False


Array = NDArray[Any]


@dataclass(slots=True)
class Crowd:
    """Everybody (row i has ordinal i + 1) and every statement in the order in which they were recorded."""

    born: Array
    home: Array
    verified: Array
    died: Array  # seconds since 1970; 0: alive
    erased: Array
    dissent: Array
    frozen_since: Array
    frozen_until: Array
    files: Array  # how many files she has: 0, 1, 2
    first_state: Array  # of the first file: 0 active, 1 quarantined, 2 erased
    allows_homicide: Array
    sayings: list[Said] = field(default_factory=list)
    who: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    what: Array = field(default_factory=lambda: np.zeros(0, np.int16))
    recorded: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    effective: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    valid_to: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # 0: no end

    @property
    def people(self) -> int:
        return len(self.born)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


NOW = seconds(AT)
# When something was said: at joining, changed later, changed lately, and just before the instant.
STAGES = (
    (seconds(datetime(2019, 1, 1, tzinfo=UTC)), seconds(datetime(2025, 6, 1, tzinfo=UTC))),
    (seconds(datetime(2025, 6, 2, tzinfo=UTC)), seconds(datetime(2025, 12, 1, tzinfo=UTC))),
    (seconds(datetime(2025, 12, 2, tzinfo=UTC)), seconds(datetime(2026, 5, 1, tzinfo=UTC))),
    (NOW - 2 * DAY, NOW - DAY),
)
JOINED, CHANGED, LATELY, JUST_NOW = range(4)


def yes(
    family: str, *permissions: str | tuple[str, str], with_: Sequence[Modifier] = (), **facts: Any
) -> Said:
    """yes("RESEARCH", "GRU"), yes("RESEARCH", ("DS", CANCER))"""
    said = tuple(Permission(p) if isinstance(p, str) else Permission(p[0], (p[1],)) for p in permissions)
    return Said(verb=Verb.GRANT, family=family, permissions=said, modifiers=tuple(with_), **facts)


def no(family: str, **facts: Any) -> Said:
    return Said(verb=Verb.DENY, family=family, **facts)


def stop(family: str, **facts: Any) -> Said:
    return Said(verb=Verb.WITHDRAW, family=family, **facts)


M = Modifier.of
RESEARCH: tuple[tuple[Said, float], ...] = (
    (yes("RESEARCH", "GRU"), 26),
    (yes("RESEARCH", "GRU", after_death=AfterDeath.CONTINUE), 6),
    (yes("RESEARCH", "GRU", ends=True), 5),
    (yes("RESEARCH", "NRES"), 8),
    (yes("RESEARCH", "HMB"), 18),
    (yes("RESEARCH", "HMB", ends=True), 4),
    (yes("RESEARCH", "HMB", after_death=AfterDeath.NOK_DECIDES), 2),
    (yes("RESEARCH", "HMB", "POA"), 2),
    (yes("RESEARCH", "HMB", form="due"), 1),
    (yes("RESEARCH", "HMB", form="soon"), 2),
    (yes("RESEARCH", "HMB", read_by=2), 3),
    (yes("RESEARCH", "HMB", read_by=1), 1),
    (yes("RESEARCH", ("DS", CANCER)), 6),
    (yes("RESEARCH", ("DS", MELANOMA)), 1),
    (yes("RESEARCH", ("DS", DIABETES)), 2),
    (yes("RESEARCH", "GRU", with_=(M("NPU"),)), 4),
    (yes("RESEARCH", "HMB", with_=(M("NPUNCU"),)), 2),
    (yes("RESEARCH", "HMB", with_=(M("GS", regions=["EU"]),)), 2),
    (yes("RESEARCH", "HMB", with_=(M("CC"), M("IRB"))), 2),
    (yes("RESEARCH", "GRU", with_=(M("TS", months=24),)), 1),
    (yes("RESEARCH", "GRU", with_=(M("PUB"), M("RTN"))), 1),
    (yes("RESEARCH", "GRU", with_=(M("MOR", until="2027-01-01T00:00:00Z"),)), 0.5),
    (yes("RESEARCH", "GRU", with_=(M("NMDS"), M("NPOA"))), 0.5),
)
# family -> the part of adults who say yes, and who say no, when they join
OTHERS: Mapping[str, tuple[float, float]] = {
    "CLINICAL": (0.34, 0.03),
    "QC": (0.28, 0.01),
    "COMMERCIAL": (0.16, 0.10),
    "AI": (0.14, 0.10),
    "RELMATCH": (0.17, 0.03),
    "EXON": (0.06, 0.01),
    "LE.SEX": (0.04, 0.02),
    "LE.UHR": (0.10, 0.01),
    "LE.MIS": (0.09, 0.01),
}
GUARDIANS: dict[str, Any] = {"form": "guardian", "capacity": Capacity.GUARDIAN}
HOM = "LE.HOM"
# A yes to homicide searches that holds at AT, for a verified living adult with an active file.
HOLDS: tuple[tuple[Said, float], ...] = (
    (yes(HOM), 80),
    (yes(HOM, ends=True), 5),  # always later than AT
    (yes(HOM, form="soon"), 3),
    (yes(HOM, read_by=2), 4),
    (yes(HOM, after_death=AfterDeath.CONTINUE), 4),
    (yes(HOM, with_=(M("GS", regions=["US"]),)), 2),
    (yes(HOM, with_=(M("NPU"),)), 1),
    (yes(HOM, of_file=True), 1),
)
# One that does not hold, though nothing is wrong with the person.
HOLDS_NOT: tuple[tuple[Said, float], ...] = (
    (no(HOM), 40),
    (yes(HOM, read_by=1), 6),
    (yes(HOM, form="due"), 6),
    (yes(HOM, form="silent"), 6),  # no police notice on it
    (yes(HOM, with_=(M("IDENTITY_ONLY"),)), 6),
    (yes(HOM, with_=(M("GS", regions=["AU"]),)), 4),
)


def crowd(people: int, *, seed: int = 1) -> Crowd:
    """A mix of this many people."""
    return _Planner(people, np.random.default_rng(seed)).plan()


class _Planner:
    """Draws the people, then what they said; keeps the statements in pieces until they are sorted."""

    def __init__(self, people: int, rng: np.random.Generator) -> None:
        self.rng, self.n = rng, people
        self.sayings: dict[Said, int] = {}
        self.pieces: list[tuple[Array, ...]] = []

    def plan(self) -> Crowd:
        rng, n = self.rng, self.n
        share = rng.random(n)
        self.minor = share < 0.035
        self.grown = (share >= 0.035) & (share < 0.05)  # spoken for by a guardian, and of age by now or soon
        self.adult = ~(self.minor | self.grown)
        weights = np.array([weight for *_, weight in HOMES], float)
        crowd = Crowd(
            born=self._born(),
            home=rng.choice(len(HOMES), n, p=weights / weights.sum()).astype(np.int8),
            verified=rng.random(n) >= 0.02,
            died=np.where(self._some(0.01), rng.integers(STAGES[2][0], NOW, n), 0),
            erased=np.where(self._some(0.004), rng.integers(STAGES[2][0], NOW, n), 0),
            dissent=self._some(0.01) & ~self.adult,
            frozen_since=np.zeros(n, np.int64),
            frozen_until=np.zeros(n, np.int64),
            files=rng.choice(3, n, p=(0.01, 0.95, 0.04)).astype(np.int8),
            first_state=rng.choice(3, n, p=(0.98, 0.015, 0.005)).astype(np.int8),
            allows_homicide=np.zeros(n, bool),
        )
        crowd.first_state[crowd.erased > 0] = 2
        held = self._some(0.004)
        crowd.frozen_since[held] = rng.integers(STAGES[2][0], NOW, int(held.sum()))
        over = held & self._some(0.5)
        crowd.frozen_until[over] = crowd.frozen_since[over] + DAY // 2
        crowd.frozen_until[over & (crowd.frozen_until > NOW)] = NOW  # half-open: over at AT itself
        self.frozen = held & ~over
        self.clean = (
            self.adult
            & crowd.verified
            & (crowd.erased == 0)
            & ~self.frozen
            & (crowd.files > 0)
            & (crowd.first_state == 0)
        )
        self._homicide(crowd)
        self._everything_else(crowd)
        self._top_up(crowd)
        return self._sorted(crowd)

    def _born(self) -> Array:
        def drawn(first: date, last: date) -> Array:
            return self.rng.integers(first.toordinal(), last.toordinal(), self.n)

        adults = drawn(date(1940, 1, 1), date(1997, 12, 31))
        minors = drawn(date(2010, 1, 1), date(2024, 12, 31))
        grown = drawn(date(2006, 1, 1), date(2008, 12, 31))
        return np.where(self.minor, minors, np.where(self.grown, grown, adults))

    def _some(self, part: float) -> Array:
        return self.rng.random(self.n) < part

    def _homicide(self, crowd: Crowd) -> None:
        wanted = round(self.n * ALLOWED_PER_1300 / 1300)
        alive = np.flatnonzero(self.clean & (crowd.died == 0))
        dead = np.flatnonzero(self.clean & (crowd.died > 0))
        continued = dead[: min(len(dead) // 10, wanted // 100)]
        chosen = self.rng.permutation(alive)
        allowed = chosen[: wanted - len(continued)]
        self.unwilling = chosen[wanted:]
        crowd.allows_homicide[allowed] = crowd.allows_homicide[continued] = True
        self.says(continued, yes(HOM, after_death=AfterDeath.CONTINUE))
        self.says(dead[len(continued) :: 3], yes(HOM))  # unspecified: it stopped with her
        steady, changed, returned = np.split(allowed, (len(allowed) * 9 // 10, len(allowed) * 97 // 100))
        self.mix(steady, HOLDS)
        self.says(changed, no(HOM))
        self.says(changed, yes(HOM), stage=CHANGED)
        self.says(returned, yes(HOM))
        self.says(returned, stop("*"), stage=CHANGED)
        self.mix(returned, HOLDS[:-1], stage=LATELY)  # a yes for a file would not lift the no to all
        size = self.n // 100
        refused, left, left_all, ended, waiting, one_file = (
            self.unwilling[i * size : (i + 1) * size] for i in range(6)
        )
        self.mix(refused, HOLDS_NOT)
        self.says(left, yes(HOM))
        self.says(left, stop(HOM), stage=CHANGED)
        self.says(left_all[::2], yes(HOM))
        self.says(left_all[::2], stop("*"), stage=LATELY)
        self.says(ended, yes(HOM, ends=True), ends=-1)
        self.says(waiting, yes(HOM), stage=JUST_NOW, after=7 * DAY)  # still cooling off
        lone = one_file[crowd.files[one_file] == 1]
        self.says(lone, yes(HOM))
        self.says(lone, no(HOM, of_file=True), stage=CHANGED)
        second_file = (crowd.files == 2) & (
            crowd.first_state > 0
        )  # which may be read where the first may not
        doubtful = np.flatnonzero(self.adult & ~self.clean & ~second_file)
        self.says(doubtful[::5], yes(HOM))
        self.says(np.flatnonzero(self.minor)[::40], yes(HOM))  # a minor by herself
        self.says(np.flatnonzero(self.minor)[1::60], yes(HOM, capacity=Capacity.GUARDIAN))

    def _everything_else(self, crowd: Crowd) -> None:
        of = np.flatnonzero
        research = of(self.adult & self._some(0.86))
        self.mix(research, RESEARCH)
        for family, (part, against) in OTHERS.items():
            drawn = self.rng.random(self.n)
            self.says(of(self.adult & (drawn < part)), yes(family))
            self.says(of(self.adult & (drawn > 1 - against)), no(family))
        self.says(self.among(research, 0.05), stop("RESEARCH"), stage=CHANGED)
        self.mix(self.among(research, 0.03), RESEARCH, stage=LATELY)
        self.says(self.among(research, 0.004), yes("RESEARCH", "GRU"), stage=JUST_NOW, after=DAY * 3 // 2)
        with_file = research[crowd.files[research] > 0]
        self.says(self.among(with_file, 0.01), no("RESEARCH", of_file=True), stage=CHANGED)
        self.says(self.among(with_file, 0.01), yes("RESEARCH", "HMB", of_file=True), stage=CHANGED)
        self.says(self.among(self.unwilling, 0.008), stop("*"), stage=LATELY)
        young = of(self.minor | self.grown)
        self.says(self.among(young, 0.95), yes("RESEARCH", "HMB", **GUARDIANS))
        self.says(self.among(young, 0.85), yes("CLINICAL", **GUARDIANS))
        self.says(self.among(young, 0.6), yes("QC", **GUARDIANS))
        self.says(self.among(young, 0.03), yes("RESEARCH", "HMB", verified=False, **GUARDIANS), stage=CHANGED)
        identity = yes("LE.MIS", with_=(M("IDENTITY_ONLY"),), **GUARDIANS)
        self.says(self.among(young, 0.1), identity)

    def _top_up(self, crowd: Crowd) -> None:
        """To the exact number of statements: people who are asked again, and say the same of small things."""
        missing = round(self.n * STATEMENTS_PER_1300 / 1300) - sum(len(piece[0]) for piece in self.pieces)
        if missing < 0:
            raise ValueError("The mix says more than it should; nothing was built.")
        adults = np.flatnonzero(self.adult)
        who = self.rng.choice(adults, missing)
        for family, part in zip(("QC", "CLINICAL", "LE.OVC", "LE.ABD"), np.array_split(who, 4), strict=True):
            self.says(part, yes(family), stage=CHANGED)

    def among(self, people: Array, part: float) -> Array:
        return people[self.rng.random(len(people)) < part]

    def mix(self, people: Array, options: Sequence[tuple[Said, float]], *, stage: int = JOINED) -> None:
        weights = np.array([weight for _, weight in options], float)
        drawn = self.rng.choice(len(options), len(people), p=weights / weights.sum())
        for index, (said, _) in enumerate(options):
            self.says(people[drawn == index], said, stage=stage)

    def says(
        self, people: Array, said: Said, *, stage: int = JOINED, after: int = 0, ends: int | None = None
    ) -> None:
        """`after`: seconds until it holds. `ends`: +1 later than AT, -1 earlier; drawn where not stated."""
        number, size = self.sayings.setdefault(said, len(self.sayings)), len(people)
        recorded = self.rng.integers(*STAGES[stage], size)
        valid_to = np.zeros(size, np.int64)
        if said.ends:
            later = NOW + self.rng.integers(1, 900, size) * DAY
            earlier = np.minimum(recorded + 400 * DAY, NOW - DAY)
            toss = self.rng.random(size) < 0.5
            sure = ends if ends is not None else (1 if said.family == HOM else 0)
            valid_to = np.where(
                toss if sure == 0 else sure > 0, later, np.maximum(earlier, recorded + DAY // 2)
            )
        self.pieces.append(
            (
                people.astype(np.int32),
                np.full(size, number, np.int16),
                recorded,
                recorded + after,
                valid_to,
            )
        )

    def _sorted(self, crowd: Crowd) -> Crowd:
        who, what, recorded, effective, valid_to = (
            np.concatenate(part) for part in zip(*self.pieces, strict=True)
        )
        order = np.argsort(recorded, kind="stable")
        crowd.sayings = list(self.sayings)
        crowd.who, crowd.what, crowd.recorded = who[order], what[order], recorded[order]
        crowd.effective, crowd.valid_to = effective[order], valid_to[order]
        return crowd
