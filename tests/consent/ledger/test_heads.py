"""The file of heads as this process has read it: who changed after a position, by whatever way it grew."""

from pathlib import Path
from random import Random

import pytest

from consent.heads import Head
from consent.ledger.heads import Heads


def grown(path: Path, batches: list[dict[int, int]]) -> Heads:
    """Each batch by ordinal, with the consent position of its last change."""
    ours = Heads(path)
    ours.begin(0)
    for number, batch in enumerate(batches):
        ours.append({ordinal: (number, Head(epoch=epoch)) for ordinal, epoch in batch.items()})
    return ours


@pytest.mark.parametrize("seed", range(20))
def test_who_changed_since_is_told_by_the_last_entry_of_each(tmp_path: Path, seed: int):
    dice = Random(seed)  # noqa: S311 - worlds, not secrets
    batches = [
        {dice.randrange(12): max(0, number + dice.randrange(-3, 4)) for _ in range(dice.randrange(1, 5))}
        for number in range(15)
    ]
    last: dict[int, int] = {}
    for batch in batches:
        last |= batch
    ours = grown(tmp_path / "heads.bin", batches)
    again = Heads(ours.path)
    again.read((ours.count, ours._sha.digest()), len(batches))
    for position in range(20):
        late = {ordinal for ordinal, epoch in last.items() if epoch > position}
        assert ours.changed_since(position) == again.changed_since(position) == late


def test_of_an_empty_file_nobody_changed(tmp_path: Path):
    assert grown(tmp_path / "heads.bin", []).changed_since(0) == set()
    assert Heads(tmp_path / "none").changed_since(0) == set()
