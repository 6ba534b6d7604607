"""The scan for shared segments once more, site by site and in plain loops: what the kernels must equal.

Follows the words of genomics/matching/segments.py; shares its constants and nothing else.
"""

from dataclasses import dataclass
from math import log

from genomics.matching import ground, runs, segments
from genomics.panel import MISSING, Panel


@dataclass
class Run:
    first: int
    last: int
    evidence: float
    before: bool
    after: bool


@dataclass
class Found:
    segments: list[tuple[int, int, int, float, int]]
    ibd2_cm: float
    overlap: int
    covered_cm: float


def compare(query: list[int], other: list[int], panel: Panel, *, min_cm: float) -> Found:
    sites = [n for n, chromosome in enumerate(panel.chromosome.tolist()) if chromosome <= 22]
    where = panel.chromosome.tolist()
    cm = [float(x) for x in panel.cm]
    known = [query[n] != MISSING and other[n] != MISSING for n in sites]
    opposite = [known[n] and {query[n], other[n]} == {0, 2} for n in sites]
    differing = [known[n] and query[n] != other[n] for n in sites]
    chance = [_chance(query[n], panel, n) for n in sites]
    novelty = [_novelty(n, where, cm, len(sites)) for n in sites]
    walls, covered = _walls(where, cm, known, len(sites))

    weight = [c * w * k for (c, _), w, k in zip(chance, novelty, known, strict=True)]
    clean = _runs(opposite, weight, walls, [segments.PRICE * w for w in novelty])
    clean = [run for run in clean if cm[run.last] - cm[run.first] >= min_cm]
    needed = log(max(sum(weight), segments.STRANGERS) / segments.STRANGERS)
    convincing = sum(run.evidence >= needed for run in clean)
    told = [run for run in clean if convincing and run.evidence >= segments.EVIDENCE - log(1 + convincing)]
    found = _cut(told, [c for c, _ in chance], known, panel, cm, min_cm)
    twice = []
    if found:
        weight = [c * w * k for (_, c), w, k in zip(chance, novelty, known, strict=True)]
        both = _runs(differing, weight, walls, [segments.IBD2_PRICE * w for w in novelty])
        both = [run for run in both if run.evidence >= segments.IBD2_EVIDENCE]
        twice = _cut(both, [c for _, c in chance], known, panel, cm, segments.IBD2_LEAST_CM)
    ibd2 = min(sum(one[3] for one in twice), sum(one[3] for one in found))
    return Found(found, ibd2, sum(known), covered)


def _chance(copies: int, panel: Panel, site: int) -> tuple[float, float]:
    """Of contradiction: by a stranger being opposite, by a relative on one haplotype being different."""
    if copies == MISSING:
        return 0.0, 0.0
    if panel.frequency is None:
        return (0.0 if copies == 1 else ground.UNSTATED_OPPOSITE, ground.UNSTATED_DIFFERING[copies == 1])
    alt = min(max(float(panel.frequency[site]), ground.RARE), 1 - ground.RARE)
    return {0: (alt**2, alt), 1: (0.0, 0.5), 2: ((1 - alt) ** 2, 1 - alt)}[copies]


def _novelty(site: int, where: list[int], cm: list[float], sites: int) -> float:
    left = cm[site] - cm[site - 1] if site > 0 and where[site - 1] == where[site] else 0.0
    right = cm[site + 1] - cm[site] if site + 1 < sites and where[site + 1] == where[site] else 0.0
    return min((left + right) / 2 / ground.SPREAD_CM, 1.0)


