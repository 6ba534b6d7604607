"""Sketches: whoever shares a long stretch is never ruled out, and most who share nothing are."""

import math

import numpy as np
import pytest

from genomics.coordinates import Build
from genomics.matching import kernels
from genomics.matching.kernels import Rows
from genomics.matching.sketch import LINE, SHARE, SURE_CM, WORDS, Sketch
from genomics.panel import Panel

SITES = 120_000


def panel(sites: int = SITES, seed: int = 1, *, frequencies: bool = True) -> Panel:
    """All autosomes, as long as they are."""
    rng = np.random.default_rng(seed)
    lengths = np.array([249, 243, 198, 191, 181, 171, 159, 146, 141, 136, 135, 134, 115, 107, 103, 90, 81, 78,
                        59, 63, 48, 51])  # fmt: skip
    chromosome = np.sort(rng.choice(np.arange(1, 23), sites, p=lengths / lengths.sum())).astype(np.uint8)
    position = np.concatenate(
        [
            np.sort(rng.choice(lengths[c - 1] * 1_000_000, int((chromosome == c).sum()), replace=False))
            for c in range(1, 23)
        ]
    )
    return Panel.of(
        name="long",
        version="1",
        build=Build.GRCh37,
        chromosome=chromosome,
        position=position.astype(np.uint32),
        ref=np.full(sites, b"A"),
        alt=np.full(sites, b"G"),
        frequency=rng.uniform(0.05, 0.95, sites) if frequencies else None,
    )


@pytest.fixture(scope="module")
def whole() -> Panel:
    return panel()


@pytest.fixture(scope="module")
def sketch(whole: Panel) -> Sketch:
    return Sketch.of(whole)


def people(panel_: Panel, count: int, rng: np.random.Generator) -> np.ndarray:
    """Two haplotypes each, of strangers."""
    frequency = np.full(len(panel_), 0.5) if panel_.frequency is None else panel_.frequency
    return (rng.random((count, 2, len(panel_))) < frequency).astype(np.uint8)


