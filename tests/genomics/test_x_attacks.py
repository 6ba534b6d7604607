"""An X put together by whoever asks, laid on the autosomes of somebody's relative: what it reads.

The autosomes match and look like one person's, so the X is compared. Budget, shortest segment and grid bound
what is read; alleles that everybody has read nothing.
"""

import numpy as np
from numpy.typing import NDArray

from consent.policy import Policy
from genomics.matching import x_shared
from genomics.matching.x_row import Shown, XRow
from genomics.panel import MISSING
from tests.genomics import x_family
from tests.genomics.x_family import FAMILY

BUDGET = Policy.default().profiles_most
TARGETS = [name for name, _, father, _ in FAMILY if not father]  # nobody's alleles are another's


def bait(share: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The commoner allele, at sites where hardly anybody lacks it."""
    here = x_family.drawn(0, 4000)
    rarer = np.minimum(here.x.ref, here.x.alt)
    asked = (rarer < share) & (rng.random(len(rarer)) < 0.9)
    return np.where(asked, np.where(here.x.alt > 0.5, 2, 0), MISSING).astype(np.uint8)


def test_alleles_that_hardly_anybody_lacks_are_told_of_nobody() -> None:
    """Whoever lays them down to ask for one site among them is told nothing of it. As they say too little of
    how many X there are, they are taken for a single X here, which says most."""
    here, rng = x_family.drawn(0, 4000), np.random.default_rng(4)
    told = asked = 0
    for share in (0.05, 0.1, 0.2, 0.3):
        says = np.array([0, MISSING, 1, MISSING], dtype=np.uint8)[bait(share, rng)]
        for name in TARGETS:
            row = here.row(name, rng)
            found = x_shared.shared(XRow(Shown.ONE, says, 0.002), row, here.x, min_cm=7.0)
            assert found is not None
            told, asked = told + len(found.segments), asked + 1
    assert asked == 4 * len(TARGETS)
    assert told == 0


def test_other_peoples_x_laid_against_a_target_reads_what_they_share_and_a_budget_of_it() -> None:
    """Profiles of a population in which strangers share nothing for 7 cM: a whole budget reads nothing; and
    of a relative's X, put in, only what is shared."""
    here, rng = x_family.drawn(0, 4000), np.random.default_rng(4)
    read = 0
    others = here.founders[2 * len(TARGETS) :]
    for haplotype in others[:BUDGET]:
        profile = XRow.read((2 * haplotype).astype(np.uint8), here.x)
        for name in TARGETS:
            found = x_shared.shared(profile, here.row(name, rng), here.x, min_cm=7.0)
            assert found is not None
            read += len(found.segments)
    assert read == 0
    mosaic = np.where(np.arange(len(here.x)) // 400 % 2 == 0, here.alleles("son")[0], others[0])
    found = x_shared.shared(
        XRow.read((2 * mosaic).astype(np.uint8), here.x), here.row("mother", rng), here.x, min_cm=7.0
    )
    assert found is not None
    laid = np.isin(here.x.position, here.x.position[np.arange(len(here.x)) // 400 % 2 == 0])
    for one in found.segments:
        inside = (here.x.position >= one.start - 1) & (here.x.position < one.end)
        assert laid[inside].mean() > 0.8
