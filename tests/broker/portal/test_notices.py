"""The pages of notices: read by the one they were written to, and a new way only for who shows who she is."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import notices, people
from broker.demo.staff import PASSWORD
from broker.models import Channel, Delivery, User
from consent import alarms, events
from consent.ledger import log
from tests.proofs import prove
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve() -> User:
    now = timezone.now()
    return people.sign_up("eve", PASSWORD, born_on=now.date().replace(year=1980), at=now)


@pytest.fixture
def her(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    return prove(client)


def page(client: Client, name: str) -> str:
    answer = client.get(reverse(f"notices:{name}"))
    assert answer.status_code == 200
    return answer.content.decode()


def tell(user: User, family: str = "LE.HOM", hours: int = 0):
    at = timezone.now() - timedelta(hours=hours)
    return notices.tell([user], "narrowed", at=at, family=family, whose="P-AAAA-BBBB")[0]


def test_an_empty_inbox_says_what_will_stand_there(her):
    assert "No notice yet" in page(her, "inbox")


def test_notices_are_read_newest_first_and_marked_by_a_press(eve, her):
    tell(eve, "QC", hours=2)
    newer = tell(eve)
    text = page(her, "inbox")
    assert text.index("Police: killings") < text.index("Quality checks")
    assert text.count("I have read it") == 2
    her.get(reverse("notices:read", args=[newer.pk]))
    assert page(her, "inbox").count("I have read it") == 2
    her.post(reverse("notices:read", args=[newer.pk]))
    assert page(her, "inbox").count("I have read it") == 1


def test_nobody_reads_or_marks_what_is_not_hers(eve):
    notice = tell(eve)
    other = people.sign_up("o", PASSWORD, born_on=timezone.now().date().replace(year=1980), at=timezone.now())
    client = Client()
    client.force_login(other)
    assert "Police: killings" not in page(client, "inbox")
    assert client.post(reverse("notices:read", args=[notice.pk])).status_code == 404
    channel = notices.add_channel(eve, Channel.Kind.EMAIL, "eve@example.org", at=timezone.now())
    assert client.post(reverse("notices:end", args=[channel.pk])).status_code == 404
    assert notices.ways(eve).count() == 1


def test_a_way_is_added_and_ended(eve, her):
    assert "No other way yet" in page(her, "channels")
    her.post(reverse("notices:channels"), {"kind": "email", "address": "eve@example.org"})
    assert "eve@example.org" in page(her, "channels")
    her.post(reverse("notices:end", args=[notices.ways(eve).get().pk]))
    assert "eve@example.org" not in page(her, "channels")
    assert "The ways to reach you have changed" in page(her, "inbox")
    assert "was removed" in page(her, "inbox")


def test_without_a_fresh_proof_no_way_is_added(eve):
    client = Client()
    client.force_login(eve)
    answer = client.post(reverse("notices:channels"), {"kind": "email", "address": "thief@example.org"})
    assert answer.status_code == 302
    assert not notices.ways(eve).exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "email", "address": "nowhere"}, "Enter a valid email address."),
        ({"kind": "", "address": "x"}, "This field is required."),
        ({"kind": "portal", "address": "x"}, "Select a valid choice."),
        ({"kind": "email", "address": "eve@example.org"}, "reached there already"),
    ],
)
def test_a_wrong_way_is_told_and_nothing_changed(eve, her, said, words):
    notices.add_channel(eve, Channel.Kind.EMAIL, "eve@example.org", at=timezone.now())
    answer = her.post(reverse("notices:channels"), said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert notices.ways(eve).count() == 1


def test_a_way_that_failed_says_so(eve, her):
    channel = notices.add_channel(eve, Channel.Kind.EMAIL, "eve@example.org", at=timezone.now())
    Delivery.objects.filter(channel=channel).update(state=Delivery.State.FAILED)
    assert "Did not arrive" in page(her, "channels")


def test_the_same_way_cannot_be_ended_twice(eve, her):
    channel = notices.add_channel(eve, Channel.Kind.EMAIL, "eve@example.org", at=timezone.now())
    for _ in range(2):
        answer = her.post(reverse("notices:end", args=[channel.pk]), follow=True)
    assert "This way is not in use." in answer.content.decode()


def test_the_auditor_sees_a_rise_on_top_of_the_ledger(django_capture_on_commit_callbacks):
    otto = World().staff.auditor
    client = Client()
    client.force_login(otto)
    ledger = reverse("auditor:ledger")
    assert "Many more yeses than usual" not in client.get(ledger).content.decode()
    now = timezone.now()
    numbers = {"grants": 900, "usual": "3.0", "hours": 1, "least": 50, "factor": 5, "since": now.isoformat()}
    log.append(events.RISE, at=now, by=alarms.WHO, **numbers)
    text = client.get(ledger).content.decode()
    assert "Many more yeses than usual" in text
    assert "900 yeses came within 1 hours, where 3.0 are usual." in text
