"""Where a stretch lies in the other build: its ends, carried by the loaded chain.

Pure. An end that the chain leads nowhere, or to another chromosome, has no place there, and so the stretch
has none: its middle is not asked.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from genomics.chain import Chain


class Stretch(NamedTuple):
    """From `start` to `end`, 1-based and inclusive."""

    chromosome: int
    start: int
    end: int


def carried(stretches: Sequence[Stretch], way: Chain | None) -> list[Stretch | None]:
    """Each in the other build; None for one that has no place there, and for all where no way is known."""
    if way is None or not stretches:
        return [None] * len(stretches)
    code, start, end = np.array(stretches, dtype=np.int64).T
    places = []
    for position in (start, end):
        to, place, _, _ = way.carry(code, position - 1)
        places.append(np.where(to == code, place + 1, 0))
    first, last = np.minimum(*places).tolist(), np.maximum(*places).tolist()
    return [
        Stretch(one.chromosome, begin, stop) if begin else None
        for one, begin, stop in zip(stretches, first, last, strict=True)
    ]
