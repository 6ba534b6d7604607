"""The simulated world: its sites and families are as said, its truth is true, its files are good files."""

import hashlib
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pysam
import pytest

from broker.demo import pedigree
from broker.demo.evidence import LEVELS, leave
from broker.demo.exports import Exports
from broker.demo.founders import Founders, draw_founders, draw_sites
from broker.demo.pedigree import FAMILY, FAMILY_FOUNDERS, Relation
from broker.demo.simulator import Person, World, populate, simulate
from genomics import formats
from genomics.coordinates import AUTOSOMES, Build
from genomics.panel import MISSING

pytestmark = pytest.mark.xdist_group("simulator")


@cache
def world() -> World:
    return simulate(seed=7, people=60, families=3, sites=6_000)


@cache
def true_world() -> World:
    """The same kind of world, read without error and without gaps."""
    return simulate(seed=8, people=30, families=2, sites=12_000, error=0.0, missing=0.0)


def digest(one: World) -> str:
    parts = [one.sites.position.tobytes(), *(person.copies.tobytes() for person in one.people)]
    return hashlib.sha256(b"".join(parts) + repr(one.pairs).encode()).hexdigest()


def test_a_seed_is_a_world_and_another_seed_another() -> None:
    again = simulate(seed=7, people=60, families=3, sites=6_000)
    assert digest(again) == digest(world())
    assert digest(simulate(seed=9, people=60, families=3, sites=6_000)) != digest(world())


def test_sites_lie_in_order_on_the_mapped_autosomes_and_are_plausible_snps() -> None:
    sites = world().sites
    assert len(sites) == 6_000
    assert np.unique(sites.chromosome).tolist() == list(AUTOSOMES)
    for span in sites.spans():
        assert (np.diff(sites.position[span].astype(np.int64)) > 0).all()
        assert sites.position[span][-1] < Build.GRCh37.length(int(sites.chromosome[span.start]))
    letters = Counter(zip(sites.ref.tolist(), sites.alt.tolist(), strict=True))
    assert not letters.keys() & {(b"A", b"T"), (b"T", b"A"), (b"C", b"G"), (b"G", b"C")}
    transitions = sum(letters[pair] for pair in ((b"A", b"G"), (b"G", b"A"), (b"C", b"T"), (b"T", b"C")))
    assert 0.75 < transitions / 6_000 < 0.85
    assert len(set(sites.rsid.tolist())) == 6_000


def test_most_sites_are_common_and_neighbours_go_together() -> None:
    here = world()
    rarer = np.minimum(here.frequency, 1 - here.frequency)
    assert (rarer >= 0.05).mean() > 0.85
    assert 0.15 < np.median(rarer) < 0.25
    founders = draw_founders(150, here.sites, rng=np.random.default_rng(1)).haplotypes.astype(float)
    varied = founders.std(axis=0) > 0.2
    near, far = [], []
    for one, other in pairwise(np.flatnonzero(varied).tolist()):
        same = here.sites.chromosome[one] == here.sites.chromosome[other]
        apart = here.sites.cm[other] - here.sites.cm[one] if same else np.inf
        r2 = np.corrcoef(founders[:, one], founders[:, other])[0, 1] ** 2
        (near if apart < 0.05 else far if apart > 1.5 else []).append(r2)
    assert len(near) > 50 < len(far)
    assert np.mean(near) > 10 * np.mean(far)


def test_families_are_as_the_table_says_and_the_rest_are_single() -> None:
    here = world()
    assert len(here.people) == 60
    assert Counter(person.family for person in here.people) == {0: 60 - 39, 1: 13, 2: 13, 3: 13}
    for person in here.people:
        assert person.sex in ("F", "M")
        assert not person.first[person.copies != 1].any()
    young = [person for person in here.people if person.role in ("D1", "D2")]
    assert len(young) == 6
    assert all(2009 <= person.born <= 2018 for person in young)
    assert len({person.name for person in here.people}) == 60


