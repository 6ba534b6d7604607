"""Where somebody stands, family by family: what scope tells her agrees with what decide would do."""

from datetime import UTC, datetime, timedelta

import pytest

from consent import scope
from consent.decision import decide
from consent.purposes import FAMILIES
from consent.reasons import Reason
from consent.rules.families import needed
from consent.terms import Modifier, Statement
from tests.cast import (
    CAST,
    NOW,
    PEOPLE,
    POLICY,
    SIGNED,
    Person,
    born,
    care,
    company,
    counsel,
    no,
    police,
    quality,
    relatives,
    research,
    yes,
)

USES = (
    *(research(code) for code in ("R.GRU", "R.HMB", "R.DS", "R.POA")),
    *(research("R.HMB", "A.TRAIN"), company("R.GRU"), care(), quality(), relatives(), counsel()),
    *(police(code) for code in ("L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS")),
)


def allowed(person: Person) -> set[str]:
    found = scope.of(person.subject, person.statements, policy=POLICY, at=NOW)
    return {family for family, choice in found.items() if choice.allowed}


def choice(family: str, *statements: Statement, at: datetime = NOW) -> scope.Choice:
    return scope.of(born(), statements, policy=POLICY, at=at)[family]


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("Ada", {"RESEARCH"}),
        ("Ben", {"RESEARCH"}),
        ("Cleo", set()),
        ("Dov", set()),
        ("Mia", {"RESEARCH"}),
        ("Nils", set()),
        ("Noor", {"LE.HOM"}),
        ("Lena", set(FAMILIES)),
        ("Finn", set()),
        ("Pia", {"RESEARCH", "COMMERCIAL"}),
        ("Cara", {"RESEARCH", "CLINICAL"}),
        ("Hal", {"RESEARCH"}),
        ("Jan", set()),
        ("Pat", set()),
        ("Tom", {"LE.MIS"}),
    ],
)
def test_the_cast_is_told_what_each_allows(name, families):
    assert allowed(CAST[name]) == families


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_nobody_is_read_for_a_use_that_she_is_told_she_does_not_allow(person):
    told = allowed(person)
    for use in USES:
        if decide(person.subject, person.file, person.statements, use, POLICY, NOW):
            assert set(needed(use)) <= told


def test_the_families_come_in_the_order_of_the_table():
    assert list(scope.of(born(), (), policy=POLICY, at=NOW)) == list(FAMILIES)


def test_a_condition_that_only_some_requests_meet_takes_nothing_away():
    terms = (Modifier("NPU"), Modifier("IRB"), Modifier.of("GS", regions=["EU"]))
    assert choice("QC", yes("QC", modifiers=terms)).allowed


def test_a_condition_that_nobody_knows_allows_nothing():
    found = choice("QC", yes("QC", modifiers=(Modifier("WHATEVER"),)))
    assert found.reasons == (Reason.MOD_UNKNOWN,)


def test_a_yes_ends_at_its_instant():
    ends = datetime(2026, 7, 1, tzinfo=UTC)
    said = yes("QC", valid_to=ends)
    assert choice("QC", said, at=ends - timedelta(seconds=1)).allowed
    assert choice("QC", said, at=ends).reasons == (Reason.CONSENT_EXPIRED,)


def test_the_head_is_the_newest_that_speaks_for_the_whole_participant():
    later = SIGNED + timedelta(days=1)
    found = choice("QC", yes("QC", seq=1), no("QC", seq=2, recorded_at=later))
    assert found.head is not None
    assert (found.head.seq, found.reasons) == (2, (Reason.CONSENT_DENIED,))
