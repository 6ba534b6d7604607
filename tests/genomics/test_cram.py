"""CRAM: read behind the walls against the genome of the house and no other, as the same reads are as BAM."""

import dataclasses
import io
import os
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pysam
import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused, IntakeShut
from genomics.formats import Limits, Loaded, cram_containers
from genomics.formats.cram import AS_PACKED
from genomics.intake import sandbox
from genomics.intake.details import Detail
from genomics.intake.laid_out import LaidOut, Place, What
from genomics.intake.walled import cleaning, walls
from genomics.intake.walled.cram_head import _written, without_details
from genomics.panel import Panel
from genomics.reference import Reference
from tests.builders import gzipped, zipped
from tests.genomics.crams import cram, panel_of, reads, whole_genome
from tests.genomics.genome import bases, written
from tests.genomics.reads import packed, read, sam

walled_only = pytest.mark.skipif(bool(walls.missing()), reason="this kernel has no landlock or no seccomp")


@pytest.fixture
def genome(tmp_path: Path) -> Reference:
    (tmp_path / "house").mkdir()
    return written(bases(), tmp_path / "house" / "GRCh37.fa")


@pytest.fixture
def panel(genome: Reference) -> Panel:
    return panel_of(genome)


@pytest.fixture
def loaded(genome: Reference, panel: Panel) -> Loaded:
    return Loaded(panels={Build.GRCh37: panel}, references={Build.GRCh37: genome})


@pytest.fixture
def house(genome: Reference, panel: Panel, tmp_path: Path) -> LaidOut:
    """The same as places on disk."""
    (tmp_path / "house" / "panel").write_bytes(panel.to_bytes())
    places = ((What.REFERENCE, genome.path), (What.PANEL, tmp_path / "house" / "panel"))
    return LaidOut(
        tuple(Place(what, Build.GRCh37, str(path), path.stat().st_mtime_ns) for what, path in places)
    )


def refusal(data: bytes, house: LaidOut, **terms) -> FileReason:
    with pytest.raises(FileRefused) as caught:
        sandbox.read(data, assume=Build.GRCh37, laid_out=house, **terms)
    return caught.value.reason


