"""The proof behind a row of "who used my data": that she was, or was not, among those whom a job read.

It is checked without this house (consent.ledger.participation). Nothing in it tells of anybody else: its
neighbours are names for one job, and the events shown are the one that binds her key and the one that binds
the job's tree.
"""

from typing import Any

from broker import events, usage
from broker.errors import Refused
from broker.usage import Use
from consent import naming
from consent.canonical import plain
from consent.events import KEYED
from consent.ledger import checkpoints, log, manifest, participation
from consent.ledger.leaves import Entry
from consent.models import LedgerEvent, LedgerOpening, Participant

TOO_OLD = "This job ran before proofs were made. What it read stands in the list all the same."


def of(use: Use, participant: Participant) -> dict[str, Any]:
    """The proof as JSON. Raises NotSealed for a moment after the release, Refused for a job that ran before
    there were proofs."""
    job = use.job
    said = usage.manifest_of(job)
    key = naming.key_of(participant)
    sealed = _event(f"job:{job.pk}", events.MANIFEST_SEALED.tag)
    keyed = _event(participant.pseudonym, KEYED.tag)
    if "names" not in said or key is None or sealed is None or keyed is None:
        raise Refused(TOO_OLD)
    names = manifest.of(said)
    placed, newest = _placed(sealed)
    bound, _ = _placed(keyed)
    return {
        "proof": participation.KIND,
        "format": participation.FORMAT,
        "ledger": str(checkpoints.signer()),
        "note": newest,
        "job": str(job.pk),
        "participant": participant.pseudonym,
        "read": use.read,
        "key": key.hex(),
        "keyed": bound,
        "sealed": placed,
        "neighbours": [one.as_json() for one in manifest.place(names, manifest.name(key, str(job.pk)))],
    }


def _event(subject: str, tag: str) -> LedgerOpening | None:
    openings = LedgerOpening.objects.filter(subject=subject, event__kind=tag)
    return openings.select_related("event").order_by("event_id").first()


def _placed(opening: LedgerOpening) -> tuple[dict[str, Any], str]:
    """An event with its opening and its path to the newest checkpoint, and that checkpoint's note."""
    event: LedgerEvent = opening.event
    found = log.proof(event)
    entry = Entry(
        uid=str(event.uid),
        kind=event.kind,
        at=event.at,
        commitment=bytes(event.commitment),
        salt=bytes(opening.salt),
        body=opening.body,
    )
    path = [step.hex() for step in found.path]
    return {"position": found.index, "path": path, **plain(entry.as_json())}, found.note
