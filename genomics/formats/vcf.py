"""A VCF of one person, block by block: plain lines in bulk, the others one by one, order and builds over all.

How the header is read is in `vcf_header`, one record in `vcf_record`, many in `vcf_bulk`.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from genomics.callability import Callability
from genomics.column_rows import Rows, assemble
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, check_said
from genomics.formats.fields import Flags, Letters, Numbers
from genomics.formats.limits import Limits
from genomics.formats.lines import Block, Lines
from genomics.formats.source import Reading
from genomics.formats.vcf_bulk import BASES, Scan, name_contigs, scan
from genomics.formats.vcf_contigs import Names, Order, Run, hear_markers
from genomics.formats.vcf_header import Header, read_header
from genomics.formats.vcf_record import Record, read_record
from genomics.formats.vcf_tails import Tails

_ID, _REF = 2, 3


def read(lines: Lines, *, limits: Limits, in_bulk: bool = True, **_terms: object) -> Reading:
    """The Source for VCF. Without `in_bulk` every line is read by itself: the same, slower."""
    evidence = Evidence()
    header = read_header(lines, evidence, limits=limits)
    check_said(evidence)
    order, tails = Order(limits=limits), Tails(header)
    body = _Body(header=header, evidence=evidence, limits=limits, order=order, tails=tails)
    for block in lines:
        body.take(block, in_bulk=in_bulk)
    return body.close()


@dataclass(slots=True)
class _Reach:
    """How far the last record's reference block reaches, and on which contig."""

    name: bytes = b""
    end: int = 0


@dataclass(slots=True, kw_only=True)
class _Block:
    """One block's records as far as they are read: where each stands, how far its ref reaches."""

    first: int
    contig: Numbers
    position: Numbers
    reach: Numbers
    block: Numbers  # the last position of a reference block, 0 for all else
    is_sure: Flags  # a reference block that is believed
    names: Names
    plain: Scan | None
    others: list[tuple[int, Record]] = field(default_factory=list)
    refused: FileRefused | None = None

    def follow_blocks(self, reach: "_Reach") -> None:
        """No record begins within the reference block before it. FileRefused at the first that does."""
        ends = self.block
        before = np.concatenate(([reach.end], ends[:-1])) if len(ends) else ends
        same = np.concatenate(([True], self.contig[1:] == self.contig[:-1])) if len(ends) else ends > 0
        if len(ends) and list(self.names.numbers)[self.contig[0]] != reach.name:
            same[0] = False
        within = np.flatnonzero(same & (self.position <= before) & (before > 0))
        if len(within):
            what = "The record begins within the reference block before it."
            raise FileRefused(FileReason.REFERENCE_BLOCKS, what, self.first + int(within[0]))
        if len(ends):
            reach.name, reach.end = list(self.names.numbers)[self.contig[-1]], int(ends[-1])

    def id_at(self, begin: int, offset: int) -> bytes:
        """The ID of a record, by its index in the block."""
        index = begin + offset
        for other, record in self.others:
            if other == index:
                return record.ids
        return self.plain.fields.field(index, _ID) if self.plain is not None else b""


