"""Made-up people with sealed rows in a house of their own, for the benches of the index; beneath the law.

Nobody here is related: each is a mosaic of some hundred haplotypes in pieces of a centimorgan or two. They
have keys, files and rows, sealed and recorded as the vault does it, and nothing else; whoever asks for them
gets a Clearance that no law was asked for, which exists in benches only.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

POOL = 400  # haplotypes
PIECES = 2400  # of a mosaic
LENGTHS = (
    *(249, 243, 198, 191, 181, 171, 159, 146, 141, 136, 135),
    *(134, 115, 107, 103, 90, 81, 78, 59, 63, 48, 51),
)  # of the chromosomes, in millions of letters


def loaded(sites: int, seed: int = 1) -> tuple[Any, NDArray[np.uint64]]:
    """A panel of autosomes in use, and the haplotypes that people are made of."""
    from genomics._vault import rows
    from genomics.coordinates import Build
    from genomics.intake.receive import load_panel
    from genomics.panel import Panel
    from tests.world import EARLIER

    assert sites % 64 == 0, "whole words of sites"
    dice = np.random.default_rng(seed)
    share = np.array(LENGTHS) / sum(LENGTHS)
    many = np.floor(share * sites).astype(int)
    many[0] += sites - many.sum()
    position = [np.sort(dice.choice(LENGTHS[c] * 1_000_000, many[c], replace=False)) for c in range(22)]
    draws = [dice.integers(0, 2**64, (POOL, sites // 64), dtype=np.uint64) for _ in range(3)]
    haplotypes = draws[0] & draws[1] | draws[0] & draws[2]  # three in eight
    panel = Panel.of(
        name="bench",
        version="1",
        build=Build.GRCh37,
        chromosome=np.repeat(np.arange(1, 23), many),
        position=np.concatenate(position).astype(np.uint32),
        ref=np.full(sites, b"A"),
        alt=np.full(sites, b"G"),
        frequency=np.full(sites, 0.375, dtype=np.float32),
    )
    load_panel(panel, by="bench", at=EARLIER)
    used = rows.newest()
    assert used is not None
    return used, haplotypes


@dataclass
class Dice:
    """Draws people."""

    haplotypes: NDArray[np.uint64]
    rng: np.random.Generator

    def haplotype(self) -> NDArray[np.uint64]:
        words = self.haplotypes.shape[1]
        piece = max(words // PIECES, 1)
        whose = np.repeat(self.rng.integers(0, POOL, -(-words // piece)), piece)[:words]
        found: NDArray[np.uint64] = self.haplotypes[whose, np.arange(words)]
        return found

    def row(self, one: NDArray[np.uint64] | None = None) -> Any:
        """A person's row; with one haplotype given, a relative's."""
        from genomics.panel import PanelRow

        a, b = self.haplotype() if one is None else one, self.haplotype()
        lo, hi = ~(a ^ b), a | b
        return PanelRow(64 * len(lo), lo.view(np.uint8), hi.view(np.uint8))


def registered(count: int) -> list[tuple[Any, bytes]]:
    """So many people's files without a row, and the key of each person."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from consent.models import Participant
    from genomics._vault import keys
    from genomics.models import GenomicFile, ParticipantKey
    from tests.world import EARLIER

    people = [Participant(born_on=date(1980, 1, 1), identity_verified=True) for _ in range(count)]
    people = Participant.objects.bulk_create(people)
    facts = {"kind": "array", "build": "GRCh37", "build_evidence": "bench", "size": 0, "quality": {}}
    secrets_ = [AESGCM.generate_key(256) for _ in people]
    wraps = [
        keys.wrapped(key, keys.holder_of(person), at=EARLIER)
        for key, person in zip(secrets_, people, strict=True)
    ]
    ParticipantKey.objects.bulk_create(
        ParticipantKey(participant=person, wrapped=wrap.wrapped, epoch=wrap.epoch)
        for person, wrap in zip(people, wraps, strict=True)
    )
    files = GenomicFile.objects.bulk_create(
        GenomicFile(
            participant=person,
            fingerprint=uuid.uuid4().bytes * 2,
            column_sha256=bytes(32),
            received_at=EARLIER,
            **facts,
        )
        for person in people
    )
    return list(zip(files, secrets_, strict=True))


def laid(
    part: str, pieces: Iterator[tuple[bytes, ...]], people: Sequence[tuple[Any, bytes]], used: Any
) -> None:
    """Seal one part of each of these people straight into a tile, as packing would have laid it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from genomics._vault import parts, rows, shelf
    from genomics.models import RowTile, Sealed

    place = f"tiles/{uuid.uuid4().hex[:24]}"
    size = parts.length(used.lengths(part))
    blobs, made = [], []
    for n, ((file, key), some) in enumerate(zip(people, pieces, strict=False)):
        name = rows.name_of(file.id, used, part)
        blob, sha256 = parts.seal(some, AESGCM(key), name)
        blobs.append(blob)
        made.append(
            Sealed(
                name=name,
                place=place,
                begins=n * size,
                manifest_sha256=sha256,
                length=sum(used.lengths(part)),
                version=parts.VERSION,
            )
        )
    shelf.put(place, blobs)
    RowTile.objects.create(place=place, part=used.tail(part), length=size * len(blobs))
    Sealed.objects.bulk_create(made)


def unsafe_clearance(files: Sequence[Any]) -> Any:
    """A Clearance for these files that no law was asked for."""
    from broker import queries, uses
    from consent import clearance as proofs
    from consent.policy import Policy
    from tests.world import NOW, World

    world = World()
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    empty = proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)
    permitted = tuple(proofs.Permitted(file.participant_id, (file.id,), ()) for file in files)
    return proofs._same(empty, permitted=permitted)
