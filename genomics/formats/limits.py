"""How much a received file may ask of us. Whoever runs the house may set them otherwise."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes. `ratio` is unpacked to packed, looked at once `ratio_from` bytes have been unpacked."""

    packed: int = 512 * MIB
    unpacked: int = 4096 * MIB  # read a piece at a time and let go; a whole genome's VCF has 1,000
    ratio: int = 100
    ratio_from: int = 16 * MIB
    empty_blocks: int = 1_000
    line: int = 1 * MIB
    header: int = 8 * MIB
    records: int = 10_000_000
    reference_blocks: int = 100_000_000  # of a genomic VCF, beside its records
    reads: int = 50_000_000
    contigs: int = 100_000
    alleles: int = 1_000  # in one record
    allele_text: int = 64 * MIB  # of all different alleles in a file
    # Kept by the sandbox: memory beyond what a reader is born with, seconds of a processor.
    memory: int = 1024 * MIB
    seconds: int = 10
    seconds_a_mib: float = 1.0  # more for every MiB as received

    def time_for(self, size: int) -> int:
        """Seconds that reading a file of so many bytes may take."""
        return self.seconds + int(self.seconds_a_mib * size / MIB)


DEFAULT = Limits()
