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
    window_begin: NDArray[np.uint64]  # first word of each window,
    window_end: NDArray[np.uint64]  # its last,
    window_head: NDArray[np.uint64]  # the sites that are meant of the first,
    window_tail: NDArray[np.uint64]  # and of the last
    window_site: NDArray[np.int64]  # first site of each window
    window_stretch: NDArray[np.int64]  # the stretch that it is in
    run: int  # so many windows one after the other are wholly in any stretch that is told
    expected: float  # contradictions of strangers in a window, if all is known,
    probed: float  # and at the sites of a window that are probed
    worth: NDArray[np.float32]  # of a site in each word, on average
    site_worth: NDArray[np.float32]
    site_cm: NDArray[np.float32]
    shared_ref: NDArray[np.float32]  # how much likelier sharing a reference allele makes sharing, a site,
    shared_alt: NDArray[np.float32]  # and an alternate one; tempered, for the ends
    half: float  # and one of two
    both: bool  # haplotypes


class Rules(NamedTuple):
    """What makes a stretch; logs are natural, lengths in centimorgans."""

    drop: float  # so much may it lose on the way to what it gains
    blind_cm: float  # longer gaps without a site known in both are not seen across
    least_evidence: float
    convincing: float  # evidence that one of a pair's stretches must have for any to be told
    inside_cm: float  # an end may turn out to lie so far within what was found,
    outside_cm: float  # and so far beyond
    harsh: float  # how much of what a site says against sharing counts, for the end
    told_cm: float  # the shortest that is told
    margin_cm: float  # what is measured so much shorter is told as that short: near it, measures err
