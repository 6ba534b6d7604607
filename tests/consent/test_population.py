"""Rows at their edges: when a row is old, until when an answer is good, care, and families nobody can allow.
That the arrays say what the law says is a law of its own, in tests/properties."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from consent.population import KEPT_ANSWERS, Population
from consent.reasons import Reason
from consent.rows import NEVER, Row, micro, rows_of
from consent.rules import families
from consent.terms import DataUse, File, FileState, Freeze, Level, Modifier, Statement, Subject
from tests.cast import (
    ANY_RESEARCH,
    CHILD_FORM,
    GUARDIAN,
    HEALTH,
    NOW,
    POLICY,
    SIGNED,
    born,
    care,
    no,
    police,
    quality,
    research,
    stop,
    yes,
)

LEAST, DAY = timedelta(microseconds=1), timedelta(days=1)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
FILES = [UUID(int=number) for number in range(1, 9)]
CC = (Modifier("CC"),)
PLAIN = research("R.GRU")
GENERAL = replace(
    PLAIN, project=replace(PLAIN.project, valid_to=FAR), ethics=replace(PLAIN.ethics, valid_to=FAR)
)


def rows(
    ordinal: int,
    *said: Statement,
    at: datetime = NOW,
    subject: Subject | None = None,
    states: Sequence[str] = ("ACTIVE",),
) -> tuple[int, list[Row]]:
    files = [
        (FILES[2 * ordinal - 2 + n], File(str(FILES[2 * ordinal - 2 + n]), FileState(state)))
        for n, state in enumerate(states)
    ]
    return ordinal, rows_of(subject or born(), files, said, POLICY, at)


def population(*people: tuple[int, list[Row]]) -> Population:
    made = Population(POLICY, 0, b"")
    made.put(people)
    return made


def allowed(made: Population, use: DataUse, at: datetime = NOW) -> list[bool]:
    found = made.allowed(use, at)
    assert found.dtype == np.bool_
    return found.tolist()


def test_a_row_is_old_from_the_very_instant_at_which_something_happens():
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH, valid_to=NOW + DAY)), rows(2))
    assert made.stale(NOW) == made.stale(NOW + DAY - LEAST) == set()
    assert made.stale(NOW + DAY) == {1}
    assert made.stale(SIGNED) == set()
    assert made.stale(SIGNED - LEAST) == {1}


def test_a_row_is_not_old_at_the_instant_at_which_it_begins():
    said = yes("RESEARCH", ANY_RESEARCH)
    assert population(rows(1, said, at=SIGNED)).stale(SIGNED) == set()
    assert population(rows(1, said)).stale(SIGNED) == set()


def test_nothing_is_old_where_nobody_is():
    assert population().stale(NOW) == set()


def test_it_lapses_when_the_first_thing_happens_to_somebody_who_is_allowed():
    soon = yes("RESEARCH", ANY_RESEARCH, valid_to=NOW + 10 * DAY)
    of_others = yes("RESEARCH", HEALTH, valid_to=NOW + DAY)
    made = population(rows(1, soon), rows(2, of_others), rows(3, yes("RESEARCH", ANY_RESEARCH)))
    found = made.allowed(GENERAL, NOW)
    assert found.tolist() == [True, False, True]
    assert made.lapses_at(found, GENERAL, NOW) == micro(NOW + 10 * DAY)
    assert made.lapses_at(found & False, GENERAL, NOW) == NEVER
    earlier = replace(GENERAL, project=replace(GENERAL.project, valid_to=NOW + 5 * DAY))
    assert made.lapses_at(found, earlier, NOW) == micro(NOW + 5 * DAY)


def test_where_nothing_ends_it_never_lapses():
    made = population(rows(1, yes("CLINICAL")))
    endless = replace(
        care(), project=replace(PLAIN.project, valid_to=None), ethics=replace(PLAIN.ethics, valid_to=None)
    )
    assert made.lapses_at(made.allowed(endless, NOW), endless, NOW) == NEVER


def test_what_happens_at_this_very_instant_has_happened():
    moratorium = (Modifier.of("MOR", until=NOW.isoformat()),)
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH, modifiers=moratorium)))
    found = made.allowed(GENERAL, NOW)
    assert found.tolist() == [True]
    assert made.lapses_at(found, GENERAL, NOW) == micro(FAR)  # its papers
    assert made.lapses_at(~(found & False), GENERAL, NOW - LEAST) == micro(NOW)


@pytest.mark.parametrize("walk", [(-1, 0, 1, 0, -1), (1, -1, 0), (0, -1)])
def test_an_answer_is_good_until_the_instant_that_changes_it_and_no_longer(walk: tuple[int, ...]):
    moratorium = (Modifier.of("MOR", until=(NOW + DAY).isoformat()),)
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH, modifiers=moratorium)))
    for step in walk:
        assert allowed(made, GENERAL, NOW + DAY + step * LEAST) == [step >= 0]


def test_what_is_said_anew_is_answered_anew_beside_what_is_known():
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH)))
    assert allowed(made, GENERAL) == [True]
    made.put([rows(2, no("RESEARCH")), rows(3, yes("RESEARCH", HEALTH)), rows(1, no("RESEARCH", seq=4))])
    assert allowed(made, GENERAL) == [False, False, False]
    assert allowed(made, replace(GENERAL, purposes=frozenset({"R.HMB"}))) == [False, False, True]


def test_the_law_is_not_asked_twice_the_same(monkeypatch):
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH)))
    assert allowed(made, GENERAL) == [True]
    monkeypatch.setattr(families, "answer", None)
    assert allowed(made, GENERAL) == [True]


def test_so_many_answers_are_kept_and_no_more():
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH)))
    for number in range(KEPT_ANSWERS + 5):
        assert allowed(made, replace(GENERAL, id=f"Q{number}")) == [True]
    assert len(made._answers) == KEPT_ANSWERS
    assert (replace(GENERAL, id="Q0"), "RESEARCH") not in made._answers


def test_care_rests_on_its_own_answer_or_where_there_is_none_on_research_with_cc():
    with_cc = yes("RESEARCH", HEALTH, modifiers=CC)
    made = population(
        rows(1, yes("CLINICAL")),
        rows(2, with_cc),
        rows(3, yes("RESEARCH", HEALTH)),
        rows(4, with_cc, no("CLINICAL", seq=2)),
    )
    assert allowed(made, care()) == [True, True, False, False]
    assert allowed(made, quality()) == [False, False, False, False]


def test_a_family_that_nobody_is_asked_about_is_allowed_by_nobody():
    made = population(rows(1, yes("LE.HOM"), yes("RESEARCH", ANY_RESEARCH, seq=2)))
    assert allowed(made, police("L.NVC")) == [False]
    assert allowed(made, police("L.HOM")) == [True]


def test_a_file_that_comes_changes_its_persons_rows_alone():
    said = yes("RESEARCH", ANY_RESEARCH)
    made = population(rows(1, said), rows(3, said))
    made.put([rows(2, said, states=("QUARANTINED", "ACTIVE")), rows(3, said, states=("ACTIVE", "ERASED"))])
    assert made.ordinals.tolist() == [1, 2, 2, 3, 3]
    assert [UUID(bytes=file) for file in made.files.tolist()] == [FILES[n] for n in (0, 2, 3, 4, 5)]
    assert allowed(made, GENERAL) == [True, False, True, True, False]
    made.put([(2, [])])
    assert made.ordinals.tolist() == [1, 3, 3]
    assert allowed(made, GENERAL) == [True, True, False]


def test_a_file_in_place_of_another_is_the_persons():
    said = yes("RESEARCH", ANY_RESEARCH)
    made = population(rows(1, said), rows(2, no("RESEARCH")))
    new = UUID(int=99)
    made.put([(1, rows_of(born(), [(new, File(str(new)))], [said], POLICY, NOW))])
    assert [UUID(bytes=file) for file in made.files.tolist()] == [new, FILES[2]]
    assert allowed(made, GENERAL) == [True, False]


def test_what_is_said_of_the_same_files_moves_nobody():
    """A statement costs by what it changes, not by how many people there are."""
    states = ("ACTIVE", "ACTIVE")
    made = population(rows(1), rows(2, yes("RESEARCH", ANY_RESEARCH), states=states), rows(3))
    before = made.files
    made.put([rows(2, no("RESEARCH"), states=states)])
    assert made.files is before
    assert allowed(made, GENERAL) == [False, False, False, False]


def test_populations_that_are_joined_take_no_more_room():
    said = yes("RESEARCH", ANY_RESEARCH)
    made = population(rows(1, said))
    kept = {name: getattr(made, name).dtype for name in ("gates", "spoken")}
    made.join([population(rows(2, said), rows(3, no("RESEARCH")))])
    assert {name: getattr(made, name).dtype for name in kept} == kept
    assert allowed(made, GENERAL) == [True, True, False]


def test_a_no_to_one_file_leaves_the_other():
    first = no("RESEARCH", seq=2, level=Level.FILE, file=str(FILES[0]))
    made = population(rows(1, yes("RESEARCH", ANY_RESEARCH), first, states=("ACTIVE", "ACTIVE")))
    assert allowed(made, GENERAL) == [False, True]


def test_a_row_holds_until_the_next_thing_that_happens_to_its_person():
    held = born(freezes=(Freeze(NOW + DAY, NOW + 2 * DAY),))
    ends = {}
    for at in (NOW, NOW + DAY, NOW + 2 * DAY):
        (row,) = rows(1, yes("RESEARCH", ANY_RESEARCH), at=at, subject=held)[1]
        ends[at] = (row.since, row.until, row.gates)
    assert ends == {
        NOW: (micro(SIGNED), micro(NOW + DAY), ()),
        NOW + DAY: (micro(NOW + DAY), micro(NOW + 2 * DAY), (Reason.SUBJ_FROZEN,)),
        NOW + 2 * DAY: (micro(NOW + 2 * DAY), NEVER, ()),
    }


def test_a_row_holds_from_the_instant_at_which_its_yes_begins_or_ends():
    said = yes("RESEARCH", ANY_RESEARCH, effective_at=NOW, valid_to=NOW + DAY)
    kept = {}
    for at in (NOW - LEAST, NOW, NOW + DAY):
        (row,) = rows(1, said, at=at)[1]
        kept[at] = (row.since, row.until)
    assert kept == {
        NOW - LEAST: (micro(SIGNED), micro(NOW)),
        NOW: (micro(NOW), micro(NOW + DAY)),
        NOW + DAY: (micro(NOW + DAY), NEVER),
    }


def test_a_stop_of_everything_speaks_of_what_was_never_named():
    (row,) = rows(1, stop("*"))[1]
    assert all(spoken.heads for spoken in row.spoken)
    ((decision, _),) = population(rows(1, stop("*"))).decisions(np.array([0]), GENERAL, NOW)
    assert decision.reasons == (Reason.CONSENT_WITHDRAWN,)


def test_a_row_holds_until_a_stop_of_everything_begins():
    said = (yes("RESEARCH", ANY_RESEARCH), stop("*", recorded_at=NOW + DAY))
    made = population(rows(1, *said))
    assert allowed(made, GENERAL) == [True]
    assert made.until.tolist() == [micro(NOW + DAY)]
    assert allowed(population(rows(1, *said, at=NOW + DAY)), GENERAL) == [False]


def test_care_that_a_guardian_allowed_holds_some_days_longer_than_the_rest():
    said = [
        yes(family, *kinds, authority=GUARDIAN, form=CHILD_FORM, seq=seq)
        for seq, family, kinds in ((1, "RESEARCH", [HEALTH]), (2, "CLINICAL", []))
    ]
    young = born(NOW.date().replace(year=NOW.year - 18))
    grown, (days,) = datetime(2026, 6, 1, tzinfo=UTC), [n for _, n in POLICY.majority_grace_days]
    (row,) = rows(1, *said, at=grown, subject=young)[1]
    assert (row.since, row.until) == (micro(grown), micro(grown + days * DAY))
    for at, expected in ((grown, True), (grown + days * DAY, False)):
        made = population(rows(1, *said, at=at, subject=young))
        assert (allowed(made, care(), at), allowed(made, GENERAL, at)) == ([expected], [False])


def test_each_class_is_told_with_the_places_it_is_about():
    made = population(rows(1), rows(2, yes("RESEARCH", HEALTH)), rows(3), rows(4, no("RESEARCH")))
    places = np.array([0, 1, 2, 3])
    told = {decision.reasons: at.tolist() for decision, at in made.decisions(places, GENERAL, NOW)}
    assert told == {
        (Reason.CONSENT_NONE,): [0, 2],
        (Reason.PURPOSE_NOT_COVERED,): [1],
        (Reason.CONSENT_DENIED,): [3],
    }
