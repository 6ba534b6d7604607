"""An order that compels everybody, as one did in Florida: does it open or release anything more?

    python -m tests.bench.florida --people 20000 [--database URL] [--sites 600]

So many made-up people, of whom one in seven allows searches for killings; one in fifty is, by the genotypes,
the very person of the evidence, whatever she allows. The same search is run in the same case three times:
under a paper as ever, under a later one that says it compels those who do not consent, and once more with the
older one's words. Which rows are decrypted, who stands in the manifest and what is disclosed is compared, and
held against who allowed it. Last line `beyond consent: X of Y`, where Y are those who did not allow it.
Ends 1 unless it is 0 and all three are equal.
"""

import argparse
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from tests.bench import houses

ALLOWS, MATCHES, PIECE = 7, 50, 200  # one in so many; people in one transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run of the search opened, rested on and told."""

    opened: frozenset[int]
    read: frozenset[int]
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    people: int
    allowed: frozenset[int]
    runs: tuple[Seen, ...]
    compelled: tuple[bool, ...]  # whether the paper of each run said so

    @property
    def beyond(self) -> frozenset[int]:
        """Who was opened or read and had not allowed it."""
        return frozenset().union(*(run.opened | run.read for run in self.runs)) - self.allowed

    @property
    def is_equal(self) -> bool:
        return all(run == self.runs[0] for run in self.runs)

    @property
    def is_told(self) -> bool:
        """Whether there was anything to open and to release: else nothing is proved."""
        run = self.runs[0]
        if self.compelled != (False, True, False):
            return False
        return run.opened == self.allowed and bool(run.answer["records"])


def run(people: int, *, sites: int = 600, seed: int = 1) -> Outcome:
    from broker import cases
    from tests.world import NOW, World, genotypes, small_panel, with_panel

    world, panel = World(), with_panel(small_panel(sites))
    dice = np.random.default_rng(seed)
    evidence = dice.binomial(2, 0.5, len(panel)).astype(np.uint8)
    allowed = frozenset(_filled(world, people, panel, evidence, dice))
    case = world.case()
    profile = cases.bring_evidence(case, genotypes(panel, evidence), by=world.staff.investigator, at=NOW)
    runs, compelled = [_searched(world, case, profile)], [_compelled(case)]
    for number, compels in enumerate((True, False), start=2):
        _order(world, case, number, compels)
        runs.append(_searched(world, case, profile))
        compelled.append(_compelled(case))
    return Outcome(people, allowed, tuple(runs), tuple(compelled))


def _filled(world: Any, people: int, panel: Any, evidence: Any, dice: Any) -> Iterator[int]:
    """The ordinals of those who allow it."""
    from django.db import transaction

    for first in range(0, people, PIECE):
        with transaction.atomic():
            for number in range(first, min(people, first + PIECE)):
                copies = evidence if number % MATCHES == 0 else dice.binomial(2, 0.5, len(panel))
                person = _joined(panel.row_of(copies.astype(np.uint8)))
                if number % ALLOWS == 0:
                    world.give(person, "LE.HOM", at=_earlier())
                    yield person.ordinal


def _earlier() -> Any:
    from tests.world import EARLIER

    return EARLIER


def _joined(row: Any) -> Any:
    """Somebody with the row of a file, and nothing that the search does not open."""
    from consent import holdings, participants
    from genomics._vault import keys, rows
    from genomics.models import GenomicFile, Sealed

    at = _earlier()
    person = participants.register(born_on=date(1980, 1, 1), by="bench", at=at)
    participants.verify_identity(person, by="steward", at=at)
    file = GenomicFile(
        participant=person,
        kind="array",
        build="GRCh37",
        build_evidence="bench",
        size=0,
        quality={},
        fingerprint=uuid.uuid4().bytes * 2,
        column_sha256=bytes(32),
        received_at=at,
    )
    holdings.add(person, file.id, by="bench", at=at)
    file.save(force_insert=True)
    used = rows.newest()
    assert used is not None
    Sealed.objects.bulk_create(rows.sealed(file, used, row, keys.of_or_new(person, at=at)))
    return person


def _compelled(case: Any) -> bool:
    """What the law is told of the newest paper, by the search that was asked under it."""
    from broker import uses

    paper = case.authorisations.latest("recorded_at")
    le = uses.of(case.queries.get(authorisation=paper)).le
    assert le is not None
    assert le.judicial_authorisation is not None
    return bool(le.judicial_authorisation.compels_non_consenting)


def _order(world: Any, case: Any, number: int, compels: bool) -> None:
    from broker import court_papers
    from tests.world import NOW, court_paper

    paper = court_paper(f"W-{number}", compels_non_consenting=compels)
    at = NOW + timedelta(seconds=number)
    court_papers.record(case, paper, by=world.staff.investigator, at=at)


def _searched(world: Any, case: Any, profile: Any) -> Seen:
    from broker import jobs, queries, results
    from consent.ledger import log
    from tests.world import NOW, job_of

    question = {"kind": "relatives", "evidence": str(profile.pk), "min_cm": 7, "min_total_cm": 20}
    by = world.staff.investigator
    job = job_of(queries.submit(question, under=case, by=by, at=NOW))
    with _opened() as opened:
        jobs.run(job.pk, clock=lambda: NOW, batch=500)
    log.sequence(at=NOW)
    job.refresh_from_db()
    world.disclose(job)
    answer = results.read(job, by=by, at=NOW)
    told = {name: answer[name] for name in ("records", "count", "granularity", "since_release")}
    return Seen(frozenset(opened), frozenset(houses.read_by(job)), told)


@contextmanager
def _opened() -> Iterator[set[int]]:
    """Whose sealed rows are decrypted meanwhile. Nothing is remembered of the search before."""
    from genomics._vault import memory, parts
    from genomics.models import GenomicFile

    opened, plainly = set[int](), parts.open_into

    def noted(blob: Any, cipher: Any, name: str, *args: Any) -> None:
        opened.add(GenomicFile.objects.values_list("participant", flat=True).get(pk=name.split("/")[1]))
        plainly(blob, cipher, name, *args)

    memory.forget()
    parts.open_into = noted
    try:
        yield opened
    finally:
        parts.open_into = plainly


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--sites", type=int, default=600)
    given = parser.parse_args(arguments)
    with houses.opened(given.database):
        found = run(given.people, sites=given.sites)
    rows = ", ".join(f"{len(one.opened)} rows and {len(one.answer['records'])} records" for one in found.runs)
    print(f"as ever, compelled, as ever: {rows}; {'equal' if found.is_equal else 'NOT EQUAL'}")
    print(f"beyond consent: {len(found.beyond)} of {found.people - len(found.allowed)}")
    return 0 if found.is_told and found.is_equal and not found.beyond else 1


if __name__ == "__main__":
    sys.exit(main())
