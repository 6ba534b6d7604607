"""Everything a participant has given, as one zip in open formats, made while it is sent.

Her files and what was read from them are from genomics.intake.export; beside them lie her consent record, a
receipt of each statement, and who used her data. Nothing is written to a disk, and one piece is in memory at
a time. The zip can be encrypted to a key of hers (Crypt4GH).
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from broker import events, usage
from broker.walls import leases
from consent import receipts, records
from consent.canonical import canonical
from consent.errors import ConsentError
from consent.exchange import fhir_out
from consent.ledger import log
from consent.models import LedgerOpening, Participant, Statement
from genomics.intake import exchange, export

README = """Everything that this house keeps of {person}, as of {at}.

files/        each file as it came, and what was read from it: a table (TSV), and VCF where its reference
              alleles were stated
consent/      every statement, as recorded (record.json), a receipt of each (ISO/IEC TS 27560), and what holds
              now as HL7 FHIR where FHIR can say it
used.json     every job that considered the files and may be told by now: who, what for, and why not
ledger.json   what the ledger says about {person}
"""


def take(participant: Participant, *, by: str, at: datetime, to: bytes | None = None) -> Iterator[bytes]:
    """The zip, piece by piece; encrypted to the Crypt4GH public key `to` if there is one. That it was taken
    is recorded before the first piece."""
    with transaction.atomic():
        log.append(events.TAKEN_ALONG, at=at, by=by, subject=participant.pseudonym, encrypted=to is not None)
    pieces = _zipped(_entries(participant, at), at)
    return pieces if to is None else exchange.sealed(pieces, to)


def _entries(participant: Participant, at: datetime) -> Iterator[export.Entry]:
    yield "README.txt", iter([README.format(person=participant, at=f"{at:%Y-%m-%d %H:%M} UTC").encode()])
    yield from _consent(participant, at)
    yield "used.json", _json([_use(use) for use in usage.of(participant, at=at)])
    told = LedgerOpening.objects.filter(subject=participant.pseudonym).order_by("event_id")
    yield (
        "ledger.json",
        _json([{"event": str(one.event.uid), **one.said} for one in told.select_related("event")]),
    )
    with leases.record(participant):
        yield from export.of(participant)


def _consent(participant: Participant, at: datetime) -> Iterator[export.Entry]:
    said = records.of(participant)
    yield "consent/record.json", _json([one.as_json() for one in said])
    rows = Statement.objects.filter(participant=participant).select_related("participant", "form")
    for row in rows.order_by("seq"):
        yield f"consent/receipts/{row.seq}.json", _json(receipts.receipt(row))
    try:
        heads = fhir_out.heads(said, at)
        yield "consent/fhir.json", _json(fhir_out.bundle(heads, participant=participant.pseudonym))
    except ConsentError:
        return  # a choice that FHIR cannot say: the record says it


def _use(use: usage.Use) -> dict[str, Any]:
    return {
        "at": use.at,
        "by": use.by,
        "purposes": list(use.purposes),
        "read": use.read,
        "why_not": [str(reason) for reason in use.reasons],
        "left": use.left,
    }


def _json(said: Any) -> Iterator[bytes]:
    # Through the canonical form, which knows instants; then with lines, for people.
    yield json.dumps(json.loads(canonical(said)), indent=2, ensure_ascii=False).encode()


def _zipped(entries: Iterable[export.Entry], at: datetime) -> Iterator[bytes]:
    out = _Out()
    with zipfile.ZipFile(out, "w", allowZip64=True) as archive:
        for name, pieces in entries:
            info = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            packed = name.endswith((".tsv", ".vcf", ".json", ".txt"))
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield from out.taken()
            yield from out.taken()
    yield from out.taken()


class _Out(io.RawIOBase):
    """What the archive has written and nobody has taken yet. It cannot be wound back: it is on its way."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def taken(self) -> Iterator[bytes]:
        if self._written:
            yield bytes(self._written)
            self._written.clear()
