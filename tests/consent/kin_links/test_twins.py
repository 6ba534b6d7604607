"""Identical twins: registered by two, and no twins alone."""

from datetime import date

import pytest

from consent import participants, twins
from consent.errors import KinRefused
from consent.models import LedgerEvent, Participant, TwinLink
from tests.consent.kin_links.acting import DAY, SECOND
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


def test_twins_stand_when_two_have_said_so_and_both_are_marked(pair):
    a, b = pair
    link = twins.propose(b, a, by="one", at=NOW)
    assert twins.twin_of([a.ordinal, b.ordinal]) == {}
    with pytest.raises(KinRefused, match="take two"):
        twins.confirm(link, by="one", at=NOW)
    twins.confirm(link, by="two", at=NOW)
    assert twins.twin_of([a.ordinal]) == {a.ordinal: b.ordinal}
    assert twins.twin_of([b.ordinal, a.ordinal]) == {a.ordinal: b.ordinal, b.ordinal: a.ordinal}
    epochs = set(Participant.objects.filter(pk__in=[a.pk, b.pk]).values_list("epoch", flat=True))
    assert len(epochs) == 1
    assert epochs.pop() > max(a.epoch, b.epoch)
    assert str(a) in str(link)


def test_twins_that_were_none_are_dissolved_and_can_be_registered_with_another(pair):
    a, b = pair
    link = twins.register(a, b, by="one", second="two", at=NOW)
    with pytest.raises(KinRefused, match="what shows"):
        twins.dissolve(link, why=" ", by="one", second="two", at=NOW)
    for second in ("one", ""):
        with pytest.raises(KinRefused, match="takes two"):
            twins.dissolve(link, why="their DNA", by="one", second=second, at=NOW)
    assert twins.twin_of([a.ordinal]) == {a.ordinal: b.ordinal}
    twins.dissolve(link, why="their DNA", by="one", second="two", at=NOW)
    assert twins.twin_of([a.ordinal, b.ordinal]) == {}
    with pytest.raises(KinRefused, match="settled"):
        twins.dissolve(link, why="again", by="one", second="two", at=NOW)
    twins.register(a, b, by="one", second="two", at=NOW)


def test_whether_they_stood_at_an_instant_can_be_asked_afterwards(pair):
    link = twins.propose(*pair, by="one", at=NOW)
    twins.confirm(link, by="two", at=NOW + DAY)
    link.refresh_from_db()
    twins.dissolve(link, why="their DNA", by="one", second="two", at=NOW + 2 * DAY)
    first = pair[0].ordinal
    stood = [
        first in TwinLink.objects.standing(at=at).everybody()
        for at in (NOW, NOW + DAY, NOW + 2 * DAY - SECOND, NOW + 2 * DAY)
    ]
    assert stood == [False, True, True, False]


class TestParting:
    """It may widen what the police search: what one has said waits for another."""

    @pytest.fixture
    def link(self, pair) -> TwinLink:
        return twins.register(*pair, by="one", second="two", at=NOW)

    def stands(self, pair) -> bool:
        return bool(twins.twin_of([pair[0].ordinal]))

    def test_what_one_has_said_parts_nobody_and_another_does(self, pair, link):
        twins.propose_parting(link, why="their DNA", by="one", at=NOW)
        assert self.stands(pair)
        with pytest.raises(KinRefused, match="takes two"):
            twins.part(link, by="one", at=NOW)
        with pytest.raises(KinRefused, match="settled"):
            twins.propose_parting(link, why="again", by="two", at=NOW)
        assert self.stands(pair)
        twins.part(link, by="two", at=NOW)
        assert not self.stands(pair)
        for event in LedgerEvent.objects.filter(kind="consent:twins:dissolved"):
            said = event.opening.said
            assert (said["by"], said["fields"]["second"], said["fields"]["why"]) == (
                "one",
                "two",
                "their DNA",
            )
        assert LedgerEvent.objects.filter(kind="consent:twins:doubted").count() == 2

    def test_who_looked_at_an_earlier_doubt_does_not_confirm_a_later_one(self, pair, link):
        seen = twins.propose_parting(TwinLink.objects.get(), why="a rumour", by="one", at=NOW)
        twins.keep(TwinLink.objects.get(), by="one", at=NOW)
        twins.propose_parting(TwinLink.objects.get(), why="their DNA", by="one", at=NOW + SECOND)
        with pytest.raises(KinRefused, match="settled"):
            twins.part(seen, by="two", at=NOW + SECOND)
        assert self.stands(pair)

    def test_nothing_is_confirmed_that_nobody_has_said(self, pair, link):
        for verb in (twins.part, twins.keep):
            with pytest.raises(KinRefused, match="settled"):
                verb(link, by="two", at=NOW)
        assert self.stands(pair)

    def test_kept_they_stand_as_they_stood(self, pair, link):
        twins.propose_parting(link, why="a rumour", by="one", at=NOW)
        kept = twins.keep(link, by="two", at=NOW)
        assert (kept.parting_by, kept.parting_why, kept.parting_at) == ("", "", None)
        assert self.stands(pair)
        assert LedgerEvent.objects.filter(kind="consent:twins:kept").count() == 2


def test_nobody_is_her_own_twin_nor_that_of_two(pair):
    a, b = pair
    c = participants.register(born_on=date(1990, 5, 5), by="x", at=EARLIER)
    with pytest.raises(KinRefused, match="her own twin"):
        twins.propose(a, a, by="one", at=NOW)
    twins.propose(a, b, by="one", at=NOW)
    for one, other in ((b, c), (c, a), (a, b)):
        with pytest.raises(KinRefused, match="waits for one"):
            twins.propose(one, other, by="one", at=NOW)
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused):
        twins.register(c, c, by="one", second="one", at=NOW)
    assert (TwinLink.objects.count(), LedgerEvent.objects.count()) == (1, before)


def test_one_who_confirms_alone_registers_nobody(pair):
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused, match="take two"):
        twins.register(*pair, by="one", second="one", at=NOW)
    assert (TwinLink.objects.count(), LedgerEvent.objects.count()) == (0, before)
