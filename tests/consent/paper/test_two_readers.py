"""Paper: a no at once, a yes when two different people read it alike."""

import pytest
from django.db import IntegrityError, transaction

from consent import (
    paper,
    participants,
    policies,
    records,
)
from consent.decision import decide
from consent.errors import PaperRefused
from consent.models import Holding, PaperEntry, Statement
from consent.terms import File, Modifier, Permission
from tests.cast import company
from tests.consent.paper.desk import State, key, keyed_alike, last_yes, received, says
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


def test_a_no_holds_from_the_first_entry_and_a_yes_from_the_second(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, R_HMB="yes", HOM="no", QC="both", AI="blank")
    assert says(dov) == {"LE.HOM": "deny", "QC": "deny"}
    key(sheet, by="carl", R_HMB="yes", HOM="no", QC="both", AI="blank")
    assert says(dov) == {"LE.HOM": "deny", "QC": "deny", "RESEARCH": "grant"}
    assert paper.state_of(sheet) == State.APPLIED
    said = last_yes(dov, "RESEARCH")
    assert said.permissions == (Permission("HMB"),)
    assert (said.paper.keyed_by, said.paper.verified_by, said.paper.is_verified) == ("clara", "carl", True)


def test_a_no_stays_even_when_the_second_reader_saw_a_yes(world):
    noor = world.join("Noor")
    sheet = received(noor)
    key(sheet, HOM="no")
    assert says(noor)["LE.HOM"] == "deny"
    key(sheet, by="carl", HOM="yes")
    assert says(noor)["LE.HOM"] == "deny"
    assert paper.state_of(sheet) == State.DISCREPANT
    assert paper.differences(sheet) == ["HOM"]


def test_the_second_readers_no_holds_at_once_too(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="no")
    assert says(dov) == {"QC": "deny"}


def test_the_words_of_the_form_become_codes_with_their_conditions_and_lists(world):
    dov = world.join("Dov")
    keyed_alike(
        received(dov),
        R_DS="yes",
        R_NPU="yes",
        R_NCU="both",
        R_EU="no",
        R_GRU="no",
        lists={"R-DS": ["MONDO:0004992"]},
    )
    said = last_yes(dov, "RESEARCH")
    assert said.permissions == (Permission("DS", ("MONDO:0004992",)),)
    assert said.modifiers == (Modifier("NPU"), Modifier("NCU"))  # both boxes crossed: what narrows


def test_a_tick_that_names_no_disease_says_nothing(world):
    dov = world.join("Dov")
    keyed_alike(received(dov), R_DS="yes")
    assert says(dov) == {}


@pytest.mark.parametrize(
    ("who", "answers", "closes"),
    [
        ("Dov", {"R_HMB": "yes", "R_GRU": "no"}, False),  # nothing was allowed: silence is a no
        ("Ada", {"R_HMB": "yes", "R_GRU": "no"}, True),  # she allowed any research, and crossed it out
        ("Ada", {"R_GRU": "yes", "R_NRES": "no"}, False),  # what she allows stays as it was
        ("Ada", {"R_GRU": "no"}, True),
        ("Ben", {"R_DS": "yes", "R_HMB": "no"}, False),
        ("Ben", {"R_HMB": "yes", "R_DS": "no"}, True),
        ("Cleo", {"R_HMB": "no"}, False),  # she withdrew: there is nothing to close
        ("Cleo", {"R_HMB": "yes", "R_GRU": "no"}, False),
    ],
)
def test_a_no_to_a_part_closes_research_only_where_more_was_allowed(world, who, answers, closes):
    person = world.join(who)
    before = Statement.objects.count()
    lists = {"R-DS": ["MONDO:0004992"]} if answers.get("R_DS") == "yes" else None
    entry = key(received(person), lists=lists, **answers)
    assert Statement.objects.count() - before == len(entry.made) == int(closes)


def test_a_disease_that_is_named_no_more_closes_research(world):
    ben = world.join("Ben")
    key(received(ben), R_DS="yes", R_HMB="no", lists={"R-DS": ["MONDO:0005105"]})
    assert says(ben) == {"RESEARCH": "deny"}


def may_a_company_read(person):
    subject, file = participants.subject_of(person), File("f")
    policy = policies.in_force(at=NOW)
    return bool(decide(subject, file, records.of(person), company("R.GRU"), policy, NOW))


