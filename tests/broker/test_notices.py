"""Notices: to every channel, no word about DNA in a mail, tried again, and given up where all can see."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils.translation import override

from broker import health, notice_kinds, notices, people, postman, tasks
from broker.demo.staff import PASSWORD
from broker.errors import Refused
from broker.models import Channel, Delivery, Notice, User
from consent import alarms
from consent.errors import KeptForever
from consent.models import LedgerEvent
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

EMAIL, POST = Channel.Kind.EMAIL, Channel.Kind.POST
FIELDS = {
    "family": "LE.HOM",
    "whose": "P-AAAA-BBBB",
    "begins": NOW.isoformat(),
    "ends": NOW.isoformat(),
    "change": notice_kinds.ADDED,
    "grants": 900,
    "objected": True,
    "received": NOW.isoformat(),
    "due": NOW.isoformat(),
    "number": "A court W-1",
    "month": "2026-05",
    "duty": "searches to be told",
}


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", PASSWORD, born_on=NOW.date().replace(year=1980), at=NOW)


def tell(user: User, kind: str = "widened") -> Notice:
    fields = {name: FIELDS[name] for name in notice_kinds.KINDS[kind].fields}
    return notices.tell([user], kind, at=NOW, **fields)[0]


def mailed(user: User, address: str = "eve@example.org") -> Channel:
    return Channel.objects.create(user=user, kind=EMAIL, address=address, added_at=NOW)


def send_all(at=NOW) -> None:
    for delivery in postman.due(at=at):
        postman.deliver(delivery, at=at)


@pytest.mark.parametrize("kind", notice_kinds.KINDS)
@pytest.mark.parametrize("language", ["en", "id"])
def test_every_kind_can_be_told_in_both_languages(eve, kind, language):
    notice = tell(eve, kind)
    with override(language):
        told = notice_kinds.subject(notice) + notice_kinds.text(notice)
    assert told
    assert "%(" not in told
    assert "LE.HOM" not in told


def test_a_notice_says_what_its_kind_says_and_no_more(eve):
    with pytest.raises(ValueError, match="and nothing else"):
        notices.tell([eve], "majority", at=NOW, whose="x", disease="y")


def test_a_mail_names_no_use_no_person_and_nothing_of_dna(eve):
    mailed(eve)
    for kind in notice_kinds.KINDS:
        tell(eve, kind)
    send_all()
    assert len(mail.outbox) == len(notice_kinds.KINDS)
    words = {(one.subject, one.body) for one in mail.outbox}
    assert words == {("Something changed", "Something changed in your choices. Sign in to read it.")}


def test_everybody_has_the_portal_and_every_channel_is_used_once(eve):
    mailed(eve)
    mailed(eve, "other@example.org")
    Channel.objects.create(user=eve, kind=POST, address="Eve, 1 Road", added_at=NOW)
    Channel.objects.filter(pk=mailed(eve, "gone@example.org").pk).update(ended_at=NOW)
    notice = tell(eve)
    kinds = sorted(notice.deliveries.values_list("channel__kind", flat=True))
    assert kinds == ["email", "email", "portal", "post"]
    send_all()
    send_all()
    assert {tuple(one.to) for one in mail.outbox} == {("eve@example.org",), ("other@example.org",)}
    assert len(mail.outbox) == 2


def test_a_notice_is_kept_as_it_was_written(eve):
    notice = tell(eve)
    with pytest.raises(KeptForever):
        notice.delete()


def test_reading_is_noted_once_and_by_her_alone(eve):
    other = people.sign_up("other", PASSWORD, born_on=NOW.date().replace(year=1980), at=NOW)
    notice = tell(eve)
    notices.mark_read(other, notice, at=NOW)
    assert notices.inbox(eve).get().state == Delivery.State.DELIVERED
    notices.mark_read(eve, notice, at=NOW)
    notices.mark_read(eve, notice, at=NOW + timedelta(days=1))
    assert (notices.inbox(eve).get().state, notices.inbox(eve).get().at) == (Delivery.State.READ, NOW)


@pytest.fixture
def silent_server(monkeypatch):
    def refuse(self, *_args, **_facts):
        raise OSError("no such server")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)


def test_a_mail_that_fails_is_tried_again_later_each_time_then_given_up_and_shown(eve, silent_server):
    channel = mailed(eve)
    tell(eve)
    now, waits = NOW, []
    while due := Delivery.objects.filter(state=Delivery.State.WAITING).first():
        waits.append(due.next_at - now)
        now = due.next_at
        postman.deliver(due.pk, at=now)
        postman.deliver(due.pk, at=now)  # a second ring at the same moment does nothing
    assert waits == [timedelta(0), *postman.LATER]
    assert channel.has_failed
    found = next(one for one in health.look(at=now) if one.part == "notices")
    assert not found.well
    assert "1 could not be delivered" in found.words


def test_a_claimed_mail_is_left_to_who_has_it_until_its_lease_ends(eve, monkeypatch):
    mailed(eve)
    tell(eve)
    (delivery,) = postman.due(at=NOW)
    Delivery.objects.filter(pk=delivery).update(next_at=NOW + postman.LEASE)  # a sender that died
    postman.deliver(delivery, at=NOW)
    assert not mail.outbox
    postman.deliver(delivery, at=NOW + postman.LEASE)
    assert len(mail.outbox) == 1


def test_mails_are_rung_for_after_the_commit(eve, django_capture_on_commit_callbacks, monkeypatch):
    rung: list[str] = []
    monkeypatch.setattr(postman.post, "delay", rung.append)
    mailed(eve)
    with django_capture_on_commit_callbacks(execute=True):
        tell(eve)
        assert not rung
    assert rung == [str(postman.due(at=NOW)[0])]


def test_a_queue_that_does_not_answer_costs_nothing(eve, django_capture_on_commit_callbacks, monkeypatch):
    def silent(_delivery):
        raise OSError("no queue")

    monkeypatch.setattr(postman.post, "delay", silent)
    mailed(eve)
    with django_capture_on_commit_callbacks(execute=True):
        tell(eve)
    assert len(postman.due(at=NOW)) == 1


def test_the_task_delivers_by_its_id(eve):
    mailed(eve)
    tell(eve)
    postman.post(str(postman.due(at=NOW)[0]))
    assert len(mail.outbox) == 1


def test_a_channel_that_goes_is_told_so_itself(eve):
    channel = notices.add_channel(eve, EMAIL, "eve@example.org", at=NOW)
    notices.end_channel(channel, at=NOW)
    send_all()
    assert [one.to for one in mail.outbox] == [["eve@example.org"]] * 2  # that it came, and that it goes
    tell(eve)
    send_all()
    assert len(mail.outbox) == 2
    kinds = LedgerEvent.objects.filter(kind__startswith="broker:channel").order_by("id")
    assert [one.kind for one in kinds] == ["broker:channel:added", "broker:channel:ended"]


def test_channels_that_make_no_sense_are_refused(eve):
    channel = notices.add_channel(eve, EMAIL, "eve@example.org", at=NOW)
    with pytest.raises(Refused, match="reached there already"):
        notices.add_channel(eve, EMAIL, "eve@example.org", at=NOW)
    with pytest.raises(Refused, match="reached here already"):
        notices.add_channel(eve, Channel.Kind.PORTAL, "", at=NOW)
    with pytest.raises(Refused, match="not in use"):
        notices.end_channel(notices.portal_of(eve, at=NOW), at=NOW)
    notices.end_channel(channel, at=NOW)
    with pytest.raises(Refused, match="not in use"):
        notices.end_channel(channel, at=NOW)


def test_letters_are_printed_and_leave_the_desk(eve):
    notices.add_channel(eve, POST, "Eve, 1 Road, Lund", at=NOW)
    printed = StringIO()
    call_command("letters", stdout=printed, stderr=StringIO())
    assert "Eve, 1 Road, Lund" in printed.getvalue()
    assert "Sign in to read it" in printed.getvalue()
    assert notices.letters().count() == 1
    call_command("letters", posted=True, stdout=StringIO(), stderr=StringIO())
    assert not notices.letters().exists()


def test_a_rise_is_told_to_every_auditor_and_the_waiting_mails_are_rung_for(eve, monkeypatch):
    mailed(eve)
    tell(eve)
    rung: list[str] = []
    monkeypatch.setattr(postman.post, "delay", rung.append)
    risen = alarms.Rise(since=NOW - timedelta(hours=1), at=NOW, grants=900, usual=1.0)
    monkeypatch.setattr(alarms, "look", lambda _at: risen)
    asked: list[str] = []
    monkeypatch.setattr(people, "holding", lambda role: asked.append(role) or [eve])
    tasks.look()
    assert set(asked) == {"auditor"}
    assert Notice.objects.filter(user=eve, kind="alarm").get().fields == {"grants": 900}
    assert rung
