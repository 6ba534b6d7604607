"""Sketches: of all sites of a panel some thousands, to tell at a first look who cannot share a long stretch.

Pure. The map is cut in as many parts of equal length as there are sites in a sketch, and of each part the
site is taken that says most; so a stretch holds as much information wherever it lies, and neighbours, which
say the same thing again, are left out. What two people share at least is the run of words that speaks best
for it, with what the words at both of its ends say; whoever comes to SHARE of what SURE_CM centimorgans would
say, of the sites known in both, is looked at whole. Compiled; a plain version stands in the tests.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import AUTOSOMES
from genomics.matching.compiled import compiled
from genomics.matching.ground import RARE, UNSTATED, Ground
from genomics.matching.kernels import Rows
from genomics.matching.words import ALL, ONE, highest, ones
from genomics.panel import Panel

VERSION = 1  # of which sites are chosen, and how a line is laid out
WORDS = 1024
LINE = 2 * WORDS + 1  # words of a person: lo, hi, and how many heterozygotes she lost
MOST_MISREAD = 0.9  # beyond it a contradiction would speak for sharing; what follows tells them apart
SURE_CM = 20.0  # whoever shares a stretch of this length is found
SHARE = 0.55

Lines = NDArray[np.uint64]
NOBODY: Lines = np.zeros((0, LINE), dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The sites chosen of a panel, word by word, and what they are worth."""

    sites: NDArray[np.int64]  # WORDS x 64; one past the last site of all where there is none
    begins: NDArray[np.bool_]  # which words are the first of a chromosome
    worth: NDArray[np.float64]  # of a site in each word that could contradict, and does not: evidence (log)
    held: int  # sites in all
    due: NDArray[np.float64]  # what the SURE_CM about each word that say least would say, if all was known
    misreading: float

    @classmethod
    def of(cls, panel: Panel) -> Self:
        ground = Ground.of(panel)
        alt = np.full(ground.sites, UNSTATED)
        if ground.frequency is not None:
            alt = np.clip(ground.frequency, RARE, 1 - RARE)
        ref = 1 - alt
        homozygous, opposite = (alt**2 + ref**2) ** 2, 2 * alt**2 * ref**2
        each = -np.log1p(-opposite / homozygous)
        sites, begins = _chosen(ground, homozygous * each)
        there = sites < ground.sites
        weight, whole = np.append(homozygous, 0.0), np.append(homozygous * each, 0.0)
        worth = whole[sites].sum(1) / np.maximum(weight[sites].sum(1), 1e-9)
        agreeing = np.append((alt**3 + ref**3) * each, 0.0)  # of two who share one haplotype
        due = _due(sites, there, np.append(ground.cm, 0.0), np.cumsum(begins), agreeing)
        return cls(sites, begins, worth, int(there.sum()), due, ground.misreading)

    def drawn(self, rows: Rows, dropout: NDArray[np.float64]) -> Lines:
        """The sketches of people, a line each."""
        lines = np.zeros((len(rows), LINE), dtype=np.uint64)
        flat = self.sites.ravel()
        for plane, first in ((rows.lo, 0), (rows.hi, WORDS)):
            bits = np.unpackbits(plane.view(np.uint8), axis=1, count=rows.sites, bitorder="little")
            bits = np.concatenate([bits, np.zeros((len(bits), 1), np.uint8)], axis=1)
            packed = np.packbits(np.ascontiguousarray(bits[:, flat]), axis=1, bitorder="little")
            lines[:, first : first + WORDS] = np.ascontiguousarray(packed).view("<u8")
        lines[:, 2 * WORDS] = np.asarray(dropout, dtype="<f8").view("<u8")
        return lines

    def candidates(self, query: Lines, lines: Lines) -> NDArray[np.bool_]:
        """Who may share a stretch of SURE_CM with the query, which is one line."""
        told = np.zeros(len(lines), dtype=np.bool_)
        dropout = lines[:, 2 * WORDS].view("<f8")
        least = SHARE * self.due / max(self.held, 1)  # evidence a site known in both
        own = float(query[0, 2 * WORDS : 2 * WORDS + 1].view("<f8")[0])
        misread = (own + dropout) * self.misreading
        _look(query[0], lines, self.worth, self.begins, np.minimum(misread, MOST_MISREAD), least, told)
        return told


@lru_cache(maxsize=1)
def sketch_of(panel: Panel) -> Sketch:
    """Chosen once for all who bring the very same panel."""
    return Sketch.of(panel)


