"""Who comes in to the auditor's pages, and what a look costs."""

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from broker import exports, oversight
from broker.errors import NotAllowed
from broker.ledger_search import Search
from broker.models import Job
from consent.ledger import log
from consent.models import LedgerEvent
from tests.broker.portal.auditor.looking import looks, released, shown, signed_in
from tests.consent.ledger.build import happen
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


PAGES = ("ledger", "jobs", "verify", "export")


@pytest.mark.parametrize("who", ["steward", "researcher", "investigator", "admin"])
def test_nobody_else_comes_in(world: World, who: str):
    client = signed_in(getattr(world.staff, who))
    for page in PAGES:
        assert client.get(reverse(f"auditor:{page}")).status_code == 403
    uid = LedgerEvent.objects.latest("id").uid
    assert client.get(reverse("auditor:event", args=[uid])).status_code == 403
    assert client.post(reverse("auditor:export"), {"openings": "yes"}).status_code == 403
    assert client.post(reverse("auditor:verify")).status_code == 403
    assert client.post(reverse("auditor:events")).status_code == 403
    assert not looks()


def test_the_verbs_ask_for_the_right_whichever_door_they_are_called_from(world: World):
    sten = world.staff.steward
    for verb in (
        lambda: oversight.verify(by=sten, at=NOW),
        lambda: exports.ledger(io.BytesIO(), openings=True, by=sten, at=NOW),
        lambda: exports.found(io.BytesIO(), Search(), tell=str, by=sten, at=NOW),
        lambda: oversight.turn("jobs", by=sten, at=NOW),
        lambda: oversight.open_event(LedgerEvent(), by=sten, at=NOW),
        lambda: oversight.look(Job(), by=sten, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            verb()
    assert not looks()


def test_what_is_not_there_is_a_404(otto: Client):
    nobody = "00000000-0000-4000-8000-000000000000"
    shown(otto, "event", nobody, status=404)
    shown(otto, "job", nobody, status=404)
    assert not looks()


def test_no_page_is_shown_when_the_look_cannot_be_written(
    world: World, otto: Client, monkeypatch: pytest.MonkeyPatch
):
    """No ledger, no look: what cannot be written down is not shown."""
    job = released(world)

    def full_disk(*_args: Any, **_said: Any) -> Any:
        raise OSError("The disk is full.")

    monkeypatch.setattr(log, "append", full_disk)
    with pytest.raises(OSError, match="full"):
        otto.get(reverse("auditor:job", args=[job.pk]))
    event = LedgerEvent.objects.latest("id")
    for address in (
        reverse("auditor:ledger"),
        reverse("auditor:ledger") + "?q=outcome:given",
        reverse("auditor:event", args=[event.uid]),
        reverse("auditor:jobs"),
        reverse("auditor:papers"),
    ):
        with pytest.raises(OSError, match="full"):
            otto.get(address)
    with pytest.raises(OSError, match="full"):
        otto.post(reverse("auditor:export"), {"openings": "yes"})


def test_the_ledger_asks_the_database_as_often_for_many_as_for_few(
    otto: Client, django_assert_max_num_queries: Any
):
    happen(2)
    log.sequence(at=NOW)  # with a checkpoint file the restore door asks once, too
    with django_assert_max_num_queries(14) as few:
        shown(otto, "ledger")
    happen(60)
    log.sequence(at=NOW)
    with django_assert_max_num_queries(len(few)):
        shown(otto, "ledger")
