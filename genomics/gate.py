"""The one way out. It is given a question and a Clearance, and hands out an answer; never genotypes.

Before each batch the law is asked again about the people in it: who has withdrawn meanwhile is not opened.
Whether the answer may be released at all is asked once more, by the release itself (broker.jobs).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from consent import afterwards
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.errors import NotCleared
from consent.ledger import log
from consent.terms import DataUse, Policy
from genomics import events, holds
from genomics._vault import files as vault
from genomics._vault import lending, readings, rows, slabs
from genomics._vault.lending import Lent
from genomics._vault.readings import Purpose, Tally
from genomics._vault.rows import InUse
from genomics.answers import Answer
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.errors import QuestionRefused, RequestLapsed
from genomics.intake import materials
from genomics.matching import masked
from genomics.matching.question import Comparing, Group, Place, Question, Reference, Sketched
from genomics.matching.sketch import NOBODY, Lines
from genomics.matching.telling import Telling
from genomics.models import EvidenceProfile, GenomicFile
from genomics.panel import PanelRow
from genomics.variants import Variant


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the narrowed Clearance it rests on: exactly those who were read and still permit it."""

    answer: Answer
    clearance: Clearance
    opened: frozenset[UUID]  # every file of which something was opened or remembered, slabs apart


@dataclass(frozen=True, slots=True)
class _File:
    """A permitted file, opened when the question asks for it."""

    file: GenomicFile
    proof: Clearance
    build: Build
    found: Carriage | None  # what the slab that it lies in says of the question's place
    lent: Lent | None
    place: int  # among those lent

    def carriage(self, at: Variant | Region) -> Carriage:
        return vault.column(self.file, self.proof).carriage(at) if self.found is None else self.found

    def row(self) -> PanelRow:
        assert self.lent is not None
        return self.lent.row(self.place)


class _Files(tuple[_File, ...]):
    """Those of a batch."""

    __slots__ = ()

    def groups(self, places: Sequence[int]) -> Sequence[Group]:
        lent = self[0].lent if self else None
        return [] if lent is None else lent.groups(places)

    def sketches(self, places: Sequence[int]) -> tuple[Lines, Sequence[int]]:
        lent = self[0].lent if self else None
        return (NOBODY, []) if lent is None else lent.sketches(places)


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
            beyond = [file for file in opened.files if not clearance.covers(file)]
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
                    rows=len(opened.rows),
                    remembered=len(opened.remembered),
                    sketches=len(opened.sketches),
                    files_sha256=opened.files_sha256,
                    beyond=len(beyond),
                )
    if beyond:
        raise NotCleared(f"{len(beyond)} files were opened beyond the Clearance. Nothing is answered.")


def _beside(
    question: Comparing,
    found: dict[int, list[Any]],
    reference: Reference,
    used: InUse | None,
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
            with _covered(now, used, None) as (whose, files):
                hers: dict[int, list[_File]] = {}
                for ordinal, file in zip(whose, files, strict=True):
                    hers.setdefault(ordinal, []).append(file)
                return question.beside(hers, reference)
        for ordinal in lost:
            del found[ordinal]
    return {}


def _look(
    question: Question, proof: Clearance, used: InUse | None, reference: Reference | None
) -> list[tuple[int, Any]]:
    with _covered(proof, used, question.place) as (whose, files):
        return list(zip(whose, question.look(files, reference), strict=True))


@contextmanager
def _covered(
    proof: Clearance, used: InUse | None, place: Place | None
) -> Iterator[tuple[Sequence[int], _Files]]:
    """The files that are covered, and whose each is; where a panel is compared, those of its build."""
    facts = GenomicFile.objects.select_related("participant").defer("quality", "notes")
    files = facts.in_bulk([file for one in proof.permitted for file in one.files])
    asked = [(one.ordinal, files[file]) for one in proof.permitted for file in one.files if file in files]
    if used is not None:
        asked = [(ordinal, file) for ordinal, file in asked if file.build == used.build]
    theirs = [file for _, file in asked]
    found = _found(theirs, place, proof)
    with nullcontext() if used is None else lending.lent(theirs, used, proof) as lent:
        yield (
            [ordinal for ordinal, _ in asked],
            _Files(
                _File(file, proof, Build(file.build), found.get(file.id), lent, n)
                for n, file in enumerate(theirs)
            ),
        )


def _found(files: Sequence[GenomicFile], place: Place | None, proof: Clearance) -> dict[UUID, Carriage]:
    """What slabs say of a place, of those files that lie in one."""
    if place is None:
        return {}
    at, found = place.at, dict[UUID, Carriage]()
    region = at.region if isinstance(at, Variant) else at
    for view in slabs.views([file for file in files if file.build == place.build], region, proof):
        found |= masked.carriages(view, at)
    return found


def _panel() -> InUse:
    used = rows.newest()
    if used is None:
        raise QuestionRefused("No panel of sites is loaded, so nobody can be compared. Nothing was read.")
    return used


def _reference(
    evidence: UUID | None, used: InUse | None, proof: Clearance, policy: Policy
) -> Reference | None:
    if evidence is None or used is None:
        return None
    profile = EvidenceProfile.objects.filter(id=evidence).first()
    if profile is None:
        raise QuestionRefused(f"There is no evidence profile {evidence}. Nothing was read.")
    if profile.build != used.build:
        raise QuestionRefused(
            f"The evidence is in {profile.build} and the panel in {used.build}. Nothing was read."
        )
    row, sketch = vault.row_of(vault.evidence(profile, proof), used.panel), used.sketch
    holds.require(profile, row, used.panel)
    return Reference(
        used.panel,
        row,
        Telling.of(policy, proof.use.purposes),
        materials.way_from(used.panel.build),
        None if sketch is None else Sketched(sketch, used.drawn(row, sketch)),
    )