def test_a_condition_that_is_new_on_paper_holds_from_the_first_entry(world):
    ada = world.join("Ada")
    world.give(ada, "COMMERCIAL", at=EARLIER)
    assert may_a_company_read(ada)
    sheet = received(ada)
    key(sheet, R_GRU="yes", R_NPU="yes")
    assert not may_a_company_read(ada)
    assert says(ada)["RESEARCH"] == "deny"
    key(sheet, by="carl", R_GRU="yes", R_NPU="yes")
    assert last_yes(ada, "RESEARCH").modifiers == (Modifier("NPU"),)
    assert says(ada)["RESEARCH"] == "grant"
    assert not may_a_company_read(ada)


@pytest.mark.parametrize(
    ("before", "answers", "closes"),
    [
        ((), {"R_NPU": "both"}, True),  # both boxes of a condition: she set it
        ((), {"R_NPU": "yes"}, True),  # a condition without a kind: no yes follows, and none stays
        ((), {"R_GRU": "yes", "R_NPU": "no"}, False),
        ((), {"R_GRU": "yes", "R_EU": "yes"}, True),
        ((Modifier("NPU"),), {"R_GRU": "yes", "R_NPU": "yes"}, False),  # as it stands
        ((Modifier("NPU"),), {"R_GRU": "yes", "R_NPU": "yes", "R_NCU": "yes"}, True),
        ((Modifier("NPU"),), {"R_GRU": "yes", "R_NPU": "yes", "R_NRES": "no"}, False),
        ((Modifier("NPU"),), {"R_HMB": "yes", "R_NPU": "yes", "R_GRU": "no"}, True),
    ],
)
def test_a_condition_closes_research_only_where_what_stands_lacks_it(world, before, answers, closes):
    dov = world.join("Dov")
    world.give(dov, "RESEARCH", Permission("GRU"), at=EARLIER, modifiers=before)
    assert bool(key(received(dov), **answers).made) is closes


def test_a_condition_closes_nothing_where_nothing_is_allowed(world):
    for name in ("Dov", "Cleo"):
        assert key(received(world.join(name)), R_GRU="yes", R_NPU="yes").made == []


def test_a_no_to_one_file_hides_no_yes_to_the_others(world):
    ada = world.join("Ada")
    file = Holding.objects.get(participant=ada).file
    records.deny(ada, "RESEARCH", by="self", at=EARLIER, wording=records.Wording(file=file))
    key(received(ada), R_GRU="no")
    assert Statement.objects.filter(participant=ada).count() == 3


def test_a_record_that_cannot_be_read_is_closed_by_any_no(world, monkeypatch):
    dov = world.join("Dov")
    sheet = received(dov)

    def broken(_participant):
        raise records.SealBroken("Not as it was written.")

    with monkeypatch.context() as patch:
        patch.setattr(records, "of", broken)
        key(sheet, R_HMB="yes", R_GRU="no", QC="no")
    assert says(dov) == {"RESEARCH": "deny", "QC": "deny"}


def test_nobody_reads_a_form_twice(world):
    sheet = received(world.join("Dov"))
    key(sheet, QC="yes")
    with pytest.raises(PaperRefused, match="second person"):
        key(sheet, QC="yes")
    assert PaperEntry.objects.count() == 1


def test_the_database_refuses_a_second_entry_of_one_person_as_well(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes")
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperEntry.objects.create(
            paper=sheet.paper,
            order=2,
            participant=dov,
            form=sheet.form,
            answers={},
            keyed_by="clara",
            keyed_at=NOW,
        )


def test_without_the_first_wall_the_second_still_keeps_one_person_from_being_two(world, monkeypatch):
    """The check in key() is blinded; the constraint of the table speaks."""
    dov = world.join("Dov")
    sheet = received(dov)
    entry = key(sheet, QC="yes")

    class Another(str):
        def __eq__(self, _other):
            return False

        __hash__ = str.__hash__

    entry.keyed_by = Another("clara")
    monkeypatch.setattr(paper, "_entries", lambda _paper: {paper.Order.FIRST: entry})
    with pytest.raises(PaperRefused, match="read this form before"):
        key(sheet, QC="yes")
    assert says(dov) == {}


def test_nobody_reads_a_form_a_third_time(world):
    sheet = received(world.join("Dov"))
    keyed_alike(sheet, QC="yes")
    with pytest.raises(PaperRefused, match="not waiting"):
        key(sheet, by="cora", QC="yes")
