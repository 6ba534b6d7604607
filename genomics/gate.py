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
from consent.errors import NotCleared
from consent.ledger import log
from consent.terms import DataUse, Policy
from genomics import events, holds
from genomics._vault import files as vault
from genomics._vault import readings, rows
from genomics._vault.covering import File, covered
from genomics._vault.readings import Purpose, Tally
from genomics._vault.rows import InUse
from genomics.answers import Answer
from genomics.errors import PartsDiffer, QuestionRefused, RequestLapsed
from genomics.intake import materials
from genomics.matching import keeping
from genomics.matching.question import Comparing, Question, Reference, Sketched
from genomics.matching.telling import Telling
from genomics.models import EvidenceProfile

ROWS = 8  # people whose rows are compared, in less than the time in which one's column is read


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the narrowed Clearance it rests on: exactly those who were read and still permit it."""

    answer: Answer
    clearance: Clearance
    opened: frozenset[UUID]  # every file of which something was opened or remembered, slabs apart


@dataclass(frozen=True, slots=True)
class Part:
    """What was found of some people, file by file, sealed; the narrowed Clearance it rests on, and what was
    opened, as in Asked."""

    sealed: bytes
    clearance: Clearance
    opened: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Asking:
    """What the law is asked again with: the request as it stands at that moment, the policy, the clock."""

    use: Callable[[], DataUse]
    policy: Policy
    clock: Callable[[], datetime]

    def again(self, clearance: Clearance, only: Sequence[int] | None = None) -> Clearance:
        """Raises RequestLapsed when the request itself is not lawful any more."""
        now = proofs.recut(clearance, use=self.use(), policy=self.policy, at=self.clock(), only=only)
        if now.reasons:
            raise RequestLapsed(now.reasons)
        return now


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found in each file, before anything is concluded from it."""

    found: Mapping[UUID, Any]
    used: InUse | None
    reference: Reference | None
    clearance: Clearance


def at_once(question: Question, batch: int) -> int:
    """People between two looks at the law, where there are `batch` if columns are read: more, where rows are
    compared, and yet sooner through."""
    return batch if question.evidence is None else ROWS * batch


def ask(
    question: Question,
    clearance: Clearance,
    *,
    asking: Asking,
    alias: Callable[[int], str],
    batch: int,
    on_batch: Callable[[int, int], None],
) -> Asked:
    """Ask everybody the Clearance permits, `batch` people at a time. `on_batch(done, total)` is called after
    each, and may raise to stop.

    Raises NotCleared for anything that is not a genuine Clearance, RequestLapsed when the request itself
    stops being lawful on the way, QuestionRefused when there is nothing to compare with, VaultSealed when
    sealed bytes are not as they were written, and DatabaseBehind after a restore until what came since was
    done again."""
    with _accounted(clearance, asking.clock) as opened:
        read = _read(question, clearance, asking, batch, on_batch)
        total = len(clearance.permitted)
        answer = _concluded(question, read, asking, alias, lambda: on_batch(total, total))
    return Asked(answer, read.clearance, frozenset(opened.files))


def look(
    question: Question,
    clearance: Clearance,
    *,
    asking: Asking,
    seal: Callable[[bytes], bytes],
    batch: int,
    on_batch: Callable[[int, int], None],
) -> Part:
    """Look at everybody the Clearance permits, as `ask` does, and keep what is found for `conclude`, sealed.
    Raises as `ask` does."""
    with _accounted(clearance, asking.clock) as opened:
        read = _read(question, clearance, asking, batch, on_batch)
    panel = None if read.used is None else read.used.digest.hex()
    found = {str(file): keeping.kept(finding) for file, finding in read.found.items()}
    text = json.dumps({"panel": panel, "found": found}).encode()
    return Part(seal(text), read.clearance, frozenset(opened.files))


