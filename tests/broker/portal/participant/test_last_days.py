"""A day that was named begins and ends where the participant is at home, however far from Greenwich."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import kinship, people
from broker.demo.staff import PASSWORD, Staff, appoint
from broker.errors import Refused
from broker.models import User
from broker.portal import dates, record_words
from consent import kin, records
from consent.errors import KinRefused
from consent.models import KinLink, Participant
from consent.models.kin import Kind
from tests.broker.portal.participant.pages import press, shown, terms
from tests.world import EARLIER

pytestmark = pytest.mark.django_db
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"


@pytest.fixture
def home(eve: User, request: Any) -> str:
    Participant.objects.filter(pk=eve.own_record.participant.pk).update(home_zone=request.param)
    return request.param


@pytest.mark.parametrize("home", [AUCKLAND, HONOLULU], indirect=True)
def test_a_yes_ends_at_midnight_at_home_and_is_told_so(eve: User, her: Client, home: str):
    until = timezone.now().date() + timedelta(days=20)
    filled = terms(her, "QC", until=until.isoformat())
    day = record_words.day(until)
    assert day in press(her, "check", "QC", status=200, **filled)
    press(her, "give", "QC", **filled)
    (said,) = records.of(eve.own_record.participant)
    assert said.valid_to == datetime.combine(until, time.min, tzinfo=ZoneInfo(home))
    assert f"This yes ends on {day}" in shown(her, "home")
    form = her.get(reverse("participant:choice", args=["QC"])).context["form"]
    assert form["until"].value() == until, "said again as it stands, it ends on the same day"


@pytest.mark.parametrize("home", [AUCKLAND], indirect=True)
def test_today_is_the_day_at_home(her: Client, home: str, monkeypatch: pytest.MonkeyPatch):
    evening = timezone.now().replace(hour=20) + timedelta(days=1)  # it is the day after in Auckland
    tomorrow = evening.date() + timedelta(days=1)
    filled = terms(her, "QC", until=tomorrow.isoformat())
    monkeypatch.setattr("broker.portal.record_forms.timezone.now", lambda: evening)
    assert "Choose a day after today" in press(her, "check", "QC", status=422, **filled)


class TestAProxy:
    @pytest.fixture
    def staff(self) -> Staff:
        return appoint(at=EARLIER)

    def claim(self, until: date, at: datetime, zone: str = HONOLULU) -> KinLink:
        adult = people.sign_up("old", PASSWORD, born_on=date(1950, 1, 2), home_zone=zone, at=EARLIER)
        nephew = people.sign_up("nephew", PASSWORD, born_on=date(1990, 1, 2), at=EARLIER)
        return kinship.claim_proxy(
            nephew,
            adult.own_record.participant.pseudonym,
            born_on=date(1950, 1, 2),
            kind=Kind.COURT,
            papers="shelf 4",
            until=until,
            at=at,
        )

    @pytest.mark.parametrize("zone", [AUCKLAND, HONOLULU])
    def test_acts_all_of_the_last_day_at_home(self, staff: Staff, zone: str):
        at = timezone.now()
        until = at.date() + timedelta(days=90)
        link = self.claim(until, at, zone)
        assert link.valid_to == datetime.combine(until + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))
        for steward in (staff.steward, staff.second_steward):
            link = kinship.verify(link, by=steward, at=at)
        client = Client()
        client.force_login(User.objects.get(username="nephew"))
        page = client.get(reverse("guardian:people")).content.decode()
        assert f"You decide until {record_words.day(until)}." in page

    @pytest.mark.parametrize(
        ("until", "why"), [(date.min, "end before it begins"), (date.max, "ten years at most")]
    )
    def test_a_day_at_the_edge_of_the_calendar_is_refused_in_a_sentence(self, until: date, why: str):
        with pytest.raises(KinRefused, match=why):
            self.claim(until, timezone.now())
        assert not KinLink.objects.exists()

    def test_the_longest_is_what_kin_says(self):
        at = timezone.now()
        with pytest.raises((KinRefused, Refused)):
            self.claim((at + kin.LONGEST_PROXY).date() + timedelta(days=1), at)


def test_an_offices_paper_is_good_all_its_last_day_where_the_house_is(settings: Any):
    settings.HOME_ZONE = "Asia/Jakarta"
    assert dates.end_of(date(2026, 12, 31)) == datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)
