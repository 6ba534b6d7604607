"""What can go wrong on this floor, and how it is told to people.

One root, `GenomicsError`. A received file is refused with `FileRefused`: a code for programs, the line where
there is one, and a sentence that says what happened, that nothing was stored, and what to do now. Sentences
never quote genotypes or header text. How a refusal becomes a page or a status code is decided in broker.
"""

from enum import StrEnum

from consent.reasons import Reason


class GenomicsError(Exception):
    """The root of everything this floor raises on purpose."""


class NotACoordinate(GenomicsError, ValueError):
    """A chromosome, region or variant that cannot be read as one."""


class ColumnDamaged(GenomicsError):
    """Stored bytes that are not a whole and well-formed column."""


class SlabDamaged(GenomicsError):
    """Stored bytes that are not a whole slab; it can be made again from the columns."""


class FileReason(StrEnum):
    """Why a received file is refused. The first group is policy: the file may be good, but is not taken."""

    EMPTY = "empty"
    HTML = "html"
    NOT_TEXT = "not_text"
    UNKNOWN_KIND = "unknown_kind"
    KIND_NOT_TAKEN = "kind_not_taken"
    VERSION = "version"
    NO_SAMPLE = "no_sample"
    MULTI_SAMPLE = "multi_sample"
    NO_GENOTYPES = "no_genotypes"
    STRUCTURAL_ONLY = "structural_only"
    REFERENCE_BLOCKS = "reference_blocks"
    NOTHING_COMPARABLE = "nothing_comparable"
    REF_NOT_STATED = "ref_not_stated"
    UNSORTED = "unsorted"
    PLOIDY = "ploidy"
    HAPLOID_AUTOSOME = "haploid_autosome"
    ARCHIVE = "archive"
    STRAND = "strand"
    NO_PANEL = "no_panel"
    NO_REFERENCE = "no_reference"
    OTHER_REFERENCE = "other_reference"
    NOT_FOR_US = "not_for_us"
    BUILD_UNKNOWN = "build_unknown"
    BUILD_NOT_TAKEN = "build_not_taken"
    BUILD_CONTRADICTED = "build_contradicted"
    OTHER_BUILD = "other_build"
    TOO_FEW_SITES = "too_few_sites"

    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TRAILING_BYTES = "trailing_bytes"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    LINE_TOO_LONG = "line_too_long"
    HEADER_TOO_LONG = "header_too_long"
    TOO_MANY_RECORDS = "too_many_records"
    TOO_MANY_ALLELES = "too_many_alleles"
    TIME = "time"
    MEMORY = "memory"
    CRASHED = "crashed"
    NOT_KEPT = "not_kept"
    NUL_BYTES = "nul_bytes"
    ENCODING = "encoding"
    BLANK_LINE = "blank_line"
    HEADER = "header"
    COLUMNS = "columns"
    CHROMOSOME = "chromosome"
    POSITION = "position"
    ID = "id"
    READ = "read"
    REF = "ref"
    ALT = "alt"
    QUALITY = "quality"
    FILTER = "filter"
    INFO = "info"
    FORMAT = "format"
    GENOTYPE = "genotype"
    DUPLICATE_ID = "duplicate_id"
    DUPLICATE = "duplicate"  # sound, and here already

    @property
    def is_policy(self) -> bool:
        """The file may be sound; we do not take such files (or not yet)."""
        return self in POLICY


POLICY = frozenset(list(FileReason)[: list(FileReason).index(FileReason.TRUNCATED)])

_AGAIN = (
    "Please download or copy the file again and send it as it came, without opening and saving it in between."
)
_TOOL = (
    "Please download it again and send it as it came, without opening and saving it in between; or have it"
    " written again by the tool that made it."
)
_VCF = "Please write the file again with the tool that made it; `bcftools view` names most faults of a VCF."
_KINDS = (
    "We take a VCF or BCF of one person, reads as SAM, BAM or CRAM, and raw data as 23andMe, AncestryDNA,"
    " MyHeritage, FamilyTreeDNA and Living DNA write them."
)
_EXPORT = "Please ask the laboratory or the service that made the file for a new export."