def test_every_relation_occurs_as_often_as_the_pedigree_has_it() -> None:
    found = Counter(pedigree.relations(FAMILY).values())
    assert found == {
        Relation.PARENT_CHILD: 14,
        Relation.FULL_SIBLINGS: 2,
        Relation.GRANDPARENT: 10,
        Relation.AVUNCULAR: 4,
        Relation.GREAT_GRANDPARENT: 4,
        Relation.GREAT_AVUNCULAR: 2,
        Relation.FIRST_COUSINS: 2,
        Relation.FIRST_COUSINS_ONCE_REMOVED: 3,
        Relation.SECOND_COUSINS: 1,
    }
    assert Counter(pair.relation for pair in world().pairs) == {
        relation: 3 * times for relation, times in found.items()
    }


def test_parents_share_everything_once_siblings_about_a_quarter_twice_and_cousins_less() -> None:
    shares: dict[Relation, list[float]] = {}
    for seed in range(4):
        here = simulate(seed=seed, people=52, families=4, sites=2_000).pairs
        length = max(pair.ibd1_cm + pair.ibd2_cm for pair in here)
        for pair in here:
            shares.setdefault(pair.relation, []).append((pair.ibd1_cm + pair.ibd2_cm) / length)
            assert pair.longest_cm <= pair.total_cm <= pair.ibd1_cm + pair.ibd2_cm + 1e-6
            assert (pair.ibd2_cm > 0) == (pair.relation is Relation.FULL_SIBLINGS)
    assert min(shares[Relation.PARENT_CHILD]) == pytest.approx(1.0, abs=1e-9)
    expected = {
        Relation.FULL_SIBLINGS: 0.75,
        Relation.GRANDPARENT: 0.5,
        Relation.AVUNCULAR: 0.5,
        Relation.GREAT_GRANDPARENT: 0.25,
        Relation.GREAT_AVUNCULAR: 0.25,
        Relation.FIRST_COUSINS: 0.25,
        Relation.FIRST_COUSINS_ONCE_REMOVED: 0.125,
        Relation.SECOND_COUSINS: 0.0625,
    }
    for relation, share in expected.items():
        assert np.mean(shares[relation]) == pytest.approx(share, abs=0.04), relation


def test_children_carry_what_their_parents_do() -> None:
    here = true_world()
    by_role = {(person.family, person.role): person for person in here.people}
    for person in here.people:
        member = next((m for m in FAMILY if person.family and m.role == person.role and m.father), None)
        if member is None:
            continue
        father = by_role[person.family, member.father].copies.astype(int)
        mother = by_role[person.family, member.mother].copies.astype(int)
        least = (father == 2).astype(int) + (mother == 2)
        most = (father > 0).astype(int) + (mother > 0)
        assert ((least <= person.copies) & (person.copies <= most)).all()


def test_errors_and_gaps_come_as_often_as_asked() -> None:
    sites = draw_sites(20_000, build=Build.GRCh37, rng=np.random.default_rng(2))
    founders = draw_founders(30, sites, rng=np.random.default_rng(3))
    clean, worn = (
        populate(founders, families=0, rng=np.random.default_rng(4), error=error, missing=missing)
        for error, missing in ((0.0, 0.0), (0.01, 0.05))
    )
    before = np.stack([person.copies for person in clean.people])
    after = np.stack([person.copies for person in worn.people])
    assert (after == MISSING).mean() == pytest.approx(0.05, abs=0.003)
    wrong = (before != after) & (after != MISSING)
    assert wrong.mean() == pytest.approx(0.0095, abs=0.001)
    assert (np.abs(before.astype(int) - after.astype(int))[wrong] == 1).all()


def test_real_founders_keep_their_names_and_haplotypes() -> None:
    sites = draw_sites(500, build=Build.GRCh37, rng=np.random.default_rng(2))
    haplotypes = np.random.default_rng(3).integers(0, 2, (40, 500)).astype(np.uint8)
    names = tuple(f"HG{number:05}" for number in range(20))
    here = populate(Founders(sites, haplotypes, names), families=2, rng=np.random.default_rng(4))
    own = {person.name: person for person in here.people if person.name in names}
    assert sorted(own) == sorted(names)
    assert len(here.people) == 20 + 2 * (len(FAMILY) - FAMILY_FOUNDERS)
    for number, name in enumerate(names):
        both = haplotypes[2 * number : 2 * number + 2]
        assert (own[name].copies == both.sum(axis=0)).all()
        assert (own[name].first == (both[0] > both[1])).all()


