"""A statement as a consent receipt in the manner of ISO/IEC TS 27560:2023. Pure: a value in, JSON out.

Four blocks and their field names follow the specification, as the W3C group's public guide to it lists them:
`record_header` (schema_version, record_id, pii_principal_id), `pii_processing` (privacy_notice, language,
purposes with purpose, lawful_basis, pii_information, pii_controllers, collection_method, processing_method,
geographic_restrictions, retention_period, withdrawal_method; recipient_third_parties stands in the words),
`event` (event_time, validity_duration, entity_id, event_type, event_state) and `party_identification`
(party_id, party_name, party_role, party_contact). event_state is a status of W3C DPV. What else stands in
them is ours: DUO ids with parameters, the hashes of the form's texts, how it was said, and the commitment.

Left out, because no statement can vouch for it: storage locations, impact assessments, codes of conduct.
Shape: consent/data/schemas/receipt.schema.json. It tells what was said, never what holds today.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict
from uuid import UUID, uuid5

from consent import duo
from consent.canonical import canonical, plain, written
from consent.purposes import FAMILIES, is_police
from consent.terms import Capacity, Modifier, Permission, Source, Statement, Verb

# Whoever changes a word of what the digest covers gives this another number: old receipts keep their bytes.
SCHEMA = "ISO/IEC TS 27560:2023; genomic-broker receipt 1"
RECORDS = UUID("5b0d7c1e-52a4-4a8e-9d0e-2f6a3c1b7e90")  # the space of our record ids
CONTROLLER = "controller"  # the party_id that the purposes name
SEALED = ("record_header", "pii_processing", "event", "commitment")  # what the digest covers

# A verb of ours: the event's type, and the status in W3C DPV.
EVENTS: dict[Verb, tuple[str, str]] = {
    Verb.GRANT: ("consent_given", "ConsentGiven"),
    Verb.DENY: ("consent_refused", "ConsentRefused"),
    Verb.WITHDRAW: ("consent_withdrawn", "ConsentWithdrawn"),
    Verb.CONTINUE: ("consent_continued", "ConsentGiven"),
}


class Header(TypedDict):
    """Which record, under which schema, about whom."""

    schema_version: str
    record_id: str
    pii_principal_id: str


class Receipt(TypedDict):
    """One receipt as JSON. Instants are RFC 3339, UTC. The words, the parties and the place in the ledger are
    told beside the record and are no part of its digest."""

    record_header: Header
    pii_processing: dict[str, Any]
    event: dict[str, Any]
    commitment: str
    party_identification: NotRequired[list[dict[str, str]]]
    ledger: NotRequired[dict[str, str]]
    in_words: NotRequired[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who answers for the house, in the words of the law the PII controller."""

    name: str
    contact: str


def record(
    said: Statement,
    *,
    participant: str,
    commitment: bytes,
    texts: Mapping[str, str],
    signed_in: str = "",
) -> Receipt:
    """The part of a receipt that follows from the record alone: the same bytes whenever it is asked for.
    `texts` are the hashes of the form by language; `signed_in` how she proved who she is, if she had to."""
    return Receipt(
        record_header=Header(
            schema_version=SCHEMA,
            record_id=f"urn:uuid:{uuid5(RECORDS, commitment.hex())}",
            pii_principal_id=participant,
        ),
        pii_processing={
            "privacy_notice": _notice(said, texts),
            "language": sorted(texts),
            "purposes": [_purpose(said)],
        },
        event=_event(said, participant, signed_in),
        commitment=commitment.hex(),
    )


def told(receipt: Receipt, said: Statement, *, controller: Controller, event: UUID) -> Receipt:
    """The same with what is told beside it: who answers for it, its place in the ledger, and words."""
    return Receipt(
        record_header=receipt["record_header"],
        pii_processing=receipt["pii_processing"],
        event=receipt["event"],
        commitment=receipt["commitment"],
        party_identification=[
            {
                "party_id": CONTROLLER,
                "party_name": controller.name,
                "party_role": "PII controller",
                "party_contact": controller.contact,
            }
        ],
        ledger={"event": str(event), "receipt_digest": digest(receipt), "verify": VERIFY},
        in_words=_words(said),
    )


