"""What a participant takes home: a receipt of what she said, in the manner of ISO/IEC TS 27560.

It is made from one statement and says nothing about what holds today.
"""

from typing import TypedDict

from consent import purposes, records
from consent.models import Statement

SCHEMA = "ISO/IEC TS 27560:2023"


class Receipt(TypedDict):
    """One consent record as JSON. Instants are RFC 3339, UTC."""

    schema_version: str
    record_id: str
    pii_principal_id: str
    event_type: str
    event_time: str
    effective_time: str
    expires: str | None
    purpose_family: str
    purpose: str
    permissions: list[str]
    conditions: list[str]
    form: str
    language_hashes: dict[str, str]
    commitment: str


def receipt(row: Statement) -> Receipt:
    """The receipt of one statement; raises SealBroken if the row was tampered with."""
    said = records.read(row, row.participant.pseudonym)
    return Receipt(
        schema_version=SCHEMA,
        record_id=str(row.event),
        pii_principal_id=row.participant.pseudonym,
        event_type=str(said.decision),
        event_time=said.recorded_at.isoformat(),
        effective_time=said.effective_at.isoformat(),
        expires=said.valid_to.isoformat() if said.valid_to else None,
        purpose_family=said.family,
        purpose=purposes.FAMILIES[said.family].label if said.family in purposes.FAMILIES else "everything",
        permissions=[one.code for one in said.permissions],
        conditions=[one.code for one in said.modifiers],
        form=str(row.form) if row.form else "",
        language_hashes=dict(row.form.texts) if row.form else {},
        commitment=bytes(row.commitment).hex(),
    )
