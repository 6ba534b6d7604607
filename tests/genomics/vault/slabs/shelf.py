"""Slabs on the shelf of these tests, and questions asked of them."""

from collections.abc import Iterator

from broker import queries, uses
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.policy import Policy
from genomics import gate
from genomics._vault import files as vault
from genomics._vault import slabs
from genomics.coordinates import Region, parse_region
from genomics.intake import upkeep
from genomics.matching import masked, parse
from genomics.models import GenomicFile, SlabMember, VariantSlab
from genomics.slabs import Slab
from genomics.variants import Variant, parse_variant
from tests.builders import array, vcf
from tests.remembering import receive
from tests.world import NOW, SITE, World

AT_SITE, RARE = parse_variant(SITE), parse_variant("20:1000300 C>G")


AROUND = parse_region("20:1000000-1001000")


PLACES = (AT_SITE, RARE, AROUND, parse_variant("1:500 A>T"), parse_region("2"), parse_variant("X:77 G>C"))


def proof(world: World) -> Clearance:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)


def ask(world: World, question: dict, batch: int = 32) -> gate.Asked:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    clearance = proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)
    return gate.ask(
        parse(question),
        clearance,
        asking=gate.Asking(lambda: uses.of(query), Policy.default(), lambda: NOW),
        alias=str,
        batch=batch,
        on_batch=lambda done, total: None,
    )


def fill() -> int:
    return len(list(upkeep.fill_slabs(at=NOW)))


def found(files: list[GenomicFile], at: Variant | Region, clearance: Clearance) -> dict:
    region = at.region if isinstance(at, Variant) else at
    said: dict = {}
    for view in slabs.views(files, region, clearance):
        said |= masked.carriages(view, at)
    return said


def files_of(world: World, *names: str) -> list[GenomicFile]:
    return [file for name in names for file in world.people[name].genomic_files.order_by("received_at")]


def pieces() -> Iterator[tuple[str, Slab]]:
    """Every piece of every slab, opened with the key of today."""
    for slab in VariantSlab.objects.all():
        for chromosome in slabs._chromosomes(slab):
            yield f"{slab.id}/{chromosome}", slabs._kept(slab, chromosome).whole()


def as_columns(files: list[GenomicFile]) -> None:
    """Every slab that stands says what the columns say."""
    members = set(SlabMember.objects.values_list("file", flat=True))
    for slab in VariantSlab.objects.all():
        for one in SlabMember.objects.filter(slab=slab):
            assert one.file_id in {file.id for file in files}
    for file in files:
        column = vault.own_column(file)
        if file.id in members:
            member = SlabMember.objects.get(file=file)
            for at in PLACES:
                region = at.region if isinstance(at, Variant) else at
                view = slabs._view(member.slab, [member], region)
                assert masked.carriages(view, at) == {file.id: column.carriage(at)}, (file.id, str(at))


def everybody(world: World) -> None:
    """A crowd that permits, some who do not, several kinds of files, and one with two."""
    world.crowd(9, says="Ada")
    world.join("Ada", data=vcf([("20", 1000226, "A", "T", "1/1"), ("20", 1000300, "C", "G", "0/1")]))
    receive(world.people["Ada"], vcf([("1", 500, "A", "T", "0/1")]), by="self", at=NOW)
    world.join("Eve", says="Ada", data=array([("rs1", "20", 1000226, "AT"), ("rs2", "X", 77, "G")]))
    world.join("Ben", genotype="1/1")
    world.join("Cleo")
    world.join("Dov")