def _due(
    sites: NDArray[np.int64],
    there: NDArray[np.bool_],
    cm: NDArray[np.float64],
    stretch: NDArray[np.int64],
    agreeing: NDArray[np.float64],
) -> NDArray[np.float64]:
    """For each word the least that any stretch of SURE_CM would say that has a part of it: such a stretch
    begins right after a site, or where its chromosome does."""
    due = np.zeros(len(sites))
    for one in np.unique(stretch):
        words = np.flatnonzero(stretch == one)
        flat = sites[words][there[words]]
        if not len(flat):
            continue
        at = cm[flat]
        told = np.concatenate([[0.0], np.cumsum(agreeing[flat])])
        starts = at[at + SURE_CM <= at[-1]]
        ends = np.searchsorted(at, starts + SURE_CM, side="right")
        says = told[ends] - told[np.searchsorted(at, starts, side="right")]
        for word in words[there[words].any(1)]:
            own = cm[sites[word][there[word]]]
            first, last = np.searchsorted(starts, [own[0] - SURE_CM, own[-1]], side="left")
            due[word] = says[max(first - 1, 0) : last + 1].min(initial=told[-1])
    return due


def _chosen(ground: Ground, says: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """WORDS words, a chromosome after the other, each as many as its length on the map asks for."""
    of = [np.flatnonzero(ground.chromosome == code) for code in AUTOSOMES]
    lengths = np.array([ground.cm[one[-1]] - ground.cm[one[0]] if len(one) else 0.0 for one in of])
    asked = WORDS * lengths / max(lengths.sum(), 1e-9)
    many = np.floor(asked).astype(int)
    for n in np.argsort(many - asked, kind="stable")[: WORDS - int(many.sum())]:
        many[n] += 1
    sites = np.full((WORDS, 64), ground.sites, dtype=np.int64)
    begins, word = np.zeros(WORDS, dtype=np.bool_), 0
    for one, words in zip(of, many.tolist(), strict=True):
        if not len(one) or not words:
            continue
        begins[word] = True
        taken = _best(one, ground.cm[one], says[one], 64 * words)
        spread = -(-len(taken) // words)  # few sites are spread over the words evenly
        for n in range(words):
            some = taken[n * spread : (n + 1) * spread]
            sites[word + n, : len(some)] = some
        word += words
    begins[word:] = True  # of a panel that has none for them
    return sites, begins


def _best(
    sites: NDArray[np.int64], cm: NDArray[np.float64], says: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Of each of `most` parts of a chromosome the site that says most; where parts are empty, the best of
    the others."""
    if len(sites) <= most:
        return sites
    part = np.minimum(((cm - cm[0]) / max(cm[-1] - cm[0], 1e-9) * most).astype(np.int64), most - 1)
    order = np.lexsort((-says, part))
    first = order[np.diff(part[order], prepend=-1) != 0]
    rest = np.setdiff1d(np.arange(len(sites)), first)
    more = rest[np.argsort(-says[rest], kind="stable")][: most - len(first)]
    best: NDArray[np.int64] = sites[np.sort(np.concatenate([first, more]))]
    return best


@compiled
def _look(query: Any, lines: Any, worth: Any, begins: Any, misread: Any, least: Any, told: Any) -> None:
    """`least` evidence for each site known in both, word by word."""
    words = len(worth)
    could, against = np.empty(words, np.int64), np.empty(words, np.int64)
    for person in range(len(lines)):
        line, known = lines[person], np.int64(0)
        for w in range(words):  # without a branch, so that several words are counted in one step
            both = query[w] & line[w]
            could[w] = np.int64(ones(both))
            against[w] = np.int64(ones(both & (query[words + w] ^ line[words + w])))
            known += np.int64(ones((query[w] | query[words + w]) & (line[w] | line[words + w])))
        price = -math.log(misread[person])
        score, found, reset = 0.0, known == 0, -1
        for w in range(words):
            if begins[w]:
                score, reset = 0.0, -1
            gain = worth[w] * (could[w] - against[w]) - price * against[w]
            if score <= 0.0:
                if gain <= 0.0:
                    reset = w
                    continue
                score = worth[reset] * _beside(query, line, reset, words, True) if reset >= 0 else 0.0
            elif against[w] > 0:
                before = score + worth[w] * _beside(query, line, w, words, False)
                found = found or before >= least[w] * known
            score += gain
            if score <= 0.0:
                reset = w
            else:
                found = found or score >= least[w] * known
            if found:
                break
        told[person] = found


@compiled
def _beside(query: Any, line: Any, w: int, words: int, after: bool) -> int:
    """How many sites of a word could contradict and do not, after the last that does, or before the first."""
    could = query[w] & line[w]
    did = could & (query[words + w] ^ line[words + w])
    if did == 0:
        return int(ones(could))
    if not after:
        return int(ones(could & (did - ONE) & ~did))
    top = np.uint64(63) - highest(did)
    above = np.uint64(0) if top == np.uint64(63) else ALL << (top + ONE)
    return int(ones(could & above))
