"""The population kept over a restart: sealed at a consent position, opened and brought up to date from there.

It is a way to start quickly and never the truth: whoever is read is decided again on her own statements. The
key is derived from the key of the consent seal; each part is bound to its place, policy, position and mark.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from consent import fence
from consent.errors import SealBroken
from consent.models import Projection, ProjectionPart
from consent.population import Population
from consent.reasons import Reason
from consent.rules.spoken import Head, Spoken
from consent.terms import Modifier, Permission, Policy, Verb, canonical

FORMAT = 1
PART = 8 * 1024 * 1024
NONCE = 12
KEPT = 2  # the newest ones of a policy; older ones are thrown away
COLUMNS = ("ordinals", "files", "since", "until", "gates", "spoken", "ends")


def save(population: Population, *, at: datetime) -> Projection:
    """Keep this population for the next start."""
    blob = packed(population)
    pieces = [blob[first : first + PART] for first in range(0, len(blob), PART)]
    with transaction.atomic():
        made = Projection.objects.create(
            policy_version=population.policy.version,
            position=population.position,
            mark=population.mark,
            made_at=at,
            parts=len(pieces),
        )
        for number, piece in enumerate(pieces):
            nonce = secrets.token_bytes(NONCE)
            sealed = nonce + _cipher().encrypt(nonce, piece, _place(made, number))
            ProjectionPart.objects.create(projection=made, number=number, data=sealed)
        same = Projection.objects.filter(policy_version=made.policy_version).order_by("-position", "-id")
        Projection.objects.filter(id__in=list(same.values_list("id", flat=True)[KEPT:])).delete()
    return made


def load(policy: Policy) -> Population | None:
    """The newest one kept under this policy, as it was sealed; None where there is none of this history.

    Raises SealBroken for one that is not as it was sealed."""
    for kept in Projection.objects.filter(policy_version=policy.version).order_by("-position", "-id"):
        if fence.remembers(kept.position, bytes(kept.mark)):
            population = unpacked(b"".join(_opened(kept)), policy, kept.position, bytes(kept.mark))
            if population is not None:
                return population
    return None


def _opened(kept: Projection) -> Iterator[bytes]:
    parts = ProjectionPart.objects.filter(projection=kept).order_by("number")
    count = 0
    for part in parts.iterator(chunk_size=4):
        sealed = bytes(part.data)
        try:
            yield _cipher().decrypt(sealed[:NONCE], sealed[NONCE:], _place(kept, count))
        except (InvalidTag, ValueError) as broken:
            raise SealBroken(_sentence(kept)) from broken
        count += 1
    if count != kept.parts:
        raise SealBroken(_sentence(kept))


def _sentence(kept: Projection) -> str:
    return (
        f"The {kept} is not as it was sealed. Nothing was released on it; remove it by projecting anew, and "
        "tell an auditor."
    )


def _place(kept: Projection, number: int) -> bytes:
    return canonical([FORMAT, kept.policy_version, kept.position, bytes(kept.mark), kept.parts, number])


def _cipher() -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"genomic-broker projection")
    return AESGCM(derived.derive(settings.SEAL_KEY.bytes))


def packed(population: Population) -> bytes:
    """A population as bytes: a line of JSON, then the columns, each in the smallest type that holds it."""
    columns = [_small(getattr(population, name)) for name in COLUMNS]
    head = {
        "format": FORMAT,
        "policy": _digest(population.policy),
        "columns": [[column.dtype.str, list(column.shape)] for column in columns],
        "gates": [list(gates) for gates in population.gates_said],
        "said": [_as_json(spoken) for spoken in population.said],
    }
    return canonical(head) + b"\n" + b"".join(column.tobytes() for column in columns)


def unpacked(blob: bytes, policy: Policy, position: int, mark: bytes) -> Population | None:
    """None for one of another format, or made under another policy of the same name."""
    line, _, rest = blob.partition(b"\n")
    head = json.loads(line)
    if head["format"] != FORMAT or head["policy"] != _digest(policy):
        return None
    found: dict[str, Any] = {}
    empty = Population(policy, position, mark)
    start = 0
    for name, (dtype, shape) in zip(COLUMNS, head["columns"], strict=True):
        column = np.frombuffer(rest, dtype, count=int(np.prod(shape)), offset=start)
        start += column.nbytes
        found[name] = column.reshape(shape).astype(getattr(empty, name).dtype)
    found["gates_said"] = [tuple(Reason(reason) for reason in gates) for gates in head["gates"]]
    found["said"] = [_from_json(said) for said in head["said"]]
    return Population(policy, position, mark, **found)


def _small(column: Any) -> Any:
    if column.dtype.kind not in "iu" or not column.size:
        return column
    return column.astype(np.promote_types(np.min_scalar_type(column.min()), np.min_scalar_type(column.max())))


def _digest(policy: Policy) -> str:
    return hashlib.sha256(canonical(policy)).hexdigest()


def _as_json(spoken: Spoken) -> dict[str, Any]:
    heads = [
        [head.decision, list(head.permissions), list(head.modifiers), list(head.reasons)]
        for head in spoken.heads
    ]
    return {"heads": heads, "pending": spoken.pending}


def _from_json(said: dict[str, Any]) -> Spoken:
    heads = tuple(
        Head(
            0,  # whose statement it was is not kept: a class has no one speaker
            Verb(decision),
            tuple(Permission.from_json(one) for one in permissions),
            tuple(Modifier.from_json(one) for one in modifiers),
            tuple(Reason(reason) for reason in reasons),
        )
        for decision, permissions, modifiers, reasons in said["heads"]
    )
    return Spoken(heads, None if said["pending"] is None else Reason(said["pending"]))
