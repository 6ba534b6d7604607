"""The seal of a statement, against the HMAC of the standard library."""

import hashlib
import hmac

import pytest
from django.conf import settings

from consent import seals
from consent.errors import SealBroken

COMMITMENT = hashlib.sha256(b"what was said").digest()


@pytest.mark.parametrize(("seq", "pseudonym"), [(1, "P-2345-6789"), (4_000_000, "P-ZZZZ-ZZZZ"), (0, "")])
def test_it_is_the_hmac_of_place_person_and_commitment(seq, pseudonym):
    message = f"genomic-broker statement\n{seq}\n{pseudonym}\n".encode() + COMMITMENT
    expected = hmac.digest(settings.SEAL_KEY.bytes, message, "sha256")
    for _ in range(2):  # what was begun once is as it was
        assert seals.seal(seq, pseudonym, COMMITMENT) == expected


def test_what_was_sealed_under_another_key_or_bent_is_not_read():
    body, salt = '{"participant":"P-2345-6789","statement":{}}', bytes(32)
    commitment = seals.commit(salt, body.encode())
    sealed = seals.seal(1, "P-2345-6789", commitment)
    with pytest.raises(SealBroken):
        seals.unseal(1, "P-2345-6789", body, salt, commitment, sealed, "another key")
    bent = bytes([sealed[0] ^ 1]) + sealed[1:]
    with pytest.raises(SealBroken):
        seals.unseal(1, "P-2345-6789", body, salt, commitment, bent, settings.SEAL_KEY.id)
