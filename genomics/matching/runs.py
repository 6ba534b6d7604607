"""Long runs without contradiction, found for many people at once and forgiving a rare misread genotype.

Pure numpy; knows no genetics. A site may contradict ("break"); each site carries a weight, the chance that it
would have, had the two people shared nothing there. The weights a clean run adds up to are its evidence: e to
the minus that is the chance of seeing such a run by accident.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEAREST = 8.0  # a way across that costs more is likelier two runs with a gap between, however long they are
SEED = 2.0  # evidence below which a clean run is not worth following up


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs in order of person and site: sites `first` to `last` inclusive, what they weigh after paying for
    the breaks forgiven, and whether a break (rather than the chromosome's end) bounds them on either side."""

    person: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    evidence: NDArray[np.float64]
    broken_before: NDArray[np.bool_]
    broken_after: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.person)

    def only(self, wanted: NDArray[np.bool_]) -> "Runs":
        return Runs(*(getattr(self, name)[wanted] for name in self.__slots__))


def find(
    breaks: NDArray[np.uint8],
    weight: NDArray[np.float32],
    *,
    walls: NDArray[np.bool_],
    price: NDArray[np.float64],
    least: float,
) -> Runs:
    """Runs worth at least `least`; arrays are people by sites. Where `walls` is set, as at the start of a
    chromosome, a run may begin but none goes on. Forgiving a break costs its site's `price`: it is done when
    what lies on either side is worth more than the way across costs."""
    sites = breaks.shape[1]
    flat: NDArray[np.bool_] = breaks.ravel().view(np.bool_)
    wall = walls.ravel()
    begin = np.flatnonzero(np.append(True, flat[:-1]) | wall)
    end = np.append(begin[1:], flat.size)  # one past the last site, which is the break if there is one
    ends_broken = flat[end - 1]
    worth = np.add.reduceat(weight.ravel(), begin) - np.where(ends_broken, weight.ravel()[end - 1], 0)
    room = np.cumsum(wall[begin], dtype=np.int64)
    begins_broken = np.append(False, ends_broken[:-1] & (np.diff(room) == 0))

    toll = np.where(ends_broken, price[(end - 1) % sites], 0.0)
    head, tail, total = _joined(worth.astype(np.float64), toll, room)
    good = total >= least
    head, tail = head[good], tail[good]
    person = begin[head] // sites
    return Runs(
        person=person,
        first=begin[head] - person * sites,
        last=end[tail] - 1 - ends_broken[tail] - person * sites,
        evidence=total[good],
        broken_before=begins_broken[head],
        broken_after=ends_broken[tail],
    )


def _joined(
    worth: NDArray[np.float64], toll: NDArray[np.float64], room: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Clean runs joined over breaks until no more joining pays: the first and last of each, and what it is
    worth. Between neighbouring clean runs of one room (from wall to wall) lies exactly one break."""
    crossed = np.concatenate([[0.0], np.cumsum(toll - worth)])
    head = np.flatnonzero(worth >= SEED)
    tail, total = head, worth[head]
    while True:
        cost = crossed[head[1:]] - crossed[tail[:-1]] + worth[tail[:-1]]
        same = room[head[1:]] == room[tail[:-1]]
        worth_it = cost <= np.minimum(np.minimum(total[1:], total[:-1]), DEAREST)
        apart = np.append(True, ~(same & worth_it))
        if apart.all():
            return head, tail, total
        group = np.flatnonzero(apart)
        total = np.add.reduceat(total - np.where(apart, 0.0, np.append(0.0, cost)), group)
        head, tail = head[group], tail[np.append(group[1:], len(tail)) - 1]
