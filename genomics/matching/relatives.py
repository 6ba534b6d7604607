"""Who shares long stretches of DNA with this profile, and with others who do?

Pure: it settles who stands in the answer, the nearest first. The scan itself is in segments, what is told of
each in report. How short a segment a house shows is its policy's to say; no question goes under the policy's
own floor.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from consent.policy import SHORTEST_SEGMENT_CM
from genomics.answers import Answer, Granularity
from genomics.errors import QuestionRefused
from genomics.matching import beside as pairing
from genomics.matching import x_shared
from genomics.matching.beside import Beside
from genomics.matching.question import Material, Materials, Reference, Sketched
from genomics.matching.report import Report
from genomics.matching.segments import related_in
from genomics.matching.sharing import Sharing, rounded
from genomics.matching.sketch import SURE_CM
from genomics.matching.telling import Telling
from genomics.matching.x_row import Shown, XRow, sites_of
from genomics.matching.x_shared import XSharing
from genomics.panel import PanelRow

LEAD = "A lead only: sharing DNA is not proof of who somebody is."
SKETCHED = (
    f"This house compares sketches first: whoever shares no stretch of {SURE_CM:g} cM or more may be missing."
)
MOST_CM = 4000.0  # longer than what the same person shares with herself: nobody is found beyond it


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """Of the evidence profile: everybody with a segment of at least `min_cm` centimorgans and `min_total_cm`
    in all. Whoever shares no segment is in no answer, whatever is asked: who permits it is told to nobody."""

    kind: ClassVar[str] = "relatives"
    granularity: ClassVar[Granularity] = Granularity.RECORD
    finding: ClassVar[Any] = Sharing | None

    evidence: UUID
    min_cm: float = 7.0
    min_total_cm: float = 20.0

    def __post_init__(self) -> None:
        self.require(SHORTEST_SEGMENT_CM)

    def require(self, least: float) -> None:
        """Raises QuestionRefused where less is asked for than a segment of `least` centimorgans, in all or at
        a time, or what is no length at all."""
        for asked in (self.min_cm, self.min_total_cm):
            if not (math.isfinite(asked) and least <= asked <= MOST_CM):
                raise QuestionRefused(
                    f"Shared DNA is told from {least:g} cM on, a segment and in all, and there are no more "
                    f"than {MOST_CM:g}; ask for a number between them."
                )

    @property
    def place(self) -> None:
        return None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            evidence=UUID(str(said["evidence"])),
            min_cm=float(said.get("min_cm", 7.0)),
            min_total_cm=float(said.get("min_total_cm", 20.0)),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "evidence": str(self.evidence),
            "min_cm": self.min_cm,
            "min_total_cm": self.min_total_cm,
        }

    def look(self, files: Materials, reference: Reference | None) -> list[Sharing | None]:
        assert reference is not None
        told: list[Sharing | None] = [None] * len(files)
        for group in files.groups(_candidates(files, reference.sketched)):
            found = related_in(reference.row, group.people, group.lines, reference.panel, min_cm=self.min_cm)
            for line, place in zip(group.lines.tolist(), group.places, strict=True):
                one = found.get(line)
                told[place] = None if one is None else rounded(one, reference.panel, min_cm=self.min_cm)
        return told

    def nearest(
        self,
        found: Mapping[int, Sequence[Sharing | None]],
        *,
        reference: Reference,
        alias: Callable[[int], str],
    ) -> Sequence[int]:
        """Nobody where nothing more is told of them: neither what they share on X, nor, of two or more, what
        they share with each other."""
        matches = self._matches(found, reference.telling, alias)
        with_others = reference.telling.in_common and len(matches) > 1
        return tuple(matches) if matches and (with_others or _tells_of_x(reference)) else ()

    def beside(
        self, files: Mapping[int, Sequence[Material]], reference: Reference, on_each: Callable[[], None]
    ) -> Beside:
        """Of each person's files by the one that says most."""
        rows = {
            ordinal: max((file.row() for file in hers), key=lambda row: row.called)
            for ordinal, hers in files.items()
        }
        x = self._on_x(rows, reference, on_each) if _tells_of_x(reference) else {}
        if not reference.telling.in_common:
            return Beside(x=x)
        found = pairing.pairs(rows, reference.panel, min_cm=self.min_cm, on_each=on_each)
        # As coarse as what each shares with the profile: an exact end is a genotype of theirs.
        pairs = {pair: rounded(one, reference.panel, min_cm=self.min_cm) for pair, one in found.items()}
        return Beside(pairs, x)

    def _on_x(
        self, rows: Mapping[int, PanelRow], reference: Reference, on_each: Callable[[], None]
    ) -> dict[int, XSharing]:
        """What each shares with the profile on X, as it may leave; nothing where it is unclear."""
        panel, sites = reference.panel, sites_of(reference.panel)
        query, told = XRow.of(reference.row, panel), dict[int, XSharing]()
        for ordinal, row in rows.items():
            one = x_shared.shared(query, XRow.of(row, panel), sites, min_cm=self.min_cm)
            if one is not None:
                told[ordinal] = x_shared.rounded(one, sites, min_cm=self.min_cm)
            on_each()
        return told

    def conclude(
        self,
        found: Mapping[int, Sequence[Sharing | None]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
        beside: Beside | None = None,
    ) -> Answer:
        assert reference is not None
        beside = beside or Beside()
        telling, way = reference.telling, reference.way
        report = Report(telling=telling, reference=reference, min_cm=self.min_cm)
        matches = self._matches(found, telling, alias)
        pairs = [
            report.pair((alias(one), alias(other)), matches[one], matches[other], shared)
            for (one, other), shared in beside.pairs.items()
            if one in matches and other in matches and shared.total_cm >= self.min_total_cm
        ]
        return Answer(
            question=self.kind,
            granularity=self.granularity,
            records=tuple(
                report.match(alias(ordinal), one, beside.x.get(ordinal)) for ordinal, one in matches.items()
            ),
            pairs=tuple(sorted(pairs, key=lambda one: (-one["total_cm"], -one["longest_cm"], one["people"]))),
            telling=telling.as_json(reference.panel.build, None if way is None else way.target),
            notes=(
                LEAD,
                f"At most {telling.most} people are told, the nearest first.",
                *((SKETCHED,) if self._misses(reference) else ()),
            ),
        )

    def _matches(
        self,
        found: Mapping[int, Sequence[Sharing | None]],
        telling: Telling,
        alias: Callable[[int], str],
    ) -> dict[int, Sharing]:
        """Whom it tells of, the nearest first, as far as lengths are told; among equals by their names here,
        which say nothing of who came to the house before whom."""
        told = {ordinal: [one for one in every if one is not None] for ordinal, every in found.items()}
        best = {ordinal: max(some, key=lambda s: s.total_cm) for ordinal, some in told.items() if some}
        matches = [pair for pair in best.items() if pair[1].total_cm >= self.min_total_cm]
        matches.sort(
            key=lambda match: (
                -telling.cm(match[1].total_cm),
                -telling.cm(match[1].longest_cm),
                alias(match[0]),
            )
        )
        return dict(matches[: telling.most])

    def _misses(self, reference: Reference) -> bool:
        """Whether the house compares by sketches, and they may lose what is asked for."""
        return reference.sketched is not None and self.min_cm < SURE_CM


def _tells_of_x(reference: Reference) -> bool:
    """Whether anything could be told of X: not where the panel or the profile says too little of it."""
    return XRow.of(reference.row, reference.panel).shown is not Shown.UNCLEAR


def _candidates(files: Materials, sketched: Sketched | None) -> Sequence[int]:
    """Those who are compared whole: everybody, or whomever a sketch does not rule out."""
    if sketched is None:
        return range(len(files))
    lines, whose = files.sketches(range(len(files)))
    near = sketched.sketch.candidates(sketched.line, lines)
    far = {place for place, candidate in zip(whose, near.tolist(), strict=True) if not candidate}
    return [place for place in range(len(files)) if place not in far]
