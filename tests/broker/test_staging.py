"""What a job keeps sealed opens in its own place and as it was written; an alias joins no two cases."""

import hashlib
import re

import pytest

from broker import staging
from broker.env import Key

PLACE = "a-job/answer"


def test_what_was_sealed_opens_in_its_own_place_only():
    sealed = staging.seal(b"words", PLACE)
    assert staging.unseal(sealed, PLACE) == b"words"
    assert b"words" not in sealed
    for other in ("a-job/manifest", "another-job/answer", ""):
        with pytest.raises(staging.StagedBroken, match="not as it was written"):
            staging.unseal(sealed, other)


def test_a_bent_bit_anywhere_is_noticed():
    sealed = staging.seal(b"words", PLACE)
    for place in range(len(sealed)):
        bent = bytearray(sealed)
        bent[place] ^= 1
        with pytest.raises(staging.StagedBroken):
            staging.unseal(bytes(bent), PLACE)


def test_it_opens_under_no_other_masters_key(settings):
    sealed = staging.seal(b"words", PLACE)
    settings.MASTER_KEY = Key(bytes(32))
    with pytest.raises(staging.StagedBroken):
        staging.unseal(sealed, PLACE)


def test_two_equal_answers_look_and_are_committed_to_differently():
    one, two = staging.seal(b"12", PLACE), staging.seal(b"12", PLACE)
    assert one[12:] != two[12:]
    assert staging.commitment(one) == hashlib.sha256(one).hexdigest() != staging.commitment(two)


def test_what_an_earlier_version_sealed_and_named_is_still_read(settings):
    """Rows and printed case papers outlive a release of this program."""
    settings.MASTER_KEY = Key(bytes(range(32)))
    sealed = bytes.fromhex("9c4840c3344aab5e16bad00e1b16a8c1507b8200c753bd6517ee98bb7d0b3915df")
    assert staging.unseal(sealed, PLACE) == b"words"
    assert staging.alias("case:C-1", 17) == "R-9997397101"


def test_somebody_is_called_alike_in_one_case_and_otherwise_in_every_other():
    names = {(case, who): staging.alias(case, who) for case in ("case:1", "case:2") for who in range(200)}
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"R-[0-9]{10}", name) for name in names.values())
    assert names["case:1", 7] == staging.alias("case:1", 7)
    assert staging.alias("case:1", 12) != staging.alias("case:11", 2)


@pytest.mark.parametrize("sealed", [b"", b"x", bytes(7), bytes(12), bytes(27), bytes(60)], ids=len)
def test_bytes_that_were_never_sealed_are_told_as_changed(sealed: bytes):
    with pytest.raises(staging.StagedBroken, match="Tell an auditor"):
        staging.unseal(sealed, PLACE)
