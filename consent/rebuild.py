"""The population from the statements themselves: every seal verified, by several processes side by side.

This is how a population is made when nothing was kept of it, and how what was kept is checked. Nothing is
decided here.
"""

import gc
import multiprocessing
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connections

from consent import fence, projection, roll
from consent.population import Population
from consent.rows import Row, rows_of
from consent.terms import Policy

SHARE = 20_000  # people that one process takes at a time
ALONE = 2 * SHARE  # fewer people than this are no work for several


def rebuild(*, policy: Policy, at: datetime, processes: int = 1) -> Population:
    """Everybody who holds a file, as the record says at this instant. Raises SealBroken for a statement that
    is not as it was recorded."""
    position, mark = fence.newest()  # first: a change that comes after it is seen as one
    population = Population(policy, position, mark)
    everybody = roll.holders()
    shares = [everybody[first : first + SHARE] for first in range(0, len(everybody), SHARE)]
    if processes == 1 or len(everybody) < ALONE:
        for share in shares:
            population.put(rows(share, policy, at))
        return population
    connections.close_all()  # a connection does not live in two processes
    # No cycles are made of what is read, and to look for them among so many rows takes a third of the time.
    with multiprocessing.get_context("fork").Pool(processes, initializer=gc.disable) as pool:
        tasks = [(share, policy, at) for share in shares]
        parts = [projection.unpacked(part, policy, position, mark) for part in pool.imap(_part, tasks)]
    population.join([part for part in parts if part is not None])
    return population


def rows(ordinals: Sequence[int], policy: Policy, at: datetime) -> Iterator[tuple[int, list[Row]]]:
    """Their rows, read from the record."""
    for person in roll.people(ordinals):
        yield person.ordinal, rows_of(person.subject, person.files, person.statements, policy, at)


def _part(task: tuple[Sequence[int], Policy, datetime]) -> bytes:
    """One share, in a process of its own."""
    ordinals, policy, at = task
    part = Population(policy, 0, b"")
    part.put(rows(ordinals, policy, at))
    return projection.packed(part)
