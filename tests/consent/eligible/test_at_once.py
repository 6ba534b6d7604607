"""Who may be asked, for everybody at once: equal to asking one by one, and never of another history."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction

from consent import eligibility, fence, holdings, participants, projection, records
from consent.eligibility import eligible, survey
from consent.models import Holding, Projection
from consent.reasons import Reason
from consent.rebuild import rows
from consent.terms import DataUse, Modifier, Permission
from tests.cast import police, quality, research
from tests.consent.eligible.asking import ASKED, DAY, POLICY, SECOND_FILE, at_once, one_by_one, permitted
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.mark.parametrize("use", ASKED.values(), ids=ASKED)
def test_it_says_of_everybody_what_the_law_says_of_each(world: World, use: DataUse):
    found = eligible(use, policy=POLICY, at=NOW, why=True)
    if found.reasons:
        assert not found.permitted.any()
        assert found.left_out == ()
        assert all(set(found.reasons) <= set(reasons) for _, reasons in one_by_one(use).values())
    else:
        assert at_once(use) == one_by_one(use)
        assert set(at_once(use)) == {person.ordinal for person in world.people.values()}


def test_an_order_that_compels_changes_nothing(world: World):
    plain = police("L.HOM")
    order = replace(plain.le.judicial_authorisation, compels_non_consenting=True)
    compelling = replace(plain, le=replace(plain.le, judicial_authorisation=order))
    assert permitted(compelling) == permitted(plain) == {world.people["Noor"].ordinal}
    assert at_once(compelling) == at_once(plain)


def test_what_is_said_holds_for_the_next_question(world: World):
    dov, use = world.people["Dov"], research("R.GRU")
    assert dov.ordinal not in permitted(use)
    world.give(dov, "RESEARCH", Permission(code="GRU"), at=NOW)
    assert dov.ordinal in permitted(use)
    records.withdraw(dov, by="self", at=NOW)
    assert dov.ordinal not in permitted(use)
    assert at_once(use) == one_by_one(use)


def test_what_was_rolled_back_was_never_said(world: World):
    dov, use = world.people["Dov"], research("R.GRU")
    before = permitted(use)
    with transaction.atomic():
        world.give(dov, "RESEARCH", Permission(code="GRU"), at=NOW)
        assert dov.ordinal in permitted(use)
        transaction.set_rollback(True)
    records.deny(world.people["Ben"], "RESEARCH", by="self", at=NOW)  # the same position, another history
    assert permitted(use) == before
    assert at_once(use) == one_by_one(use)


def test_files_that_come_go_and_come_back(world: World):
    ada, use = world.people["Ada"], research("R.GRU")
    permitted(use)
    first = Holding.objects.get(participant=ada)
    second = holdings.add(ada, SECOND_FILE, by="self", at=NOW)
    assert len(at_once(use)[ada.ordinal][0]) == 2
    holdings.set_state(first, Holding.State.QUARANTINED, by="staff", at=NOW)
    assert at_once(use)[ada.ordinal][0] == (second.file,)
    holdings.set_state(second, Holding.State.ERASED, by="self", at=NOW)
    assert at_once(use)[ada.ordinal] == ((), (Reason.FILE_QUARANTINED,)) or at_once(use) == one_by_one(use)
    holdings.set_state(first, Holding.State.ACTIVE, by="staff", at=NOW)
    assert at_once(use)[ada.ordinal][0] == (first.file,)
    assert at_once(use) == one_by_one(use)


def test_of_several_refused_files_the_one_that_came_closest_explains(world: World):
    ben, use = world.people["Ben"], research("R.GRU")
    second = holdings.add(ben, SECOND_FILE, by="self", at=NOW)
    holdings.set_state(second, Holding.State.QUARANTINED, by="staff", at=NOW)
    assert at_once(use)[ben.ordinal] == ((), (Reason.PURPOSE_NOT_COVERED,))
    assert at_once(use) == one_by_one(use)


def test_time_passes_forwards_and_backwards(world: World):
    dov, use = world.people["Dov"], research("R.GRU")
    world.give(dov, "RESEARCH", Permission(code="GRU"), valid_to=NOW + 10 * DAY)
    participants.freeze(world.people["Ada"], until=NOW + 2 * DAY, by="staff", at=NOW + DAY)
    second = timedelta(seconds=1)
    for at in (NOW, NOW + DAY, NOW + 2 * DAY, NOW + 10 * DAY - second, NOW + 10 * DAY, NOW, NOW - DAY):
        assert at_once(use, at) == one_by_one(use, at)
    assert dov.ordinal in permitted(use, NOW + 10 * DAY - second)
    assert dov.ordinal not in permitted(use, NOW + 10 * DAY)


def test_it_says_when_time_alone_could_change_something(world: World):
    dov = world.people["Dov"]
    use = replace(research("R.GRU"), project=replace(research("R.GRU").project, valid_to=NOW + 50 * DAY))
    assert eligible(use, policy=POLICY, at=NOW).lapses_at == NOW + 50 * DAY
    until = Modifier.of("MOR", until=(NOW - DAY).isoformat())
    world.give(dov, "RESEARCH", Permission(code="GRU"), modifiers=[until], valid_to=NOW + 10 * DAY)
    assert eligible(use, policy=POLICY, at=NOW).lapses_at == NOW + 10 * DAY
    assert eligible(police("L.NVC"), policy=POLICY, at=NOW).lapses_at is None


def test_another_policy_is_another_population(world: World):
    use = research("R.DS", disease="MONDO:0005105")
    ben = world.people["Ben"].ordinal
    assert ben in permitted(use)
    unknown = POLICY.overlay({"policy_version": "no diseases", "disease_parents": {}})
    assert ben not in permitted(use, policy=unknown)
    assert ben in permitted(use)
    disguised = POLICY.overlay({"disease_parents": {}})  # the same version, and not the same policy
    assert ben not in permitted(use, policy=disguised)
    for number in range(3):
        permitted(use, policy=POLICY.overlay({"policy_version": str(number)}))
    assert len(eligibility._populations) == eligibility.KEPT


def test_a_second_question_reads_only_whom_something_touched(world: World, monkeypatch):
    permitted(research("R.GRU"))
    read: list[list[int]] = []

    def noting(ordinals, policy, at):
        read.append(list(ordinals))
        return rows(ordinals, policy, at)

    monkeypatch.setattr(eligibility, "rows", noting)
    monkeypatch.setattr(eligibility, "rebuild", None)
    monkeypatch.setattr(projection, "load", None)
    permitted(research("R.GRU"))
    permitted(quality(), at=NOW + timedelta(seconds=1))
    assert read == []
    records.deny(world.people["Noor"], "QC", by="self", at=NOW)
    found = eligible(quality(), policy=POLICY, at=NOW + DAY)
    assert read == [[world.people["Noor"].ordinal]]
    assert found.position == fence.position()
    permitted(quality(), at=NOW + DAY)
    assert len(read) == 1


def test_one_without_a_file_who_is_asked_alone_has_said_nothing(world: World):
    nobody = participants.register(born_on=date(1980, 1, 1), by="x", at=NOW)
    (told,) = survey(research("R.GRU"), policy=POLICY, at=NOW, only=[nobody.ordinal])
    assert (told.ordinal, told.files, told.reasons) == (nobody.ordinal, (), (Reason.CONSENT_NONE,))


def test_a_word_of_one_does_not_hide_that_the_yes_of_another_has_ended(world: World):
    ada, use = world.people["Ada"], research("R.GRU")
    world.give(ada, "RESEARCH", Permission(code="GRU"), valid_to=NOW + DAY)
    assert ada.ordinal in permitted(use)
    records.deny(world.people["Dov"], "QC", by="self", at=NOW)
    assert ada.ordinal not in permitted(use, at=NOW + DAY)


def test_why_not_is_only_said_when_it_is_asked_for(world: World):
    use = research("R.GRU")
    assert eligible(use, policy=POLICY, at=NOW).left_out == ()
    assert eligible(use, policy=POLICY, at=NOW, why=True).left_out


def test_one_who_is_asked_alone_is_told_with_her_statements_and_until_when(world: World):
    ada, dov = world.people["Ada"], world.people["Dov"]
    said = world.give(ada, "RESEARCH", Permission(code="GRU"), valid_to=NOW + 10 * DAY)
    use = replace(research("R.GRU"), project=replace(research("R.GRU").project, valid_to=NOW + 50 * DAY))
    asked = survey(use, policy=POLICY, at=NOW + timedelta(seconds=1), only=[dov.ordinal, 10**6, ada.ordinal])
    told, silent = asked
    assert (told.ordinal, told.permitted, told.heads, told.reasons) == (ada.ordinal, True, (said.seq,), ())
    assert told.lapses_at == NOW + 10 * DAY
    assert told.files == (ada.holdings.get().file,)
    assert (silent.ordinal, silent.files, silent.heads, silent.lapses_at) == (dov.ordinal, (), (), None)
    assert silent.reasons == (Reason.CONSENT_NONE,)
    assert not silent.permitted


def test_what_a_process_keeps_is_kept_for_the_next(world: World, monkeypatch):
    at_first = permitted(research("R.GRU"))
    eligibility.keep(policy=POLICY, at=NOW + DAY)
    assert Projection.objects.get().made_at == NOW + DAY
    eligibility.forget()
    monkeypatch.setattr(eligibility, "rebuild", None)
    assert permitted(research("R.GRU")) == at_first
