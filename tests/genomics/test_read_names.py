"""Names of reads and read groups that may be somebody's: told, and in every read of what is kept another."""

import gzip
import io

import pysam
import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.formats.source import Loaded
from genomics.intake.details import Detail
from genomics.intake.read_names import is_strange
from genomics.intake.walled import cleaning
from tests.builders import bgzipped
from tests.genomics.reads import head, over, panel, sam

GROUP = "@RG\tID:JaneDoe.L1\tSM:x\tPL:ILLUMINA"
OTHER = "@RG\tID:Rosalind\tSM:x"
TAGS = "\tNM:i:1\tRG:Z:JaneDoe.L1\tBQ:B:c,1,-2\tXA:A:z\tXH:H:1F"
SITE = 999


def reads(name: str, *, further: str = TAGS) -> bytes:
    lines = [one.replace(f"r{SITE}_", name) for one in over(SITE, "AGAGAGAGAG", further=further)]
    return sam(*lines, header=head(GROUP, OTHER))


def as_bam(text: bytes, tmp_path) -> bytes:
    source, target = tmp_path / "a.sam", tmp_path / "a.bam"
    source.write_bytes(text)
    with pysam.AlignmentFile(source) as given, pysam.AlignmentFile(target, "wb", template=given) as out:
        for one in given:
            out.write(one)
    return target.read_bytes()


def clean(data: bytes) -> bytes:
    return b"".join(cleaning.cleaned(io.BytesIO(data)))


def read(data: bytes):
    return formats.read(data, loaded=Loaded(panels={Build.GRCh37: panel()}))


def seen(data: bytes, tmp_path) -> list[tuple[str, str, list]]:
    path = tmp_path / "seen"
    path.write_bytes(data)
    with pysam.AlignmentFile(path, check_sq=False) as given:
        return [
            (one.query_name, one.get_tag("RG"), [one.get_tag(tag) for tag in ("NM", "BQ", "XA", "XH")])
            for one in given
        ]


@pytest.mark.parametrize("binary", [False, True])
def test_groups_and_reads_are_named_anew_and_the_same_is_read(tmp_path, binary: bool, monkeypatch):
    monkeypatch.setattr(cleaning, "ENOUGH", 64)
    data = as_bam(reads("jane_doe_"), tmp_path) if binary else reads("jane_doe_")
    kept = clean(data)
    before, after = seen(data, tmp_path), seen(kept, tmp_path)
    assert [rest for _, _, rest in after] == [rest for _, _, rest in before]
    assert {group for _, group, _ in after} == {"removed1"}
    assert len({name for name, _, _ in after}) == len(before)
    assert all(len(name) == 24 for name, _, _ in after)
    whole = gzip.decompress(kept) if binary else kept
    assert not [secret for secret in (b"jane", b"JaneDoe", b"Rosalind") if secret in whole]
    assert read(kept).column.to_bytes() == read(data).column.to_bytes()
    told = {one.detail for one in read(data).findings}
    assert Detail.READ_NAME in told
    assert Detail.READ_NAME not in {one.detail for one in read(kept).findings}


def test_mates_stay_mates(tmp_path):
    first, *_ = over(SITE, "A", further=TAGS)
    twice = sam(first, first, header=head(GROUP, OTHER)).replace(b"r999_0", b"jane.1")
    names = [name for name, _, _ in seen(clean(twice), tmp_path)]
    assert names[0] == names[1] != "jane.1"


def test_names_by_a_machine_stay_and_the_blocks_with_them(tmp_path):
    name = "A00123:45:HXXXX:1:1101:1000:"
    data = reads(name, further="\tRG:Z:1").replace(b"JaneDoe.L1", b"1").replace(b"Rosalind", b"2")
    assert clean(data)[clean(data).index(b"\nA00123") :] == data[data.index(b"\nA00123") :]
    assert not [one for one in read(data).findings if one.detail is Detail.READ_NAME]


@pytest.mark.parametrize(
    ("name", "strange"),
    [
        ("HWI-ST1234:8:1101:1234:2000#0/1", False),
        ("SRR001666.1", False),
        ("m54006_160504_020705/4391137/0_2000", False),
        ("0b52b5bd-0f0a-4f7c-8e0f-0a4b6cf0f3e5", False),
        ("V300012345L1C001R0010000001", False),
        ("read_12", False),
        ("1", False),
        ("jane_doe_17", True),
        ("JaneDoe:1", True),
        ("Rosalind", True),
    ],
)
def test_which_names_are_a_machines(name: str, strange: bool):
    assert is_strange(name) is strange


def test_a_bgzip_of_text_is_named_anew_too():
    kept = clean(bgzipped(reads("jane_doe_"), block=300))
    assert b"jane" not in gzip.decompress(kept)
