"""The register of what courts demand: nothing leaves it, nothing in it decides, and nobody forgets it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from broker import erasing, health, people, processes, tasks
from broker.errors import NotAllowed, Refused
from broker.models import LEGAL_TRANSITIONS, LegalProcess, LegalStep, Notice, OwnRecord, User
from broker.staging import StagedBroken
from consent.errors import KeptForever, LedgerUnavailable
from consent.ledger import log
from tests.builders import PDF
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

DAY = timedelta(days=1)
State = LegalProcess.State


@pytest.fixture
def world() -> World:
    return World()


def login(name: str) -> User:
    return people.sign_up(name, "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)


def receive(world: World, *, by: User | None = None, at: datetime = NOW, **said: Any) -> LegalProcess:
    plain: dict[str, Any] = {
        "kind": LegalProcess.Kind.WARRANT,
        "issuer": "Ninth Circuit Court",
        "number": f"W-{LegalProcess.objects.count()}",
        "issued_on": at.date(),
        "asks": "A search of everybody.",
        "concerned": None,
        "compels_non_consenting": True,
        "received_at": at,
    }
    document = said.pop("document", PDF)
    particulars = processes.Particulars(**plain | said)
    return processes.receive(particulars, document, by=by or world.staff.clerk, at=at)


def told(kind: str) -> list[dict[str, Any]]:
    return list(log.openings([f"broker:process:{kind}"]).values())


# --- it is entered, and stays --------------------------------------------------------------------------


def test_it_is_entered_with_its_paper_sealed_and_its_line_in_the_ledger(world: World):
    process = receive(world)
    assert bytes(process.document) != PDF
    assert PDF not in bytes(process.document)
    assert processes.look(process, by=world.staff.legal, at=NOW) == PDF
    (event,) = told("received")
    assert event["fields"] == {
        "process_kind": "warrant",
        "concerns": "all",
        "compels_non_consenting": True,
        "case": "",
        "gag_until": "",
        "received": NOW.isoformat(),
        "due": (NOW + processes.ANSWER_WITHIN).isoformat(),
        "document_sha256": process.document_sha256,
    }
    assert len(told("seen")) == 1


@pytest.mark.parametrize("role", ["clerk", "steward", "legal"])
def test_who_sits_at_a_desk_may_enter_it(world: World, role: str):
    assert receive(world, by=getattr(world.staff, role)).pk


@pytest.mark.parametrize("role", ["researcher", "investigator", "counsel", "admin", "auditor"])
def test_nobody_else_may(world: World, role: str):
    with pytest.raises(NotAllowed):
        receive(world, by=getattr(world.staff, role))
    assert not LegalProcess.objects.exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"issuer": " "}, "needs its issuer"),
        ({"asks": ""}, "needs its asks"),
        ({"document": b"MZ"}, "PDF, PNG or JPEG"),
        ({"concerned": []}, "whom it concerns"),
        ({"received_at": NOW + DAY}, "later than now"),
        ({"due_at": NOW}, "by a day after"),
        ({"gag_until": NOW}, "ends after the paper came"),
        ({"gag_until": NOW + 1097 * DAY}, "lasts 1096 days at most"),
        ({"gag_until": datetime(9999, 12, 31, tzinfo=UTC)}, "lasts 1096 days at most"),
        ({"due_at": datetime(9999, 12, 31, tzinfo=UTC)}, "within a year"),
    ],
)
def test_an_entry_that_is_not_whole_is_refused(world: World, said: dict[str, Any], why: str):
    with pytest.raises(Refused, match=why):
        receive(world, at=NOW, **said)
    assert not LegalProcess.objects.exists()


def test_the_same_paper_is_entered_once(world: World):
    receive(world, number="W-7")
    with pytest.raises(Refused, match="in the register already"):
        receive(world, number="W-7")


def test_nothing_is_changed_in_it_or_taken_out(world: World):
    process = receive(world)
    processes.move(process, State.REVIEWED, "looked into", by=world.staff.legal, at=NOW)
    for row in (process, process.steps.get(order=2)):
        for verb in (row.save, row.delete):
            with pytest.raises(KeptForever):
                verb()
    for model in (LegalProcess, LegalStep):
        with pytest.raises(KeptForever):
            model.objects.all().delete()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - past the models, as an intruder


def test_a_paper_that_was_exchanged_is_not_shown(world: World):
    process = receive(world)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE broker_legalprocess SET document = %s", [b"x" * 60])
    with pytest.raises(StagedBroken):
        processes.look(LegalProcess.objects.get(), by=world.staff.legal, at=NOW)
    assert not told("seen")
    assert process.pk


def test_without_its_line_in_the_ledger_nothing_is_entered(world: World, monkeypatch: pytest.MonkeyPatch):
    def fails(*_args: Any, **_said: Any) -> Any:
        raise LedgerUnavailable("no")

    monkeypatch.setattr(processes.log, "append", fails)
    with pytest.raises(LedgerUnavailable):
        receive(world)
    assert not LegalProcess.objects.exists()


# --- it is answered ------------------------------------------------------------------------------------


def test_the_states_are_a_table_and_every_step_outside_it_is_refused(world: World):
    assert set(LEGAL_TRANSITIONS) == set(State)
    for before in State:
        for after in set(State) - LEGAL_TRANSITIONS[before]:
            process = at_state(world, before)
            with pytest.raises(Refused):
                processes.move(process, after, "x", by=world.staff.legal, at=NOW)


WAY = {
    State.RECEIVED: (),
    State.REVIEWED: (State.REVIEWED,),
    State.CHALLENGED: (State.REVIEWED, State.CHALLENGED),
    State.NARROWED: (State.REVIEWED, State.NARROWED),
    State.REJECTED: (State.REVIEWED, State.REJECTED),
    State.ACTED: (State.REVIEWED, State.NARROWED, State.ACTED),
    State.CLOSED: (State.REVIEWED, State.REJECTED, State.CLOSED),
}


def at_state(world: World, state: LegalProcess.State) -> LegalProcess:
    process = receive(world, compels_non_consenting=False, concerned=None)
    for step in WAY[state]:
        processes.move(process, step, "x", by=world.staff.legal, at=NOW)
    assert processes.state_of(process) == state
    return process


def test_what_compels_people_who_never_agreed_is_never_acted_on_as_it_is(world: World):
    process = receive(world)
    processes.move(process, State.REVIEWED, "it wants everybody", by=world.staff.legal, at=NOW)
    with pytest.raises(Refused, match="there is no function for that"):
        processes.move(process, State.ACTED, "x", by=world.staff.legal, at=NOW)
    processes.move(process, State.NARROWED, "to those who agreed", by=world.staff.legal, at=NOW)
    processes.move(process, State.ACTED, "an ordinary search", by=world.staff.legal, at=NOW)
    assert [one["fields"]["state"] for one in told("moved")] == [
        "REVIEWED",
        "NARROWED",
        "ACTED_WITHIN_CONSENT",
    ]


def test_a_step_has_its_reason_and_is_for_who_answers(world: World):
    process = receive(world)
    with pytest.raises(Refused, match="reason"):
        processes.move(process, State.REVIEWED, " ", by=world.staff.legal, at=NOW)
    with pytest.raises(NotAllowed):
        processes.move(process, State.REVIEWED, "x", by=world.staff.clerk, at=NOW)


def test_who_is_named_by_a_paper_has_no_hand_in_it(world: World):
    """A clerk is a participant too: she neither enters, nor sees, nor learns of it."""
    clerk = world.staff.clerk
    her = world.join("Dov")
    OwnRecord.objects.create(user=clerk, participant=her)
    with pytest.raises(NotAllowed, match="names you"):
        receive(world, concerned=[her])
    process = receive(world, by=world.staff.legal, concerned=[her], gag_until=NOW + DAY)
    assert not processes.on_the_desk(clerk).exists()
    assert processes.on_the_desk(world.staff.legal).get() == process
    with pytest.raises(NotAllowed, match="names you"):
        processes.look(process, by=clerk, at=NOW)


# --- nobody forgets it ---------------------------------------------------------------------------------


def finding(at: datetime) -> health.Finding:
    return next(one for one in health.look(at=at) if one.part == "demands")


def test_one_that_nobody_answers_alarms_every_day_until_somebody_has(world: World):
    process = receive(world, gag_until=NOW + 900 * DAY)
    due = process.due_at
    assert finding(due).well
    assert "1 demands" in finding(NOW).words
    for at in (due, due + DAY, due + DAY + timedelta(hours=1), due + 2 * DAY):
        processes.alarm_overdue(at=at + timedelta(minutes=1))
    assert not finding(due + DAY).well
    assert len(told("overdue")) == 3
    heard = {one.user for one in Notice.objects.filter(kind="demand_overdue")}
    assert heard == {user for role in processes.HEARD_BY for user in people.holding(role)}
    assert {world.staff.legal, world.staff.steward, world.staff.auditor} <= heard
    processes.move(process, State.REVIEWED, "x", by=world.staff.legal, at=due + 3 * DAY)
    assert not finding(due + 3 * DAY).well, "to look into it is no answer"
    processes.move(process, State.REJECTED, "no such function", by=world.staff.legal, at=due + 3 * DAY)
    assert finding(due + 3 * DAY).well
    processes.alarm_overdue(at=due + 9 * DAY)
    assert len(told("overdue")) == 3


def test_the_worker_looks_every_minute(world: World, monkeypatch: pytest.MonkeyPatch):
    receive(world, received_at=EARLIER, at=EARLIER)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    tasks.look()
    assert len(told("overdue")) == 1


# --- who is told, and when -----------------------------------------------------------------------------


def hears(user: User) -> list[datetime]:
    return [one.at for one in Notice.objects.filter(user=user, kind="demanded").order_by("at")]


def test_everybody_concerned_is_told_at_once(world: World):
    rita, ulla = login("rita"), login("ulla")
    receive(world, concerned=[rita.own_record.participant])
    assert (hears(rita), hears(ulla)) == ([NOW], [])
    receive(world, at=NOW + DAY)
    assert (hears(rita), hears(ulla)) == ([NOW, NOW + DAY], [NOW + DAY])
    assert len(told("told")) == 2


def test_a_ban_delays_the_notice_to_its_end_and_no_further(world: World):
    rita = login("rita")
    process = receive(world, gag_until=NOW + 90 * DAY)
    assert processes.untold().get() == process, "it is queued"
    processes.tell_due(at=NOW + 90 * DAY - timedelta(seconds=1))
    assert hears(rita) == []
    processes.tell_due(at=NOW + 90 * DAY)
    processes.tell_due(at=NOW + 91 * DAY)
    assert hears(rita) == [NOW + 90 * DAY]
    assert not processes.untold().exists()


def test_a_ban_that_a_court_lifts_is_told_then(world: World):
    rita = login("rita")
    process = receive(world, gag_until=NOW + 90 * DAY)
    with pytest.raises(NotAllowed):
        processes.end_gag(process, "x", by=world.staff.clerk, at=NOW + DAY)
    processes.end_gag(process, "the court lifted it", by=world.staff.legal, at=NOW + DAY)
    assert hears(rita) == [NOW + DAY]
    with pytest.raises(Refused, match="No ban"):
        processes.end_gag(process, "again", by=world.staff.legal, at=NOW + 2 * DAY)


def test_what_belongs_to_a_case_waits_for_the_case(world: World):
    """Else the notice would tell of a search before its row may."""
    rita = login("rita")
    receive(world, case=world.case())
    processes.tell_due(at=NOW + 900 * DAY)
    assert hears(rita) == []


def test_who_came_later_is_not_meant_and_who_left_is_not_told(world: World):
    rita, gone = login("rita"), login("gone")
    process = receive(world, gag_until=NOW + DAY)
    later = login("later")
    erasing.erase(gone.own_record.participant, by="self", at=NOW)
    processes.tell_due(at=NOW + DAY)
    assert (hears(rita), hears(later), hears(gone)) == ([NOW + DAY], [], [])
    assert process.pk


def test_who_is_erased_is_no_longer_named(world: World):
    rita = login("rita")
    process = receive(world, concerned=[rita.own_record.participant], gag_until=NOW + DAY)
    erasing.erase(rita.own_record.participant, by="self", at=NOW)
    assert not process.concerned.exists()
    assert rita.own_record.participant.pseudonym not in str(told("received"))
