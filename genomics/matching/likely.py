"""What sharing so much, in so many pieces, most likely makes two people: kinds of relatives, with chances.

Pure. Relatives of one kind share more or less by luck; the shipped table (genomics/data/kin_table.tsv) says
how much, from simulated pedigrees (tests/bench/kin_table.py makes it). No kind is taken to be commoner than
another before the DNA is looked at: who they are, and how old, is for people to weigh.
"""

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

from genomics.coordinates import Build
from genomics.genetic_map import GeneticMap

HEADER = "kind\tup\tdown\tancestors\tnone\tshared\tsegments\tvar_shared\tcov\tvar_segments\ttwice"
LEAST = 0.05  # a kind less likely than this is not named
SURELY_TWICE = 0.08  # of the map shared on both haplotypes: of these kinds, only full siblings'


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of relatives: `up` and `down` generations below the nearest common ancestors, of whom there are
    one or two."""

    name: str
    up: int
    down: int
    ancestors: int

    @property
    def generations(self) -> float:
        """Steps of descent between the two, halved: 1 for siblings, 2 for first cousins."""
        return (self.up + self.down) / 2


@dataclass(frozen=True, slots=True)
class Likely:
    """A kind by its name, with its chance among the kinds of the table, from 0 to 1."""

    kind: str
    chance: float


@dataclass(frozen=True, slots=True)
class _Shares:
    """What relatives of a kind share: the chance of nothing; else the square roots of the share of the map
    and of the number of segments, their means, variances and covariance."""

    kind: Kind
    none: float
    shared: float
    segments: float
    var_shared: float
    cov: float
    var_segments: float

    def log_density(self, shared: float, segments: float, wider: float) -> float:
        """Of the two square roots; `wider` is how many times the part seen goes into the map, and luck that
        much less evened out."""
        a, b = shared - self.shared, segments - self.segments
        # The smallest spread stands for what is measured amiss: parents' children share all, to a site.
        # Of a part, pieces are counted worse still: chromosomes are not of one length.
        va = (self.var_shared + 0.0002) * wider
        vb = (self.var_segments + 0.01) * wider + 0.2 * (wider - 1)
        cov = self.cov * wider
        det = va * vb - cov**2
        apart = (a * a * vb - 2 * a * b * cov + b * b * va) / det
        return math.log(max(1 - self.none, 1e-6)) - 0.5 * (apart + math.log(det))


def likely(*, total_cm: float, segments: int, ibd2_cm: float, covered_cm: float) -> tuple[Likely, ...]:
    """The kinds that the sums speak for, the likeliest first; over the part of the map that both cover, as if
    the rest were like it. Empty where nothing is shared."""
    if not segments or covered_cm <= 0:
        return ()
    wider = max(GeneticMap.load(Build.GRCh37).autosomal_length / covered_cm, 1.0)
    shared, many = math.sqrt(min(total_cm / covered_cm, 1.0)), math.sqrt(segments * wider)
    siblings = ibd2_cm / covered_cm >= SURELY_TWICE
    logs = {
        one.kind.name: one.log_density(shared, many, wider)
        for one in _table()
        if (one.kind.up == one.kind.down == 1 and one.kind.ancestors == 2) is siblings
    }
    top = max(logs.values())
    weights = {name: math.exp(log - top) for name, log in logs.items()}
    whole = sum(weights.values())
    told = (Likely(name, round(weight / whole, 3)) for name, weight in weights.items())
    return tuple(
        sorted((one for one in told if one.chance >= LEAST), key=lambda one: (-one.chance, one.kind))
    )


def generations(told: tuple[Likely, ...]) -> float | None:
    """Steps of descent between the two, halved, on average over what is likely; None where nothing is."""
    steps = {one.kind.name: one.kind.generations for one in _table()}
    whole = sum(one.chance for one in told)
    return round(sum(one.chance * steps[one.kind] for one in told) / whole, 1) if whole else None


@cache
def _table() -> tuple[_Shares, ...]:
    lines = (resources.files("genomics") / "data" / "kin_table.tsv").read_text("ascii").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return tuple(
        _Shares(Kind(name, int(up), int(down), int(ancestors)), *map(float, figures[:6]))
        for name, up, down, ancestors, *figures in rows
    )
