"""The keys from which participants are named in the manifests of jobs. Each is made once, with its event,
when a first file comes, before any job considers her: so nobody can choose it afterwards, and its instant
tells of no job.

The key of a person is drawn from a salt in her row and a secret outside the database. She may hold it (it is
in her proofs) and derive her name in any job; nobody else can tell that two names are hers.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from consent import events, fence
from consent.ledger import batches, manifest
from consent.models import ManifestKey, Participant

CHUNK = 500  # people asked about together
SALT = 32


def keep(ordinals: Sequence[int], *, at: datetime, by: str) -> None:
    """Make the keys that these people lack, each with its event. Who was erased gets none."""
    for first in range(0, len(ordinals), CHUNK):
        chunk = ordinals[first : first + CHUNK]
        if _lacking(chunk):
            with transaction.atomic():
                fence.advance([])  # no erasure comes between, and nobody else makes the same keys
                _make(_lacking(chunk), at=at, by=by)


def keep_all(*, at: datetime, by: str) -> None:
    """The same for everybody with a file who lacks one: who came before keys were made at once."""
    lacking = Participant.objects.filter(manifest_key__isnull=True, erased_at__isnull=True)
    keep(
        list(lacking.filter(holdings__isnull=False).distinct().values_list("ordinal", flat=True)),
        at=at,
        by=by,
    )


def names(job: str, ordinals: Sequence[int]) -> list[bytes]:
    """What these people are called in this job, in the same order; a name of nobody for who has no key."""
    found: dict[int, bytes] = {}
    for first in range(0, len(ordinals), CHUNK):
        found |= _keys(ordinals[first : first + CHUNK])
    drawn = (found.get(ordinal) or secrets.token_bytes(SALT) for ordinal in ordinals)
    return [manifest.name(key, job) for key in drawn]


def key_of(participant: Participant) -> bytes | None:
    """Her key; None before a first file of hers came, and once she was erased."""
    return _keys([participant.ordinal]).get(participant.ordinal)


def _lacking(ordinals: Collection[int]) -> list[Participant]:
    return list(
        Participant.objects.filter(
            ordinal__in=ordinals, manifest_key__isnull=True, erased_at__isnull=True
        ).order_by("ordinal")
    )


def _make(people: Sequence[Participant], *, at: datetime, by: str) -> None:
    salts = [secrets.token_bytes(SALT) for _ in people]
    ManifestKey.objects.bulk_create(
        [ManifestKey(participant=one, salt=salt) for one, salt in zip(people, salts, strict=True)]
    )
    house = _house()
    batches.append(
        events.KEYED,
        [
            (one.pseudonym, {"key_sha256": hashlib.sha256(_key(house, salt, one.pseudonym)).hexdigest()})
            for one, salt in zip(people, salts, strict=True)
        ],
        at=at,
        by=by,
    )


def _keys(ordinals: Collection[int]) -> dict[int, bytes]:
    rows = ManifestKey.objects.filter(participant__in=ordinals)
    house = _house()
    return {
        ordinal: _key(house, bytes(salt), pseudonym)
        for ordinal, salt, pseudonym in rows.values_list("participant_id", "salt", "participant__pseudonym")
    }


def _key(house: bytes, salt: bytes, pseudonym: str) -> bytes:
    return hmac.digest(house, salt + pseudonym.encode(), "sha256")


def _house() -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"genomic-broker manifest names")
    return derive.derive(settings.SEAL_KEY.bytes)
