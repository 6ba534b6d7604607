"""Raw data of the services that read people's DNA with arrays, in whichever of the dialects.

The letters are alleles, but which of them is the reference the file does not say. No-calls are MISSING; D
and I (deletion, insertion) name no bases and are left out with a note. The same marker twice with
different genotypes is a damaged file; two markers at one place that differ make the place MISSING. Lines
are read in `array_lines`.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from genomics.column_rows import Rows, assemble
from genomics.columns import MISSING, NOT_STATED, keys
from genomics.errors import FileReason, FileRefused
from genomics.formats.array_lines import BASES, INDEL, NO_CALL, Calls, fingerprint, read_line, scan
from genomics.formats.builds import MARKERS, Evidence, check_said, named_in
from genomics.formats.dialects import Dialect, find
from genomics.formats.fields import Flags, Numbers
from genomics.formats.limits import Limits
from genomics.formats.lines import Block, Lines
from genomics.formats.source import Reading
from genomics.intake import screen
from genomics.intake.records import is_odd_marker

_ENOUGH = 1 << 16  # bytes that show a title
_NO_ID = np.uint64(fingerprint(b"."))
_UNUSED = np.uint8(255)


def read(lines: Lines, *, limits: Limits, in_bulk: bool = True, **_terms: object) -> Reading:
    """The Source for raw data. Without `in_bulk` every line is read by itself: the same, slower."""
    evidence = Evidence()
    dialect, findings = _read_preface(lines, evidence, limits)
    check_said(evidence)
    parts: list[Calls] = []
    count, first = 0, 0
    samples: set[bytes] = set()
    odd: tuple[int, bytes] | None = None
    for received in lines:
        block = dialect.plainly(received, samples)
        first = first or block.first
        calls = scan(block.text, block.first) if in_bulk else None
        parts.append(_one_by_one(block) if calls is None else calls)
        odd = odd or parts[-1].odd
        count += len(parts[-1])
        if count > limits.records:
            what = f"The file has more than {limits.records:,} records."
            raise FileRefused(FileReason.TOO_MANY_RECORDS, what, block.first)
    calls = Calls.join(parts)
    evidence.see_places(calls.code, calls.position, first)
    _refuse_two_minds(calls, first)
    indels = calls.high == INDEL
    used = (calls.code > 0) & ~indels
    if not used.any():
        raise FileRefused(
            FileReason.NOTHING_COMPARABLE, "The file has no genotype on chromosomes 1 to 22, X, Y or MT."
        )
    _hear_markers(calls, evidence)
    rows, differing = _rows(calls, used)
    column, _ = assemble(rows, ("", *BASES))
    told = (
        (
            int((calls.code == 0).sum()),
            "markers without a place on chromosomes 1 to 22, X, Y and MT were left out.",
        ),
        (
            int((indels & (calls.code > 0)).sum()),
            "insertions and deletions are given without bases and were left out.",
        ),
        (differing, "places are stated twice with different genotypes and count as missing."),
    )
    return Reading(
        column=column,
        evidence=evidence,
        notes=tuple(f"{number:,} {what}" for number, what in told if number),
        findings=(*findings, *_found(odd, samples, first)),
    )


def _found(odd: tuple[int, bytes] | None, samples: set[bytes], first: int) -> Iterator[screen.Finding]:
    """What lines say beside genotypes, where it may be about somebody."""
    samples = samples - {screen.REMOVED.encode()}
    for sample in samples:
        yield screen.sample_name(first, sample.decode("utf-8"))
    if odd is not None or samples:
        yield screen.record_text(*(odd or (first, min(samples))))


def _read_preface(
    lines: Lines, evidence: Evidence, limits: Limits
) -> tuple[Dialect, tuple[screen.Finding, ...]]:
    """The dialect, and details found in what stands above the data; the build is heard on the way."""
    above = lines.take_leading(b"#", limit=limits.header).decode("utf-8").split("\n")
    found = find(above[-1].encode(), lines.peek(_ENOUGH))
    if found is None:
        raise FileRefused(FileReason.NOTHING_COMPARABLE, "No genotypes follow the comments.")
    dialect, skip = found
    if skip:
        above += lines.take_lines(skip).decode("utf-8").split("\n")
    for number, line in enumerate(above, start=1):
        for build in named_in(line):
            evidence.say(build, "comment at the top", number)
    return dialect, screen.look(enumerate(above, start=1))


def _one_by_one(block: Block) -> Calls:
    lines = block.text.split(b"\n")[:-1]
    calls = Calls.of([read_line(line, number) for number, line in enumerate(lines, start=block.first)])
    for number, line in enumerate(lines, start=block.first):
        marker = line.partition(b"\t")[0]
        if calls.odd is None and is_odd_marker(marker):
            calls.odd = (number, marker)
    return calls


def _refuse_two_minds(calls: Calls, first: int) -> None:
    """The same marker twice, called differently: lines of two files, or edited by hand."""
    order = np.argsort(calls.id, kind="stable")
    name = calls.id[order]
    again = np.flatnonzero((name[1:] == name[:-1]) & (name[1:] != _NO_ID))
    if not len(again):
        return
    known: dict[int, tuple[int, int]] = {}
    conflicts = []
    for index in np.unique(
        np.concatenate((order[again], order[again + 1]))
    ).tolist():  # in the order of lines
        call = int(calls.low[index]), int(calls.high[index])
        if call[1] != NO_CALL and known.setdefault(int(calls.id[index]), call) != call:
            conflicts.append(index)
    if conflicts:
        what = "The same marker stands there a second time with another genotype."
        raise FileRefused(FileReason.DUPLICATE_ID, what, first + conflicts[0])


def _hear_markers(calls: Calls, evidence: Evidence) -> None:
    """Well-known markers speak for the build that puts them where they are."""
    wanted = {fingerprint(rsid): rsid for _, known in MARKERS.values() for rsid, _ in known}
    for index in np.flatnonzero(np.isin(calls.id, np.array(list(wanted), dtype=np.uint64))).tolist():
        places, known = MARKERS.get(int(calls.code[index]), (np.zeros(0), ()))
        for place, (rsid, build) in zip(places.tolist(), known, strict=True):
            if place == calls.position[index] and rsid == wanted[int(calls.id[index])]:
                evidence.markers[build] += 1


def _rows(calls: Calls, used: Flags) -> tuple[Rows, int]:
    """One genotype a place, as rows; and at how many places markers differ."""
    code, position = calls.code[used], calls.position[used].astype(np.uint32) - np.uint32(1)
    call = calls.low[used] << 3 | calls.high[used]
    key = keys(code, position)
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        code, position, call, key = code[order], position[order], call[order], key[order]
    site = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    called = call & 7 != NO_CALL
    least = np.minimum.reduceat(np.where(called, call, _UNUSED), site)
    most = np.maximum.reduceat(np.where(called, call, np.uint8(0)), site)
    any_called = np.logical_or.reduceat(called, site)
    differs = any_called & (least != most)
    return _by_allele(code[site], position[site], most, any_called & ~differs), int(differs.sum())


def _by_allele(
    code: NDArray[np.uint8], position: NDArray[np.uint32], call: NDArray[np.uint8], called: Flags
) -> Rows:
    """Two rows where the letters differ, one where not."""
    low, high = call >> 3, call & 7
    two = called & (low > 0) & (low != high)
    copies = np.select([~called, low == high], [np.uint8(MISSING), np.uint8(2)], default=np.uint8(1))
    ploidy = np.where(called & (low == 0), np.uint8(1), np.uint8(2))
    alt = np.where(called, high, np.uint8(NOT_STATED))
    again: Numbers = np.repeat(np.arange(len(code)), 1 + two)
    second = np.zeros(len(again), dtype=np.bool_)
    second[1:] = again[1:] == again[:-1]
    return Rows(
        chromosome=code[again],
        position=position[again],
        ref=np.zeros(len(again), dtype=np.uint32),
        alt=np.where(two[again] & ~second, low[again], alt[again]).astype(np.uint32),
        copies=copies[again],
        ploidy=ploidy[again],
    )
