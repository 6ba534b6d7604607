"""A panel's sites as people have them: a list between tabs, a VCF of sites, or the manifest of an array.

    panel, left_out = read_panel(lines, name="GSA", version="3", build=Build.GRCh38, reference=None)

A panel takes single bases with two alleles, one a place: all else is left out and counted. A manifest does
not say which allele is the reference; the loaded genome does.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from genomics.coordinates import Build, code_or_none
from genomics.genetic_map import GeneticMap
from genomics.panel import Panel, PanelRefused
from genomics.reference import Reference

_BASES = frozenset("ACGT")
_FREQUENCY = re.compile(r"(?:^|;)AF=([0-9.eE+-]+)(?:;|$)")
_ALLELES = re.compile(r"\[([ACGT])/([ACGT])\]")
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_MANIFEST = ("Chr", "MapInfo", "SNP", "RefStrand", "GenomeBuild")


class _Site(NamedTuple):
    code: int
    position: int  # 0-based
    ref: str
    alt: str
    frequency: float | None = None


def read_panel(
    lines: Iterable[str],
    *,
    name: str,
    version: str,
    build: Build,
    reference: Reference | None = None,
    genetic_map: GeneticMap | None = None,
) -> tuple[Panel, int]:
    """The panel, and how many of the listed sites it does not take; on the shipped map if none is given.
    PanelRefused for what lists no sites."""
    given = iter(lines)
    first = next(given, "")
    whole = chain((first,), given)
    if first.startswith(("##fileformat=VCF", "#CHROM\t")):
        sites = list(_of_vcf(whole))
    elif first.startswith("Illumina") or first.startswith("[Heading]"):
        sites = _along(reference, list(_of_manifest(whole, build)), build)
    else:
        return Panel.from_tsv(whole, name=name, version=version, build=build, genetic_map=genetic_map), 0
    kept: dict[tuple[int, int], _Site] = {}
    twice: set[tuple[int, int]] = set()
    for site in sites:
        place = site.code, site.position
        if not site.code or {site.ref, site.alt} - _BASES or site.ref == site.alt:
            continue
        if kept.setdefault(place, site)[2:4] != site[2:4]:
            twice.add(place)
    taken = [site for place, site in kept.items() if place not in twice]
    if not taken:
        raise PanelRefused("The file lists no single base with two alleles. Nothing was loaded.")
    frequencies = [site.frequency for site in taken]
    panel = Panel.of(
        name=name,
        version=version,
        build=build,
        chromosome=[site.code for site in taken],
        position=[site.position for site in taken],
        ref=[site.ref for site in taken],
        alt=[site.alt for site in taken],
        frequency=None if None in frequencies else frequencies,  # type: ignore[arg-type]
        genetic_map=genetic_map,
    )
    return panel, len(sites) - len(taken)


def _of_vcf(lines: Iterable[str]) -> Iterator[_Site]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            continue
        fields = line.rstrip("\r\n").split("\t", 8)
        if len(fields) < 8 or not fields[1].isdigit() or int(fields[1]) < 1:
            raise PanelRefused(f"Line {number:,} is not a record of a VCF. Nothing was loaded.")
        said = _FREQUENCY.search(fields[7])
        try:
            frequency = float(said[1]) if said else None
        except ValueError:
            frequency = None
        yield _Site(
            code_or_none(fields[0]) or 0, int(fields[1]) - 1, fields[3].upper(), fields[4].upper(), frequency
        )


def _of_manifest(lines: Iterable[str], build: Build) -> Iterator[_Site]:
    """Both alleles along the + strand, in the order of the manifest."""
    below = iter(lines)
    for line in below:
        if line.startswith("[Assay]"):
            break
    rows = csv.DictReader(below)
    if not set(_MANIFEST).issubset(rows.fieldnames or ()):
        raise PanelRefused(f"An array's manifest has the columns {', '.join(_MANIFEST)}. Nothing was loaded.")
    for row in rows:
        if (row["IlmnID"] or "").startswith("[Controls]"):
            return
        alleles, place = _ALLELES.fullmatch(row["SNP"] or ""), row["MapInfo"] or ""
        if alleles is None or not place.isdigit() or int(place) < 1 or row["RefStrand"] not in ("+", "-"):
            yield _Site(0, 0, "", "")
            continue
        if row["GenomeBuild"].split(".")[0] != build.value.removeprefix("GRCh"):
            raise PanelRefused(f"The manifest is not of {build}. Nothing was loaded.")
        both = alleles[1] + alleles[2]
        if row["RefStrand"] == "-":
            both = both.translate(_COMPLEMENT)
        yield _Site(code_or_none(row["Chr"]) or 0, int(place) - 1, both[0], both[1])


def _along(reference: Reference | None, sites: list[_Site], build: Build) -> list[_Site]:
    """The sites with the genome's base as ref; those where it is neither allele can be of no use."""
    if reference is None:
        what = f"A manifest does not say which allele is the reference: load the genome of {build} first."
        raise PanelRefused(f"{what} Nothing was loaded.")
    codes = np.array([site.code for site in sites], dtype=np.uint8)
    places = np.array([site.position for site in sites], dtype=np.int64)
    told = []
    for site, letter in zip(sites, reference.letters(codes, places).tolist(), strict=True):
        base = chr(letter)
        if base not in (site.ref, site.alt):
            told.append(_Site(0, 0, "", ""))
        else:
            told.append(site if base == site.ref else site._replace(ref=site.alt, alt=site.ref))
    return told
