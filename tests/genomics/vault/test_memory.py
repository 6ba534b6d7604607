"""What stays decrypted in a worker's memory: as much as was said, and of those alone who permit it still."""

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connections

from consent import fence, records
from consent.errors import NotCleared
from consent.ledger import log
from genomics import events, gate
from genomics._vault import files as vault
from genomics._vault import lending, memory, readings, rows
from genomics._vault.readings import Purpose
from genomics.errors import VaultSealed
from genomics.intake import erasure
from genomics.matching import kernels, segments
from genomics.matching.probes import shape_of
from genomics.models import GenomicFile, Sealed
from tests.genomics.vault.rowed import in_use, joined, proof, read
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
NAMES = [f"Ada {n}" for n in range(6)]


@pytest.fixture
def world() -> World:
    return World()


def here() -> memory.Memory:
    (one,) = memory._memory.values()
    return one


def lines_in_use() -> int:
    """Lines with any bit in them."""
    planes = here().people.rows
    return int((planes.lo | planes.hi).any(axis=1).sum())


def asked(files: list[GenomicFile], clearance: Any) -> tuple[list[bytes], readings.Tally]:
    with readings.under(Purpose.JOB) as tally:
        return read(files, clearance), tally


def test_a_row_is_opened_once_and_remembered(world: World):
    files = joined(world, NAMES)
    first, cold = asked(files, proof(world))
    again, warm = asked(files, proof(world))
    ids = {file.id for file in files}
    assert again == first
    assert (cold.rows, cold.remembered, cold.openings) == (ids, set(), 6)
    assert (warm.rows, warm.remembered, warm.openings, warm.files) == (set(), ids, 0, ids)
    assert len(here()) == lines_in_use() == 6


def test_no_more_is_kept_than_was_said(world: World, settings):
    files = joined(world, NAMES)
    row = 8 * (2 * in_use().shape.words + math.prod(shape_of(in_use().probes)))
    settings.ROWS_BYTES = 4 * row + row // 2
    first, _ = asked(files, proof(world))
    assert (len(here()), here().lines) == (4, 4)
    again, warm = asked(files, proof(world))
    assert again == first
    assert (len(warm.remembered), len(warm.rows)) == (4, 2), "what finds no room is opened each time"
    settings.ROWS_BYTES = 0
    memory.forget()
    none, opened = asked(files, proof(world))
    assert none == first
    assert (len(here()), len(opened.rows)) == (0, 6)


def test_what_found_no_room_is_written_over_after_the_batch(world: World, settings):
    files = joined(world, NAMES)
    settings.ROWS_BYTES = 0
    with lending.lent(files, in_use(), proof(world)) as lent, readings.under(Purpose.JOB):
        (group,) = lent.groups(range(6))
        assert group.people.rows.lo.any()
    assert not group.people.rows.lo.any()
    assert not group.people.rows.hi.any()


def test_who_withdraws_is_gone_at_the_next_look_and_nobody_else(world: World):
    files = joined(world, NAMES)
    before, _ = asked(files, proof(world))
    records.withdraw(world.people["Ada 2"], by="self", at=NOW)
    here().look()
    assert files[2].id not in here()
    assert len(here()) == lines_in_use() == 5
    rest = [*files[:2], *files[3:]]
    again, tally = asked(rest, proof(world))
    assert again == before[:2] + before[3:]
    assert len(tally.remembered) == 5


def test_who_is_erased_is_gone_at_the_next_look(world: World):
    files = joined(world, NAMES)
    asked(files, proof(world))
    erasure.erase(world.people["Ada 0"], by="self", at=NOW)
    erasure.erase_file(files[1], by="self", at=NOW)
    here().look()
    assert len(here()) == lines_in_use() == 4


def test_a_change_between_the_law_and_the_read_is_not_slept_through(world: World):
    """Her no came after the batch was cleared, and a look passed before her row was read."""
    files = joined(world, NAMES)
    clearance = proof(world)
    asked(files[:3], proof(world))
    records.withdraw(world.people["Ada 4"], by="self", at=NOW)
    here().look()
    asked(files, clearance)  # an older look at the law; its own release would refuse it
    here().look()
    assert files[4].id not in here()
    assert len(here()) == 5


def test_a_row_that_was_sealed_anew_is_not_remembered_as_it_was(world: World):
    files = joined(world, NAMES)
    asked(files, proof(world))
    name = rows.name_of(files[0].id, in_use())
    Sealed.objects.filter(name=name).update(place="elsewhere")
    with pytest.raises(VaultSealed, match="not on the shelf"):
        asked([files[0]], proof(world))
    assert files[0].id not in here()
    assert len(here()) == lines_in_use() == 5


