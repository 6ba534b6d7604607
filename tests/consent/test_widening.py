"""What counts as a narrowing of a yes: little, and never by mistake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent.terms import AfterDeath, Level, Modifier, Paper, Permission, Source
from consent.widening import widens
from tests.cast import (
    ADULT_FORM,
    CANCER,
    DIABETES,
    GUARDIAN,
    LATER,
    MELANOMA,
    NOW,
    POLICY,
    SIGNED,
    no,
    yes,
)

DAY = timedelta(days=1)
GRU, HMB, NRES, POA = (Permission(code) for code in ("GRU", "HMB", "NRES", "POA"))
BEFORE = yes(
    "RESEARCH",
    GRU,
    modifiers=(Modifier("NPU"),),
    valid_to=NOW + 100 * DAY,
    after_death=AfterDeath.NOK_DECIDES,
)


def ds(*diseases: str) -> Permission:
    return Permission("DS", diseases)


def after(before=BEFORE, **changes):
    """The same yes said again, newer by one."""
    return replace(before, seq=9, recorded_at=NOW, **changes)


NARROWS = {
    "the very same": {},
    "one condition more": {"modifiers": (Modifier("NPU"), Modifier("NCU"))},
    "the conditions in another order": {"modifiers": (Modifier("NCU"), Modifier("NPU"))},
    "an earlier end": {"valid_to": NOW + DAY},
    "health in place of any research": {"permissions": (HMB,)},
    "ancestry in place of any research": {"permissions": (POA,)},
    "named diseases in place of any research": {"permissions": (ds(CANCER),)},
    "a stop at death": {"after_death": AfterDeath.STOP},
    "nothing said of death": {"after_death": AfterDeath.UNSPECIFIED},
    "an earlier day to be asked anew": {"form": replace(ADULT_FORM, version="4.0", reconsent_due=NOW + DAY)},
}
WIDENS = {
    "a condition less": {"modifiers": ()},
    "another condition in its place": {"modifiers": (Modifier("NCU"),)},
    "care as well": {"modifiers": (Modifier("NPU"), Modifier("CC"))},
    "a later end": {"valid_to": NOW + 101 * DAY},
    "no end": {"valid_to": None},
    "no limit at all": {"permissions": (NRES,)},
    "a kind more that is not within": {"permissions": (GRU, NRES)},
    "an unknown kind": {"permissions": (Permission("GRU-CC"),)},
    "all of it after death": {"after_death": AfterDeath.CONTINUE},
    "another capacity": {"authority": GUARDIAN},
    "one file": {"level": Level.FILE, "file": "GF1"},
    "another use": {"family": "QC"},
    "a later beginning": {"effective_at": NOW},
}


@pytest.mark.parametrize("what", NARROWS)
def test_what_only_narrows(what):
    assert not widens(BEFORE, after(**NARROWS[what]), POLICY, NOW)


@pytest.mark.parametrize("what", WIDENS)
def test_what_may_widen(what):
    assert widens(BEFORE, after(**WIDENS[what]), POLICY, NOW)


def test_a_yes_widens_where_nothing_was_said_or_a_no():
    assert widens(None, BEFORE, POLICY, NOW)
    assert widens(no("RESEARCH"), after(yes("RESEARCH", GRU)), POLICY, NOW)
    assert widens(BEFORE, after(no("RESEARCH")), POLICY, NOW)


def test_a_yes_that_was_not_in_force_lends_nothing():
    tomorrow = replace(BEFORE, effective_at=NOW + DAY)
    assert widens(tomorrow, after(tomorrow), POLICY, NOW)
    unread = replace(BEFORE, source=Source.PAPER, paper=Paper("clerk1"))
    assert widens(unread, after(unread), POLICY, NOW)


@pytest.mark.parametrize(
    ("before", "now", "wider"),
    [
        ((CANCER,), (MELANOMA,), False),
        ((MELANOMA,), (CANCER,), True),
        ((CANCER, DIABETES), (CANCER,), False),
        ((CANCER,), (CANCER, DIABETES), True),
        ((CANCER,), (), False),  # no disease at all is covered
    ],
)
def test_diseases_lie_within_diseases(before, now, wider):
    said = yes("RESEARCH", ds(*before))
    assert widens(said, after(said, permissions=(ds(*now),)), POLICY, NOW) is wider


def test_two_diseases_said_apart_cover_both_said_together():
    said = yes("RESEARCH", ds(CANCER), ds(DIABETES))
    assert not widens(said, after(said, permissions=(ds(CANCER, DIABETES),)), POLICY, NOW)


def test_diseases_do_not_cover_health_and_health_not_ancestry():
    said = yes("RESEARCH", ds(CANCER), HMB)
    assert widens(said, after(said, permissions=(POA,)), POLICY, NOW)
    only = yes("RESEARCH", ds(CANCER))
    assert widens(only, after(only, permissions=(HMB,)), POLICY, NOW)


def test_a_form_that_did_not_ask_is_not_mended_in_passing():
    bare = replace(ADULT_FORM, offers=frozenset(("QC",)))
    assert widens(replace(BEFORE, form=bare), after(), POLICY, NOW)
    quiet = yes("LE.HOM", form=replace(ADULT_FORM, le_notice=False))
    assert widens(quiet, after(quiet, form=ADULT_FORM), POLICY, NOW)
    due = replace(BEFORE, form=replace(ADULT_FORM, reconsent_due=LATER))
    assert widens(due, after(), POLICY, NOW)


def test_identity_only_is_what_lets_a_guardian_say_yes_to_the_police():
    plain = yes("LE.MIS", authority=GUARDIAN)
    bound = {"modifiers": (Modifier("IDENTITY_ONLY"),)}
    assert widens(plain, after(plain, **bound), POLICY, NOW)
    own = yes("LE.MIS")
    assert not widens(own, after(own, **bound), POLICY, NOW)
    assert SIGNED < NOW
