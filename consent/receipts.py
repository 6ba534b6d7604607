"""What a participant takes home: the receipt of one statement, made from its row.

Its shape is in exchange.ts27560. It is made from one statement and says nothing about what holds today.
"""

import json
from uuid import UUID

from consent import records
from consent.exchange.ts27560 import Controller, Receipt, digest, record, told
from consent.models import Statement
from consent.models.ledger import LedgerOpening

__all__ = ["HOUSE", "Controller", "Receipt", "digest", "receipt"]

HOUSE = Controller(name="The operator of this genomic data broker", contact="The contact page of this house")


def receipt(row: Statement, *, controller: Controller = HOUSE) -> Receipt:
    """The receipt of one statement; raises SealBroken if the row was tampered with."""
    said = records.read(row, row.participant.pseudonym)
    kept = record(
        said,
        participant=row.participant.pseudonym,
        commitment=bytes(row.commitment),
        texts=row.form.texts if row.form else {},
        signed_in=_signed_in(row.event),
    )
    return told(kept, said, controller=controller, event=row.event)


def _signed_in(event: UUID) -> str:
    """How somebody proved who she is, as the ledger remembers; empty where it says nothing."""
    body = LedgerOpening.objects.filter(event__uid=event).values_list("body", flat=True).first()
    return str(json.loads(body)["fields"].get("signed_in") or "") if body else ""
