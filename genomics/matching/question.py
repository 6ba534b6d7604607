"""What a question is: a frozen value that says what it must read, looks, and concludes.

Pure. One kind of question a file beside this one; `parse` brings one back from what was stored. Reading is
the gate's; who may ask which kind is upstairs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from genomics.answers import Answer, Granularity
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.panel import Panel, PanelRow
from genomics.variants import Variant


class Material(Protocol):
    """One permitted file during one look; the gate opens it when asked, and not before."""

    @property
    def build(self) -> Build: ...

    def carriage(self, at: Variant | Region) -> Carriage:
        """What it says of the place where the question looks."""

    def row(self) -> PanelRow: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question looks: at one allele or along a stretch, of a build."""

    build: Build
    at: Variant | Region


@dataclass(frozen=True, slots=True)
class Reference:
    """What every file is compared with: the panel, and the evidence profile's row of it."""

    panel: Panel
    row: PanelRow


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

    def look(self, files: Sequence[Material], reference: Reference | None) -> Sequence[Any]: ...

    def conclude(
        self, found: Mapping[int, Sequence[Any]], *, reference: Reference | None, alias: Callable[[int], str]
    ) -> Answer: ...