def digest(receipt: Receipt) -> str:
    """SHA-256 of the canonical JSON of what the record vouches for, hex. The commitment lies in it, so it is
    never part of what the commitment covers."""
    vouched = {name: part for name, part in receipt.items() if name in SEALED}
    return hashlib.sha256(canonical(vouched)).hexdigest()


VERIFY = (
    "Take record_header, pii_processing, event and commitment of this receipt, write them as JSON with "
    "sorted keys and no white space in UTF-8, and hash that with SHA-256: it is receipt_digest. The ledger "
    "event of this number carries the commitment; ask for its proof, and check it against a checkpoint that "
    "a witness has signed, too."
)


def _notice(said: Statement, texts: Mapping[str, str]) -> dict[str, Any] | None:
    """The words that were agreed to; none where nobody had to read any."""
    if not said.form.id:
        return None
    return {
        "form": said.form.id,
        "version": said.form.version,
        "text_sha256": dict(texts),
        "police_notice": said.form.le_notice and is_police(said.family),
        "ask_again": plain(said.form.reconsent_due),
    }


def _purpose(said: Statement) -> dict[str, Any]:
    regions = [one.get("regions") for one in said.modifiers if one.code == "GS"]
    return {
        "purpose": said.family,
        "lawful_basis": "consent",
        "pii_information": [
            {
                "pii_type": "genetic data",
                "special_pii_category": True,
                "pii_attribute_id": said.file or "every file of the participant",
            }
        ],
        "pii_controllers": [CONTROLLER],
        "collection_method": "brought by the participant or in her name",
        "processing_method": "questions are asked of the file; the file itself is never handed out",
        "permissions": [_permission(one) for one in said.permissions],
        "conditions": [_condition(one) for one in said.modifiers],
        "geographic_restrictions": plain(regions[0]) if regions else None,
        "retention_period": {
            "from": written(said.effective_at),
            "until": plain(said.valid_to),  # half-open; null: until it is taken back
            "after_death": said.after_death.value,
        },
        "withdrawal_method": "one press in the portal, or on paper; at once, without a reason",
    }


def _permission(permission: Permission) -> dict[str, Any]:
    term = duo.PERMISSIONS.get(permission.code)
    return {
        "code": permission.code,
        "duo": term.id if term else None,
        "parameters": {"diseases": list(permission.diseases)} if permission.diseases else {},
    }


def _condition(modifier: Modifier) -> dict[str, Any]:
    term = duo.MODIFIERS.get(modifier.code)
    return {
        "code": modifier.code,
        "duo": term.id if term and term.is_duo else None,
        "parameters": plain(dict(modifier.parameters)),
    }


def _event(said: Statement, participant: str, signed_in: str) -> dict[str, Any]:
    kind, state = EVENTS[said.decision]
    on_paper = said.source is Source.PAPER
    capacity = said.authority.capacity
    return {
        "event_type": kind,
        "event_state": state,
        "event_time": written(said.recorded_at),
        "effective_time": written(said.effective_at),
        "validity_duration": plain(said.valid_to),
        "entity_id": participant if capacity is Capacity.SELF else capacity.value.lower(),
        "entity_capacity": capacity.value,
        "entity_verified": said.authority.verified,
        "method": said.source.value,
        "two_readers": said.paper is not None and said.paper.is_verified if on_paper else None,
        "signed_in": signed_in or None,
        "statement": said.seq,
        "continues": said.continues,
    }


def _words(said: Statement) -> dict[str, Any]:
    """The same in plain English, for whoever does not know the codes."""
    family = FAMILIES.get(said.family)
    conditions = [duo.MODIFIERS[one.code] for one in said.modifiers if one.code in duo.MODIFIERS]
    kinds = [duo.PERMISSIONS[one.code] for one in said.permissions if one.code in duo.PERMISSIONS]
    return {
        "language": "en",
        "purpose": family.label if family else "Everything",
        "meaning": family.meaning if family else "Every use of the data.",
        "recipient_third_parties": [family.who] if family else [],
        "permissions": [term.meaning for term in kinds],
        "conditions": [term.meaning for term in conditions],
        "note": "This paper says what was said then. It does not say what holds today.",
    }
