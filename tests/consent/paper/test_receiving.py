"""Paper: what is received and rejected, what is keyed, and that every step has its line."""

from dataclasses import replace

import pytest

from consent import (
    paper,
    paper_steps,
    readings,
)
from consent.clauses import Clause
from consent.errors import FormRefused, KeptForever, LedgerBroken, PaperRefused
from consent.ledger import log
from consent.models import LedgerOpening, PaperEntry, PaperImport, PaperMove, Statement
from consent.readings import Answer, Reading, Side
from consent.terms import Modifier
from tests.consent.paper.desk import (
    SIGNED,
    State,
    key,
    last_yes,
    read,
    received,
    says,
    scan,
)
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "changes", [{"media_type": "image/gif"}, {"size": 0}, {"size": paper.MOST_BYTES + 1}]
)
def test_what_is_no_scan_is_not_received(world, adult, changes):
    with pytest.raises(PaperRefused, match="Nothing was recorded"):
        paper.receive(world.join("Dov"), adult, scan(**changes), language="en", by="clara", at=NOW)
    assert not PaperImport.objects.exists()


def test_the_same_scan_is_recognised_for_one_person_and_is_anothers_own(world):
    dov = world.join("Dov")
    first = received(dov)
    with pytest.raises(PaperRefused, match=str(first.paper)):
        received(dov)
    received(world.join("Ada"))
    received(dov, content="2")
    assert PaperImport.objects.count() == 3


def test_a_form_is_received_in_a_language_that_it_has(world, adult):
    with pytest.raises(FormRefused, match="not here"):
        paper.receive(world.join("Dov"), adult, scan(), language="fr", by="clara", at=NOW)


def test_nothing_is_received_of_somebody_who_was_erased(world):
    dov = world.join("Dov")
    dov.erased_at = NOW
    dov.save()
    with pytest.raises(PaperRefused, match="erased"):
        received(dov)


def test_a_rejected_form_counts_for_nothing_more_and_its_noes_stay(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes", HOM="no")
    with pytest.raises(PaperRefused, match="for a reason"):
        paper.reject(sheet, "  ", by="carl", at=NOW)
    paper.reject(sheet, "Another person's name stands on it.", by="carl", at=NOW)
    assert says(dov) == {"LE.HOM": "deny"}
    with pytest.raises(PaperRefused, match="not waiting"):
        key(sheet, by="cora", QC="yes")
    with pytest.raises(PaperRefused, match="cannot become"):
        paper.reject(sheet, "again", by="carl", at=NOW)


def test_a_reading_answers_every_clause_of_this_form_and_no_other(world):
    sheet = received(world.join("Dov"))
    whole = read(sheet)
    wrong = {
        "does not ask": replace(whole, answers={**whole.answers, "NVC": Answer.YES}),
        "Nothing was keyed for QC": replace(
            whole, answers={id: a for id, a in whole.answers.items() if id != "QC"}
        ),
        "a blank is a blank": read(sheet, QC="unreadable"),
        "asks for none": read(sheet, QC="yes", lists={"QC": ["MONDO:1"]}),
        "is not ticked": read(sheet, R_DS="no", lists={"R-DS": ["MONDO:1"]}),
    }
    for sentence, reading in wrong.items():
        with pytest.raises(PaperRefused, match=sentence):
            paper.key(sheet, reading, by="clara", at=NOW)
    assert not PaperEntry.objects.exists()


def test_a_condition_that_asks_for_a_list_and_got_none_cannot_be_told():
    where = Clause("WHERE", "RESEARCH", None, Modifier("GS"), "regions", allows=False)
    care = Clause("CC", "RESEARCH", None, Modifier("CC"), None, allows=False)
    both = Reading(answers={"WHERE": Answer.BOTH, "CC": Answer.BOTH}, signature=SIGNED)
    assert readings.unsettled(both, [where, care]) == {"RESEARCH"}
    assert readings.ticked(both, [where, care]) == {}  # and care that was crossed twice is not allowed
    named = Reading(answers={"WHERE": Answer.YES}, lists={"WHERE": ("EU",)}, signature=SIGNED)
    assert readings.unsettled(named, [where]) == set()
    assert readings.conditions(both, [where, care]) == {"RESEARCH": {Modifier("GS")}}  # like no other
    assert readings.conditions(named, [where]) == {"RESEARCH": {Modifier.of("GS", regions=("EU",))}}


def test_every_state_has_its_row_its_event_and_a_way_in():
    assert set(paper_steps.MOVES) == {None, *State}
    assert set(paper_steps.TOLD_AS) == set(State)
    assert frozenset().union(*paper_steps.MOVES.values()) == set(State)
    assert {state for state, following in paper_steps.MOVES.items() if not following} == {
        State.APPLIED,
        State.REJECTED,
    }


def test_no_way_to_a_yes_goes_round_the_second_reader():
    before = {state for state, following in paper_steps.MOVES.items() if State.APPLIED in following}
    assert before == {State.VERIFIED, State.ADJUDICATED}
    assert State.VERIFIED not in paper_steps.MOVES[State.RECEIVED]


def test_steps_and_entries_are_never_changed(world):
    sheet = received(world.join("Dov"))
    entry = key(sheet, QC="yes")
    for row in (sheet, entry, sheet.moves.first()):
        with pytest.raises(KeptForever):
            row.save()
        with pytest.raises(KeptForever):
            row.delete()


def test_every_step_is_told_and_no_answer_is(world):
    dov = world.join("Dov")
    sheet = received(dov)
    before = LedgerOpening.objects.count()
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="blank")
    told = [row.said for row in LedgerOpening.objects.order_by("event_id")[before:]]
    assert [one["kind"] for one in told] == [
        "consent:paper:keyed",
        "consent:paper:keyed",
        "consent:paper:discrepant",
    ]
    assert all(set(one["fields"]) <= {"paper", "order"} for one in told)
    paper.settle(sheet, {"QC": Side.FIRST}, by="cora", at=NOW)
    applied = LedgerOpening.objects.get(event__kind="consent:paper:applied").said["fields"]
    assert applied["signed_on"] == "2026-05-29"
    assert applied["given"] == [last_yes(dov, "QC").seq]


@pytest.mark.parametrize("verb", ["receive", "first", "second", "settle", "reject"])
def test_without_its_ledger_line_nothing_is_done(world, monkeypatch, verb):
    dov = world.join("Dov")
    sheet = received(dov)
    if verb in ("second", "settle"):
        key(sheet, QC="yes", AI="no")
    if verb == "settle":
        key(sheet, by="carl", QC="blank", AI="no")
    counted = (PaperImport, PaperMove, PaperEntry, Statement, LedgerOpening)
    before = [model.objects.count() for model in counted]
    append, broken = log.append, {"receive": "received", "first": "keyed", "second": "applied"}.get(verb, "")

    def breaks(kind, **rest):
        if kind.tag.endswith(broken or {"settle": "applied", "reject": "rejected"}[verb]):
            raise LedgerBroken("No ledger.")
        return append(kind, **rest)

    monkeypatch.setattr(log, "append", breaks)
    acts = {
        "receive": lambda: received(dov, content="2"),
        "first": lambda: key(sheet, QC="no"),
        "second": lambda: key(sheet, by="carl", QC="yes", AI="no"),
        "settle": lambda: paper.settle(sheet, {"QC": Side.FIRST}, by="cora", at=NOW),
        "reject": lambda: paper.reject(sheet, "torn", by="carl", at=NOW),
    }
    with pytest.raises(LedgerBroken):
        acts[verb]()
    assert [model.objects.count() for model in counted] == before
