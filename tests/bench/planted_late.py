"""The last forms to be planted: written before the words of a header were held against a list, and never tuned on.

Headers that carry a detail, in forms and carriers that `planted_forms` has not, names in lower case and read
groups among them; and headers as good programs write them, which should raise nothing.
"""

import random
import re
from collections.abc import Iterator

from tests.bench.planted_forms import Planted

# fmt: off

_NAMES = (
    *("Wayan Sukerta", "Marta Wiśniewska", "Tomás Ó Cadhain", "hendrik vandenbroucke", "LATIFAH RAHMAN", "Aoife Breathnach"),
    *("Ketut", "rosalind achterberg", "Nguyễn Thị Hạnh", "Esi Owusu-Ansah", "佐藤花子", "Γιώργος Παππάς", "Xochitl Itzae"),
    *("Sigurður", "pak harto", "Bu Tejo", "T. Abernathy", "quentin", "Mbali Dlamini", "Zainab"),
)
_NUMBERS = ("77 41 902", "RX/2204/118", "KH-0091-b", "90210-5512", "A7.33.0.18", "000417733", "5521-AX-90")
_DATES = ("the 3rd of May '71", "1971 March 3", "3-V-1971", "03031971", "3/3/71", "maart 1971", "spring 1971, the third of March")
_PLACES = ("Dukuh Menanggal XII/4", "Flat 3, The Old Maltings", "Strandgade 27 B", "Vico Storto 9", "Block 12 unit 04-117")
_HANDLES = ("achterberg_r", "ketut77", "hvdb", "mwisniew", "z.rahman")