@walled_only
@pytest.mark.parametrize("version", ["2.1", "3.0", "3.1"])
def test_behind_the_walls_a_cram_says_what_the_same_reads_say_as_bam(
    version: str, genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    text = reads(bases())
    made = cram(text, genome.path, tmp_path, format_options=[f"version={version}".encode()])
    assert made[4:6] == bytes(map(int, version.split(".")))
    as_bam = sandbox.read(packed(text, tmp_path, "wb"), assume=Build.GRCh37, laid_out=house)
    as_cram = sandbox.read(made, assume=Build.GRCh37, laid_out=house)
    assert (as_bam.kind, as_cram.kind) == ("bam", "cram")
    assert as_cram.column.copies.tolist() == [1, 0, 1, 0, 1]
    assert as_cram.column.sha256 == as_bam.column.sha256
    assert as_cram.quality == as_bam.quality
    assert as_cram.notes == (*as_bam.notes, AS_PACKED)
    (tmp_path / "from_disk.cram").write_bytes(made)
    with (tmp_path / "from_disk.cram").open("rb") as stream:
        again = sandbox.read(stream, assume=Build.GRCh37, laid_out=house)
    assert again.column.sha256 == as_bam.column.sha256


def test_it_reads_the_same_without_walls(genome: Reference, loaded: Loaded, tmp_path: Path) -> None:
    text = reads(bases())
    made = cram(text, genome.path, tmp_path)
    usual = formats.read(text, loaded=loaded, assume=Build.GRCh37)
    assert formats.read(made, loaded=loaded, assume=Build.GRCh37).column.sha256 == usual.column.sha256
    assert os.environ["REF_PATH"] == os.environ["REF_CACHE"] == os.devnull


@pytest.mark.parametrize("version", ["2.1", "3.0", "3.1"])
def test_the_name_a_file_had_when_it_was_made_is_told_and_not_kept(
    version: str, genome: Reference, loaded: Loaded, tmp_path: Path
) -> None:
    made = cram(
        reads(bases(), count=500), genome.path, tmp_path, format_options=[f"version={version}".encode()]
    )
    made = made[:6] + b"jane_doe.cram".ljust(20, b"\0") + made[26:]
    kept = b"".join(cleaning.cleaned(io.BytesIO(made)))
    assert made[:6] + bytes(20) == kept[:26]
    before, after = (formats.read(data, loaded=loaded, assume=Build.GRCh37) for data in (made, kept))
    assert before.column.to_bytes() == after.column.to_bytes()
    assert [one.masked for one in before.findings if one.detail is Detail.FILE_NAME] == ["j…"]
    assert not [one for one in after.findings if one.detail is Detail.FILE_NAME]


def test_a_part_of_the_genome_serves_for_the_reads_that_lie_on_it(
    genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    """The header lists chromosomes of which the house has nothing loaded."""
    text = reads(bases(), header=whole_genome())
    as_bam = sandbox.read(packed(text, tmp_path, "wb"), laid_out=house)
    as_cram = sandbox.read(cram(text, genome.path, tmp_path), laid_out=house)
    assert as_cram.column.sha256 == as_bam.column.sha256


@pytest.mark.parametrize("several", [False, True])
def test_reads_on_what_is_not_loaded_are_refused(
    several: bool, genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    ours = [read(f"y{n}", 80, bases()[80:110], contig="MT") for n in range(3)]
    terms = {"format_options": [b"multi_seq_per_slice=1"]} if several else {}
    made = on_extra(genome, tmp_path, *(ours if several else ()), **terms)
    assert {head.contig for head in containers(made)} == {0, -1, -2 if several else 4}
    assert refusal(made, house) is FileReason.NO_REFERENCE


def test_a_cram_made_with_another_genome_is_refused(house: LaidOut, tmp_path: Path) -> None:
    elsewhere = written(bases(seed=4), tmp_path / "elsewhere.fa")
    made = cram(reads(bases(seed=4)), elsewhere.path, tmp_path)
    assert refusal(made, house) is FileReason.OTHER_REFERENCE
    assert (
        refusal(headed(made, lambda text: text.replace(b"\tM5:", b"\tXX:")), house)
        is FileReason.OTHER_REFERENCE
    )


def test_a_header_that_lies_about_its_genome_gains_nothing(
    genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    """Each slice has a digest too, and htslib holds our bases against it."""
    elsewhere = written(bases(seed=4), tmp_path / "elsewhere.fa")
    made = cram(reads(bases(seed=4)), elsewhere.path, tmp_path)
    theirs, ours = elsewhere.digests["MT"].encode(), genome.digests["MT"].encode()
    assert refusal(headed(made, lambda text: text.replace(theirs, ours)), house) is FileReason.DAMAGED


@walled_only
def test_what_a_cram_names_is_not_opened(
    genome: Reference, house: LaidOut, loaded: Loaded, tmp_path: Path
) -> None:
    """It says of its reads that they lie on what we have; they do not, and its header says where to look."""
    honest = on_extra(genome, tmp_path)
    assert b"UR:" + bytes(tmp_path / "both.fa") in header_of(honest)
    assert refusal(honest, house) is FileReason.NO_REFERENCE
    lying = claiming(honest, 4, 3)
    assert refusal(lying, house) is FileReason.DAMAGED
    with pytest.raises(FileRefused) as caught:
        formats.read(lying, loaded=loaded)
    # It was unpacked, for htslib did look there. It is the walls that keep it from doing so.
    assert caught.value.reason is FileReason.NOTHING_COMPARABLE


def test_without_a_genome_or_of_another_build_it_is_refused(
    genome: Reference, house: LaidOut, panel: Panel, tmp_path: Path
) -> None:
    made = cram(reads(bases(), count=20), genome.path, tmp_path)
    assert refusal(made, LaidOut()) is FileReason.NO_REFERENCE
    of_38 = LaidOut(tuple(dataclasses.replace(place, build=Build.GRCh38) for place in house.places[:1]))
    assert refusal(made, of_38) is FileReason.NO_REFERENCE


@pytest.mark.parametrize("gone", ["GRCh37.fa", "GRCh37.fa.fai"])
def test_a_genome_that_cannot_be_opened_shuts_the_door_and_crashes_nothing(
    gone: str, genome: Reference, house: LaidOut, loaded: Loaded, tmp_path: Path
) -> None:
    made = cram(reads(bases(), count=20), genome.path, tmp_path)
    genome.path.with_name(gone).unlink()
    with pytest.raises(IntakeShut, match=r"cannot be opened\. Nothing was stored"):
        sandbox.read(made, assume=Build.GRCh37, laid_out=house)
    with pytest.raises(FileRefused) as caught:
        formats.read(made, assume=Build.GRCh37, loaded=loaded)
    assert caught.value.reason is FileReason.NO_REFERENCE


def test_a_header_that_names_no_reference_is_not_told_to_name_another(house: LaidOut, tmp_path: Path) -> None:
    elsewhere = written(bases(seed=4), tmp_path / "elsewhere.fa")
    made = cram(reads(bases(seed=4)), elsewhere.path, tmp_path)
    made = headed(made, lambda text: text.replace(b"\tM5:", b"\tXX:"))
    with pytest.raises(FileRefused, match="does not say against which reference"):
        sandbox.read(made, assume=Build.GRCh37, laid_out=house)


def test_a_genome_whose_dictionary_is_not_there_vouches_for_nothing(
    genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    """As those that were loaded before dictionaries were kept: it takes loading them again."""
    made = cram(reads(bases(), count=20), genome.path, tmp_path)
    genome.path.with_suffix(".dict").unlink()
    assert refusal(made, house) is FileReason.OTHER_REFERENCE


def test_a_cut_or_bent_cram_is_refused_and_nothing_worse(
    genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    made = cram(reads(bases(), count=200), genome.path, tmp_path)
    for cut in (5, 30, 200, len(made) - 500, len(made) - 50):
        assert refusal(made[:cut], house) in {
            FileReason.DAMAGED,
            FileReason.TRUNCATED,
            FileReason.BUILD_UNKNOWN,
        }
    chance = random.Random(2)  # noqa: S311
    for _ in range(60):
        at = chance.randrange(4, len(made))
        try:
            sandbox.read(
                made[:at] + chance.randbytes(1) + made[at + 1 :], assume=Build.GRCh37, laid_out=house
            )
        except FileRefused as refused:
            assert refused.reason is not FileReason.CRASHED  # noqa: PT017


def test_it_is_taken_as_it_was_made_and_within_limits(
    genome: Reference, house: LaidOut, tmp_path: Path
) -> None:
    made = cram(reads(bases(), count=200), genome.path, tmp_path)
    assert refusal(gzipped(made), house) is FileReason.ARCHIVE
    assert refusal(zipped(("a.cram", made)), house) is FileReason.ARCHIVE
    assert refusal(made, house, limits=Limits(reads=100)) is FileReason.TOO_MANY_RECORDS
    with pytest.raises(FileRefused) as caught:
        formats.read(made, limits=Limits(packed=100), loaded=Loaded(references={Build.GRCh37: genome}))
    assert caught.value.reason is FileReason.TOO_LARGE


@pytest.mark.parametrize("value", [0, 1, 127, 128, 1 << 14, (1 << 21) - 1, 1 << 21, (1 << 28) - 1])
def test_numbers_of_a_container_are_read_as_they_are_written(value: int) -> None:
    assert cram_containers.number(_written(value), 0) == (value, len(_written(value)))
    assert cram_containers.number(b"\xff\xff\xff\xff\x0f", 0) == (-1, 5)
    assert cram_containers.number(b"\xff\xff\xff\xff\x0e", 0) == (-2, 5)
    with pytest.raises(IndexError):
        cram_containers.number(b"\xff\xff", 0)


def on_extra(genome: Reference, folder: Path, *further: str, **terms) -> bytes:
    """A CRAM with reads on a contig that the house does not have, the fifth of its head, packed against a
    FASTA that lies in the folder and is named in its head."""
    both = folder / "both.fa"
    both.write_bytes(genome.path.read_bytes() + b">extra\n" + b"ACGT" * 25 + b"\n")
    pysam.faidx(str(both))
    lines = [read(f"x{n}", 10, "ACGT" * 5, contig="extra") for n in range(3)]
    text = sam(*further, *lines, header=whole_genome() + "@SQ\tSN:extra\tLN:100\n")
    return cram(text, both, folder, **terms)


def header_of(made: bytes) -> bytes:
    found: list[bytes] = []
    headed(made, lambda text: found.append(text) or text)
    return found[0]


def headed(made: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same CRAM with another text at its head."""
    found = without_details(made, change)
    assert found is not None
    end, start = found
    return start + made[end:]


def containers(made: bytes) -> Iterator[cram_containers.Head]:
    with TemporaryFile() as file:
        file.write(made)
        file.flush()
        yield from cram_containers.heads(file.fileno())


def claiming(made: bytes, true: int, claimed: int) -> bytes:
    """The same CRAM, whose containers with reads of one contig say that they are of another."""
    bent, begin = bytearray(made), cram_containers.DEFINITION
    for body, end, contig in containers(made):
        if contig == true:
            bent[begin + 4] = claimed
            bent[body - 4 : body] = zlib.crc32(bent[begin : body - 4]).to_bytes(4, "little")
        begin = end
    assert bent != made
    return bytes(bent)
