"""Who could say yes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consent.reasons import Reason
from consent.rules import authority
from consent.rules.authority import grace_end, majority
from consent.terms import AfterDeath, Authority, Capacity, Modifier, Paper, Source, Statement, Subject, Verb
from tests.cast import GUARDIAN, LATER, NEXT_OF_KIN, NOW, POLICY, SIGNED, SOMEBODY, born, says, yes

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
DIED = datetime(2026, 3, 3, tzinfo=UTC)
CHILD, ADULT, DEAD = born(date(2015, 4, 2)), born(), born(died_at=DIED)
JUST_OF_AGE, A_DAY_SHORT = born(date(2008, 6, 1)), born(date(2008, 6, 2))
HALF_A_YEAR_ON = born(date(2008, 2, 21))
IDENTITY = (Modifier("IDENTITY_ONLY"),)
R = Reason


def why(
    grant: Statement, subject: Subject, *others: Statement, at: datetime = NOW, **policy: object
) -> list[Reason]:
    return list(authority.check(grant, subject, (grant, *others), POLICY.overlay(policy), at))


@pytest.mark.parametrize(
    ("day", "policy", "of_age"),
    [
        (date(2008, 6, 1), {}, (2026, 6, 1)),
        (date(2008, 2, 29), {}, (2026, 3, 1)),
        (date(2008, 2, 29), {"leap_birthday": "FEB28"}, (2026, 2, 28)),
        (date(2008, 2, 29), {"majority_age": 20}, (2028, 2, 29)),
        (date(2008, 2, 28), {"leap_birthday": "FEB28"}, (2026, 2, 28)),
        (date(2008, 6, 1), {"majority_age": 16}, (2024, 6, 1)),
    ],
)
def test_majority_is_the_first_instant_of_the_birthday(day: date, policy: dict, of_age: tuple):
    assert majority(day, POLICY.overlay(policy)) == datetime(*of_age, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "effective_at", "reasons"),
    [
        (ADULT, SIGNED, []),
        (CHILD, SIGNED, [R.AUTH_MINOR_SELF]),
        (JUST_OF_AGE, SIGNED, [R.AUTH_MINOR_SELF]),  # said as a minor: it does not grow up with her
        (JUST_OF_AGE, datetime(2026, 6, 1, tzinfo=UTC), []),  # said before, but for the day she came of age
        (JUST_OF_AGE, datetime(2026, 6, 1, tzinfo=UTC) - SECOND, [R.AUTH_MINOR_SELF]),
    ],
)
def test_an_adult_speaks_for_herself(subject: Subject, effective_at: datetime, reasons: list[Reason]):
    for family in ("RESEARCH", "LE.HOM", "AI", "CLINICAL"):
        assert why(yes(family, effective_at=effective_at), subject) == reasons


@pytest.mark.parametrize(
    ("family", "subject", "reasons"),
    [
        ("RESEARCH", CHILD, []),
        ("CLINICAL", CHILD, []),
        ("QC", CHILD, []),
        *(
            (f, CHILD, [R.AUTH_GUARDIAN_CANNOT_GRANT])
            for f in ("AI", "COMMERCIAL", "RELMATCH", "EXON", "LE.HOM", "LE.MIS")
        ),
        ("RESEARCH", A_DAY_SHORT, []),
        ("RESEARCH", JUST_OF_AGE, [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]),
        ("QC", JUST_OF_AGE, [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]),
        ("CLINICAL", JUST_OF_AGE, []),
        ("CLINICAL", HALF_A_YEAR_ON, []),
        ("RESEARCH", HALF_A_YEAR_ON, [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]),
        ("RESEARCH", ADULT, [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]),
        ("AI", ADULT, [R.AUTH_GUARDIAN_CANNOT_GRANT, R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]),
    ],
)
def test_a_guardian_speaks_for_a_child_within_limits(family: str, subject: Subject, reasons: list[Reason]):
    assert why(yes(family, authority=GUARDIAN), subject) == reasons
    unverified = why(yes(family, authority=SOMEBODY), subject)
    assert set(unverified) == {*reasons, R.AUTH_GUARDIAN_UNVERIFIED}


def test_a_guardian_may_look_for_her_missing_child_by_identity():
    assert why(yes("LE.MIS", authority=GUARDIAN, modifiers=IDENTITY), CHILD) == []
    assert why(yes("LE.HOM", authority=GUARDIAN, modifiers=IDENTITY), CHILD) == [R.AUTH_GUARDIAN_CANNOT_GRANT]


def test_care_is_not_cut_at_a_birthday_and_ends_to_the_second():
    of_age = datetime(2026, 6, 1, tzinfo=UTC)
    end = of_age + 180 * DAY
    assert grace_end(of_age, "CLINICAL", POLICY) == end
    grant = yes("CLINICAL", authority=GUARDIAN)
    assert why(grant, JUST_OF_AGE, at=end - SECOND) == []
    assert why(grant, JUST_OF_AGE, at=end) == [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]
    too_late = replace(grant, effective_at=of_age)
    assert why(too_late, JUST_OF_AGE, at=of_age + DAY) == [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]


def test_an_earlier_date_on_it_gives_a_guardian_no_say_after_the_birthday():
    of_age = datetime(2026, 6, 1, tzinfo=UTC)
    in_time = yes("CLINICAL", authority=GUARDIAN, recorded_at=of_age - SECOND, effective_at=SIGNED)
    assert why(in_time, JUST_OF_AGE, at=of_age + DAY) == []
    for late in (of_age, of_age + DAY):
        back_dated = replace(in_time, recorded_at=late)
        assert why(back_dated, JUST_OF_AGE, at=of_age + DAY) == [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]
    # Her own, dated back into her childhood, is a child's; dated forward, a grown woman's.
    for recorded_at in (SIGNED, of_age, of_age + DAY):
        her_own = yes("CLINICAL", recorded_at=recorded_at, effective_at=of_age - SECOND)
        assert why(her_own, JUST_OF_AGE, at=of_age + DAY) == [R.AUTH_MINOR_SELF]


def test_research_has_no_grace_whatever_a_policy_says():
    grace = {"majority_grace_days": {"RESEARCH": 180, "CLINICAL": 1}}
    assert why(yes("RESEARCH", authority=GUARDIAN), JUST_OF_AGE, **grace) == [
        R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY
    ]
    assert why(yes("CLINICAL", authority=GUARDIAN), JUST_OF_AGE, **grace) == []
    assert why(yes("CLINICAL", authority=GUARDIAN), HALF_A_YEAR_ON, **grace) == [
        R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY
    ]


def test_no_policy_lets_guardians_grant_more():
    wide = {
        "guardian_may_grant": ["AI", "LE.HOM", "COMMERCIAL"],
        "guardian_may_grant_identity_only": ["LE.HOM"],
    }
    for family in ("AI", "LE.HOM", "COMMERCIAL", "RESEARCH", "LE.MIS"):
        grant = yes(family, authority=GUARDIAN, modifiers=IDENTITY)
        assert why(grant, CHILD, **wide) == [R.AUTH_GUARDIAN_CANNOT_GRANT], family


PROXY, SELF_STYLED = Authority(Capacity.PROXY, True), Authority(Capacity.PROXY, False)
NEXT_YEAR = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("family", "subject", "said", "reasons"),
    [
        ("CLINICAL", ADULT, {}, []),
        ("CLINICAL", ADULT, {"valid_to": None}, [R.AUTH_GUARDIAN_CANNOT_GRANT]),
        ("CLINICAL", CHILD, {}, [R.AUTH_GUARDIAN_CANNOT_GRANT]),
        # Only what begins when she is grown, to the instant.
        ("CLINICAL", JUST_OF_AGE, {"effective_at": datetime(2026, 6, 1, tzinfo=UTC)}, []),
        (
            "CLINICAL",
            JUST_OF_AGE,
            {"effective_at": datetime(2026, 6, 1, tzinfo=UTC) - SECOND},
            [R.AUTH_GUARDIAN_CANNOT_GRANT],
        ),
        *((f, ADULT, {}, [R.AUTH_GUARDIAN_CANNOT_GRANT]) for f in ("RESEARCH", "QC", "AI", "LE.MIS")),
    ],
)
def test_a_proxy_speaks_for_an_adult_about_care_and_until_a_day(
    family: str, subject: Subject, said: dict, reasons: list[Reason]
):
    grant = yes(family, authority=PROXY, **{"valid_to": NEXT_YEAR, **said})
    assert why(grant, subject) == reasons
    assert why(replace(grant, authority=SELF_STYLED), subject) == [R.AUTH_GUARDIAN_UNVERIFIED, *reasons]


@pytest.mark.parametrize(("authority", "subject"), [(PROXY, DEAD), (GUARDIAN, replace(CHILD, died_at=DIED))])
@pytest.mark.parametrize("after_death", AfterDeath)
def test_what_another_said_for_her_ends_with_her_life_whatever_it_says(
    authority: Authority, subject: Subject, after_death: AfterDeath
):
    grant = yes("CLINICAL", authority=authority, valid_to=NEXT_YEAR, after_death=after_death)
    upheld = replace(UPHELD, family="CLINICAL")
    assert why(grant, subject, upheld, at=DIED - SECOND) == []
    assert why(grant, subject, upheld) == [R.AUTH_DECEASED_STOP]


def test_no_policy_lets_a_proxy_grant_more_and_one_may_let_her_grant_nothing():
    wide = {"proxy_may_grant": ["RESEARCH", "LE.HOM", "AI", "CLINICAL"]}
    for family in ("RESEARCH", "LE.HOM", "AI"):
        grant = yes(family, authority=PROXY, valid_to=NEXT_YEAR)
        assert why(grant, ADULT, **wide) == [R.AUTH_GUARDIAN_CANNOT_GRANT], family
    care = yes("CLINICAL", authority=PROXY, valid_to=NEXT_YEAR)
    assert why(care, ADULT, **wide) == []
    assert why(care, ADULT, proxy_may_grant=[]) == [R.AUTH_GUARDIAN_CANNOT_GRANT]


@pytest.mark.parametrize(
    ("region", "zone", "of_age"),
    [
        ("", "UTC", datetime(2026, 6, 1, tzinfo=UTC)),
        ("US-AL", "UTC", datetime(2027, 6, 1, tzinfo=UTC)),
        ("US-UT", "America/Denver", datetime(2026, 6, 1, 6, tzinfo=UTC)),
        ("US-AL", "America/Chicago", datetime(2027, 6, 1, 5, tzinfo=UTC)),
        ("", "Asia/Jakarta", datetime(2026, 5, 31, 17, tzinfo=UTC)),
    ],
)
def test_she_comes_of_age_where_and_by_the_clock_of_her_home(region: str, zone: str, of_age: datetime):
    at_home = replace(JUST_OF_AGE, region=region, zone=zone)
    assert authority.of_age_at(at_home, POLICY) == of_age
    assert authority.majority(JUST_OF_AGE.dob, POLICY, zone=zone, region=region).tzinfo is UTC
    assert why(yes("AI", effective_at=of_age - SECOND), at_home) == [R.AUTH_MINOR_SELF]
    assert why(yes("AI", effective_at=of_age), at_home) == []


@pytest.mark.parametrize(("days", "grace"), [(0, 0), (1, 1), (-5, 0)])
def test_a_policy_may_give_no_grace_and_none_below_that(days: int, grace: int):
    of_age = datetime(2026, 6, 1, tzinfo=UTC)
    policy = POLICY.overlay({"majority_grace_days": {"CLINICAL": days}})
    assert grace_end(of_age, "CLINICAL", policy) == of_age + grace * DAY


@pytest.mark.parametrize(
    ("family", "subject", "reasons"),
    [
        ("RESEARCH", CHILD, [R.AUTH_MINOR_DISSENT]),
        ("CLINICAL", CHILD, []),
        ("QC", CHILD, []),
        ("RESEARCH", JUST_OF_AGE, [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]),
    ],
)
def test_a_child_may_say_no_to_research(family: str, subject: Subject, reasons: list[Reason]):
    assert why(yes(family, authority=GUARDIAN), replace(subject, minor_dissent=True)) == reasons


def test_a_childs_no_is_a_childs_until_the_first_instant_of_the_birthday():
    of_age = majority(JUST_OF_AGE.dob, POLICY)
    grant, said_no = yes("RESEARCH", authority=GUARDIAN), replace(JUST_OF_AGE, minor_dissent=True)
    assert why(grant, said_no, at=of_age - SECOND) == [R.AUTH_MINOR_DISSENT]
    assert why(grant, said_no, at=of_age) == [R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY]


def test_what_she_said_against_it_as_a_child_does_not_bind_her_own_yes():
    assert why(yes("RESEARCH"), replace(ADULT, minor_dissent=True)) == []


@pytest.mark.parametrize("subject", [ADULT, DEAD, CHILD])
def test_next_of_kin_widen_nothing(subject: Subject):
    assert why(yes("RESEARCH", authority=NEXT_OF_KIN), subject) == [R.AUTH_NOK_CANNOT_WIDEN]


@pytest.mark.parametrize(
    ("after_death", "reasons"),
    [
        (AfterDeath.CONTINUE, []),
        (AfterDeath.STOP, [R.AUTH_DECEASED_STOP]),
        (AfterDeath.UNSPECIFIED, [R.AUTH_DECEASED_STOP]),
        (AfterDeath.NOK_DECIDES, [R.AUTH_DECEASED_STOP]),
    ],
)
def test_what_outlives_her_is_her_own_choice(after_death: AfterDeath, reasons: list[Reason]):
    for family in ("RESEARCH", "LE.UHR"):
        grant = yes(family, after_death=after_death)
        assert why(grant, DEAD) == reasons
        assert why(grant, DEAD, at=DIED) == reasons
        assert why(grant, DEAD, at=DIED - SECOND) == []
        assert why(grant, ADULT) == []


UPHELD = says(Verb.CONTINUE, "RESEARCH", seq=2, continues=1, authority=NEXT_OF_KIN, recorded_at=DIED + DAY)


@pytest.mark.parametrize(
    ("upheld", "holds"),
    [
        (UPHELD, True),
        (replace(UPHELD, recorded_at=DIED), True),
        (replace(UPHELD, recorded_at=NOW, effective_at=NOW), True),
        (replace(UPHELD, recorded_at=DIED - SECOND), False),
        (replace(UPHELD, recorded_at=NOW + SECOND), False),
        (replace(UPHELD, effective_at=NOW + SECOND), False),
        (replace(UPHELD, continues=3), False),
        (replace(UPHELD, continues=None), False),
        (replace(UPHELD, family="LE.HOM"), False),
        (replace(UPHELD, decision=Verb.GRANT), False),
        (replace(UPHELD, authority=Authority(Capacity.NEXT_OF_KIN, False)), False),
        (replace(UPHELD, authority=Authority(Capacity.SELF, True)), False),
        (replace(UPHELD, authority=GUARDIAN), False),
        (replace(UPHELD, source=Source.PAPER, paper=Paper("clerk1")), False),
        (replace(UPHELD, source=Source.PAPER, paper=Paper("clerk1", "clerk2", True)), True),
    ],
)
def test_a_family_upholds_what_was_left_to_it(upheld: Statement, holds: bool):
    left_to_them = yes("RESEARCH", after_death=AfterDeath.NOK_DECIDES)
    assert why(left_to_them, DEAD, upheld) == ([] if holds else [R.AUTH_DECEASED_STOP])
    assert why(replace(left_to_them, after_death=AfterDeath.STOP), DEAD, upheld) == [R.AUTH_DECEASED_STOP]


def test_a_grant_may_fail_twice():
    grant = yes("RESEARCH", authority=GUARDIAN)
    dead_at_ten = replace(CHILD, died_at=LATER)
    assert why(grant, dead_at_ten) == [R.AUTH_DECEASED_STOP]
    assert why(yes("RESEARCH"), dead_at_ten) == [R.AUTH_MINOR_SELF, R.AUTH_DECEASED_STOP]


def test_what_is_recorded_after_a_death_was_not_said_by_the_dead():
    died = SIGNED + 10 * DAY
    dead = replace(ADULT, died_at=died)
    before = yes("QC", after_death=AfterDeath.CONTINUE)
    assert why(before, dead) == []
    for late in (died, died + DAY):
        after = replace(before, recorded_at=late, effective_at=late)
        assert why(after, dead) == [R.AUTH_DECEASED_STOP]
