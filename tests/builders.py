"""Tiny files built in memory."""

from collections.abc import Iterable

CONTIGS = {"1": 249250621, "2": 243199373, "20": 63025520, "X": 155270560, "Y": 59373566, "MT": 16569}


def vcf(records: Iterable[tuple[str, int, str, str, str]], *, sample: str = "S1") -> bytes:
    """A single-sample VCF in GRCh37 from (chromosome, 1-based position, ref, alt, genotype)."""
    contigs = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in CONTIGS.items())
    rows = "".join(f"{c}\t{p}\t.\t{r}\t{a}\t.\tPASS\t.\tGT\t{g}\n" for c, p, r, a, g in records)
    head = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    return (
        f'##fileformat=VCFv4.2\n{contigs}##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        f"{head}{sample}\n{rows}"
    ).encode()
