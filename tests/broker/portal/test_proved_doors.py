"""Two more doors that widen: a next of kin lets a choice go on, a young person takes her objection back. Each
asks first who it is, and tells the others."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import kinship, notices, people
from broker.demo.staff import PASSWORD
from broker.errors import Refused
from broker.models import Channel, DeathReport, Notice, User
from consent import participants, policies, records
from consent.models import Participant
from consent.models.kin import Kind
from consent.terms import AfterDeath, Policy, Verb
from tests import factors
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def told(user: User) -> list[tuple[str, str]]:
    return sorted((one.kind, one.fields["family"]) for one in Notice.objects.filter(user=user))


def heard(user: User) -> list[str]:
    told = Notice.objects.filter(user=user).exclude(kind="channel_changed")
    return sorted(told.values_list("kind", flat=True))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestWhatWasLeftToTheNextOfKin:
    @pytest.fixture
    def deceased(self, world: World):
        person = people.sign_up("dora", PASSWORD, born_on=date(1950, 1, 1), at=EARLIER).own_record.participant
        world.give(person, "QC", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
        participants.record_death(
            person,
            died_at=EARLIER + timedelta(days=5),
            papers="D-1",
            by="one",
            second="other",
            at=timezone.now(),
        )
        return person

    @pytest.fixture
    def kin(self, world: World, deceased) -> User:
        user = people.sign_up("nora", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
        died_on = deceased.died_at.date()
        link = kinship.claim_next_of_kin(
            user, deceased.pseudonym, died_on=died_on, kind=Kind.CHILD, papers="M-1", at=timezone.now()
        )
        kinship.verify(link, by=world.staff.steward, at=timezone.now())
        return user

    def continued(self, deceased) -> int:
        return sum(said.decision is Verb.CONTINUE for said in records.of(deceased))

    def test_it_goes_on_only_when_she_has_shown_who_she_is(self, deceased, kin: User):
        client, url = signed_in(kin), reverse("guardian:left", args=[deceased.pseudonym])
        asked = {"seq": str(deceased.statements.get(family="QC").seq)}
        answer = client.post(url, asked)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("confirm"))
        assert self.continued(deceased) == 0
        assert told(kin) == []
        factors.confirm(client, at=timezone.now())
        assert client.post(url, asked).url == url
        assert self.continued(deceased) == 1
        assert "It goes on, as she said it, from now on." in client.get(url).content.decode()
        assert told(kin) == [("widened", "QC")]
        assert told(User.objects.get(username="dora")) == [("widened", "QC")]

    def test_with_time_to_think_it_over_the_page_says_from_when(self, deceased, kin: User):
        slow = {"policy_version": "slow", "cooling_off_hours": {"QC": 48}}
        policies.adopt(Policy.default().overlay(slow), by="x", at=timezone.now())
        client, url = signed_in(kin), reverse("guardian:left", args=[deceased.pseudonym])
        factors.confirm(client, at=timezone.now())
        client.post(url, {"seq": str(deceased.statements.get(family="QC").seq)})
        begins = records.of(deceased)[-1].effective_at
        assert f"from {begins:%-d %B %Y}: that leaves time" in client.get(url).content.decode()

    def test_an_old_proof_is_none(self, deceased, kin: User):
        client, url = signed_in(kin), reverse("guardian:left", args=[deceased.pseudonym])
        factors.confirm(client, at=timezone.now() - timedelta(hours=1))
        client.post(url, {"seq": str(deceased.statements.get(family="QC").seq)})
        assert self.continued(deceased) == 0

    @pytest.mark.parametrize("seq", ["", "x", "-1", "9" * 5000, "999999"])
    def test_a_choice_that_is_none_is_not_found(self, deceased, kin: User, seq: str):
        url = reverse("guardian:left", args=[deceased.pseudonym])
        assert signed_in(kin).post(url, {"seq": seq}).status_code == 404


class TestAnObjection:
    @pytest.fixture
    def young(self, world: World) -> User:
        born = timezone.now().date() - timedelta(days=16 * 365)
        return people.sign_up("gita", PASSWORD, born_on=born, at=EARLIER)

    def objects(self, user: User) -> bool:
        user.own_record.participant.refresh_from_db()
        return user.own_record.participant.minor_dissent

    def test_it_is_one_press_and_to_take_it_back_she_shows_who_she_is(self, young: User):
        client, url = signed_in(young), reverse("participant:object_to")
        client.post(url, {"objects": "yes"})
        assert self.objects(young)
        answer = client.post(url, {"objects": "no"})
        assert answer.url.startswith(reverse("confirm"))
        assert self.objects(young)
        assert ("widened", "RESEARCH") not in told(young)
        factors.confirm(client, at=timezone.now())
        assert client.post(url, {"objects": "no"}).url == url
        assert not self.objects(young)
        assert ("widened", "RESEARCH") in told(young)

    def test_taken_back_it_goes_on_for_a_while_and_she_is_told_until_when(self, young: User):
        policies.adopt(Policy.default().overlay({"policy_version": "slow"}), by="x", at=timezone.now())
        client, url = signed_in(young), reverse("participant:object_to")
        client.post(url, {"objects": "yes"})
        factors.confirm(client, at=timezone.now())
        client.post(url, {"objects": "no"})
        until = Participant.objects.get(pk=young.own_record.participant_id).dissent_until
        assert until > timezone.now() + timedelta(hours=23)
        begins = Notice.objects.get(user=young, kind="widened").fields["begins"]
        assert begins == until.isoformat()
        for page in (url, reverse("participant:home")):
            shown = client.get(page).content.decode()
            assert "time to think it over" in shown
            assert f"{until:%H:%M} UTC" in shown
        client.post(url, {"objects": "yes"})
        assert "You object" in client.get(url).content.decode()

    def test_where_there_is_none_nothing_is_taken_back(self, young: User):
        client, url = signed_in(young), reverse("participant:object_to")
        assert client.post(url, {"objects": "no"}).url == url
        assert told(young) == []


class TestAClaimOnSomebodyWhoDied:
    """What a stranger hears gives no birthday away, and what she does is told."""

    @pytest.fixture
    def dora(self, world: World) -> User:
        return people.sign_up("dora", PASSWORD, born_on=date(1950, 6, 15), at=EARLIER)

    @pytest.fixture
    def stranger(self, world: World) -> User:
        return people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)

    def claims(self, user: User, dora: User, died_on: date) -> object:
        return kinship.claim_next_of_kin(
            user,
            dora.own_record.participant.pseudonym,
            died_on=died_on,
            kind=Kind.CHILD,
            papers="M-1",
            at=timezone.now(),
        )

    def test_no_day_is_answered_by_her_birthday(self, dora: User, stranger: User):
        first = self.claims(stranger, dora, date(1949, 1, 1))  # before she was born: a steward will see it
        assert DeathReport.objects.get() == first
        with pytest.raises(Refused, match="told us already"):
            self.claims(stranger, dora, date(2020, 1, 1))
        with pytest.raises(Refused, match="not come yet"):
            self.claims(stranger, dora, timezone.now().date() + timedelta(days=3))

    def test_a_day_that_no_record_reaches_back_to_is_refused(self, dora: User, stranger: User):
        for day in (date(1, 1, 1), date(1900, 1, 1)):
            with pytest.raises(Refused, match="Nobody who died then"):
                self.claims(stranger, dora, day)

    def test_she_who_lives_reads_what_was_told_of_her_and_that_it_was_refused(self, world, dora, stranger):
        report = self.claims(stranger, dora, EARLIER.date())
        assert heard(dora) == ["death_reported"]
        assert heard(stranger) == []
        kinship.see_death(report, by=world.staff.steward, at=timezone.now())
        assert heard(dora) == ["death_reported"]
        kinship.refuse_death(report, by=world.staff.second_steward, at=timezone.now())
        assert heard(dora) == ["death_refused", "death_reported"]
        assert heard(stranger) == ["death_refused"]

    def test_a_death_that_two_have_seen_is_told_to_her_ways_and_to_her_kin(self, world, dora, stranger):
        person, now = dora.own_record.participant, timezone.now()
        notices.add_channel(dora, Channel.Kind.POST, "Dora, 1 High Street", at=now)
        report = self.claims(stranger, dora, EARLIER.date())
        nora = people.sign_up("nora", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
        other = self.claims(nora, dora, EARLIER.date())
        for steward in (world.staff.steward, world.staff.second_steward):
            kinship.see_death(report, by=steward, at=now)
        assert heard(dora) == ["death_recorded", "death_reported", "death_reported"]
        assert heard(stranger) == ["death_recorded"]
        assert notices.letters().filter(notice__kind="death_recorded", notice__user=dora).count() == 1
        assert heard(nora) == []
        kinship.verify(person.kin_links.get(), by=world.staff.steward, at=now)
        for steward in (world.staff.steward, world.staff.second_steward):
            kinship.see_death(other, by=steward, at=now)
        assert heard(stranger) == ["death_recorded"] * 2  # verified kin now
        assert heard(nora) == ["death_recorded"]

    def test_without_the_notice_no_death_is_reported_or_recorded(self, world, dora, stranger, monkeypatch):
        now, person = timezone.now(), dora.own_record.participant
        report = self.claims(stranger, dora, EARLIER.date())
        kinship.see_death(report, by=world.staff.steward, at=now)

        def broken(*_args, **_facts):
            raise OSError("full disk")

        monkeypatch.setattr(notices, "tell", broken)
        for act in (
            lambda: kinship.see_death(report, by=world.staff.second_steward, at=now),
            lambda: kinship.refuse_death(report, by=world.staff.second_steward, at=now),
            lambda: self.claims(world.staff.clerk, dora, EARLIER.date()),
        ):
            with pytest.raises(OSError, match="full disk"):
                act()
        report.refresh_from_db()
        person.refresh_from_db()
        assert (report.settled_at, person.died_at, DeathReport.objects.count()) == (None, None, 1)

    def test_a_halt_by_whoever_is_not_verified_is_told(self, dora: User, stranger: User):
        person = dora.own_record.participant
        participants.record_death(
            person, died_at=EARLIER, papers="D-1", by="one", second="other", at=timezone.now()
        )
        self.claims(stranger, dora, EARLIER.date())
        kinship.halt(stranger, person.pseudonym, at=timezone.now())
        assert told(stranger) == told(dora) == [("narrowed", "*")]
