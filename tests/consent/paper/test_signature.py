"""Paper: who signed, when, and whether that counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import (
    forms,
    homes,
    kin,
    paper,
    paper_yes,
    participants,
    records,
)
from consent.errors import KinRefused, PaperRefused, StatementRefused
from consent.models import PaperEntry, Statement
from consent.models.kin import Kind
from consent.readings import SIGNATURE, Side, Signature
from consent.terms import Capacity
from tests.consent.paper.desk import (
    SIGNED,
    WHEN,
    State,
    key,
    keyed_alike,
    last_yes,
    left,
    received,
    says,
)
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("signature", [Signature(present=False), Signature(present=True)])
def test_a_form_without_signature_or_date_gives_nothing_and_its_noes_stay(world, signature):
    dov = world.join("Dov")
    sheet = received(dov)
    keyed_alike(sheet, signature=signature, QC="yes", HOM="no")
    assert paper.state_of(sheet) == State.REJECTED
    assert says(dov) == {"LE.HOM": "deny"}
    assert sheet.moves.last().reason == paper.UNSIGNED


@pytest.mark.parametrize(
    ("side", "state"), [("first", "APPLIED"), ("second", "REJECTED"), ("unreadable", "REJECTED")]
)
def test_the_third_settles_the_signature_as_well(world, side, state):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="yes", signature=Signature(present=False))
    assert paper.differences(sheet) == [SIGNATURE]
    paper.settle(sheet, {SIGNATURE: Side(side)}, by="cora", at=NOW)
    assert paper.state_of(sheet) == state
    assert says(dov) == ({"QC": "grant"} if state == "APPLIED" else {})


def test_nobody_signed_tomorrow_or_before_there_was_a_form(world):
    sheet = received(world.join("Dov"))
    for day, sentence in ((NOW.date() + timedelta(days=1), "not come"), (date(2019, 1, 1), "no F-ADULT")):
        with pytest.raises(PaperRefused, match=sentence):
            key(sheet, QC="no", signature=Signature(present=True, on=day))
    assert not PaperEntry.objects.exists()


def test_what_she_said_after_she_signed_stands(world):
    dov = world.join("Dov")
    sheet = received(dov)
    records.withdraw(dov, "QC", by="self", at=WHEN)  # that very day
    world.give(dov, "AI", at=WHEN)  # that very day: an older yes, as far as anybody can tell
    world.give(dov, "CLINICAL", at=WHEN + timedelta(days=1))
    keyed_alike(sheet, QC="yes", AI="yes", CARE="yes", EXON="yes")
    assert left(sheet) == dict.fromkeys(("CLINICAL", "QC"), paper_yes.Left.SPOKEN_SINCE)
    assert says(dov) == {"QC": "withdraw", "AI": "grant", "CLINICAL": "grant", "EXON": "grant"}


def test_stopping_everything_after_signing_stops_the_whole_form(world):
    dov = world.join("Dov")
    records.withdraw(dov, by="self", at=NOW)
    sheet = received(dov)
    keyed_alike(sheet, QC="yes", R_HMB="yes")
    assert set(left(sheet)) == {"QC", "RESEARCH"}


def test_the_day_is_the_day_where_she_is_at_home(world):
    kim = participants.register(born_on=date(1980, 1, 1), home_zone="Pacific/Auckland", by="x", at=EARLIER)
    sheet = received(kim)
    tomorrow = Signature(present=True, on=NOW.date() + timedelta(days=1))  # midnight has passed there
    keyed_alike(sheet, QC="yes", signature=tomorrow)
    assert says(kim) == {"QC": "grant"}


def test_who_was_a_minor_when_she_signed_gave_nothing(world):
    born = SIGNED.on.replace(year=SIGNED.on.year - 18) + timedelta(days=1)
    young = participants.register(born_on=born, by="x", at=EARLIER)  # eighteen on the day after
    sheet = received(young)
    keyed_alike(sheet, QC="yes", HOM="no")
    assert left(sheet) == {"QC": paper_yes.Left.MINOR}
    grown = participants.register(born_on=born - timedelta(days=1), by="x", at=EARLIER)
    keyed_alike(received(grown), QC="yes")
    assert says(young) == {"LE.HOM": "deny"}
    assert says(grown) == {"QC": "grant"}


def test_nobody_signs_after_her_death(world):
    dov = world.join("Dov")
    dov.died_at = EARLIER
    dov.save()
    sheet = received(dov)
    keyed_alike(sheet, QC="yes")
    assert left(sheet) == {"QC": paper_yes.Left.DEAD}


@pytest.mark.parametrize("capacity", [Capacity.GUARDIAN, Capacity.PROXY])
def test_who_signs_for_another_and_was_not_verified_gives_nothing(world, capacity):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    kin.claim("mother", child, at=EARLIER)
    sheet = received(child, forms.current("F-GUARDIAN"))
    keyed_alike(sheet, QC="yes", signature=replace(SIGNED, capacity=capacity, signer="mother"))
    assert left(sheet) == {"QC": paper_yes.Left.UNVERIFIED}


def test_a_next_of_kin_stops_and_does_not_start(world):
    dov = world.join("Dov")
    sheet = received(dov)
    keyed_alike(sheet, QC="yes", AI="no", signature=replace(SIGNED, capacity=Capacity.NEXT_OF_KIN))
    assert left(sheet) == {"QC": paper_yes.Left.NEXT_OF_KIN}
    assert says(dov) == {"AI": "deny"}


@pytest.mark.parametrize(
    ("verified", "signer", "ended", "given"),
    [
        (EARLIER, "mother", False, True),
        (NOW, "mother", False, False),  # verified after she signed
        (EARLIER, "", False, False),  # nobody knows which guardian signed
        (EARLIER, "uncle", False, False),
        (EARLIER, "mother", True, False),
    ],
)
def test_a_guardian_signs_who_was_verified_on_that_day_and_still_is(world, verified, signer, ended, given):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=verified)
    if ended:
        kin.end(link, by="court", at=NOW)
    sheet = received(child, forms.current("F-GUARDIAN"))
    keyed_alike(sheet, QC="yes", signature=replace(SIGNED, capacity=Capacity.GUARDIAN, signer=signer))
    assert (says(child) == {"QC": "grant"}) is given
    if given:
        said = last_yes(child, "QC")
        assert (said.authority.capacity, said.authority.verified) == (Capacity.GUARDIAN, True)


def proxy_for(person, *, until=NOW + timedelta(days=90), at=EARLIER):
    link = kin.claim_proxy("son", person, kind=Kind.COURT, papers="shelf 4", valid_to=until, at=at)
    return kin.verify(kin.verify(link, by="sten", at=at), by="lena", at=at)


def test_a_proxy_signs_for_care_alone_and_no_longer_than_she_is_one(world):
    dov = world.join("Dov")
    link = proxy_for(dov)
    sheet = received(dov)
    keyed_alike(sheet, CARE="yes", QC="yes", signature=replace(SIGNED, capacity=Capacity.PROXY, signer="son"))
    assert left(sheet) == {"QC": paper_yes.Left.BEYOND}
    said = last_yes(dov, "CLINICAL")
    assert (said.authority.capacity, said.valid_to) == (Capacity.PROXY, NOW + timedelta(days=90))
    kin.end(link, by="court", at=NOW)  # what a proxy granted ends with her, on paper too
    assert says(dov)["CLINICAL"] == "withdraw"


def test_a_guardian_cannot_sign_for_what_a_court_took_from_her(world):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    kin.limit(link, ["QC"], by="court", at=NOW)
    sheet = received(child, forms.current("F-GUARDIAN"))
    signature = replace(SIGNED, capacity=Capacity.GUARDIAN, signer="mother")
    keyed_alike(sheet, QC="yes", CARE="yes", signature=signature)
    assert left(sheet) == {"QC": paper_yes.Left.BEYOND}
    row = Statement.objects.get(participant=child, family="CLINICAL")
    assert row.actor == "mother"  # she acted; the clerks only read


def test_a_form_that_is_out_of_use_takes_a_no_and_no_yes(world, adult):
    dov = world.join("Dov")
    sheet = received(dov)
    forms.supersede(adult, by="steward", at=NOW)
    forms.retire(adult.draft, by="steward", at=NOW)
    keyed_alike(sheet, QC="yes", HOM="no")
    assert says(dov) == {"LE.HOM": "deny"}
    assert left(sheet) == {"QC": paper_yes.Left.RETIRED}


@pytest.mark.parametrize("refusal", [StatementRefused, KinRefused])
def test_a_yes_that_is_refused_for_itself_does_not_take_the_others_down(world, monkeypatch, refusal):
    dov = world.join("Dov")
    sheet = received(dov)
    give = records.give

    def picky(participant, family, **rest):
        if family == "QC":
            raise refusal("Not this one.")
        return give(participant, family, **rest)

    monkeypatch.setattr(records, "give", picky)
    keyed_alike(sheet, QC="yes", AI="yes")
    assert says(dov) == {"AI": "grant"}
    assert left(sheet) == {"QC": "Not this one."}


@pytest.mark.parametrize("word", ["no", "a narrower yes"])
def test_to_move_takes_no_word_back_that_was_said_since(world, word):
    """A word is of the day that it was where she lived, though at her new home it was the day before."""
    dov = world.join("Dov")
    sheet = received(dov)
    morning = datetime(2026, 5, 29 if word == "no" else 30, 5, tzinfo=UTC)
    if word == "no":
        records.deny(dov, "QC", by="Dov", at=morning)
    else:
        world.give(dov, "QC", at=morning)
    homes.move(dov, homes.Home("Pacific/Pago_Pago", ""), by="Dov", at=morning + timedelta(hours=1))
    keyed_alike(sheet, QC="yes")
    assert left(sheet) == {"QC": str(paper_yes.Left.SPOKEN_SINCE)}
