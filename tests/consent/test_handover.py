"""The way from a child's record to an adult's: which steps, on which instants."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent import handover
from consent.handover import HandoverPlan, Moment
from consent.policy import Policy
from consent.rules import authority
from consent.terms import Subject

POLICY = Policy.default()


def way(born, *, zone="UTC", region="", policy=POLICY, plan=None):
    subject = Subject(id="P", dob=born, identity_verified=True, zone=zone, region=region)
    return {step.moment: step.at for step in handover.steps(subject, policy, plan)}


def test_the_whole_way_of_a_newborn_in_order():
    steps = way(date(2026, 3, 5))
    assert list(steps.items()) == [
        (Moment.FIRST_INVITATION, datetime(2042, 3, 5, tzinfo=UTC)),
        (Moment.SECOND_INVITATION, datetime(2043, 3, 5, tzinfo=UTC)),
        (Moment.MAJORITY, datetime(2044, 3, 5, tzinfo=UTC)),
        (Moment.CARE_ENDS, datetime(2044, 3, 5, tzinfo=UTC) + timedelta(days=180)),
        (Moment.ERASURE_OFFERED, datetime(2047, 3, 5, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "America/Havana", "Africa/Cairo", "UTC"])
def test_every_day_begins_at_home_and_majority_is_the_laws(zone):
    born = date(2009, 4, 30)
    steps = way(born, zone=zone)
    assert steps[Moment.MAJORITY] == authority.majority(born, POLICY, zone=zone)
    for step in steps.values():
        assert step.astimezone(ZoneInfo(zone)).hour in {0, 1}, (
            "a day begins at midnight, or where clocks land"
        )
    if zone == "Africa/Cairo":  # midnight of this day is skipped in 2027
        assert steps[Moment.MAJORITY] == datetime(2027, 4, 29, 22, tzinfo=UTC)


def test_where_one_is_of_age_later_the_second_invitation_comes_later():
    steps = way(date(2010, 1, 1), region="US-MS")
    assert steps[Moment.FIRST_INVITATION].year == 2026
    assert steps[Moment.SECOND_INVITATION].year == 2030
    assert steps[Moment.MAJORITY].year == 2031


def test_a_step_that_would_not_come_before_the_next_is_left_out():
    at_seventeen = Policy(majority_age=17, majority_age_by_region=())
    assert Moment.FIRST_INVITATION not in way(date(2010, 1, 1), policy=at_seventeen)
    none = HandoverPlan(second_invitation_months=0)
    assert Moment.SECOND_INVITATION not in way(date(2010, 1, 1), plan=none)


def test_a_leap_birthday_is_read_as_the_law_reads_it():
    born = date(2008, 2, 29)
    steps = way(born, plan=HandoverPlan(first_invitation_age=15))
    assert steps[Moment.FIRST_INVITATION] == datetime(2023, 3, 1, tzinfo=UTC)
    assert steps[Moment.SECOND_INVITATION] == datetime(2025, 3, 1, tzinfo=UTC)
    assert steps[Moment.MAJORITY] == datetime(2026, 3, 1, tzinfo=UTC)


def test_without_grace_care_ends_at_majority_and_silence_counts_in_years():
    policy = Policy(majority_grace_days=())
    steps = way(date(2010, 6, 1), policy=policy, plan=HandoverPlan(silence_years=1))
    assert steps[Moment.CARE_ENDS] == steps[Moment.MAJORITY]
    assert steps[Moment.ERASURE_OFFERED] == datetime(2029, 6, 1, tzinfo=UTC)


def test_a_moment_is_found_or_there_is_none():
    subject = Subject(id="P", dob=date(2010, 1, 1), identity_verified=True)
    steps = handover.steps(subject, POLICY)
    assert handover.at_of(Moment.MAJORITY, steps) == datetime(2028, 1, 1, tzinfo=UTC)
    assert handover.at_of(Moment.MAJORITY, ()) is None
    assert handover.invites_from(steps) == datetime(2026, 1, 1, tzinfo=UTC)
