"""What the compiled scan is given: a panel's figures, and the rules of what makes a stretch.

Pure: frozen values without a method. Where the figures come from is in ground; the rules' numbers, in
segments.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Grid(NamedTuple):
    """What the scan needs of a panel, for one haplotype or for both."""

    walls: NDArray[np.int64]  # first site of each stretch that is seen as one, and the end of the last
    cell_from: NDArray[np.int64]  # first cell of each stretch, and the end of the last
    cell_begin: NDArray[np.uint64]  # first word of each cell,
    cell_end: NDArray[np.uint64]  # its last,
    cell_head: NDArray[np.uint64]  # the sites that are meant of the first,
    cell_tail: NDArray[np.uint64]  # and of the last
    cell_site: NDArray[np.int64]  # first site of each cell, and the end of the last
    together: int
    probe_cell: NDArray[np.int64]  # the last of each `together` cells of a stretch: a probe,
    probe_stretch: NDArray[np.int64]  # and the stretch that it is in
    expected: float  # contradictions of strangers in a cell, if all is known
    worth: NDArray[np.float32]  # of a site in each word, on average
    site_worth: NDArray[np.float32]
    site_cm: NDArray[np.float32]
    log_ref: NDArray[np.float32]  # log frequency of the reference allele, a site,
    log_alt: NDArray[np.float32]  # and of the alternate one
    both: bool  # haplotypes


class Rules(NamedTuple):
    """What makes a stretch; logs are natural, lengths in centimorgans."""

    drop: float  # so much may it lose on the way to what it gains
    blind_cm: float  # longer gaps without a site known in both are not seen across
    least_evidence: float
    inside_cm: float  # an end may turn out to lie so far within what was found,
    outside_cm: float  # and so far beyond
    temper: float  # how much of what a site says for sharing counts, for the end,
    harsh: float  # and of what it says against
    told_cm: float  # the shortest that is told
    margin_cm: float  # what is measured so much shorter is told as that short: near it, measures err
