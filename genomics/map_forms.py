"""Genetic maps as people have them: HapMap's tables, PLINK's .map, SHAPEIT's files, and our own.

    genetic_map = read_maps([("chr1.gmap", lines), ("chr2.gmap", lines)], Build.GRCh38)

A heading says what its columns are; four columns without one are PLINK's. Where a table has no column for the
chromosome, the file's name says which it is. What a map is, and how it is asked, is in genetic_map.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from genomics.coordinates import Build, chromosome_name, code_or_none
from genomics.genetic_map import Course, GeneticMap, MapRefused

# What the headings in use call a column, in small letters.
CHROMOSOME = frozenset(("chromosome", "chr", "#chr", "chrom"))
POSITION = frozenset(("position", "position(bp)", "pos", "bp", "physical_position"))
CM = frozenset(("centimorgan", "map(cm)", "genetic_map(cm)", "cm", "gmap"))

_IN_NAME = re.compile(r"(?:^|[._/-])chr(?:omosome)?_?([0-9]{1,2}|X)(?=[._-]|$)", re.IGNORECASE)


class _Columns(NamedTuple):
    """Where in a line what stands; no place for the chromosome where the file's name says it."""

    chromosome: int | None
    position: int
    cm: int


class _Row(NamedTuple):
    code: int
    position: int  # 0-based
    cm: float


PLINK = _Columns(chromosome=0, position=3, cm=2)


def read_maps(files: Sequence[tuple[str, Iterable[str]]], build: Build) -> GeneticMap:
    """One map of them all. `files` are names with their lines. Raises MapRefused, with the file and the line
    to correct, for what is no map, goes backwards, or has a chromosome twice."""
    courses: dict[int, Course] = {}
    for name, lines in files:
        for code, course in _courses(name, lines).items():
            if code in courses:
                raise MapRefused(
                    f"{name} has chromosome {chromosome_name(code)}, and so has a file before it. Nothing "
                    "was loaded; give each chromosome once."
                )
            courses[code] = course
    if not courses:
        raise MapRefused("No map was given. Nothing was loaded.")
    return GeneticMap(build, MappingProxyType(courses))


def _courses(name: str, lines: Iterable[str]) -> dict[int, Course]:
    gathered: dict[int, list[_Row]] = {}
    for number, row in _rows(name, lines):
        course = gathered.setdefault(row.code, [])
        if course and row[1:] == course[-1][1:]:
            continue  # a site with two names
        if course and (row.position <= course[-1].position or row.cm < course[-1].cm):
            raise MapRefused(
                f"Line {number:,} of {name} goes backwards. Nothing was loaded; sort the map by position."
            )
        course.append(row)
    if not gathered:
        raise MapRefused(f"{name} has no rows. Nothing was loaded.")
    if all(row.cm == 0 for course in gathered.values() for row in course):
        raise MapRefused(f"{name} has positions without centimorgans: all are 0. Nothing was loaded.")
    return {
        code: Course(
            np.array([row.position for row in course], dtype=np.int64),
            np.array([row.cm for row in course], dtype=np.float64),
        )
        for code, course in gathered.items()
    }


def _rows(name: str, lines: Iterable[str]) -> Iterator[tuple[int, _Row]]:
    """With the number of its line."""
    columns, of_name = None, _of_name(name)
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        if columns is None:
            columns = _columns(fields)
            if columns is None:
                raise MapRefused(
                    f"The first line of {name} is neither a heading with position and centimorgans, nor "
                    "PLINK's four columns. Nothing was loaded."
                )
            if columns.chromosome is None and of_name is None:
                raise MapRefused(
                    f"{name} has no column for the chromosome, and its name does not say which it is. "
                    "Nothing was loaded; name it like chr20.map."
                )
            if columns is not PLINK:
                continue
        yield number, _row(name, number, fields, columns, of_name)


def _columns(fields: Sequence[str]) -> _Columns | None:
    heading = [field.lower() for field in fields]
    position = next((n for n, one in enumerate(heading) if one in POSITION), None)
    cm = next((n for n, one in enumerate(heading) if one in CM), None)
    if position is not None and cm is not None:
        chromosome = next((n for n, one in enumerate(heading) if one in CHROMOSOME), None)
        return _Columns(chromosome, position, cm)
    return PLINK if len(fields) == len(PLINK) + 1 and code_or_none(fields[0]) is not None else None


def _row(name: str, number: int, fields: Sequence[str], columns: _Columns, of_name: int | None) -> _Row:
    try:
        code = of_name if columns.chromosome is None else code_or_none(fields[columns.chromosome])
        position, cm = int(fields[columns.position]), float(fields[columns.cm])
    except (IndexError, ValueError):
        raise MapRefused(
            f"Line {number:,} of {name} has not the columns of its first line. Nothing was loaded."
        ) from None
    if code is None or position < 1 or not (math.isfinite(cm) and cm >= 0):
        raise MapRefused(f"Line {number:,} of {name} names no place on a genome. Nothing was loaded.")
    return _Row(code, position - 1, cm)


def _of_name(name: str) -> int | None:
    found = _IN_NAME.search(name)
    return None if found is None else code_or_none(found[1])