_FORMS = (
    *(("blood drawn from {}", _NAMES), ("{} - trio, index", _NAMES), ("whole genome, {}", _NAMES), ("our little {}", _NAMES)),
    *(("consented: {}", _NAMES), ("sibling pair {} and sister", _NAMES), ("{}'s results", _NAMES), ("re-run after the mix-up with {}", _NAMES)),
    *(("submitter={}", _NAMES), ("analyst: {}", _NAMES), ("klinisi {}", _NAMES), ("titipan {}", _NAMES), ("hasil untuk {}", _NAMES)),
    *(("Geschwister von {}", _NAMES), ("prélèvement chez {}", _NAMES), ("muestra tomada a {}", _NAMES), ("cc {}", _NAMES)),
    *(("dossier {}", _NUMBERS), ("chart {}", _NUMBERS), ("tube {}", _NUMBERS), ("bed {} ward four", _NUMBERS), ("rujukan {}", _NUMBERS)),
    *(("policy holder {}", _NUMBERS), ("badge {}", _NUMBERS), ("order {}", _NUMBERS), ("study participant {}", _NUMBERS)),
    *(("came into the world {}", _DATES), ("bday {}", _DATES), ("* {}", _DATES), ("age counted from {}", _DATES), ("lhr {}", _DATES)),
    *(("collected at home, {}", _PLACES), ("courier to {}", _PLACES), ("rumah: {}", _PLACES), ("visit {}", _PLACES)),
    *(("skype {}", _HANDLES), ("twitter @{}", _HANDLES), ("login {}", _HANDLES), ("ask {} about this", _HANDLES), ("ping {}", _HANDLES)),
)
_CARRIERS = (
    *("##project={}", "##study={}", "##center=\"{}\"", "##phenotype={}", "##cohort={}", "##run_info={}", "##X={}"),
    *("# {}", "# {}", "#   {}", "@CO\t{}", "@CO\tlane 3: {}"),
    *('##FORMAT=<ID=ZZ,Number=1,Type=String,Description="{}">', '##FILTER=<ID=low,Description="{}">', '##ALT=<ID=DEL,Description="{}">'),
    *('##INFO=<ID=NOTE,Number=.,Type=String,Description="Depth. {}",Source="lab">', "##source={}", "##note=GRCh37, {}", "# build 37 ({})"),
    *('##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count",Source="{}">',),
)
_GROUPS = (  # what reads and read groups are called
    *("@RG\tID:{}\tSM:x\tPL:ILLUMINA", "@RG\tID:{}.L001\tSM:x", "@RG\tID:run7_{}_L2\tSM:x\tPL:ONT", "@RG\tSM:x\tID:{}"),
    *("@RG\tID:1\tSM:x\tCN:{}", "@RG\tID:1\tSM:x\tBC:ACGT\tPM:{}", "@RG\tID:1\tSM:x\tKS:{}", "@RG\tID:1\tSM:x\tzz:{}"),
)
GOOD = (
    "##ALT=<ID=NON_REF,Description=\"Represents any possible alternative allele at this location\">",
    "##FILTER=<ID=LowQual,Description=\"Low quality\">",
    "##FILTER=<ID=RefCall,Description=\"Genotyping model thinks this site is reference.\">",
    "##FORMAT=<ID=AD,Number=R,Type=Integer,Description=\"Allelic depths for the ref and alt alleles in the order listed\">",
    "##FORMAT=<ID=PGT,Number=1,Type=String,Description=\"Physical phasing haplotype information, describing how the alternate alleles are phased in relation to one another\">",
    "##FORMAT=<ID=SB,Number=4,Type=Integer,Description=\"Per-sample component statistics which comprise the Fisher's Exact Test to detect strand bias.\">",
    "##INFO=<ID=BaseQRankSum,Number=1,Type=Float,Description=\"Z-score from Wilcoxon rank sum test of Alt Vs. Ref base qualities\">",
    "##INFO=<ID=InbreedingCoeff,Number=1,Type=Float,Description=\"Inbreeding coefficient as estimated from the genotype likelihoods per-sample when compared against the Hardy-Weinberg expectation\">",
    "##INFO=<ID=MQ0F,Number=1,Type=Float,Description=\"Fraction of MQ0 reads (smaller is better)\">",
    "##INFO=<ID=VDB,Number=1,Type=Float,Description=\"Variant Distance Bias for filtering splice-site artefacts in RNA-seq data (bigger is better)\",Version=\"3\">",
    "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Consequence annotations from Ensembl VEP. Format: Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|EXON|INTRON\">",
    "##INFO=<ID=LOF,Number=.,Type=String,Description=\"Predicted loss of function effects for this variant. Format: 'Gene_Name | Gene_ID | Number_of_transcripts_in_gene'\">",
    "##INFO=<ID=dbSNP_RS,Number=1,Type=String,Description=\"dbSNP reference number\">",
    "##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description=\"Minimum DP observed within the GVCF block.\">",
    "##FORMAT=<ID=CN,Number=1,Type=Integer,Description=\"Estimated copy number\">",
    "##INFO=<ID=SVTYPE,Number=1,Type=String,Description=\"Type of structural variant\">",
    "##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description=\"Imprecise structural variation\">",
    "##FORMAT=<ID=VAF,Number=A,Type=Float,Description=\"Variant allele fractions.\">",
    "##FILTER=<ID=DRAGENSnpHardQUAL,Description=\"Set if true:QUAL < 10.41\">",
    "##INFO=<ID=AF,Number=A,Type=Float,Description=\"Allele Frequency estimate for each alternate allele\">",
    "##GVCFBlock0-20=minGQ=0(inclusive),maxGQ=20(exclusive)", "##DeepVariant_version=1.6.0", "##bcftools_callVersion=1.17+htslib-1.17",
    "##contig=<ID=chr1,length=248956422>", "##source=HaplotypeCaller", "##source=strelka", "##reference=GRCh38", "##fileDate=20240501",
    "@HD\tVN:1.6\tSO:coordinate", "@SQ\tSN:chr20\tLN:64444167", "@PG\tID:samtools\tPN:samtools\tVN:1.17",
    "# This data file generated by 23andMe at: Wed Mar 04 09:11:47 2020", "# rsid\tchromosome\tposition\tgenotype",
    "# Each line corresponds to a single SNP.  For each SNP, we provide its identifier",
    "# We are using reference human assembly build 37 (also known as Annotation Release 104).",
    "#AncestryDNA raw data download", "#Genetic data is provided below as five TAB delimited columns.  Each line",
    "##MyHeritage DNA raw data.", "# For each SNP, we provide the identifier, chromosome number, base pair position and DNA calls.",
)


def late(count: int, *, seed: int) -> Iterator[Planted]:
    """So many lines with a detail; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    for number in range(count):
        if number % 4 == 3:
            name = re.sub(r"\W+", chance.choice(("", "_", "-")), chance.choice(_NAMES))
            yield Planted("late, read groups", chance.choice(_GROUPS).format(name), (name,))
            continue
        form, secrets = chance.choice(_FORMS)
        secret = chance.choice(secrets)
        yield Planted("late, free", chance.choice(_CARRIERS).format(form.format(secret)), (secret,))