def conclude(
    question: Question,
    clearance: Clearance,
    parts: Iterable[bytes],
    *,
    asking: Asking,
    alias: Callable[[int], str],
    on_each: Callable[[], None],
) -> Asked:
    """The answer for everybody the Clearance permits, from what was kept of her files when she was looked at;
    whoever it does not permit is in none of it. `parts` are unsealed again; `on_each` is called on the way.

    Raises as `ask` does; and PartsDiffer when another panel came meanwhile."""
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
    used = _panel(question)
    if panels - {None if used is None else used.digest.hex()}:
        raise PartsDiffer(
            "Another panel of sites was loaded meanwhile; what was read by the old one is void."
        )
    if used is None:  # nothing more is opened, and so nothing counted
        read = _Read(found, used, None, clearance)
        return Asked(_concluded(question, read, asking, alias, on_each), clearance, frozenset())
    with _accounted(clearance, asking.clock) as opened:
        reference = _reference(question.evidence, used, clearance, asking.policy)
        answer = _concluded(question, _Read(found, used, reference, clearance), asking, alias, on_each)
    return Asked(answer, clearance, frozenset(opened.files))


def _read(
    question: Question, clearance: Clearance, asking: Asking, batch: int, on_batch: Callable[[int, int], None]
) -> _Read:
    used, found = _panel(question), dict[UUID, Any]()
    reference = _reference(question.evidence, used, clearance, asking.policy)
    total, done, again = len(clearance.permitted), 0, list[Clearance]()
    for people in proofs.parts(clearance, batch):
        now = asking.again(people)
        with covered(now, used=used, place=question.place) as files:
            looked = question.look(files, reference)
            found |= zip(files.ids, looked, strict=True)
        again.append(now)
        done += len(people.permitted)
        on_batch(done, total)
    standing = proofs.without_lost(clearance, clearance.permitted, *again)
    return _Read(found, used, reference, standing)


def _concluded(
    question: Question, read: _Read, asking: Asking, alias: Callable[[int], str], on_each: Callable[[], None]
) -> Answer:
    theirs = {
        one.ordinal: [read.found[file] for file in one.files if file in read.found]
        for one in read.clearance.permitted
    }
    found, few = {ordinal: some for ordinal, some in theirs.items() if some}, dict[str, Any]()
    if isinstance(question, Comparing) and read.reference is not None:
        few["beside"] = _beside(question, found, read, read.reference, asking, alias, on_each)
    return question.conclude(found, reference=read.reference, alias=alias, **few)


def _beside(
    question: Comparing,
    found: dict[int, list[Any]],
    read: _Read,
    reference: Reference,
    asking: Asking,
    alias: Callable[[int], str],
    on_each: Callable[[], None],
) -> Any:
    """What it finds of those it is about to tell of, which takes its time, too; None where there is nobody.
    The law is asked again about these few first: of whom it has lost nothing more is opened, and she is
    `found` no more. Her change fells the release, too, and then all of it is asked anew without her."""
    while people := question.nearest(found, reference=reference, alias=alias):
        now = asking.again(read.clearance, only=people)
        lost = set(people) - {one.ordinal for one in now.permitted}
        if not lost:
            with covered(now, used=read.used) as files:
                hers: dict[int, list[File]] = {}
                for file in files:
                    hers.setdefault(file.ordinal, []).append(file)
                return question.beside(hers, reference, on_each)
        for ordinal in lost:
            del found[ordinal]
    return None


@contextmanager
def _accounted(clearance: Clearance, at: Callable[[], datetime]) -> Iterator[Tally]:
    """What is opened inside is counted, and the count is an event, however it ends. No ledger, no answer."""
    proofs.require(clearance)
    afterwards.require_current()
    with readings.under(Purpose.JOB) as opened:
        try:
            yield opened
        finally:
            files = opened.files
            beyond = clearance.beyond(files)
            with transaction.atomic():
                log.append(
                    events.VAULT_OPENED,
                    at=at(),
                    by="gate",
                    subject=f"query:{clearance.use.id}",
                    files=len(files),
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


def _panel(question: Question) -> InUse | None:
    if question.evidence is None:
        return None
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
