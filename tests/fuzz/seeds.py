"""Small sound files of our own making, one or more of each kind: what the bending begins with."""

import struct

from tests.builders import array, bgzipped, gzipped, vcf_text, zipped

_META = (
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="End">',
    '##FILTER=<ID=q10,Description="Quality below 10">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depths">',
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods">',
    '##ALT=<ID=DEL,Description="Deletion">',
    "##reference=file:///Users/somebody/hs37d5.fa",
)
_RECORDS = (
    "1\t100\trs1\tA\tT\t50\tPASS\tDP=9;AF=0.5\tGT:AD\t0/1:4,5",
    "1\t100\t.\tA\tG,TT\t.\tq10\t.\tGT:PL\t1|2:0,1,2,3,4,5",
    "2\t5000\t.\tACGT\tA\t9.5\tPASS\tAF=.\tGT\t1/1",
    "2\t6000\t.\tG\t<DEL>\t.\tPASS\tEND=6100\tGT\t0/1",
    "20\t100\t.\tC\t.\t.\t.\t.\tGT\t0/0",
    "20\t101\t.\tC\tT\t.\t.\t.\tGT\t./.",
    "X\t3000000\t.\tT\tC\t.\t.\t.\tGT\t1",
    "MT\t73\t.\tA\tG\t.\t.\t.\tGT\t1",
)
VCF = vcf_text(_RECORDS, meta=_META)
GVCF = vcf_text(
    ("1\t1\t.\tN\t<NON_REF>\t.\t.\tEND=99\tGT\t0/0", "1\t100\t.\tA\tT,<NON_REF>\t.\t.\t.\tGT\t0/1"),
    meta=(*_META, '##ALT=<ID=NON_REF,Description="Any other allele">'),
)
_CALLS = (
    ("rs1", "1", 100, "AG"),
    ("rs2", "1", 200, "--"),
    ("i3", "X", 300, "A"),
    ("rs4", "22", 400, "DI"),
    ("rs5", "MT", 73, "G"),
)
ARRAY = array(_CALLS, comments=("build 37", "somebody@example.org"))
_LINES = "".join(f"{name}\t{contig}\t{at}\t{call[:1]}\t{call[-1:]}\n" for name, contig, at, call in _CALLS)
ANCESTRY = f"#AncestryDNA raw data download\nrsid\tchromosome\tposition\tallele1\tallele2\n{_LINES}".encode()
MYHERITAGE = b'# MyHeritage raw data.\n# build 37\nRSID,CHROMOSOME,POSITION,RESULT\n"rs1","1","100","AG"\n'
FAMILY_TREE = b"RSID,CHROMOSOME,POSITION,RESULT\nrs1,1,100,AG\nrs2,X,200,--\n"
LIVING = b"# Living DNA customer genotype data download file version: 1.0.1\n"
LIVING += b"# Human Genome Reference Build 37 (GRCh37.p13.genome).\n"
LIVING += b"# rsid\tchromosome\tposition\tgenotype\nrs1\t1\t100\tAG\n"
SAM = (
    b"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:20\tLN:63025520\n@RG\tID:1\tSM:S1\n@PG\tID:bwa\tCL:bwa mem /x\n"
    b"@CO\tof somebody\nr1\t0\t20\t1000\t60\t4M\t*\t0\t0\tACGT\tIIII\tRG:Z:1\n"
    b"r2\t16\t20\t1002\t60\t2M1I1M\t*\t0\t0\tACGT\tIIII\n"
)


def _bam() -> bytes:
    head = SAM[: SAM.index(b"r1\t")]
    body = struct.pack("<4si", b"BAM\x01", len(head)) + head + struct.pack("<ii3si", 1, 3, b"20\0", 63025520)
    read = struct.pack("<iiBBHHHiiii", 0, 999, 3, 60, 4681, 1, 0, 4, -1, -1, 0) + b"r1\0"
    read += struct.pack("<I", 4 << 4) + b"\x12\x48" + b"IIII"
    return body + struct.pack("<i", len(read)) + read


BAM = _bam()
SEEDS: dict[str, bytes] = {
    "vcf": VCF,
    "gvcf": GVCF,
    "23andMe": ARRAY,
    "AncestryDNA": ANCESTRY,
    "MyHeritage": MYHERITAGE,
    "FamilyTreeDNA": FAMILY_TREE,
    "Living DNA": LIVING,
    "SAM": SAM,
    "BAM": bgzipped(BAM),
    "CRAM": b"CRAM\x03\x00" + bytes(60),
    "vcf, gzip": gzipped(VCF),
    "vcf, bgzip": bgzipped(VCF, block=700),
    "vcf, zip": zipped(("a.vcf", VCF)),
    "23andMe, zip": zipped(("a.txt", ARRAY)),
    "23andMe, gzip": gzipped(ARRAY),
    "23andMe, CRLF and BOM": b"\xef\xbb\xbf" + ARRAY.replace(b"\n", b"\r\n"),
    "nothing": b"",
}
