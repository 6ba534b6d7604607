"""Two more doors that widen: a next of kin lets a choice go on, a young person takes her objection back. Each
asks first who it is, and tells the others."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import kinship, people
from broker.demo.staff import PASSWORD
from broker.errors import Refused
from broker.models import DeathReport, Notice, User
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
        assert told(kin) == [("widened", "QC")]
        assert told(User.objects.get(username="dora")) == [("widened", "QC")]

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

    def test_a_halt_by_whoever_is_not_verified_is_told(self, dora: User, stranger: User):
        person = dora.own_record.participant
        participants.record_death(
            person, died_at=EARLIER, papers="D-1", by="one", second="other", at=timezone.now()
        )
        self.claims(stranger, dora, EARLIER.date())
        kinship.halt(stranger, person.pseudonym, at=timezone.now())
        assert told(stranger) == told(dora) == [("narrowed", "*")]
