"""Made-up worlds for the laws: a person, her record, a use, an instant. Often permitted, often nearly so."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

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

    def decide(self, **changes: Any) -> Decision:
        world = replace(self, **changes)
        return decide(
            world.subject,
            world.file,
            world.statements,
            world.use,
            POLICY,
            world.at,
            relations=world.relations,
        )

    @property
    def next_seq(self) -> int:
        return max((said.seq for said in self.statements), default=0) + 1


instants = st.sampled_from(
    [
        SIGNED,
        NOW - 90 * DAY,
        NOW - DAY,
        NOW - timedelta(seconds=1),
        NOW,
        NOW + timedelta(seconds=1),
        NOW + DAY,
    ]
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "regions": st.sampled_from([["EU"], ["GB", "US"], [], "GB"]),
        "months": st.sampled_from([1, 12, 24, 0, "12"]),
        "until": st.sampled_from(["2026-06-01T12:00:00Z", "2027-01-01T00:00:00Z", "soon"]),
        "topics": st.sampled_from([["ageing"], []]),
        "users": st.sampled_from([["u1"], ["u2"]]),
        "projects": st.sampled_from([["PRJ1"], ["PRJ2"]]),
        "institutions": st.sampled_from([["inst1"], ["inst2"]]),
    },
)
modifiers = st.builds(
    lambda code, said: Modifier.of(code, **said), st.sampled_from([*MODIFIERS, "UNHEARD"]), parameters
)
permissions = st.builds(
    Permission,
    st.sampled_from([*PERMISSIONS, "GRU-CC"]),
    st.sampled_from([(), (CANCER,), (MELANOMA,), (CANCER, DIABETES)]),
)
authorities = st.builds(Authority, st.sampled_from(Capacity), st.booleans())
papers = st.sampled_from(
    [None, Paper("clerk1"), Paper("clerk1", "clerk2", True), Paper("clerk1", "clerk1", True)]
)
forms = st.sampled_from(
    [
        ADULT_FORM,
        replace(ADULT_FORM, le_notice=False),
        replace(ADULT_FORM, reconsent_due=NOW),
        replace(ADULT_FORM, offers=frozenset(("RESEARCH", "CLINICAL"))),
    ]
)


def quirk(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Something unusual about a person or a statement."""
    return st.fixed_dictionaries(fields)


