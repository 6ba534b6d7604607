"""Every order in which the steps of a release and of some people's noes can come: is anybody in an answer who
had said no when it was released?

    python -m tests.bench.interleavings [--database URL] [--steps 2]

A job has these steps, one after another: it is claimed, the law is asked, each batch is asked about and read,
the answer is staged, the release has looked, and is done. Between any two of them, and before and behind, one
or more of these may come: one person says no; another says no; the first says yes again. Each sequence of up
to so many steps is put into every place. Nothing runs at the same time: what two processes do inside of one
step is tests.bench.consent_race's. Each run is undone again. Last line `leaks: X of Y`. Ends 1 on a leak.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations_with_replacement, permutations
from typing import Any

from tests.bench import houses

PLACES = ("before", "claimed", "cleared", "batch 1", "batch 2", "read", "staged", "releasing", "after")
STEPS = ("a no", "b no", "a yes")
Plan = dict[str, list[str]]


@dataclass(slots=True)
class Run:
    """One order of things, as it happens."""

    plan: Plan
    do: Callable[[str], None]
    left: set[str] = field(default_factory=set)  # who has said no, and no yes since
    left_at_release: set[str] = field(default_factory=set)
    batches: int = 0

    def at(self, place: str) -> None:
        for step in self.plan.pop(place, ()):
            self.do(step)
            self.left = self.left | {step[0]} if step.endswith("no") else self.left - {step[0]}
        if place == "releasing":
            self.left_at_release = set(self.left)


def plans(steps: int) -> Iterator[Plan]:
    """Every sequence of so many steps at most, at every choice of places."""
    for many in range(1, steps + 1):
        for sequence in permutations(STEPS, many):
            for places in combinations_with_replacement(PLACES, many):
                plan: Plan = {}
                for place, step in zip(places, sequence, strict=True):
                    plan.setdefault(place, []).append(step)
                yield plan


@contextmanager
def _stepped(run: Run) -> Iterator[None]:
    """The job's own steps, with a stop between each two."""
    from broker import jobs, supervised
    from genomics import gate

    names = ("_within_snapshot", "_went_on", "_stage")
    plainly = {name: getattr(jobs, name) for name in names}
    asked, released = gate.ask, supervised.run

    def cleared(claim: Any, clearance: Any) -> Any:
        run.at("claimed")
        found = plainly["_within_snapshot"](claim, clearance)
        run.at("cleared")
        return found

    def went_on(claim: Any, done: int, total: int) -> None:
        plainly["_went_on"](claim, done, total)
        run.batches += 1
        run.at(f"batch {run.batches}")

    def read(*given: Any, **facts: Any) -> Any:
        found = asked(*given, **facts)
        run.at("read")
        return found

    def staged(claim: Any, found: Any) -> Any:
        manifest = plainly["_stage"](claim, found)
        run.at("staged")
        return manifest

    def releasing(work: Any, *, first: Any) -> Any:
        def looked() -> Any:
            seen = first()
            run.at("releasing")
            return seen

        return released(work, first=looked)

    try:
        jobs._within_snapshot, jobs._went_on, jobs._stage = cleared, went_on, staged
        gate.ask, supervised.run = read, releasing
        yield
    finally:
        for name, function in plainly.items():
            setattr(jobs, name, function)
        gate.ask, supervised.run = asked, released


def run(steps: int, *, fence: bool = True) -> tuple[int, int]:
    """Leaks, and orders tried."""
    from django.db import transaction

    from broker import jobs, releasing
    from consent import eligibility, records
    from consent.terms import Permission
    from tests.world import NOW, World

    world = World()
    crowd, request = world.crowd(4, says="Ada"), world.request()
    who = {"a": crowd[0], "b": crowd[3]}  # read in the first batch of two, and in the last
    holds, leaks, tried = releasing.holds, 0, 0
    if not fence:
        releasing.holds = lambda *_given: True

    def do(step: str) -> None:
        person = who[step[0]]
        if step.endswith("no"):
            records.withdraw(person, by="self", at=NOW)
        else:
            world.give(person, "RESEARCH", Permission(code="GRU"), at=NOW + timedelta(seconds=1))

    try:
        for plan in plans(steps):
            with transaction.atomic():
                order = Run(plan, do)
                order.at("before")
                job = houses.asked(world, request)
                with _stepped(order):
                    jobs.run(job.pk, clock=lambda: NOW + timedelta(seconds=2), batch=2)
                job.refresh_from_db()
                assert job.state == "released", job.trouble
                read = houses.read_by(job)
                leaks += any(who[name].ordinal in read for name in order.left_at_release)
                order.at("after")
                tried += 1
                transaction.set_rollback(True)
            eligibility.forget()  # what was rolled back never was
    finally:
        releasing.holds = holds
    return leaks, tried


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--steps", type=int, default=2, choices=(1, 2, 3))
    given = parser.parse_args(arguments)
    with houses.opened(given.database):
        leaks, tried = run(given.steps)
    print(f"leaks: {leaks} of {tried}")
    return 1 if leaks or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
