"""The one way out. It is given a question and a Clearance, and hands out an answer; never genotypes.

Before each batch the law is asked again about the people in it: who has withdrawn meanwhile is not opened.
Whether the answer may be released at all is asked once more, by the release itself (broker.jobs).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from genomics import events, holds
from genomics._vault import files as vault
from genomics._vault import readings, slabs
from genomics._vault.readings import Purpose, Tally
from genomics.answers import Answer
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.errors import QuestionRefused, RequestLapsed
from genomics.intake import materials
from genomics.matching import masked
from genomics.matching.question import Comparing, Place, Question, Reference
from genomics.matching.telling import Telling
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
    proofs.require(clearance)
    afterwards.require_current()
    panel = _panel() if question.evidence is not None else None
    found: dict[int, list[Any]] = {}
    total, done = len(clearance.permitted), 0
    now, again = clearance, list[Clearance]()
    with _accounted(clearance, lambda: now.at) as opened:
        reference = _reference(question.evidence, panel, clearance, policy)
        for people in proofs.parts(clearance, batch):
            now = proofs.recut(people, use=use(), policy=policy, at=clock())
            if now.reasons:
                raise RequestLapsed(now.reasons)
            for ordinal, finding in _look(question, now, panel, reference):
                found.setdefault(ordinal, []).append(finding)
            again.append(now)
            done += len(people.permitted)
            on_batch(done, total)
        few: dict[str, Any] = {}
        if isinstance(question, Comparing) and reference is not None:
            few["beside"] = _beside(
                question,
                found,
                reference,
                panel,
                alias,
                lambda people: proofs.recut(clearance, use=use(), policy=policy, at=clock(), only=people),
            )
    answer = question.conclude(found, reference=reference, alias=alias, **few)
    standing = proofs.without_lost(clearance, clearance.permitted, *again)
    return Asked(answer, standing, frozenset(opened.files))


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


def _beside(
    question: Comparing,
    found: dict[int, list[Any]],
    reference: Reference,
    panel: PanelVersion | None,
    alias: Callable[[int], str],
    again: Callable[[Sequence[int]], Clearance],
) -> Mapping[tuple[int, int], Any]:
    """What those it is about to tell of share with each other. The law is asked again about these few first:
    of whom it has lost nothing more is opened, and she is `found` no more. Her change fells the release, too,
    and then all of it is asked anew without her."""
    while people := question.nearest(found, reference=reference, alias=alias):
        now = again(people)
        if now.reasons:
            raise RequestLapsed(now.reasons)
        lost = set(people) - {one.ordinal for one in now.permitted}
        if not lost:
            files: dict[int, list[_File]] = {}
            for ordinal, file in _files(now, panel):
                files.setdefault(ordinal, []).append(_File(file, now, panel, Build(file.build), None))
            return question.beside(files, reference)
        for ordinal in lost:
            del found[ordinal]
    return {}


def _look(
    question: Question, proof: Clearance, panel: PanelVersion | None, reference: Reference | None
) -> list[tuple[int, Any]]:
    asked = _files(proof, panel)
    found = _found([file for _, file in asked], question.place, proof)
    asked_of = [_File(file, proof, panel, Build(file.build), found.get(file.id)) for _, file in asked]
    return [
        (ordinal, finding)
        for (ordinal, _), finding in zip(asked, question.look(asked_of, reference), strict=True)
    ]


def _files(proof: Clearance, panel: PanelVersion | None) -> list[tuple[int, GenomicFile]]:
    """Whose files are covered; where a panel is compared, those of its build."""
    files = GenomicFile.objects.select_related("participant").in_bulk(
        [file for one in proof.permitted for file in one.files]
    )
    asked = [(one.ordinal, files[file]) for one in proof.permitted for file in one.files if file in files]
    return [(ordinal, file) for ordinal, file in asked if panel is None or file.build == panel.build]


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


def _reference(
    evidence: UUID | None, version: PanelVersion | None, proof: Clearance, policy: Policy
) -> Reference | None:
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
    row = vault.row_of(vault.evidence(profile, proof), panel)
    holds.require(profile, row, panel)
    telling = Telling.of(policy, proof.use.purposes)
    return Reference(panel, row, telling, materials.way_from(panel.build))