def test_what_nobody_uses_goes_and_if_nothing_can_be_asked_everything(world: World, monkeypatch):
    files = joined(world, NAMES)
    asked(files, proof(world))
    monkeypatch.setattr(memory, "LIFE", -1.0)
    here().look()
    assert (len(here()), lines_in_use()) == (0, 0)
    monkeypatch.setattr(memory, "LIFE", 300.0)
    asked(files, proof(world))
    monkeypatch.setattr(fence, "position", lambda: 1 / 0)
    here().look()
    assert (len(here()), lines_in_use()) == (0, 0)
    monkeypatch.undo()
    asked(files, proof(world))
    monkeypatch.setattr(fence, "position", lambda: 0)  # a database that was put back
    here().look()
    assert len(here()) == 0


def test_a_process_that_is_forked_off_has_nothing_of_it(world: World):
    files = joined(world, NAMES)
    asked(files, proof(world))
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(told, str(len(memory._memory)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(heard, 10) == b"0"
    assert len(here()) == lines_in_use() == 6
    os.close(heard)
    os.close(told)


@contextmanager
def another_process(files: list[GenomicFile], world: World) -> Iterator[Callable[[], int]]:
    """A worker that reads these rows and then stands idle; what is called gives how many it holds, first
    after the read, and then once that is less, or after half a minute."""
    connections.close_all()
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            asked(files, proof(world))
            held = len(here())
            os.write(told, bytes([held]))
            until = time.monotonic() + 30
            while len(here()) == held and time.monotonic() < until:
                time.sleep(0.05)
            os.write(told, bytes([len(here()) if lines_in_use() == len(here()) else 99]))
        finally:
            os._exit(0)
    try:
        yield lambda: os.read(heard, 1)[0]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
        os.close(told)


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_idle_processes_let_go_by_themselves(monkeypatch):
    world = World()
    files = joined(world, NAMES)
    monkeypatch.setattr(memory, "PERIOD", 0.2)
    with another_process(files, world) as holds:
        assert holds() == 6
        asked(files, proof(world))
        watch = here()._watch
        assert watch is not None
        records.withdraw(world.people["Ada 3"], by="self", at=NOW + timedelta(seconds=1))
        assert holds() == 5
    until = time.monotonic() + 30
    while files[3].id in here() and time.monotonic() < until:
        time.sleep(0.05)
    assert len(here()) == lines_in_use() == 5
    here().clear()
    watch.join(30)
    assert not watch.is_alive(), "with nothing to watch over it ends"


def test_a_row_in_memory_is_not_looked_at_for_who_does_not_permit_it(world: World):
    """She allowed the search before, and not this one: her row lies there, and is the very twin."""
    files = joined(world, NAMES)
    asked(files, proof(world))
    records.withdraw(world.people["Ada 2"], by="self", at=NOW)
    clearance, lines = proof(world), here().people.rows
    assert files[2].id in here(), "nobody has looked yet"
    mine = here()._kept[files[2].id.int]
    with lending.lent([*files[:2], *files[3:]], in_use(), clearance) as lent, readings.under(Purpose.JOB):
        (group,) = lent.groups(range(5))
        assert mine not in group.lines
        twin = in_use().panel.row_of(np.resize([0, 1, 2], in_use().shape.sites))
        stacked = kernels.stack([twin], sites=in_use().shape.autosomal)
        lines.lo[mine], lines.hi[mine] = stacked.lo[0], stacked.hi[0]
        group.people.setting.dropout[mine] = 0.0  # and she is well read, or she could be told from nobody
        found = segments.related_in(twin, group.people, group.lines, in_use().panel)
        assert mine not in found
        whole = np.arange(len(lines.lo), dtype=np.int32)[: max(group.lines) + 1]
        assert mine in segments.related_in(twin, group.people, whole, in_use().panel), "its teeth"
    with pytest.raises(NotCleared):
        asked([files[2]], clearance)


def test_what_is_read_beyond_the_clearance_is_an_event_and_no_answer(world: World, monkeypatch):
    """The guard of the vault taken out: the counter sees it."""
    files = joined(world, NAMES)
    clearance = proof(world)
    records.withdraw(world.people["Ada 2"], by="self", at=NOW)
    fewer = proof(world)
    assert clearance.covers(files[2].id)
    assert not fewer.covers(files[2].id)
    monkeypatch.setattr(vault, "require_covered", lambda files, proof: None)
    with pytest.raises(NotCleared, match="1 files were opened beyond"), gate._accounted(fewer, lambda: NOW):
        read(files, clearance)
    [said] = log.openings([events.VAULT_OPENED.tag]).values()
    assert (said["fields"]["rows"], said["fields"]["beyond"]) == (6, 1)