@dataclass(slots=True, kw_only=True)
class _Body:
    """The records so far."""

    header: Header
    evidence: Evidence
    limits: Limits
    order: Order
    tails: Tails
    alleles: dict[str, int] = field(
        default_factory=lambda: {allele: n for n, allele in enumerate(("", *BASES))}
    )
    allele_text: int = 0
    parts: list[Rows] = field(default_factory=list)
    rows: int = 0
    records: int = 0
    reference_blocks: int = 0
    reach: _Reach = field(default_factory=_Reach)
    known: list[Callability] = field(default_factory=list)
    unsure: int = 0  # reference blocks that are not believed
    elsewhere: int = 0  # on contigs we do not compare
    structural: int = 0  # without an allele that can be compared

    def take(self, block: Block, *, in_bulk: bool) -> None:
        """Read a block: in bulk what is plain; all of it line by line where anything is amiss."""
        read = self._in_bulk(block) if in_bulk else None
        if read is None:
            read = self._line_by_line(block)
        stretches = self._in_order(read)
        self._count(read)
        code = np.array([0, *read.names.codes], dtype=np.uint8)[read.contig + 1]
        self.elsewhere += int((code == 0).sum())
        self.evidence.see_places(code, read.reach, read.first)
        for run in stretches:
            position = read.position[run.begin : run.end]
            hear_markers(self.evidence, run.code, position, partial(read.id_at, run.begin))
        self._add_known(read, code)
        self._add_others(read)
        if read.plain is not None:
            self._add_plain(code, read.plain, read.first)
        if self.rows > 2 * self.limits.records:
            raise FileRefused(
                FileReason.TOO_MANY_ALLELES, "The file has too many alternate alleles.", block.first
            )

    def _in_order(self, read: _Block) -> list[Run]:
        """The runs of its records. FileRefused at the first fault, wherever the text was cut into blocks."""
        faults, stretches = [], list[Run]()
        try:
            stretches = self.order.follow(read.names, read.contig, read.position, read.first)
        except FileRefused as refused:
            faults.append(refused)
        try:
            read.follow_blocks(self.reach)
        except FileRefused as refused:
            faults.append(refused)
        if read.refused is not None:
            faults.append(read.refused)
        if faults:
            raise min(faults, key=lambda fault: fault.line or 0)
        return stretches

    def _count(self, read: _Block) -> None:
        blocks = int(np.count_nonzero(read.block))
        self.reference_blocks += blocks
        self.records += len(read.block) - blocks
        for count, most, what in (
            (self.records, self.limits.records, "records"),
            (self.reference_blocks, self.limits.reference_blocks, "reference blocks"),
        ):
            if count > most:
                what = f"The file has more than {most:,} {what}."
                raise FileRefused(FileReason.TOO_MANY_RECORDS, what, read.first)

    def close(self) -> Reading:
        """All rows as a column, with notes."""
        if not self.rows and self.structural and not self.known:
            what = "The file holds structural variants only, which cannot be compared allele by allele."
            raise FileRefused(FileReason.STRUCTURAL_ONLY, what)
        if not self.rows and not self.known:
            what = "The file has no record on chromosomes 1 to 22, X, Y or MT."
            raise FileRefused(FileReason.NOTHING_COMPARABLE, what)
        column, disagreed = assemble(Rows.join(self.parts), list(self.alleles), Callability.join(self.known))
        others = sum(code == 0 for code in self.order.seen.values())
        told = (
            (self.elsewhere, f"records on {others:,} contigs other than 1 to 22, X, Y and MT were left out."),
            (self.structural, "records of structural variants cannot be compared and were left out."),
            (self.unsure, "reference blocks are of too low a quality, or filtered, and count as unknown."),
            (disagreed, "variants are stated twice with different genotypes and count as missing."),
        )
        return Reading(
            column=column,
            evidence=self.evidence,
            notes=tuple(f"{count:,} {what}" for count, what in told if count),
            findings=(*self.header.findings, *self.tails.words.findings(list(self.order.seen))),
        )

    def _in_bulk(self, block: Block) -> _Block | None:
        """The block with its plain lines read at once; None when some line is not as it must be."""
        plain = scan(block.text, self.tails, block.first)
        if plain is None:
            return None
        names = Names()
        contig = name_contigs(plain, names, self.header)
        read = _Block(
            first=block.first,
            contig=contig,
            position=np.where(plain.plain, plain.position, 0),
            reach=np.where(
                plain.block > 0,
                plain.block,
                np.where(plain.plain, plain.position + plain.fields.size(_REF) - 1, 0),
            ),
            block=np.where(plain.plain, plain.block, 0),
            is_sure=plain.plain & plain.is_sure,
            names=names,
            plain=plain,
        )
        for index in np.flatnonzero(~plain.plain).tolist():
            self._read_other(read, index, plain.fields.line(index))
            if read.refused is not None:
                return None
        return read

    def _line_by_line(self, block: Block) -> _Block:
        lines = block.text.split(b"\n")[:-1]
        contig, position, reach, ends = (np.zeros(len(lines), dtype=np.int64) for _ in range(4))
        read = _Block(
            first=block.first,
            contig=contig,
            position=position,
            reach=reach,
            block=ends,
            is_sure=np.zeros(len(lines), dtype=np.bool_),
            names=Names(),
            plain=None,
        )
        for index, line in enumerate(lines):
            self._read_other(read, index, line)
            if read.refused is not None:
                read.contig, read.position = contig[:index], position[:index]
                read.reach, read.block = reach[:index], ends[:index]
                break
        return read

    def _read_other(self, read: _Block, index: int, line: bytes) -> None:
        try:
            record = read_record(line, read.first + index, self.header, limits=self.limits)
        except FileRefused as refusal:
            read.refused = refusal
            return
        self.tails.words.see_line(line, read.first + index)
        read.contig[index] = read.names.number(record.name, record.code)
        read.position[index], read.reach[index] = record.position, record.last
        read.block[index], read.is_sure[index] = record.block, record.is_sure
        read.others.append((index, record))

    def _add_known(self, read: _Block, code: Letters) -> None:
        blocks = np.flatnonzero((read.block > 0) & (code > 0))
        sure = blocks[read.is_sure[blocks]]
        self.unsure += len(blocks) - len(sure)
        if len(sure):
            self.known.append(Callability.of(code[sure], read.position[sure] - 1, read.block[sure]))

    def _add_plain(self, code: Letters, plain: Scan, line: int) -> None:
        rows = np.flatnonzero(plain.plain & (code > 0) & (plain.block == 0))
        numbers = np.array([self._allele(allele, line) for allele in plain.alleles], dtype=np.uint32)
        self.rows += len(rows)
        self.parts.append(
            Rows(
                chromosome=code[rows],
                position=(plain.position[rows] - 1 + plain.skipped[rows]).astype(np.uint32),
                ref=numbers[plain.ref[rows]],
                alt=numbers[plain.alt[rows]],
                copies=plain.copies[rows],
                ploidy=plain.ploidy[rows],
            )
        )

    def _add_others(self, read: _Block) -> None:
        rows = [(record.code, row) for _, record in read.others for row in record.rows]
        for _, record in read.others:
            if record.code and not record.rows and not record.block:
                self.structural += 1
        if not rows:
            return
        self.rows += len(rows)
        self.parts.append(
            Rows(
                chromosome=np.array([code for code, _ in rows], dtype=np.uint8),
                position=np.array([row.start for _, row in rows], dtype=np.uint32),
                ref=np.array([self._allele(row.ref, read.first) for _, row in rows], dtype=np.uint32),
                alt=np.array([self._allele(row.alt, read.first) for _, row in rows], dtype=np.uint32),
                copies=np.array([row.copies for _, row in rows], dtype=np.uint8),
                ploidy=np.array([row.ploidy for _, row in rows], dtype=np.uint8),
            )
        )

    def _allele(self, allele: str, line: int) -> int:
        number = self.alleles.get(allele)
        if number is None:
            number = self.alleles[allele] = len(self.alleles)
            self.allele_text += len(allele)
            if self.allele_text > self.limits.allele_text:
                raise FileRefused(
                    FileReason.TOO_MANY_ALLELES, "The alleles of the file are too long together.", line
                )
        return number
