"""What the clock does: one duty that fails takes no other with it, and auditors hear of it once."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from broker import duties, events, leftovers, notice_kinds, sweeping, tasks, tellings
from broker.models import Notice
from broker.staging import StagedBroken
from consent.errors import DatabaseBehind
from consent.models import LedgerEvent
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return World()


def broken(**_facts: object) -> None:
    raise StagedBroken("What was kept of this job is not as it was written. Tell an auditor.")


def failed() -> list[dict[str, str]]:
    rows = LedgerEvent.objects.filter(kind=events.DUTY_FAILED.tag).order_by("id")
    return [row.opening.said["fields"] for row in rows]


def test_every_other_duty_is_done_and_the_fault_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    monkeypatch.setattr(tellings, "tell_due", broken)
    monkeypatch.setattr(leftovers, "clear", lambda **_facts: done.append("cleared"))
    tasks.look()
    tasks.look()
    assert done == ["cleared", "cleared"]
    (fault,) = failed()
    assert fault["duty"] == "searches to be told"
    assert "not as it was written" in fault["trouble"]
    notice = Notice.objects.get(user=world.staff.auditor, kind="duty")
    assert "searches to be told" in notice_kinds.text(notice)
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=1))
    tasks.look()
    assert len(failed()) == 2, "it lasts"


def test_what_ends_by_the_clock_is_guarded_too(monkeypatch: pytest.MonkeyPatch):
    let_go: list[object] = []
    monkeypatch.setattr(tasks.case_ends, "lapse_due", broken)
    monkeypatch.setattr(sweeping, "expire", lambda *, at: let_go.append(at))
    tasks.end_due()
    assert let_go == [NOW]
    assert len(failed()) == 1


def test_words_that_are_not_ours_stay_in_the_log():
    def leaks(_at: object) -> None:
        raise KeyError("20:1000226 A>T of maria")

    assert duties.do_each({"one": leaks}, at=NOW) == ["one"]
    assert failed() == [{"duty": "one", "trouble": "KeyError"}]


def test_a_database_that_is_busy_for_a_moment_rings_for_nobody():
    def busy(_at: object) -> None:
        raise OperationalError("database is locked")

    assert duties.do_each({"one": busy, "two": lambda _at: None}, at=NOW) == ["one"]
    assert failed() == []


def test_behind_a_restore_nothing_goes_on():
    def behind(_at: object) -> None:
        raise DatabaseBehind("the database is older")

    with pytest.raises(DatabaseBehind):
        duties.do_each({"one": behind}, at=NOW)
