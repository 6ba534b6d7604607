"""Words of sixty-four sites, as the compiled rooms read them: counting bits, and finding the first and last.

Pure numba. One instruction each; numpy's own counting cannot be called from compiled code.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from genomics.matching.compiled import compiled

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)


def _counted(typing: Any, word: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


def _trailing(typing: Any, word: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), code


def _leading(typing: Any, word: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), code


# numba's types take the compiler's own argument for one of the caller's, so these have none.
ones: Any = intrinsic(_counted)  # how many bits are set
lowest: Any = intrinsic(_trailing)  # the place of the lowest bit that is set; 64 for none
highest: Any = intrinsic(_leading)  # 63 less the place of the highest bit that is set


@compiled
def can(qlo: Any, qhi: Any, rlo: Any, rhi: Any, w: int, both: bool) -> Any:
    """Where in a word two people could contradict each other: about one haplotype where both are homozygous,
    about both wherever they are known."""
    return (qlo[w] | qhi[w]) & (rlo[w] | rhi[w]) if both else qlo[w] & rlo[w]


@compiled
def do(qlo: Any, qhi: Any, rlo: Any, rhi: Any, w: int, both: bool) -> Any:
    """Where, of what they could, they do."""
    return (qlo[w] ^ rlo[w]) | (qhi[w] ^ rhi[w]) if both else qhi[w] ^ rhi[w]


@compiled
def between(first: int, end: int, w: int) -> Any:
    """Which bits of word w are sites from first to end (exclusive)."""
    mask = ALL
    if w == first >> 6:
        mask &= ALL << np.uint64(first & 63)
    if w == (end - 1) >> 6:
        mask &= ALL >> np.uint64(63 - ((end - 1) & 63))
    return mask
