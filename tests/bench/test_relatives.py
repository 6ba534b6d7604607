"""The engine of relatives on a PLINK set: small families with known truth, written as PLINK writes them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broker.demo.pedigree import Relation
from broker.demo.simulator import World, simulate
from tests.bench import relatives, x_sharing
from tests.genomics import x_family

CODES = np.array([3, 2, 0, 1], dtype=np.uint8)  # copies of the alternate allele, as a .bed has them


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(seed=5, people=60, families=2)


def written(
    world: World,
    prefix: Path,
    *,
    lost: float = 0.0,
    centimorgans: bool = True,
    x: tuple[NDArray[np.uint32], NDArray[np.uint8]] | None = None,
) -> Path:
    """The world's people, P0 and on, and once more at the end, as E0 and on, with heterozygotes lost; after
    the autosomes X, where its positions are given and everybody's copies there."""
    rng = np.random.default_rng(1)
    copies = np.array([person.copies for person in world.people])
    worn = copies.copy()
    dropped = (worn == 1) & (rng.random(worn.shape) < lost)
    worn[dropped] = 2 * rng.integers(0, 2, int(dropped.sum()))
    people, sites = np.concatenate([copies, worn]), world.sites
    chromosome, position = sites.chromosome, sites.position
    cm = sites.cm if centimorgans else np.zeros(len(sites))
    if x is not None:
        people = np.concatenate([people, x[1]], axis=1)
        chromosome, position = np.append(chromosome, np.full(len(x[0]), 23)), np.append(position, x[0])
        cm = np.append(cm, np.zeros(len(x[0])))
    codes = CODES[np.pad(people, ((0, -len(people) % 4), (0, 0)), constant_values=3).T].reshape(
        len(cm), -1, 4
    )
    packed = codes[..., 0] | codes[..., 1] << 2 | codes[..., 2] << 4 | codes[..., 3] << 6
    Path(f"{prefix}.bed").write_bytes(b"\x6c\x1b\x01" + packed.astype(np.uint8).tobytes())
    rows = zip(chromosome, position, cm, strict=True)
    Path(f"{prefix}.bim").write_text(
        "".join(
            f"{code}\ts{n}\t{where:.4f}\t{place + 1}\tG\tA\n" for n, (code, place, where) in enumerate(rows)
        )
    )
    names = [f"P{n}" for n in range(len(copies))] + [f"E{n}" for n in range(len(copies))]
    Path(f"{prefix}.fam").write_text("".join(f"{name} {name} 0 0 0 -9\n" for name in names))
    return prefix


def told(out: Path) -> dict[tuple[str, str], dict[str, str]]:
    head, *lines = Path(f"{out}.pairs.tsv").read_text().splitlines()
    rows = [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]
    return {(row["id1"], row["id2"]): row for row in rows}


def test_of_two_badly_worn_profiles_nothing_is_told(tmp_path: Path, world: World) -> None:
    """With a quarter of heterozygotes lost in both, strangers contradict each other no more than kin."""
    prefix = written(world, tmp_path / "set", lost=0.25)
    worn = [f"E{n}" for n in range(len(world.people))]
    (tmp_path / "asked").write_text("\n".join(worn))
    arguments = ["--bfile", str(prefix), "--queries", str(tmp_path / "asked"), "--out", str(tmp_path / "out")]
    assert relatives.main(arguments) == 0
    assert not {pair for pair in told(tmp_path / "out") if set(pair) <= set(worn)}


