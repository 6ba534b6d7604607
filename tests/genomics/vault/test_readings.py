"""For what the vault is opened: a job, an export, an erasure and upkeep say so; anything else is an event."""

from collections import deque

import pytest

from broker import jobs, queries, taking_along
from consent.ledger import log
from genomics import events
from genomics._vault import files as vault
from genomics._vault import readings
from genomics._vault.readings import Purpose
from genomics.intake import erasure, upkeep
from tests.builders import vcf
from tests.remembering import receive
from tests.world import NOW, World, job_of, with_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def unaccounted() -> list[str]:
    return [said["subject"] for said in log.openings([events.VAULT_UNACCOUNTED.tag]).values()]


def test_everything_that_the_house_does_says_for_what_it_opens(world: World):
    people = world.crowd(12, says="Ada")
    with_panel()
    deque(upkeep.rebuild_rows(), maxlen=0)
    deque(upkeep.upgrade(by="operator", at=NOW), maxlen=0)
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=5)
    deque(upkeep.fill_slabs(at=NOW), maxlen=0)
    again = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(again).pk, clock=lambda: NOW, batch=50)
    deque(taking_along.take(people[0], by="self", at=NOW), maxlen=0)
    receive(people[1], vcf([("20", 1000226, "A", "T", "1/1")]), by="self", at=NOW)
    erasure.erase_file(people[1].genomic_files.first(), by="self", at=NOW)
    erasure.erase(people[2], by="self", at=NOW)
    assert unaccounted() == []


def test_a_job_tells_how_much_was_opened_for_it(world: World):
    world.crowd(12, says="Ada")
    world.join("Dov")
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=5)
    [said] = log.openings([events.VAULT_OPENED.tag]).values()
    assert said["subject"] == f"query:{query.pk}"
    counts = {"files": 12, "slabs": 0, "evidence": 0, "openings": 12, "rows": 0, "remembered": 0, "beyond": 0}
    assert {name: said["fields"][name] for name in counts} == counts


def test_what_is_opened_and_nobody_said_for_what_is_an_event_at_once(world: World):
    ada = world.join("Ada").genomic_files.get()
    assert unaccounted() == []
    vault.own_column(ada)
    vault.own_upload(ada)
    vault.read_range(vault.column_name(ada), vault.keys.of(ada.participant), 0, 4)
    assert unaccounted() == [vault.column_name(ada), vault.upload_name(ada), vault.column_name(ada)]


def test_what_is_said_holds_inside_and_no_longer(world: World):
    ada = world.join("Ada").genomic_files.get()
    with readings.under(Purpose.UPKEEP) as outer:
        with readings.under(Purpose.EXPORT) as inner:
            vault.own_column(ada)
        vault.own_column(ada)
        vault.own_upload(ada)
    assert (inner.openings, outer.openings) == (1, 2)
    assert inner.files == outer.files == {ada.id}
    with pytest.raises(RuntimeError), readings.under(Purpose.EXPORT):
        raise RuntimeError
    vault.own_column(ada)
    assert len(unaccounted()) == 1


def test_while_an_export_waits_to_be_taken_nobody_borrows_its_word(world: World):
    ada, ben = world.join("Ada"), world.join("Ben")
    pieces = taking_along.take(ada, by="self", at=NOW)
    for _ in range(12):
        next(pieces)
    vault.own_column(ben.genomic_files.get())
    assert len(unaccounted()) == 1