def _walls(where: list[int], cm: list[float], known: list[bool], sites: int) -> tuple[set[int], float]:
    """Sites where runs begin anew, and how much of the map is seen."""
    bins: list[list[int]] = []
    for n in range(sites):
        fresh = n == 0 or where[n] != where[n - 1]
        if fresh or cm[n] // ground.BIN_CM != cm[n - 1] // ground.BIN_CM:
            bins.append([])
        bins[-1].append(n)
    walls = set()
    for n in range(sites):
        if n == 0 or where[n] != where[n - 1] or cm[n] - cm[n - 1] > 2 * ground.BIN_CM:
            walls.add(n)
    seen = [any(known[n] for n in one) for one in bins]
    blind = [
        not seen[b] and ((b > 0 and not seen[b - 1]) or (b + 1 < len(bins) and not seen[b + 1]))
        for b in range(len(bins))
    ]
    for b, one in enumerate(bins):
        if blind[b] or (b > 0 and blind[b - 1]):
            walls.add(one[0])
    covered = 0.0
    for b, one in enumerate(bins):
        for n in one if seen[b] else []:
            if n > 0 and where[n - 1] == where[n]:
                covered += min(cm[n] - cm[n - 1], ground.BIN_CM) / 2
            if n + 1 < sites and where[n + 1] == where[n]:
                covered += min(cm[n + 1] - cm[n], ground.BIN_CM) / 2
    return walls, covered


def _runs(breaks: list[bool], weight: list[float], walls: set[int], price: list[float]) -> list[Run]:
    """Clean runs, then joined over breaks as long as joining pays."""
    clean: list[tuple[int, Run]] = []
    room = 0
    first, evidence, before = 0, 0.0, False
    for n in range(len(breaks) + 1):
        at_wall = n == len(breaks) or n in walls
        if n > first and (at_wall or breaks[n - 1]):
            broken = breaks[n - 1]
            clean.append((room, Run(first, n - 1 - broken, evidence, before, broken)))
            first, evidence, before = n, 0.0, broken and not at_wall
        if n < len(breaks):
            room += n in walls
            evidence += 0.0 if breaks[n] else weight[n]
    strong = [
        (room, index, index, run.evidence)
        for index, (room, run) in enumerate(clean)
        if run.evidence >= runs.SEED
    ]
    while True:
        joined = strong[:1]
        previous = strong[:1]
        for this in strong[1:]:
            (last_room, _, last_tail, last_worth), (room, head, tail, worth) = previous[0], this
            between = sum(clean[k][1].evidence for k in range(last_tail + 1, head))
            # a clean run followed by another in the same room ends just before the break they share
            breaks_between = [clean[k][1].last + 1 for k in range(last_tail, head)]
            cost = sum(price[n] for n in breaks_between if n < len(price)) - between
            if last_room == room and cost <= min(last_worth, worth, runs.DEAREST):
                joined[-1] = (room, joined[-1][1], tail, joined[-1][3] - cost + worth)
            else:
                joined.append(this)
            previous = [this]
        if len(joined) == len(strong):
            break
        strong = joined
    return [
        Run(clean[head][1].first, clean[tail][1].last, worth, clean[head][1].before, clean[tail][1].after)
        for _, head, tail, worth in strong
    ]


def _cut(
    clean: list[Run], chance: list[float], known: list[bool], panel: Panel, cm: list[float], min_cm: float
) -> list[tuple[int, int, int, float, int]]:
    """Runs without what lies, on average, beyond the true end."""
    found = []
    for run in clean:
        start, end = run.first, run.last
        if run.before:
            start = _after(range(run.first, run.last + 1), chance, known)
        if run.after:
            end = _after(range(run.last, run.first - 1, -1), chance, known)
        if start < end and cm[end] - cm[start] >= min_cm:
            inside = sum(known[start : end + 1])
            chromosome = int(panel.chromosome[start])
            begins, ends = int(panel.position[start]) + 1, int(panel.position[end]) + 1
            found.append((chromosome, begins, ends, cm[end] - cm[start], inside))
    return found


def _after(way: range, chance: list[float], known: list[bool]) -> int:
    """The site at which the expected contradictions, met along the way, reach TRIM."""
    met = 0.0
    for n in way:
        met += chance[n] * known[n]
        if met >= segments.TRIM:
            return n
    return way[-1]