ADVICE: dict[FileReason, str] = {
    FileReason.EMPTY: _AGAIN,
    FileReason.HTML: "Please sign in at the service that holds your raw data and download the file itself.",
    FileReason.NOT_TEXT: _KINDS,
    FileReason.UNKNOWN_KIND: _KINDS,
    FileReason.KIND_NOT_TAKEN: _KINDS,
    FileReason.VERSION: "Please convert it to VCF 4.2, for example with `bcftools view`.",
    FileReason.NO_SAMPLE: "Please send the VCF with the person's genotypes in a tenth column.",
    FileReason.MULTI_SAMPLE: "Please send one file a person, for example from `bcftools view -s NAME`.",
    FileReason.NO_GENOTYPES: "Please send a VCF in which GT is the first FORMAT field of every record.",
    FileReason.STRUCTURAL_ONLY: "Please send the same person's file of small variants (SNPs and indels).",
    FileReason.REFERENCE_BLOCKS: "Please send a genomic VCF whose blocks do not overlap, or the plain VCF.",
    FileReason.NOTHING_COMPARABLE: _KINDS,
    FileReason.REF_NOT_STATED: "Please send the raw data that it was made from.",
    FileReason.UNSORTED: "Please sort it first, for example with `bcftools sort`.",
    FileReason.PLOIDY: "We take one or two alleles a person and site.",
    FileReason.HAPLOID_AUTOSOME: "Please have it called as diploid, with two alleles on chromosomes 1 to 22.",
    FileReason.STRAND: "Please ask for the report with the columns `Allele1 - Plus` and `Allele2 - Plus`.",
    FileReason.NO_PANEL: "Please send the VCF that was made from it, or ask us to load the sites.",
    FileReason.NO_REFERENCE: "Please send it as BAM, or the VCF that was made from it.",
    FileReason.OTHER_REFERENCE: "Please send it as BAM, or the VCF that was made from it.",
    FileReason.READ: "Please write the file again with the tool that made it; `samtools view` reads it.",
    FileReason.NOT_FOR_US: "Please encrypt it to the public key on our page for files, or send it as it is.",
    FileReason.BUILD_UNKNOWN: "Please send it again and say its build: the service or laboratory that made it"
    " knows whether it is GRCh37 or GRCh38. A VCF may say so by the contig lengths in its header.",
    FileReason.BUILD_NOT_TAKEN: "We take files made with GRCh37 (hg19) or GRCh38 (hg38).",
    FileReason.BUILD_CONTRADICTED: _EXPORT,
    FileReason.OTHER_BUILD: "Please send it along the other reference genome: a laboratory calls it again, or"
    " a tool such as `bcftools +liftover` carries it over.",
    FileReason.TOO_FEW_SITES: "Please send a profile with more sites, or have it typed again.",
    FileReason.TRUNCATED: _AGAIN,
    FileReason.DAMAGED: _AGAIN,
    FileReason.TRAILING_BYTES: _AGAIN,
    FileReason.ARCHIVE: "Please send the one genotype file itself, or a zip with that file alone in it.",
    FileReason.TOO_LARGE: "Please ask us how to send a file of this size.",
    FileReason.BOMB: _EXPORT,
    FileReason.LINE_TOO_LONG: _EXPORT,
    FileReason.HEADER_TOO_LONG: _EXPORT,
    FileReason.TOO_MANY_RECORDS: "Please ask us how to send a file of this size.",
    FileReason.TOO_MANY_ALLELES: _VCF,
    FileReason.TIME: "Please ask us how to send a file of this size.",
    FileReason.MEMORY: "Please ask us how to send a file of this size.",
    FileReason.CRASHED: "Please tell us: a sound file never does this. A new export may help.",
    FileReason.NOT_KEPT: "Please tell us: a sound file never does this. A new export may help.",
    FileReason.NUL_BYTES: _AGAIN,
    FileReason.ENCODING: "Please send the file as you downloaded it; if this is it, save it as plain text"
    " (UTF-8) first.",
    FileReason.REF: _VCF,
    FileReason.ALT: _VCF,
    FileReason.QUALITY: _VCF,
    FileReason.FILTER: _VCF,
    FileReason.INFO: _VCF,
    FileReason.FORMAT: _VCF,
    FileReason.POSITION: _EXPORT,
    FileReason.CHROMOSOME: _EXPORT,
    FileReason.DUPLICATE_ID: _EXPORT,
    FileReason.DUPLICATE: "You need not do anything.",
}


class FileRefused(GenomicsError):
    """A received file that is not taken: `reason` for programs, `line` (1-based), `sentence` for people."""

    def __init__(self, reason: FileReason, what: str, line: int | None = None) -> None:
        self.reason = reason
        self.line = line
        self.what = what
        where = "" if line is None else f"Line {line:,}: "
        self.sentence = f"{where}{what} Nothing was stored. {ADVICE.get(reason, _TOOL)}"
        super().__init__(reason, what, line)

    def __str__(self) -> str:
        return self.sentence


class IntakeShut(GenomicsError):
    """No file can be taken in here, whatever it is: its reader cannot be walled in, or does not start."""


class QuestionRefused(GenomicsError):
    """A question that is not well formed, or that cannot be answered here. The message says why."""


class RequestLapsed(GenomicsError):
    """The request itself stopped being lawful while it was being answered. Nothing may be released."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        self.reasons = reasons
        super().__init__(", ".join(reasons))


class PartsDiffer(GenomicsError):
    """What several workers read was not read by one panel. Nothing was concluded; let it be read again."""


class VaultSealed(GenomicsError):
    """Sealed bytes or a key that do not open: changed, moved, cut, or of another master key."""


class ExchangeUnavailable(GenomicsError):
    """A format of exchange that is not installed here. Nothing was written."""