def quirky(*quirks: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Two of these together; the first is to have none."""
    usual = st.just({})
    return st.tuples(st.one_of(usual, *quirks), st.one_of(usual, *quirks)).map(lambda two: two[0] | two[1])


freezes = st.builds(lambda since, until: (Freeze(since, until),), instants, st.none() | instants)
odd_subjects = quirky(
    quirk(dob=st.sampled_from([date(2015, 4, 2), date(2008, 6, 1), date(2008, 2, 29)])),
    quirk(dob=st.just(date(2015, 4, 2)), minor_dissent=st.just(True)),
    quirk(identity_verified=st.just(False)),
    quirk(died_at=instants),
    quirk(erased_at=instants),
    quirk(freezes=freezes),
).map(lambda changes: born(**changes))
subjects = st.one_of(st.just(born()), st.just(born()), odd_subjects)

odd = quirky(
    quirk(recorded_at=instants),
    quirk(effective_at=instants),
    quirk(valid_to=instants),
    quirk(level=st.just(Level.FILE), file=st.sampled_from([FILE, "GF2"])),
    quirk(authority=authorities),
    quirk(form=forms),
    quirk(source=st.just(Source.PAPER), paper=papers),
    quirk(modifiers=st.lists(modifiers, max_size=2).map(tuple)),
    quirk(after_death=st.sampled_from(AfterDeath)),
    quirk(decision=st.just(Verb.CONTINUE), continues=st.integers(1, 4)),
)


# Strategies are made once, here: making them anew in every draw is what takes the time.
seldom = st.sampled_from([False, False, False, True])
offences_asked = st.sampled_from([("L.HOM",), ("L.SEX",), ("L.UHR",), ("L.MIS",), ("L.HOM", "L.SEX")])
topics_asked = st.sets(
    st.sampled_from(["R.GRU", "R.HMB", "R.DS", "R.POA", "R.MDS", "R.CTRL"]), min_size=1, max_size=3
)
diseases_asked = st.sampled_from([CANCER, CANCER, MELANOMA, DIABETES, None])
verbs = st.sampled_from([Verb.GRANT, Verb.GRANT, Verb.DENY, Verb.WITHDRAW])


def _of_police(offences: tuple[str, ...], spoiled: int) -> DataUse:
    usual = police(*offences)
    if spoiled == 1:
        return replace(usual, match_mode="identity")
    if spoiled == 2:
        return police(*offences, le=case(judicial_authorisation=None))
    if spoiled == 3:
        return police(*offences, le=case(judicial_authorisation=order(*offences, valid_to=NOW + DAY)))
    return usual


def _of_research(topics: set[str], disease: str | None, training: bool, for_profit: bool) -> DataUse:
    asks = company if for_profit else research
    return asks(*topics, *(("A.TRAIN",) if training else ()), disease=disease)


def _spoiled(use: DataUse, papers: dict[str, Any]) -> DataUse:
    """The same with other papers; the project stays approved for it."""
    use = replace(use, **papers)
    valid_to = use.project.valid_to or NOW + 400 * DAY
    return replace(use, project=replace(use.project, valid_to=valid_to, approved_purposes=use.purposes))


approved = {"id": st.just("PRJ1"), "status": st.just("APPROVED")}
odd_papers = quirky(
    quirk(topics=st.just(frozenset(("ageing",)))),
    quirk(publish_not_before=instants),
    quirk(ethics=st.builds(Ethics, ref=st.just("REC-1"), valid_to=instants)),
    quirk(project=st.builds(Project, **approved, first_access_at=st.just(SIGNED))),
    quirk(project=st.builds(Project, **approved, valid_to=instants)),
)
police_uses = st.builds(_of_police, offences_asked, st.integers(0, 5))
research_uses = st.builds(_of_research, topics_asked, diseases_asked, seldom, seldom)
other_uses = st.sampled_from([counsel(), care(), quality(), relatives(), research("R.EVERYTHING")])
uses = st.builds(_spoiled, st.one_of(research_uses, police_uses, other_uses), odd_papers)


@st.composite
def statements(draw: st.DrawFn, families: list[str]) -> Statement:
    """Anything that can stand in a record."""
    family = families[draw(st.integers(0, len(families) - 1))]
    plain = says(draw(verbs), family, draw(permissions), after_death=AfterDeath.CONTINUE)
    return replace(plain, **draw(odd))


@st.composite
def records(draw: st.DrawFn, use: DataUse) -> tuple[Statement, ...]:
    """What the use needs, mostly granted; and whatever else was said, before and after."""
    wanted = [*needed(use)] or ["RESEARCH"]
    conditions = (draw(modifiers),) if draw(seldom) else ()
    permission = draw(permissions) if draw(seldom) else Permission("NRES")
    if "C.CARE" in use.purposes and draw(st.booleans()):
        plain = [yes("RESEARCH", modifiers=(Modifier("CC"), *conditions))]
    else:
        plain = [yes(family, permission, modifiers=conditions) for family in wanted]
    anything = statements(["*", "RESEARCH", *wanted, *wanted, *FAMILIES])
    before = [draw(anything) for _ in range(draw(st.integers(0, 2)))]
    after = [draw(anything)] if draw(seldom) else []
    return tuple(replace(one, seq=seq) for seq, one in enumerate([*before, *plain, *after], start=1))


@st.composite
def worlds(draw: st.DrawFn, asked: st.SearchStrategy[DataUse] = uses) -> World:
    use = draw(asked)
    relations = NONE
    if "G.REL" in use.purposes:
        relations = Relations(requesting_participant=Side(draw(subjects), draw(records(use))))
    elif use.le is not None and draw(seldom):
        relations = Relations(mz_twin=Side(draw(subjects), draw(records(use))))
    state = draw(st.sampled_from(FileState)) if draw(seldom) else FileState.ACTIVE
    return World(draw(subjects), draw(records(use)), use, file=File(FILE, state), relations=relations)
