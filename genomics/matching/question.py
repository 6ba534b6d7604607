"""What a question is: a frozen value that says what it must read, looks, and concludes.

Pure. One kind of question a file beside this one; `parse` brings one back from what was stored. Reading is
the gate's; who may ask which kind is upstairs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from genomics.answers import Answer, Granularity
from genomics.chain import Chain
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.matching.segments import People
from genomics.matching.sketch import Lines, Sketch
from genomics.matching.telling import Telling
from genomics.panel import Panel, PanelRow
from genomics.variants import Variant


class Material(Protocol):
    """One permitted file during one look; the gate opens it when asked, and not before."""

    @property
    def build(self) -> Build: ...

    def carriage(self, at: Variant | Region) -> Carriage:
        """What it says of the place where the question looks."""

    def row(self) -> PanelRow: ...


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows of some of the files that a look was given: the row of the file at `places[n]` is line `lines[n]`
    of `people`. Whatever else lies there is none of the question's business."""

    people: People
    lines: NDArray[np.int32]
    places: Sequence[int]


class Materials(Iterable[Material], Sized, Protocol):
    """The files of one look. What reads rows asks for many at a time."""

    def groups(self, places: Sequence[int]) -> Sequence[Group]:
        """The rows of the files at these places, opened now."""

    def sketches(self, places: Sequence[int]) -> tuple[Lines, Sequence[int]]:
        """The sketches of those of them that have one, opened now, and whose each line is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question looks: at one allele or along a stretch, of a build."""

    build: Build
    at: Variant | Region


@dataclass(frozen=True, slots=True, eq=False)
class Sketched:
    """That sketches are compared first, and the profile's own."""

    sketch: Sketch
    line: Lines


@dataclass(frozen=True, slots=True)
class Reference:
    """What every file is compared with: the panel, and the evidence profile's row of it; and how fine what
    comes of it is told. `way` leads from the panel's build to the other, where a chain is loaded. With a
    sketch, only those are compared whom theirs does not rule out."""

    panel: Panel
    row: PanelRow
    telling: Telling
    way: Chain | None = None
    sketched: Sketched | None = None


class Question(Protocol):
    """`look` takes a batch of files and returns a finding for each, which is about that file whatever lies
    beside it; `conclude` takes each person's findings, by ordinal, and says what may be said. `alias` names a
    person for the asker, and for this asker only."""

    kind: ClassVar[str]
    granularity: ClassVar[Granularity]
    finding: ClassVar[Any]  # the type of what it finds of one file, by which that is kept (matching.keeping)

    @property
    def evidence(self) -> UUID | None: ...

    @property
    def place(self) -> Place | None: ...

    def as_json(self) -> dict[str, Any]: ...

    def look(self, files: Materials, reference: Reference | None) -> Sequence[Any]: ...

    def conclude(
        self, found: Mapping[int, Sequence[Any]], *, reference: Reference | None, alias: Callable[[int], str]
    ) -> Answer: ...


@runtime_checkable
class Comparing(Question, Protocol):
    """A question that looks once more at those it is going to tell of before it concludes. `nearest` names
    them, a bounded number; `beside` takes their files and returns what it found, and calls `on_each` on the
    way, who may raise to stop; `conclude` is given it, or None where nobody was named."""

    def nearest(
        self, found: Mapping[int, Sequence[Any]], *, reference: Reference, alias: Callable[[int], str]
    ) -> Sequence[int]: ...

    def beside(
        self, files: Mapping[int, Sequence[Material]], reference: Reference, on_each: Callable[[], None]
    ) -> Any: ...

    def conclude(
        self,
        found: Mapping[int, Sequence[Any]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
        beside: Any = None,
    ) -> Answer: ...
