"""A choice and its notices: both or neither, told to everybody who may act and to nobody else."""

from datetime import date, timedelta

import pytest

from broker import choices, notices, people, wards
from broker.demo.staff import PASSWORD
from broker.models import Notice, User
from broker.wards import Ward
from consent import fence, forms, kin, policies, records
from consent.errors import StatementRefused
from consent.models import Participant, Statement
from consent.policy import Policy
from consent.terms import Permission, SignIn, Verb
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

HMB = Permission("HMB")
PROOF = SignIn("totp", NOW)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def eve(world: World) -> User:
    user = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=EARLIER)
    return user


@pytest.fixture
def hers(eve: User) -> Ward:
    ward = wards.own(eve, at=NOW)
    assert ward is not None
    return ward


@pytest.fixture
def child(world: World, eve: User) -> Participant:
    """Of eight years, with two guardians; only Eve's papers have been seen."""
    child = people.add_child(eve, born_on=date(2018, 1, 1), at=EARLIER)
    kin.verify(child.kin_links.get(), by="steward", at=EARLIER)
    return child


def yes(ward: Ward, user: User, family: str, *, sign_in: SignIn | None = PROOF, **said) -> Statement:
    form = forms.current("F-GUARDIAN" if ward.is_child else "F-ADULT")
    assert form is not None
    wording = records.Wording(**said)
    return choices.say_yes(ward, family, user=user, form=form, wording=wording, sign_in=sign_in, at=NOW)


def told(user: User) -> list[tuple[str, str]]:
    return [(n.kind, n.fields["family"]) for n in Notice.objects.filter(user=user).order_by("at", "id")]


def test_a_yes_is_told_with_the_day_on_which_it_begins(eve, hers):
    policies.adopt(Policy.default().overlay({"policy_version": "slow"}), by="x", at=NOW - timedelta(days=1))
    yes(hers, eve, "LE.HOM")
    notice = Notice.objects.get(user=eve)
    assert notice.kind == "widened"
    assert notice.fields["begins"] == (NOW + timedelta(days=7)).isoformat()
    assert notice.fields["whose"] == eve.own_record.participant.pseudonym


def test_a_yes_is_told_as_it_is_recorded_when_a_no_comes_before_it_gets_the_lock(eve, hers, monkeypatch):
    yes(hers, eve, "RESEARCH", permissions=[Permission("GRU")])
    plainly = fence.advance

    def waited_for_a_no(ordinals):
        monkeypatch.setattr(fence, "advance", plainly)
        choices.say_no(hers, "RESEARCH", user=eve, at=NOW)
        return plainly(ordinals)

    monkeypatch.setattr(fence, "advance", waited_for_a_no)
    yes(hers, eve, "RESEARCH", permissions=[HMB])  # narrower than the yes that stood when it was read
    kinds = sorted(kind for kind, _ in told(eve))  # all at one instant, so in no order
    assert kinds == ["narrowed", "widened", "widened"]


def test_a_yes_that_is_refused_is_told_to_nobody(eve, hers):
    with pytest.raises(StatementRefused):
        yes(hers, eve, "LE.HOM", sign_in=None)
    assert not Notice.objects.exists()
    assert not Statement.objects.exists()


def test_without_the_notice_nothing_is_recorded(eve, hers, monkeypatch):
    def broken(*_args, **_facts):
        raise OSError("full disk")

    monkeypatch.setattr(notices, "tell", broken)
    for act in (
        lambda: yes(hers, eve, "QC"),
        lambda: choices.say_no(hers, "QC", user=eve, at=NOW),
        lambda: choices.stop_everything(hers, user=eve, at=NOW),
    ):
        with pytest.raises(OSError, match="full disk"):
            act()
    assert not Statement.objects.exists()


def test_a_yes_made_smaller_needs_no_proof_and_is_told_as_that(eve, hers):
    yes(hers, eve, "RESEARCH", permissions=[Permission("GRU")])
    yes(hers, eve, "RESEARCH", permissions=[HMB], sign_in=None)
    assert sorted(told(eve)) == [("narrowed", "RESEARCH"), ("widened", "RESEARCH")]


def test_a_no_before_any_yes_is_a_no_and_after_one_a_withdrawal(eve, hers):
    said = [
        choices.say_no(hers, "QC", user=eve, at=NOW),
        yes(hers, eve, "QC"),
        choices.say_no(hers, "QC", user=eve, at=NOW),
        choices.say_no(hers, "QC", user=eve, at=NOW),
        choices.stop_everything(hers, user=eve, at=NOW),
        choices.say_no(hers, "QC", user=eve, at=NOW),
    ]
    verbs = [records.read(row, hers.participant.pseudonym).decision for row in said]
    deny, grant, withdraw = Verb.DENY, Verb.GRANT, Verb.WITHDRAW
    assert verbs == [deny, grant, withdraw, deny, withdraw, deny]


def test_the_other_guardian_is_told_and_an_unverified_one_is_not(world, eve, child):
    gita = people.sign_up("gita", PASSWORD, born_on=date(1985, 1, 1), at=EARLIER)
    tom = people.sign_up("tom", PASSWORD, born_on=date(1985, 1, 1), at=EARLIER)
    for user in (gita, tom):
        link = kin.claim(user.reference, child, at=EARLIER)
        wards.rights.entrust(user, people.ACT, child)
        if user is gita:
            kin.verify(link, by="steward", at=EARLIER)
    ward = wards.child(eve, child.pseudonym, at=NOW)
    assert ward is not None
    yes(ward, eve, "RESEARCH", permissions=[HMB])
    assert told(eve) == told(gita) == [("widened", "RESEARCH")]
    assert told(tom) == []
    unverified = wards.child(tom, child.pseudonym, at=NOW)
    assert unverified is not None
    choices.say_no(unverified, "RESEARCH", user=tom, at=NOW + timedelta(hours=1))
    assert told(tom) == [("narrowed", "RESEARCH")]
    assert told(gita)[-1] == ("narrowed", "RESEARCH")


def test_one_file_can_be_left_out_and_put_back(world, eve, hers):
    ada = world.join("Ada")
    file = ada.holdings.get()
    type(file).objects.filter(pk=file.pk).update(participant=hers.participant)
    yes(hers, eve, "QC")
    no = choices.say_no(hers, "QC", user=eve, at=NOW, file=file.file)
    assert records.read(no, hers.participant.pseudonym).file == str(file.file)
    yes(hers, eve, "QC", file=file.file)
    again = choices.say_no(hers, "QC", user=eve, at=NOW, file=file.file)
    assert records.read(again, hers.participant.pseudonym).decision is Verb.WITHDRAW
