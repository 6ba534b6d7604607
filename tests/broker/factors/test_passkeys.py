"""Passkeys: for this place, this challenge, this person, verified, and counting upwards."""

from dataclasses import replace
from datetime import date

import pytest

from broker import events, people
from broker.errors import Refused
from broker.factors import held, passkeys, seals
from broker.models import Passkey, User
from consent.ledger import log
from consent.models import LedgerEvent
from tests.factors import Device
from tests.world import NOW

pytestmark = pytest.mark.django_db

SITE = passkeys.Site(name="The house", host="dna.example", origin="https://dna.example")


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=NOW)


def enrolled(user: User, device: Device) -> Passkey:
    options, state = passkeys.invite(user, SITE)
    return passkeys.enrol(user, "phone", device.make(options, SITE), state, SITE, proven=False, at=NOW)


def test_a_passkey_alone_says_who_she_is(eve: User):
    device = Device()
    enrolled(eve, device)
    options, state = passkeys.challenge(SITE)
    row = passkeys.check(device.answer(options, SITE), state, SITE, at=NOW)
    assert row.user == eve
    row.refresh_from_db()
    assert (row.counter, row.used_at) == (2, NOW)
    assert LedgerEvent.objects.filter(kind=events.FACTOR_ADDED.tag).count() == 1


def test_who_was_not_verified_is_not_signed_in(eve: User):
    device = Device()
    enrolled(eve, device)
    device.verifies = False
    options, state = passkeys.challenge(SITE)
    with pytest.raises(passkeys.WrongPasskey):
        passkeys.check(device.answer(options, SITE), state, SITE, at=NOW)
    with pytest.raises(passkeys.WrongPasskey):
        enrolled(eve, Device(verifies=False))


def test_a_copy_that_counts_behind_is_refused_and_told(eve: User):
    device = Device()
    enrolled(eve, device)
    for counter, fits in ((7, True), (5, False), (6, False), (8, True)):
        device.counter = counter - 1
        options, state = passkeys.challenge(SITE)
        answer = device.answer(options, SITE)
        if fits:
            passkeys.check(answer, state, SITE, at=NOW)
        else:
            with pytest.raises(passkeys.WrongPasskey, match="backwards"):
                passkeys.check(answer, state, SITE, at=NOW)
    assert LedgerEvent.objects.filter(kind=events.PASSKEY_DOUBTED.tag).count() == 2


def test_one_that_has_counted_may_not_stop_counting(eve: User):
    device = Device()
    enrolled(eve, device)
    device.counts, device.counter = False, 0
    options, state = passkeys.challenge(SITE)
    with pytest.raises(passkeys.WrongPasskey, match="backwards"):
        passkeys.check(device.answer(options, SITE), state, SITE, at=NOW)


def test_a_shared_passkey_never_counts_and_is_taken(eve: User):
    device = Device(counts=False)
    enrolled(eve, device)
    for _ in range(2):
        options, state = passkeys.challenge(SITE)
        assert passkeys.check(device.answer(options, SITE), state, SITE, at=NOW).counter == 0


def test_an_answer_to_another_challenge_or_from_another_place_is_refused(eve: User):
    device = Device()
    enrolled(eve, device)
    options, _old = passkeys.challenge(SITE)
    _new, state = passkeys.challenge(SITE)
    with pytest.raises(passkeys.WrongPasskey):
        passkeys.check(device.answer(options, SITE), state, SITE, at=NOW)
    for other in (
        replace(SITE, origin="https://dna.example.evil"),
        replace(SITE, origin="http://dna.example"),
        replace(SITE, host="evil"),
    ):
        options, state = passkeys.challenge(SITE)
        with pytest.raises(passkeys.WrongPasskey):
            passkeys.check(device.answer(options, other), state, SITE, at=NOW)


def test_a_confirmation_takes_her_own_passkey(eve: User):
    device = Device()
    enrolled(eve, device)
    dan = people.sign_up("dan", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
    options, state = passkeys.challenge(SITE)
    with pytest.raises(passkeys.WrongPasskey):
        passkeys.check(device.answer(options, SITE), state, SITE, user=dan, at=NOW)


def test_a_login_that_is_closed_is_not_opened(eve: User):
    device = Device()
    enrolled(eve, device)
    User.objects.filter(pk=eve.pk).update(is_active=False)
    options, state = passkeys.challenge(SITE)
    with pytest.raises(passkeys.WrongPasskey):
        passkeys.check(device.answer(options, SITE), state, SITE, at=NOW)


def test_a_passkey_moved_to_another_login_opens_nothing(eve: User):
    device = Device()
    row = enrolled(eve, device)
    dan = people.sign_up("dan", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
    Passkey.objects.filter(pk=row.pk).update(user=dan)
    options, state = passkeys.challenge(SITE)
    with pytest.raises(seals.SecretBroken):
        passkeys.check(device.answer(options, SITE), state, SITE, at=NOW)


def test_the_same_passkey_is_kept_once(eve: User):
    device = Device()
    enrolled(eve, device)
    with pytest.raises(Refused, match="known"):
        enrolled(eve, device)


@pytest.mark.parametrize(
    "answer", ["", "[]", "null", "{}", '{"rawId": 3}', '{"id": "a", "response": {}}', "[" * 9000, "x" * 40000]
)
def test_a_hostile_answer_is_refused_in_a_sentence(eve: User, answer: str):
    _options, state = passkeys.invite(eve, SITE)
    with pytest.raises(passkeys.WrongPasskey):
        passkeys.enrol(eve, "x", answer, state, SITE, proven=False, at=NOW)
    with pytest.raises(passkeys.WrongPasskey):
        passkeys.check(answer, state, SITE, at=NOW)


def test_who_keeps_passkeys_for_people_does_not_learn_the_ledgers_name(eve: User):
    device = Device()
    enrolled(eve, device)
    assert eve.public_id.bytes not in device.handle
    assert str(eve.public_id).encode() not in device.handle


def test_removing_one_is_in_the_ledger(eve: User):
    row = enrolled(eve, Device())
    passkeys.remove(row, at=NOW)
    assert not held.of(eve)
    (said,) = log.openings([events.FACTOR_REMOVED.tag]).values()
    assert said["fields"] == {"factor": "passkey", "which": passkeys.name_of(row)}


@pytest.mark.parametrize(("host", "takes"), [("localhost", True), ("127.0.0.1", False), ("[::1]", False)])
def test_browsers_make_no_passkey_for_a_bare_address(host: str, takes: bool):
    assert replace(SITE, host=host).takes_passkeys is takes
