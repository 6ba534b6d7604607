"""The proof behind a row of "who used my data": that she was, or was not, among those whom a job read.

It is checked without this house (consent.ledger.participation). Nothing in it tells of anybody else: its
neighbours are names for one job, and the events shown are the one that binds her key and the one that binds
the job's tree.
"""

import json
from collections import OrderedDict
from threading import Lock
from typing import Any

from broker import events, staging
from broker.errors import Refused
from broker.models import Job
from broker.usage import Use
from consent import naming
from consent.canonical import plain
from consent.events import KEYED
from consent.ledger import checkpoints, log, manifest, participation
from consent.ledger.leaves import Entry
from consent.models import LedgerEvent, LedgerOpening, Participant

KEPT = 4  # trees of jobs, some 16 MB each when a job read a million people
_trees: OrderedDict[str, manifest.Grown | None] = OrderedDict()
_lock = Lock()
TOO_OLD = "This job ran before proofs were made. What it read stands in the list all the same."


def of(use: Use, participant: Participant) -> dict[str, Any]:
    """The proof as JSON. Raises NotSealed for a moment after the release, Refused for a job that ran before
    there were proofs."""
    job = use.job
    grown = _grown(job)
    key = naming.key_of(participant)
    sealed = _event(f"job:{job.pk}", events.MANIFEST_SEALED.tag)
    keyed = _event(participant.pseudonym, KEYED.tag)
    if grown is None or key is None or sealed is None or keyed is None:
        raise Refused(TOO_OLD)
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
        "neighbours": [one.as_json() for one in grown.place(manifest.name(key, str(job.pk)))],
    }


def _grown(job: Job) -> manifest.Grown | None:
    """The job's tree of names; None for a job that ran before there were any. Many people ask after the same
    job, and soon after each other, so the newest few trees are kept: by what is sealed, never by the job."""
    sealed = bytes(job.manifest or b"")
    kept = staging.commitment(sealed)
    with _lock:
        if kept in _trees:
            return _trees[kept]
    said = json.loads(staging.unseal(sealed, f"{job.pk}/manifest"))
    grown = manifest.Grown.of(manifest.of(said)) if "names" in said else None
    with _lock:
        _trees[kept] = grown
        while len(_trees) > KEPT:
            _trees.popitem(last=False)
    return grown


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
