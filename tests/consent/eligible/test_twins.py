"""Twins, and whoever asks for relatives: whose consent counts besides."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from consent import eligibility, fence, participants, records, twins
from consent.eligibility import eligible, survey
from consent.models import TwinLink
from consent.participants import subject_of
from consent.reasons import Reason
from consent.terms import Permission, Relations, Side
from tests.cast import police, relatives, research
from tests.consent.eligible.asking import DAY, POLICY, at_once, one_by_one, permitted
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


class TestTwins:
    """A police search for kin through one identical twin is a search for kin of the other."""

    @pytest.fixture(autouse=True)
    def twins_registered(self, world: World) -> None:
        twins.register(world.people["Noor"], world.people["Dov"], by="one", second="other", at=NOW)

    def test_both_must_allow_it(self, world: World):
        noor, dov, use = world.people["Noor"], world.people["Dov"], police("L.HOM")
        assert permitted(use) == set()
        assert at_once(use)[noor.ordinal] == ((), (Reason.REL_MZ_TWIN_NOT_GRANTED,))
        assert at_once(use) == one_by_one(use)
        world.give(dov, "LE.HOM", at=NOW)
        assert permitted(use) == {noor.ordinal, dov.ordinal}
        assert at_once(use) == one_by_one(use)

    def test_a_no_to_one_of_the_twins_files_counts_for_both(self, world: World):
        noor, dov, use = world.people["Noor"], world.people["Dov"], police("L.HOM")
        world.give(dov, "LE.HOM", at=NOW)
        file = dov.holdings.get().file
        records.deny(dov, "LE.HOM", by="self", at=NOW, wording=records.Wording(file=file))
        assert permitted(use) == set()
        assert at_once(use)[noor.ordinal] == ((), (Reason.REL_MZ_TWIN_NOT_GRANTED,))
        assert at_once(use) == one_by_one(use)

    def test_who_is_refused_anyway_hears_of_the_twin_too(self, world: World):
        records.deny(world.people["Noor"], "LE.HOM", by="self", at=NOW)
        found = at_once(police("L.HOM"))
        assert found == one_by_one(police("L.HOM"))
        for name, own in (("Noor", Reason.CONSENT_DENIED), ("Dov", Reason.CONSENT_NONE)):
            assert found[world.people[name].ordinal] == ((), (own, Reason.REL_MZ_TWIN_NOT_GRANTED))

    def test_a_check_of_identity_touches_no_twin(self, world: World):
        assert permitted(replace(police("L.HOM"), match_mode="identity")) == {world.people["Noor"].ordinal}

    def test_a_twin_has_no_veto_over_research(self, world: World):
        records.withdraw(world.people["Dov"], by="self", at=NOW)
        world.give(world.people["Noor"], "RESEARCH", Permission(code="GRU"), at=NOW)
        assert world.people["Noor"].ordinal in permitted(research("R.GRU"))

    def test_what_a_twin_says_is_a_change_of_both(self, world: World):
        noor, dov = world.people["Noor"], world.people["Dov"]
        position = fence.position()
        records.deny(dov, "QC", by="self", at=NOW)
        assert fence.changed_since(position) == {noor.ordinal, dov.ordinal}

    def test_when_the_twins_yes_ends_the_others_lapses(self, world: World):
        world.give(world.people["Dov"], "LE.HOM", at=NOW, valid_to=NOW + 3 * DAY)
        found = eligible(police("L.HOM"), policy=POLICY, at=NOW)
        assert found.lapses_at == NOW + 3 * DAY
        assert permitted(police("L.HOM"), NOW + 3 * DAY) == set()

    def test_so_it_does_for_the_other_asked_about_alone(self, world: World):
        world.give(world.people["Dov"], "LE.HOM", at=NOW, valid_to=NOW + 3 * DAY)
        (noor,) = survey(police("L.HOM"), policy=POLICY, at=NOW, only=[world.people["Noor"].ordinal])
        assert noor.permitted
        assert noor.lapses_at == NOW + 3 * DAY

    def test_with_more_people_than_fit_in_one_question_all_pairs_are_looked_through(self, monkeypatch):
        monkeypatch.setattr("consent.models.kin.MANY", 1)
        assert permitted(police("L.HOM")) == set()

    def test_one_without_a_file_is_nobody_who_may_be_asked(self, world: World):
        ada, use = world.people["Ada"], police("L.HOM")
        world.give(ada, "LE.HOM", at=NOW)
        alone = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
        twins.register(ada, alone, by="one", second="other", at=NOW)
        world.join("Next", says="Dov")  # stands where she would
        assert at_once(use)[ada.ordinal] == ((), (Reason.REL_MZ_TWIN_NOT_GRANTED,))
        assert at_once(use) == one_by_one(use)
        assert alone.ordinal not in at_once(use)

    def test_whoever_stands_next_to_a_twin_is_asked_as_ever(self, world: World):
        beside, use = world.join("Beside", says="Noor"), police("L.HOM")
        assert beside.ordinal == world.people["Dov"].ordinal + 1
        assert permitted(use) == {beside.ordinal}
        assert at_once(use) == one_by_one(use)

    def test_they_are_none_when_it_proves_wrong(self, world: World):
        twins.dissolve(TwinLink.objects.get(), why="their DNA", by="one", second="two", at=NOW)
        assert permitted(police("L.HOM")) == {world.people["Noor"].ordinal}


def test_whoever_looks_for_relatives_must_allow_it_too(world: World):
    ada, ben, use = world.people["Ada"], world.people["Ben"], relatives()
    world.give(ada, "RELMATCH", at=NOW)
    world.give(ben, "RELMATCH", at=NOW, valid_to=NOW + 5 * DAY)

    def found(at: datetime = NOW) -> eligibility.Eligible:
        side = Relations(requesting_participant=Side(subject_of(ben), records.of(ben)))
        return eligible(use, policy=POLICY, at=at, why=True, relations=side)

    assert ada.ordinal in found().people
    assert found().lapses_at == NOW + 5 * DAY
    assert not found(NOW + 5 * DAY).permitted.any()
    reasons = {int(o): why for why, people in found(NOW + 5 * DAY).left_out for o in people}
    assert reasons[ada.ordinal] == (Reason.REL_MUTUAL_CONSENT_MISSING,)
    assert not eligible(use, policy=POLICY, at=NOW).permitted.any()  # nobody asks: nobody is matched
