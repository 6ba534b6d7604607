"""The one way out. It is given a question and a Clearance, and hands out an answer; never genotypes.

Before each batch the law is asked again about the people in it: who has withdrawn meanwhile is not opened.
Whether the answer may be released at all is asked once more, by the release itself (broker.jobs). Where many
workers read, what each found leaves sealed, and comes back here to be concluded from.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from consent import afterwards
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.ledger import log
from consent.terms import DataUse, Policy
from genomics import events
from genomics._vault import files as vault
from genomics._vault import readings, slabs
from genomics._vault.readings import Purpose, Tally
from genomics.answers import Answer
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.errors import PartsDiffer, QuestionRefused, RequestLapsed
from genomics.matching import keeping, masked
from genomics.matching.question import Place, Question, Reference
from genomics.models import EvidenceProfile, GenomicFile, PanelVersion
from genomics.panel import Panel, PanelRow
from genomics.variants import Variant


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the narrowed Clearance it rests on: exactly those who were read and still permit it."""

    answer: Answer
    clearance: Clearance
    opened: frozenset[UUID]  # every file of which something was opened on the way, slabs apart


@dataclass(frozen=True, slots=True)
class Part:
    """What was found of some people, file by file, sealed; the narrowed Clearance it rests on, and what was
    opened, as in Asked."""

    sealed: bytes
    clearance: Clearance
    opened: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found in each file, before anything is concluded from it."""

    found: Mapping[UUID, Any]
    panel: PanelVersion | None
    reference: Reference | None
    clearance: Clearance
    opened: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _File:
    """A permitted file, opened when the question asks for it."""

    file: GenomicFile
    proof: Clearance
    panel: PanelVersion | None
    build: Build
    found: Carriage | None  # what the slab that it lies in says of the question's place

    def carriage(self, at: Variant | Region) -> Carriage:
        return vault.column(self.file, self.proof).carriage(at) if self.found is None else self.found

    def row(self) -> PanelRow:
        assert self.panel is not None
        return vault.row(self.file, self.panel, self.proof)


def ask(
    question: Question,
    clearance: Clearance,
    *,
    use: Callable[[], DataUse],
    policy: Policy,
    clock: Callable[[], datetime],
    alias: Callable[[int], str],
    batch: int,
    on_batch: Callable[[int, int], None],
) -> Asked:
    """Ask everybody the Clearance permits, `batch` people at a time. `use` gives the request as it stands at
    that moment; `on_batch(done, total)` is called after each, and may raise to stop.

    Raises NotCleared for anything that is not a genuine Clearance, RequestLapsed when the request itself
    stops being lawful on the way, QuestionRefused when there is nothing to compare with, VaultSealed when
    sealed bytes are not as they were written, and DatabaseBehind after a restore until what came since was
    done again."""
    read = _read(question, clearance, use, policy, clock, batch, on_batch)
    answer = _concluded(question, read.clearance, read.found, read.reference, alias)
    return Asked(answer, read.clearance, read.opened)


def look(
    question: Question,
    clearance: Clearance,
    *,
    use: Callable[[], DataUse],
    policy: Policy,
    clock: Callable[[], datetime],
    seal: Callable[[bytes], bytes],
    batch: int,
    on_batch: Callable[[int, int], None],
) -> Part:
    """Look at everybody the Clearance permits, as `ask` does, and keep what is found for `conclude`, sealed.
    Raises as `ask` does."""
    read = _read(question, clearance, use, policy, clock, batch, on_batch)
    panel = None if read.panel is None else str(read.panel.pk)
    found = {str(file): keeping.kept(finding) for file, finding in read.found.items()}
    text = json.dumps({"panel": panel, "found": found}).encode()
    return Part(seal(text), read.clearance, read.opened)


def conclude(
    question: Question, clearance: Clearance, parts: Iterable[bytes], *, alias: Callable[[int], str]
) -> Answer:
    """The answer for everybody the Clearance permits, from what was kept of her files when she was looked at;
    whoever it does not permit is in none of it. `parts` are unsealed again.

    Raises NotCleared and DatabaseBehind as `ask` does; PartsDiffer when another panel came meanwhile."""
    proofs.require(clearance)
    afterwards.require_current()
    found: dict[UUID, Any] = {}
    panels = set[str | None]()
    for text in parts:
        said = json.loads(text)
        panels.add(said["panel"])
        for file, finding in said["found"].items():
            if clearance.covers(UUID(file)):
                found[UUID(file)] = keeping.again(question.finding, finding)
    panel = _panel() if question.evidence is not None else None
    if panels - {None if panel is None else str(panel.pk)}:
        raise PartsDiffer(
            "Another panel of sites was loaded meanwhile; what was read by the old one is void."
        )
    if question.evidence is None:
        return _concluded(question, clearance, found, None, alias)
    with _accounted(clearance, lambda: clearance.at):
        reference = _reference(question.evidence, panel, clearance)
    return _concluded(question, clearance, found, reference, alias)


def _read(
    question: Question,
    clearance: Clearance,
    use: Callable[[], DataUse],
    policy: Policy,
    clock: Callable[[], datetime],
    batch: int,
    on_batch: Callable[[int, int], None],
) -> _Read:
    proofs.require(clearance)
    afterwards.require_current()
    panel = _panel() if question.evidence is not None else None
    found: dict[UUID, Any] = {}
    total, done = len(clearance.permitted), 0
    now, again = clearance, list[Clearance]()
    with _accounted(clearance, lambda: now.at) as opened:
        reference = _reference(question.evidence, panel, clearance)
        for people in proofs.parts(clearance, batch):
            now = proofs.recut(people, use=use(), policy=policy, at=clock())
            if now.reasons:
                raise RequestLapsed(now.reasons)
            found |= _look(question, now, panel, reference)
            again.append(now)
            done += len(people.permitted)
            on_batch(done, total)
    standing = proofs.without_lost(clearance, clearance.permitted, *again)
    return _Read(found, panel, reference, standing, frozenset(opened.files))


def _concluded(
    question: Question,
    clearance: Clearance,
    found: Mapping[UUID, Any],
    reference: Reference | None,
    alias: Callable[[int], str],
) -> Answer:
    theirs = {one.ordinal: [found[f] for f in one.files if f in found] for one in clearance.permitted}
    some = {ordinal: findings for ordinal, findings in theirs.items() if findings}
    return question.conclude(some, reference=reference, alias=alias)


@contextmanager
def _accounted(clearance: Clearance, at: Callable[[], datetime]) -> Iterator[Tally]:
    """What is opened inside is counted, and the count is an event, however it ends. No ledger, no answer."""
    with readings.under(Purpose.JOB) as opened:
        try:
            yield opened
        finally:
            with transaction.atomic():
                log.append(
                    events.VAULT_OPENED,
                    at=at(),
                    by="gate",
                    subject=f"query:{clearance.use.id}",
                    files=len(opened.files),
                    slabs=len(opened.slabs),
                    evidence=len(opened.evidence),
                    openings=opened.openings,
                )


def _look(
    question: Question, proof: Clearance, panel: PanelVersion | None, reference: Reference | None
) -> dict[UUID, Any]:
    files = GenomicFile.objects.select_related("participant").in_bulk(
        [file for one in proof.permitted for file in one.files]
    )
    asked = [files[file] for one in proof.permitted for file in one.files if file in files]
    if panel is not None:
        asked = [file for file in asked if file.build == panel.build]
    found = _found(asked, question.place, proof)
    materials = [_File(file, proof, panel, Build(file.build), found.get(file.id)) for file in asked]
    findings = question.look(materials, reference)
    return {file.id: finding for file, finding in zip(asked, findings, strict=True)}


def _found(files: Sequence[GenomicFile], place: Place | None, proof: Clearance) -> dict[UUID, Carriage]:
    """What slabs say of a place, of those files that lie in one."""
    if place is None:
        return {}
    at, found = place.at, dict[UUID, Carriage]()
    region = at.region if isinstance(at, Variant) else at
    for view in slabs.views([file for file in files if file.build == place.build], region, proof):
        found |= masked.carriages(view, at)
    return found


def _panel() -> PanelVersion:
    panel = PanelVersion.objects.order_by("loaded_at", "id").last()
    if panel is None:
        raise QuestionRefused("No panel of sites is loaded, so nobody can be compared. Nothing was read.")
    return panel


def _reference(evidence: UUID | None, version: PanelVersion | None, proof: Clearance) -> Reference | None:
    if evidence is None or version is None:
        return None
    profile = EvidenceProfile.objects.filter(id=evidence).first()
    if profile is None:
        raise QuestionRefused(f"There is no evidence profile {evidence}. Nothing was read.")
    if profile.build != version.build:
        raise QuestionRefused(
            f"The evidence is in {profile.build} and the panel in {version.build}. Nothing was read."
        )
    panel = Panel.from_bytes(bytes(version.data))
    return Reference(panel, vault.row_of(vault.evidence(profile, proof), panel))