def rows(panel_: Panel, haplotypes: np.ndarray, missing: float = 0.0, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    copies = haplotypes.sum(1).astype(np.uint8)
    copies[rng.random(copies.shape) < missing] = 3
    return kernels.stack([panel_.row_of(one) for one in copies], sites=panel_.autosomal)


def drawn(sketch: Sketch, some: Rows) -> np.ndarray:
    return sketch.drawn(some, np.full(len(some), 0.002))


def plainly(sketch: Sketch, query: np.ndarray, line: np.ndarray) -> bool:
    """The same rule, site by site, without a word of bits."""

    def sites(words: np.ndarray) -> list[list[bool]]:
        bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little")
        return [[bool(bit) for bit in word] for word in bits.reshape(WORDS, 64)]

    qlo, qhi, lo, hi = (sites(one[n : n + WORDS]) for one in (query[0], line) for n in (0, WORDS))
    lost = sum(float(one[2 * WORDS :].view("<f8")[0]) for one in (query[0], line))
    price = -math.log(lost * sketch.misreading)
    score, reset, reached = 0.0, None, [0.0] * WORDS
    known = 0
    for w in range(WORDS):
        could = [a and b for a, b in zip(qlo[w], lo[w], strict=True)]
        did = [c and a != b for c, a, b in zip(could, qhi[w], hi[w], strict=True)]
        known += sum((a or b) and (c or d) for a, b, c, d in zip(qlo[w], qhi[w], lo[w], hi[w], strict=True))
        clear = [i for i in range(64) if could[i] and not did[i]]
        wrong = [i for i in range(64) if did[i]]
        if sketch.begins[w]:
            score, reset = 0.0, None
        gain = sketch.worth[w] * len(clear) - price * len(wrong)
        if score <= 0 < gain and reset is not None:
            before, last = reset
            score = sketch.worth[w - 1] * sum(i > last for i in before)
        elif score > 0 and wrong:
            reached[w] = score + sketch.worth[w] * sum(i < wrong[0] for i in clear)
        score = max(score, 0.0) + gain
        reset = None
        if score <= 0:
            score, reset = 0.0, (clear, wrong[-1] if wrong else -1)
        reached[w] = max(reached[w], score)
    least = SHARE * sketch.due / sketch.held * known
    return known == 0 or any(score > 0 and score >= due for score, due in zip(reached, least, strict=True))


def test_the_compiled_look_says_what_the_plain_one_says(whole: Panel, sketch: Sketch):
    rng = np.random.default_rng(3)
    strangers = people(whole, 14, rng)
    query = strangers[:1].copy()
    for n, one in enumerate(strangers[2:12]):  # stretches of growing length, about the length that decides
        first = rng.integers(0, SITES - 9000)
        one[0, first : first + 60 * (n + 1)] = query[0, 0, first : first + 60 * (n + 1)]
    mine, theirs = drawn(sketch, rows(whole, query)), drawn(sketch, rows(whole, strangers, missing=0.1))
    told = sketch.candidates(mine, theirs)
    assert told.tolist() == [plainly(sketch, mine, line) for line in theirs]
    assert 2 <= told.sum() <= 12


@pytest.mark.parametrize("missing", [0.01, 0.5])
def test_whoever_shares_a_long_stretch_anywhere_is_looked_at(whole: Panel, sketch: Sketch, missing: float):
    """Every 20 centimorgans of the map, one person each; of half-missing profiles, too."""
    rng = np.random.default_rng(4)
    query = people(whole, 1, rng)
    stretches = []
    for code in range(1, 23):
        of = np.flatnonzero(whole.chromosome == code)
        cm = whole.cm[of]
        for start in np.arange(cm[0], cm[-1] - SURE_CM, 35.0):
            stretches.append(of[(cm >= start) & (cm <= start + SURE_CM + 0.5)])
    found = people(whole, len(stretches), rng)
    for one, stretch in zip(found, stretches, strict=True):
        one[1, stretch] = query[0, 0, stretch]
    mine = drawn(sketch, rows(whole, query, missing=missing))
    told = sketch.candidates(mine, drawn(sketch, rows(whole, found, missing=0.02, seed=1)))
    assert len(stretches) > 70
    assert told.all()
    strangers = drawn(sketch, rows(whole, people(whole, 200, rng), missing=0.02, seed=2))
    assert sketch.candidates(mine, strangers).mean() <= {0.01: 0.05, 0.5: 0.9}[missing]


def test_a_sketch_is_as_long_as_it_says_and_chosen_alike_each_time(whole: Panel, sketch: Sketch):
    again = Sketch.of(panel())
    assert (again.sites == sketch.sites).all()
    assert sketch.held == 64 * WORDS
    assert 8 * LINE == 16_392
    assert sketch.begins.sum() == 22
    chosen = np.sort(sketch.sites.ravel())
    assert len(np.unique(chosen)) == sketch.held
    assert whole.frequency is not None
    assert np.abs(whole.frequency[chosen] - 0.5).mean() < np.abs(whole.frequency - 0.5).mean() - 0.03
    some = rows(whole, people(whole, 2, np.random.default_rng(5)))
    line = drawn(sketch, some)[1]
    lo = np.unpackbits(some.lo[1].view(np.uint8), bitorder="little")[sketch.sites.ravel()]
    assert (np.unpackbits(line[:WORDS].view(np.uint8), bitorder="little") == lo).all()


def test_of_few_sites_all_are_taken_and_of_none_nobody_is_ruled_out():
    few = panel(2000, frequencies=False)
    sketch = Sketch.of(few)
    assert sketch.held == 2000
    rng = np.random.default_rng(6)
    query = people(few, 1, rng)
    mine = drawn(sketch, rows(few, query))
    assert sketch.candidates(mine, mine).all()
    blank = drawn(sketch, rows(few, query, missing=1.0))
    assert sketch.candidates(mine, blank).all(), "nothing is known of her, so she is looked at"
    male = Panel.of(
        name="y",
        version="1",
        build=Build.GRCh37,
        chromosome=np.full(8, 24),
        position=np.arange(8),
        ref=["A"] * 8,
        alt=["G"] * 8,
    )
    empty = Sketch.of(male)
    none = empty.drawn(kernels.stack([male.row_of(np.zeros(8))], sites=0), np.zeros(1))
    assert (empty.held, empty.candidates(none, none).all()) == (0, True)