@pytest.mark.parametrize("lost", [0.0, 0.05])
@pytest.mark.parametrize("centimorgans", [True, False])
def test_queries_find_their_relatives_in_a_set(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str], lost: float, centimorgans: bool
) -> None:
    """With alleles lost or not, and with the shipped map where the set has no centimorgans."""
    prefix = written(world, tmp_path / "set", lost=lost, centimorgans=centimorgans)
    close = [pair for pair in world.pairs if pair.relation in (Relation.PARENT_CHILD, Relation.FULL_SIBLINGS)]
    asked = sorted({f"E{pair.a}" for pair in close})
    (tmp_path / "asked").write_text("\n".join(asked))
    out = tmp_path / "out"
    assert (
        relatives.main(["--bfile", str(prefix), "--queries", str(tmp_path / "asked"), "--out", str(out)]) == 0
    )
    found = told(out)
    assert len(close) > 20
    for pair in close:
        row = found[f"E{pair.a}", f"P{pair.b}"]
        truth = pair.ibd1_cm + pair.ibd2_cm
        assert float(row["total_cm"]) == pytest.approx(truth, rel=0.08)
        assert row["relationship"] == (
            "parent or child" if pair.relation is Relation.PARENT_CHILD else "full sibling"
        )
    assert all(found[one, "P" + one[1:]]["relationship"].startswith("same person") for one in asked)
    lines = Path(f"{out}.segments.tsv").read_text().splitlines()
    assert all(float(line.split("\t")[7]) - float(line.split("\t")[6]) > 0 for line in lines[1:])
    assert capsys.readouterr().out.splitlines()[-1] == f"pairs: {len(asked) * (2 * len(world.people) - 1)}"


def test_all_pairs_are_told_alike_whatever_the_threads(tmp_path: Path, world: World) -> None:
    prefix = written(world, tmp_path / "set")
    for threads in ("1", "2"):
        relatives.main(["--bfile", str(prefix), "--threads", threads, "--out", str(tmp_path / threads)])
    for kind in ("pairs", "segments"):
        assert (tmp_path / f"1.{kind}.tsv").read_bytes() == (tmp_path / f"2.{kind}.tsv").read_bytes()
    assert len(told(tmp_path / "1")) > 60


def test_what_a_pair_shares_on_x_follows_its_segments_and_is_in_no_sum(tmp_path: Path, world: World) -> None:
    """A parent and a child of the set, as mother and son; of the others nothing of X is known."""
    pair = next(pair for pair in world.pairs if pair.relation is Relation.PARENT_CHILD)
    family, rng = x_family.drawn(1), np.random.default_rng(2)
    on_x = np.full((2 * len(world.people), len(family.sites)), 3, dtype=np.uint8)
    on_x[pair.a], on_x[pair.b] = family.copies("mother", rng), family.copies("son", rng)
    asked = tmp_path / "asked"
    asked.write_text(f"P{pair.a}")
    for name, x in (("plain", None), ("with_x", (family.sites.position, on_x))):
        prefix = written(world, tmp_path / name, x=x)
        out = str(tmp_path / f"{name}.out")
        assert relatives.main(["--bfile", str(prefix), "--queries", str(asked), "--out", out]) == 0
    plain, with_x = ((tmp_path / f"{name}.out.segments.tsv").read_text() for name in ("plain", "with_x"))
    assert with_x.startswith(plain)
    (row,) = with_x.removeprefix(plain).splitlines()
    one, other, haplotypes, chromosome, start, end, start_cm, end_cm, sites = row.split("\t")
    assert (one, other, haplotypes, chromosome) == (f"P{pair.a}", f"P{pair.b}", "1", "X")
    assert float(end_cm) - float(start_cm) > 165
    assert int(end) - int(start) > 140_000_000
    assert int(sites) > 1300
    assert (tmp_path / "plain.out.pairs.tsv").read_bytes() == (tmp_path / "with_x.out.pairs.tsv").read_bytes()


def test_the_bench_of_x_tells_no_stranger_anything(capsys: pytest.CaptureFixture[str]) -> None:
    assert x_sharing.main(["--seeds", "1", "--sites", "1500"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "16 people, 0 whose number of X is not told right"
    assert [line[:3] for line in lines[1:4]] == ["FF:", "FM:", "MM:"]
    assert all(line.endswith("strangers, 0 segments told") for line in lines[1:4])
