"""Six digits: accepted once, guessed seldom, sealed, and told to the ledger without their secret."""

from datetime import date, timedelta

import pytest

from broker import events, people
from broker.demo.codes import enrol
from broker.errors import Refused
from broker.factors import guesses, held, recovery, seals, totp
from broker.models import Guess, RecoveryCode, Totp, User
from consent.ledger import log
from consent.models import LedgerEvent
from tests import factors
from tests.world import NOW

pytestmark = pytest.mark.django_db

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=NOW)


def test_a_code_is_accepted_once(eve: User):
    enrol(eve, at=NOW)
    code = factors.code(eve, at=NOW)
    assert totp.check(eve, code, at=NOW).user == eve
    with pytest.raises(totp.WrongCode, match="used already"):
        totp.check(eve, code, at=NOW)


def test_the_code_that_enrolled_the_app_does_not_sign_in(eve: User):
    secret = totp.new_secret()
    code = totp.code_of(secret, totp.step_at(NOW))
    totp.enrol(eve, secret, code, proven=False, at=NOW)
    with pytest.raises(totp.WrongCode):
        totp.check(eve, code, at=NOW)


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_half_a_minute(eve: User, steps: int, fits: bool):
    secret = enrol(eve, at=NOW - MINUTE * 5)
    code = totp.code_of(secret, totp.step_at(NOW) + steps)
    if fits:
        totp.check(eve, code, at=NOW)
    else:
        with pytest.raises(totp.WrongCode):
            totp.check(eve, code, at=NOW)


def test_an_older_code_does_not_come_after_a_newer_one(eve: User):
    secret = enrol(eve, at=NOW - MINUTE * 5)
    totp.check(eve, totp.code_of(secret, totp.step_at(NOW)), at=NOW)
    with pytest.raises(totp.WrongCode):
        totp.check(eve, totp.code_of(secret, totp.step_at(NOW) - 1), at=NOW)


@pytest.mark.parametrize("typed", ["", "abcdef", "١٢٣٤٥٦", "12345", "0" * 5000])
def test_what_is_no_code_is_refused(eve: User, typed: str):
    enrol(eve, at=NOW)
    with pytest.raises(totp.WrongCode):
        totp.check(eve, typed, at=NOW)


def test_after_five_wrong_codes_even_the_right_one_waits_and_then_is_taken(eve: User):
    enrol(eve, at=NOW - MINUTE * 5)
    for _ in range(5):
        with pytest.raises(totp.WrongCode):
            totp.check(eve, "abcdef", at=NOW)
    with pytest.raises(guesses.TooManyGuesses, match="15 minutes"):
        totp.check(eve, factors.code(eve, at=NOW), at=NOW)
    later = NOW + timedelta(minutes=16)
    totp.check(eve, factors.code(eve, at=later), at=later)
    assert not Guess.objects.exists(), "she knew the code: nothing is held against her"