def test_more_families_than_people_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="39 members, more than 20 people"):
        simulate(seed=1, people=20, families=3, sites=500)
    sites = draw_sites(100, build=Build.GRCh37, rng=np.random.default_rng(2))
    few = Founders(sites, np.zeros((6, 100), dtype=np.uint8))
    with pytest.raises(ValueError, match="need 6 founders; there are 3"):
        populate(few, families=1, rng=np.random.default_rng(1))


@pytest.mark.parametrize("level", LEVELS)
def test_a_trace_is_its_person_and_as_worn_as_said(level: str) -> None:
    here = simulate(seed=5, people=3, families=0, sites=30_000, error=0.0, missing=0.0)
    person = here.people[0]
    trace = leave(person, wear=LEVELS[level], rng=np.random.default_rng(6))
    assert (trace.name, trace.family, trace.born) == ("trace", 0, 0)
    lost = trace.copies == MISSING
    assert lost.mean() == pytest.approx(LEVELS[level].missing, abs=0.01)
    het = (person.copies == 1) & ~lost
    assert (trace.copies[het] != 1).mean() == pytest.approx(
        LEVELS[level].dropout + LEVELS[level].error, abs=0.01
    )
    hom = (person.copies != 1) & ~lost
    assert (trace.copies[hom] != person.copies[hom]).mean() == pytest.approx(LEVELS[level].error, abs=0.003)
    assert not trace.first[trace.copies != 1].any()
    assert (leave(person, wear=LEVELS["clean"], rng=np.random.default_rng(6)).copies == person.copies).all()


def person_of(text: bytes) -> np.ndarray:
    """Copies at the world's sites, as the product reads a file."""
    column, panel = formats.read(text).column, world().panel()
    return column.genotype_at(panel.chromosome, panel.position, panel.ref, panel.alt)


@pytest.mark.parametrize("phased", [False, True])
@pytest.mark.parametrize("bgzip", [False, True])
def test_a_vcf_says_what_the_person_is(phased: bool, bgzip: bool) -> None:
    exports = Exports(world().sites)
    for person in world().people[:4]:
        text = exports.as_vcf(person, phased=phased, bgzip=bgzip)
        assert text[:2] == (b"\x1f\x8b" if bgzip else b"##")
        assert (person_of(text) == person.copies).all()


def test_array_text_says_what_the_person_is() -> None:
    """Sites of a consumer file have no reference allele; a homozygote of either letter is still known."""
    exports = Exports(world().sites)
    for person in world().people[:4]:
        text = exports.as_array_text(person)
        assert b"build 37" in text.split(b"\n# rsid")[0]
        assert text.count(b"--\n") == (person.copies == MISSING).sum()
        assert (person_of(text) == person.copies).all()


def test_phase_is_written_and_a_file_bears_no_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    here = world()
    person = here.people[5]
    path = tmp_path_factory.mktemp("vcf") / "one.vcf.gz"
    path.write_bytes(Exports(here.sites).as_vcf(person, phased=True, bgzip=True))
    with pysam.VariantFile(str(path)) as file:
        assert list(file.header.samples) == ["SAMPLE"]
        assert person.name not in str(file.header)
        assert file.header.contigs["1"].length == Build.GRCh37.length(1)
        records = list(file)
    calls = [record.samples[0] for record in records]
    assert all(call.phased for call in calls)
    firsts = [call["GT"] for call in calls]
    assert [alleles == (1, 0) for alleles in firsts] == person.first.tolist()
    assert [alleles == (None, None) for alleles in firsts] == (person.copies == MISSING).tolist()
    assert [record.pos for record in records] == (here.sites.position.astype(int) + 1).tolist()


def test_two_people_with_the_same_genotypes_have_the_same_file() -> None:
    here = world()
    one = here.people[0]
    twin = Person("another", 4, "", "F", 1970, one.copies.copy(), one.first.copy())
    exports = Exports(here.sites)
    assert exports.as_vcf(one) == exports.as_vcf(twin)
    assert exports.as_array_text(one) == exports.as_array_text(twin)
