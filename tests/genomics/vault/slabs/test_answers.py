"""Slabs say what the columns say, of those alone who permit it."""

import pytest

from consent.errors import NotCleared
from genomics._vault import files as vault
from genomics._vault import segments, slabs
from genomics.matching import masked
from genomics.models import GenomicFile, SlabMember, VariantSlab
from tests.genomics.vault.slabs.shelf import (
    AROUND,
    AT_SITE,
    RARE,
    as_columns,
    ask,
    everybody,
    files_of,
    fill,
    found,
    proof,
)
from tests.world import SITE, World

pytestmark = pytest.mark.django_db


def test_the_gate_says_the_same_by_slabs_and_opens_no_column(world: World, monkeypatch):
    everybody(world)
    questions = [
        world.carriers(),
        {"kind": "carriers", "region": str(AROUND), "build": "GRCh37"},
        {"kind": "frequencies", "variant": SITE, "build": "GRCh37"},
        {"kind": "frequencies", "variant": str(RARE), "build": "GRCh37"},
        {"kind": "carriers", "variant": SITE, "build": "GRCh38"},
    ]
    by_columns = [ask(world, question).answer for question in questions]
    assert by_columns[0].count == 11
    assert fill() == GenomicFile.objects.count() == 15
    monkeypatch.setattr(vault, "_column", lambda file: pytest.fail("a column was opened"))
    for batch in (32, 2):
        assert [ask(world, question, batch).answer for question in questions] == by_columns


def test_every_file_of_a_slab_says_what_its_column_says(world: World):
    everybody(world)
    fill()
    as_columns(list(GenomicFile.objects.all()))


def test_a_slab_is_not_opened_without_a_clearance_that_covers_all(world: World):
    everybody(world)
    fill()
    clearance = proof(world)
    ada, ben = files_of(world, "Ada"), files_of(world, "Ben")
    assert len(found(ada, AT_SITE, clearance)) == 2
    for files, given in ((ben, clearance), ([*ada, *ben], clearance), (ada, None), (ada, object())):
        with pytest.raises(NotCleared):
            found(files, AT_SITE, given)  # type: ignore[arg-type]


def test_of_those_who_do_not_permit_no_bit_is_in_the_mask(world: World):
    everybody(world)
    fill()
    clearance = proof(world)
    covered = [file for file in GenomicFile.objects.all() if clearance.covers(file.id)]
    (view,) = slabs.views(covered, AROUND, clearance)
    members = SlabMember.objects.exclude(file__in=[file.id for file in covered])
    assert members.count() == 3
    assert not any(view.mask >> one.slot & 1 or one.slot in view.files for one in members)
    looked = masked.carries(view, AT_SITE)
    assert not any((looked.one | looked.two | looked.reference) >> one.slot & 1 for one in members)


def test_a_slab_of_nobody_who_permits_stays_shut(world: World, monkeypatch):
    monkeypatch.setattr(slabs, "WIDTH", 2)
    world.crowd(2, says="Ben")
    world.crowd(2, says="Ada")
    world.crowd(2, says="Cleo")
    assert (fill(), VariantSlab.objects.count()) == (6, 3)
    opened: list[str] = []

    class Noted(segments.Opened):
        def __init__(self, get: segments.Get, key: bytes, name: str, sha256: bytes) -> None:
            opened.append(name)
            super().__init__(get, key, name, sha256)

    monkeypatch.setattr(segments, "Opened", Noted)
    ask(world, world.carriers())
    theirs = SlabMember.objects.filter(file__participant=world.people["Ada 2"]).get().slab_id
    assert {name.split("/")[1] for name in opened} == {str(theirs)}