def test_a_day_allows_twenty_wrong_codes(eve: User):
    enrol(eve, at=NOW)
    for number in range(20):
        with pytest.raises(totp.WrongCode):
            totp.check(eve, "abcdef", at=NOW + MINUTE * 16 * (number // 5))
    with pytest.raises(guesses.TooManyGuesses):
        totp.check(eve, "abcdef", at=NOW + timedelta(hours=12))


def test_the_guesses_of_one_are_not_held_against_another(eve: User):
    dan = people.sign_up("dan", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
    enrol(dan, at=NOW)
    enrol(eve, at=NOW)
    for _ in range(6):
        with pytest.raises((totp.WrongCode, guesses.TooManyGuesses)):
            totp.check(eve, "abcdef", at=NOW)
    totp.check(dan, factors.code(dan, at=NOW), at=NOW)


def test_the_secret_lies_sealed_and_bound_to_its_owner(eve: User):
    secret = enrol(eve, at=NOW)
    row = Totp.objects.get()
    assert secret.encode() not in bytes(row.sealed)
    dan = people.sign_up("dan", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
    Totp.objects.filter(pk=row.pk).update(user=dan)
    with pytest.raises(seals.SecretBroken):
        totp.check(dan, totp.code_of(secret, totp.step_at(NOW)), at=NOW)


def test_adding_and_removing_are_in_the_ledger_without_the_secret(eve: User):
    secret = enrol(eve, at=NOW)
    totp.remove(eve, at=NOW)
    totp.remove(eve, at=NOW)  # nothing left: nothing told
    kinds = [events.FACTOR_ADDED.tag, events.FACTOR_REMOVED.tag]
    said = list(log.openings(kinds).values())
    assert [one["kind"] for one in said] == kinds
    assert secret not in str(said)
    assert {one["subject"] for one in said} == {eve.reference}


def test_nothing_is_added_or_removed_when_the_ledger_cannot_be_written(eve: User, monkeypatch):
    def broken(*_args, **_fields):
        raise RuntimeError("no ledger")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", broken)
        with pytest.raises(RuntimeError):
            enrol(eve, at=NOW)
    assert not held.of(eve)
    enrol(eve, at=NOW)
    monkeypatch.setattr(log, "append", broken)
    with pytest.raises(RuntimeError):
        totp.remove(eve, at=NOW)
    assert held.of(eve)


def test_a_second_app_is_refused(eve: User):
    enrol(eve, at=NOW)
    with pytest.raises(Refused, match="already"):
        enrol(eve, at=NOW)


# --- recovery codes ---


def test_a_recovery_code_is_good_once_however_it_is_typed(eve: User):
    codes = recovery.make(eve, at=NOW)
    assert len(set(codes)) == 10
    assert recovery.use(eve, f" {codes[0].upper().replace('-', ' ')} ", at=NOW) == 9
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use(eve, codes[0], at=NOW)
    assert LedgerEvent.objects.filter(kind=events.RECOVERY_USED.tag).count() == 1


def test_recovery_codes_are_kept_as_digests_and_end_with_new_ones(eve: User):
    old = recovery.make(eve, at=NOW)
    plain = old[0].replace("-", "")
    assert not RecoveryCode.objects.filter(digest__contains=plain).exists()
    recovery.make(eve, at=NOW)
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use(eve, old[0], at=NOW)


def test_a_recovery_code_of_another_opens_nothing(eve: User):
    dan = people.sign_up("dan", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
    (code, *_) = recovery.make(dan, at=NOW)
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use(eve, code, at=NOW)


def test_guessing_recovery_codes_is_limited(eve: User):
    (code, *_) = recovery.make(eve, at=NOW)
    for _ in range(5):
        with pytest.raises(recovery.WrongRecoveryCode):
            recovery.use(eve, "nothing", at=NOW)
    with pytest.raises(guesses.TooManyGuesses):
        recovery.use(eve, code, at=NOW)


def test_what_is_added_after_a_recovery_code_waits_a_week(eve: User):
    enrol(eve, at=NOW)
    (code, *_) = recovery.make(eve, at=NOW)
    recovery.use(eve, code, at=NOW)
    totp.remove(eve, at=NOW)
    enrol(eve, at=NOW + MINUTE)
    assert held.of(eve).strong_from == NOW + timedelta(days=7), "removing the last factor forgets nothing"


def test_a_week_later_it_counts_at_once(eve: User):
    (code, *_) = recovery.make(eve, at=NOW)
    recovery.use(eve, code, at=NOW)
    later = NOW + timedelta(days=8)
    enrol(eve, at=later)
    assert held.of(eve).strong_from == later


def test_who_shows_another_factor_does_not_wait(eve: User):
    (code, *_) = recovery.make(eve, at=NOW)
    recovery.use(eve, code, at=NOW)
    assert held.strong_from(eve, proven=True, at=NOW + SECOND) == NOW + SECOND


def test_when_the_last_factor_goes_its_recovery_codes_go(eve: User):
    enrol(eve, at=NOW)
    (code, *_) = recovery.make(eve, at=NOW)
    totp.remove(eve, at=NOW)
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use(eve, code, at=NOW)
