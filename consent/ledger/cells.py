"""Tables of counts as they may be published: no small count is told, nor told apart from none. Pure.

All tables of a group count the same things, so each adds up to the same total, and the total is a table too.
Whoever reads them all, and this page, may still hold every number from none to k - 1 possible for each count
that is called "fewer than k": where totals would narrow that, larger counts are not shown either.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

NOT_SHOWN = "not shown"
Cell = int | str
Tables = Mapping[str, Mapping[str, int]]


def fewer(k: int) -> str:
    """What stands in the place of a small count."""
    return f"fewer than {k}"


def shown(tables: Tables, k: int, known: Collection[tuple[str, str]] = ()) -> dict[str, dict[str, Cell]]:
    """The tables of one group as they may be published. `known` are cells, as (table, cell), that everybody
    knows exactly from elsewhere: they are shown, and what they would give away is kept back."""
    if len({sum(cells.values()) for cells in tables.values()}) > 1:
        raise ValueError("These tables do not count the same things: their totals differ. Nothing was shown.")
    group = {
        name: _Table(cells, k, frozenset(cell for table, cell in known if table == name))
        for name, cells in sorted(tables.items())
    }
    while (open_ := _narrowed(group)) is not None:
        rest = [open_] if open_.spare else [one for one in group.values() if one.spare]
        if not rest:  # nothing is left that could be kept back: then nothing is told at all
            return {name: group[name].untold() for name in tables}
        min(rest, key=lambda one: min(one.spare.values())).keep_back()
    return {name: group[name].as_shown() for name in tables}


def folded(cells: Mapping[str, int], k: int, rest: str) -> dict[str, int]:
    """Names that are not known beforehand: those that occur often, and all others together under `rest`, so
    that no name is published because it occurred once."""
    often = {name: count for name, count in cells.items() if count >= k}
    return often | {rest: sum(cells.values()) - sum(often.values())}


@dataclass(slots=True)
class _Table:
    """One table: what of it is published, and what its reader can work out."""

    cells: Mapping[str, int]
    k: int
    known: frozenset[str] = frozenset()
    kept_back: set[str] = field(default_factory=set)

    @property
    def small(self) -> list[str]:
        return [n for n, count in self.cells.items() if count < self.k and n not in self.known]

    @property
    def published(self) -> dict[str, int]:
        return {n: c for n, c in self.cells.items() if n not in {*self.small, *self.kept_back}}

    @property
    def spare(self) -> dict[str, int]:
        """What of it could yet be kept back."""
        return {n: c for n, c in self.published.items() if n not in self.known}

    def keep_back(self) -> None:
        """The smallest that is published; everybody knows that it is the smallest."""
        self.kept_back.add(min(self.spare, key=lambda name: (self.spare[name], name)))

    @property
    def _large(self) -> tuple[int, float]:
        """Between what the counts that were kept back lie together."""
        most = min(self.spare.values(), default=math.inf)
        return len(self.kept_back) * self.k, len(self.kept_back) * most if self.kept_back else 0

    @property
    def total(self) -> tuple[int, float]:
        """Between what the total lies, for who reads this table alone."""
        base, (least, most) = sum(self.published.values()), self._large
        return base + least, base + most + len(self.small) * (self.k - 1)

    def holds(self, low: float, high: float) -> bool:
        """Whether each small count may be none, and k - 1, if the total lies between `low` and `high`."""
        if not self.small:
            return True
        base, (least, most) = sum(self.published.values()), self._large
        others = (len(self.small) - 1) * (self.k - 1)
        none = low - base <= others + most and high - base >= least
        return none and high - base - (self.k - 1) >= least

    def untold(self) -> dict[str, Cell]:
        """Nothing but what everybody knows."""
        return {n: count if n in self.known else NOT_SHOWN for n, count in self.cells.items()}

    def as_shown(self) -> dict[str, Cell]:
        known = self.published
        small = set(self.small)
        return {n: known.get(n, fewer(self.k) if n in small else NOT_SHOWN) for n in self.cells}


def _narrowed(group: Mapping[str, _Table]) -> _Table | None:
    """A table of which a reader of all could work out too much."""
    totals = [table.total for table in group.values()]
    low, high = max(least for least, _ in totals), min(most for _, most in totals)
    return next((table for table in group.values() if not table.holds(low, high)), None)
