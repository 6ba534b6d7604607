"""Made-up worlds for the laws: a person, her record, a use, an instant. Often permitted, often nearly so.

A world is read from dice: a string of bytes that Hypothesis draws in one go, so that 2,000 worlds cost a
second. The first of every list of options is the usual one; a world that breaks a law shrinks towards it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from consent.decision import Decision, decide
from consent.duo import MODIFIERS, PERMISSIONS
from consent.purposes import FAMILIES
from consent.rules.families import needed
from consent.terms import (
    NONE,
    AfterDeath,
    Authority,
    Capacity,
    DataUse,
    Ethics,
    File,
    FileState,
    Freeze,
    Level,
    Modifier,
    Paper,
    Permission,
    Policy,
    Project,
    Relations,
    Side,
    Source,
    Statement,
    Subject,
    Verb,
)
from tests.cast import (
    ADULT_FORM,
    CANCER,
    DIABETES,
    MELANOMA,
    NOW,
    POLICY,
    SIGNED,
    born,
    care,
    case,
    company,
    counsel,
    order,
    police,
    quality,
    relatives,
    research,
    says,
    yes,
)

FILE = "GF1"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class World:
    """Everything that decide() is asked with."""

    subject: Subject
    statements: tuple[Statement, ...]
    use: DataUse
    at: datetime = NOW
    file: File = field(default_factory=lambda: File(FILE))
    relations: Relations = NONE
    policy: Policy = POLICY

    def decide(self, **changes: Any) -> Decision:
        world = replace(self, **changes)
        return decide(
            world.subject,
            world.file,
            world.statements,
            world.use,
            world.policy,
            world.at,
            relations=world.relations,
        )

    @property
    def next_seq(self) -> int:
        return max((said.seq for said in self.statements), default=0) + 1


T = TypeVar("T")
ROLLS = 128  # bytes to a world; whoever rolls more gets what is usual


class Dice:
    """Rolls read from bytes."""

    def __init__(self, rolled: bytes) -> None:
        self._rolled = iter(rolled)

    def roll(self) -> int:
        return next(self._rolled, 0)

    def of(self, options: Sequence[T]) -> T:
        return options[self.roll() % len(options)]

    def seldom(self, one_in: int = 4) -> bool:
        return self.roll() % one_in == one_in - 1


def rolled(make: Callable[[Dice], T], rolls: int = ROLLS) -> st.SearchStrategy[T]:
    """What is made from so many rolls."""
    return st.binary(min_size=rolls, max_size=rolls).map(lambda bytes_: make(Dice(bytes_)))


INSTANTS = (
    SIGNED,
    NOW - 90 * DAY,
    NOW - DAY,
    NOW - timedelta(seconds=1),
    NOW,
    NOW + timedelta(seconds=1),
    NOW + DAY,
)
PARAMETERS: dict[str, tuple[object, ...]] = {
    "regions": (["EU"], ["GB", "US"], [], "GB"),
    "months": (1, 12, 24, 0, "12"),
    "until": ("2026-06-01T12:00:00Z", "2027-01-01T00:00:00Z", "soon"),
    "topics": (["ageing"], []),
    "users": (["u1"], ["u2"]),
    "projects": (["PRJ1"], ["PRJ2"]),
    "institutions": (["inst1"], ["inst2"]),
}
CODES = (*MODIFIERS, "UNHEARD")
DISEASES = ((), (CANCER,), (MELANOMA,), (CANCER, DIABETES))
PERMITTED = (*PERMISSIONS, "GRU-CC")
CAPACITIES, AFTERWARDS, STATES = tuple(Capacity), tuple(AfterDeath), tuple(FileState)
PAPERS = (None, Paper("clerk1"), Paper("clerk1", "clerk2", True), Paper("clerk1", "clerk1", True))
FORMS = (
    ADULT_FORM,
    replace(ADULT_FORM, le_notice=False),
    replace(ADULT_FORM, reconsent_due=NOW),
    replace(ADULT_FORM, offers=frozenset(("RESEARCH", "CLINICAL"))),
)
# Some of them come of age at NOW or next to it, at home.
BIRTHDAYS = (date(1980, 3, 15), date(2015, 4, 2), date(2008, 6, 1), date(2008, 6, 2), date(2008, 2, 29))
ZONES = ("UTC", "America/Denver", "Pacific/Auckland", "Pacific/Pago_Pago", "Asia/Jakarta")
HOMES = ("", "GB", "US-AL", "US-MS", "US-UT")
POLICIES = (
    POLICY,
    replace(POLICY, leap_birthday="FEB28"),
    replace(POLICY, majority_age=16, majority_grace_days=(("CLINICAL", 0), ("RESEARCH", 180))),
    replace(POLICY, mz_twin_joint_le=False, judicial_auth_exempt=frozenset()),
    replace(POLICY, guardian_may_grant=frozenset(FAMILIES), proxy_may_grant=frozenset(FAMILIES)),
)


def a_modifier(dice: Dice) -> Modifier:
    return Modifier.of(
        dice.of(CODES), **{name: dice.of(some) for name, some in PARAMETERS.items() if dice.roll() % 2}
    )


def a_permission(dice: Dice) -> Permission:
    return Permission(dice.of(PERMITTED), dice.of(DISEASES))


def an_authority(dice: Dice) -> Authority:
    return Authority(dice.of(CAPACITIES), bool(dice.roll() % 2))


Quirk = Callable[[Dice], dict[str, Any]]


def quirks(dice: Dice, some: Sequence[Quirk]) -> dict[str, Any]:
    """Up to two unusual things about a person, a statement or a use."""
    found: dict[str, Any] = {}
    for _ in range(2):
        chosen = dice.roll() % (len(some) + 1)
        if chosen:
            found |= some[chosen - 1](dice)
    return found


def _until(dice: Dice) -> datetime | None:
    return dice.of((None, *INSTANTS))


OF_SUBJECT: tuple[Quirk, ...] = (
    lambda dice: {"dob": dice.of(BIRTHDAYS)},
    lambda dice: {"dob": dice.of(BIRTHDAYS[1:]), "zone": dice.of(ZONES), "region": dice.of(HOMES)},
    lambda _: {"dob": BIRTHDAYS[1], "minor_dissent": True},
    lambda dice: {"dob": BIRTHDAYS[1], "dissent_until": dice.of(INSTANTS)},
    lambda _: {"identity_verified": False},
    lambda dice: {"died_at": dice.of(INSTANTS)},
    lambda dice: {"erased_at": dice.of(INSTANTS)},
    lambda dice: {"freezes": (Freeze(dice.of(INSTANTS), _until(dice)),)},
)
OF_STATEMENT: tuple[Quirk, ...] = (
    lambda dice: {"recorded_at": dice.of(INSTANTS)},
    lambda dice: {"effective_at": dice.of(INSTANTS)},
    lambda dice: {"valid_to": dice.of(INSTANTS)},
    lambda dice: {"level": Level.FILE, "file": dice.of((FILE, "GF2"))},
    lambda dice: {"authority": an_authority(dice)},
    lambda dice: {"authority": an_authority(dice), "valid_to": dice.of(INSTANTS)},
    lambda dice: {"form": dice.of(FORMS)},
    lambda dice: {"source": Source.PAPER, "paper": dice.of(PAPERS)},
    lambda dice: {"modifiers": tuple(a_modifier(dice) for _ in range(1 + dice.roll() % 2))},
    lambda dice: {"after_death": dice.of(AFTERWARDS)},
    lambda dice: {"decision": Verb.CONTINUE, "continues": 1 + dice.roll() % 4},
)
APPROVED = Project(id="PRJ1", status="APPROVED")
OF_USE: tuple[Quirk, ...] = (
    lambda _: {"topics": frozenset(("ageing",))},
    lambda dice: {"publish_not_before": dice.of(INSTANTS)},
    lambda dice: {"ethics": Ethics(ref="REC-1", valid_to=dice.of(INSTANTS))},
    lambda _: {"project": replace(APPROVED, first_access_at=SIGNED)},
    lambda dice: {"project": replace(APPROVED, valid_to=dice.of(INSTANTS))},
)


def a_subject(dice: Dice) -> Subject:
    return born(**quirks(dice, OF_SUBJECT)) if dice.seldom() else born()


def a_statement(dice: Dice, families: Sequence[str]) -> Statement:
    """Anything that can stand in a record."""
    verb = dice.of((Verb.GRANT, Verb.GRANT, Verb.DENY, Verb.WITHDRAW))
    plain = says(verb, dice.of(families), a_permission(dice), after_death=AfterDeath.CONTINUE)
    return replace(plain, **quirks(dice, OF_STATEMENT))


OFFENCES = (("L.HOM",), ("L.SEX",), ("L.UHR",), ("L.MIS",), ("L.HOM", "L.SEX"))
TOPICS = ("R.HMB", "R.DS", "R.GRU", "R.POA", "R.MDS", "R.CTRL")
ASKED_ABOUT = (CANCER, CANCER, MELANOMA, DIABETES, None)
OTHERS = (counsel(), care(), quality(), relatives(), research("R.EVERYTHING"))


def a_police_use(dice: Dice) -> DataUse:
    offences = dice.of(OFFENCES)
    match dice.roll() % 6:
        case 1:
            return replace(police(*offences), match_mode="identity")
        case 2:
            return police(*offences, le=case(judicial_authorisation=None))
        case 3:
            return police(*offences, le=case(judicial_authorisation=order(*offences, valid_to=NOW + DAY)))
    return police(*offences)


def a_research_use(dice: Dice) -> DataUse:
    topics = {dice.of(TOPICS) for _ in range(1 + dice.roll() % 3)}
    training = ("A.TRAIN",) if dice.seldom() else ()
    asks = company if dice.seldom() else research
    return asks(*topics, *training, disease=dice.of(ASKED_ABOUT))


def with_odd_papers(use: DataUse, dice: Dice) -> DataUse:
    """The same with other papers; the project stays approved for it."""
    use = replace(use, **quirks(dice, OF_USE))
    valid_to = use.project.valid_to or NOW + 400 * DAY
    return replace(use, project=replace(use.project, valid_to=valid_to, approved_purposes=use.purposes))


def a_use(dice: Dice) -> DataUse:
    kind = dice.of((a_research_use, a_police_use, lambda dice: dice.of(OTHERS)))
    return with_odd_papers(kind(dice), dice) if dice.seldom(3) else kind(dice)


def a_record(dice: Dice, use: DataUse) -> tuple[Statement, ...]:
    """What the use needs, mostly granted; and whatever else was said, before and after."""
    wanted = sorted(needed(use)) or ["RESEARCH"]
    conditions = (a_modifier(dice),) if dice.seldom() else ()
    permission = a_permission(dice) if dice.seldom() else Permission("NRES")
    if "C.CARE" in use.purposes and dice.roll() % 2:
        plain = [yes("RESEARCH", modifiers=(Modifier("CC"), *conditions))]
    else:
        plain = [yes(family, permission, modifiers=conditions) for family in wanted]
    families = ["*", "RESEARCH", *wanted, *wanted, *FAMILIES]
    before = [a_statement(dice, families) for _ in range(dice.roll() % 3)]
    after = [a_statement(dice, families)] if dice.seldom() else []
    return tuple(replace(one, seq=seq) for seq, one in enumerate([*before, *plain, *after], start=1))


def a_world(dice: Dice, asks: Callable[[Dice], DataUse] = a_use) -> World:
    use = asks(dice)
    relations = NONE
    if "G.REL" in use.purposes:
        relations = Relations(requesting_participant=Side(a_subject(dice), a_record(dice, use)))
    elif use.le is not None and dice.seldom():
        relations = Relations(mz_twin=Side(a_subject(dice), a_record(dice, use)))
    return World(
        subject=a_subject(dice),
        statements=a_record(dice, use),
        use=use,
        file=File(FILE, dice.of(STATES) if dice.seldom(12) else FileState.ACTIVE),
        relations=relations,
        policy=dice.of(POLICIES) if dice.seldom() else POLICY,
    )


modifiers = rolled(a_modifier, 16)
permissions = rolled(a_permission, 2)
authorities = rolled(an_authority, 2)
subjects = rolled(lambda dice: born(**quirks(dice, OF_SUBJECT)), 16)
uses = rolled(a_use, 32)
instants = st.sampled_from(INSTANTS)
forms = st.sampled_from(FORMS)


def statements(families: Sequence[str]) -> st.SearchStrategy[Statement]:
    """Anything that can be said about these families, as the first word of a record."""
    return rolled(lambda dice: replace(a_statement(dice, families), seq=1), 24)


def worlds(asks: Callable[[Dice], DataUse] = a_use) -> st.SearchStrategy[World]:
    """A world in which somebody asks for this kind of use."""
    return rolled(lambda dice: a_world(dice, asks))
