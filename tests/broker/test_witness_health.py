"""Whether a witness keeps up is told by how long it has lacked something, however busy the house is."""

from datetime import timedelta

import pytest

from broker import health
from consent.ledger import log, witnesses
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("ago", "well"), [(timedelta(seconds=30), True), (timedelta(days=30), False)])
def test_a_witness_that_is_away_is_noticed_in_a_busy_house(
    monkeypatch: pytest.MonkeyPatch, settings, ago: timedelta, well: bool
):
    """The newest checkpoint is of this moment; the first that the witness lacks is not."""
    world = World()
    seen = log.sequence(at=NOW - ago - timedelta(seconds=1))
    world.crowd(1, says="Ada")
    log.sequence(at=NOW - ago)
    world.crowd(1, says="Ada")
    log.sequence(at=NOW)
    settings.WITNESS_URL = "http://127.0.0.1:9"
    assert seen is not None
    monkeypatch.setattr(witnesses, "newest", lambda: witnesses.Witnessed(seen, NOW - ago))
    assert health._witness(NOW)[0] is well


def test_a_witness_that_has_all_is_well(monkeypatch: pytest.MonkeyPatch, settings):
    World()
    seen = log.sequence(at=NOW - timedelta(days=30)) or log.checkpoint()
    settings.WITNESS_URL = "http://127.0.0.1:9"
    assert seen is not None
    monkeypatch.setattr(witnesses, "newest", lambda: witnesses.Witnessed(seen, NOW - timedelta(days=30)))
    assert health._witness(NOW)[0]
