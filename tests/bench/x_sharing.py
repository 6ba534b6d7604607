"""What is told of X against simulated truth, by the sexes of two people, and of strangers.

    python -m tests.bench.x_sharing [--seeds 12] [--sites 3000] [--dropout 0.05]

A family a seed (tests/genomics/x_family.py), everybody with everybody; .002 of genotypes misread, .01
missing, so much of women's heterozygotes lost, men's X written the one way or the other by lot. Stretches of
7 cM and more.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from genomics.matching import x_shared
from tests.genomics import x_family

LEAST_CM = 7.0


def run(seeds: int, sites: int, dropout: float) -> int:
    told, strangers, wrong, spent = defaultdict(list), defaultdict(list), 0, 0.0
    sexes = {name: sex for name, sex, *_ in x_family.FAMILY}
    for seed in range(seeds):
        family, rng = x_family.drawn(seed, sites), np.random.default_rng(seed + 99)
        rows = {
            name: family.row(name, rng, dropout=dropout if sex == "F" else 0.0, once=bool(rng.integers(2)))
            for name, sex in sexes.items()
        }
        wrong += sum(rows[name].shown != {"M": "one", "F": "two"}[sex] for name, sex in sexes.items())
        for one, other in combinations(sexes, 2):
            began = time.process_time()
            sharing = x_shared.shared(rows[one], rows[other], family.x, min_cm=LEAST_CM)
            spent += time.process_time() - began
            if sharing is None:
                continue
            kind = "".join(sorted(sexes[one] + sexes[other]))
            if family.truth(one, other, least=0.0):
                told[kind].append((sum(family.truth(one, other)), sharing.cm))
            else:
                strangers[kind].append(len(sharing.segments))
    print(f"{seeds * len(sexes)} people, {wrong} whose number of X is not told right")
    for kind, pairs in sorted(told.items()):
        truth, found = np.array(pairs).T
        error = found - truth
        print(
            f"{kind}: {len(pairs)} related pairs, truly {truth.mean():.1f} cM, told {found.mean():.1f}, "
            f"RMSE {np.sqrt((error**2).mean()):.1f}, worst {np.abs(error).max():.1f}; "
            f"{len(strangers[kind])} strangers, {sum(strangers[kind])} segments told"
        )
    pairs_compared = sum(map(len, told.values())) + sum(map(len, strangers.values()))
    print(f"CPU a pair: {1000 * spent / pairs_compared:.1f} ms")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--sites", type=int, default=3000)
    parser.add_argument("--dropout", type=float, default=0.0)
    given = parser.parse_args(arguments)
    return run(given.seeds, given.sites, given.dropout)


if __name__ == "__main__":
    sys.exit(main())
