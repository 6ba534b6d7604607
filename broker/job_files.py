"""A job with everything by which its decisions are made again, as one file for the auditor's verifier.

It holds what people said, so it is for auditors alone; the verifier (consent.ledger.job_file) holds it
against an export of the ledger.
"""

import json
from collections.abc import Iterable
from typing import Any

from broker import gates as kept
from broker import staging
from broker.errors import Refused
from broker.models import Job, JobGate, JobState
from consent import clearance as proofs
from consent import policies, twins
from consent.canonical import canonical, plain
from consent.ledger import job_file
from consent.models import Participant, Statement

ENDED = (JobState.RELEASED, JobState.EXPIRED, JobState.REFUSED)
CHUNK = 500


def of(job: Job) -> dict[str, Any]:
    """Raises Refused for a job that decided nothing yet, StagedBroken if what is kept of it was changed."""
    gates = list(JobGate.objects.filter(job=job).order_by("number"))
    if job.state not in ENDED or not gates:
        raise Refused("This job has decided nothing for good yet, so there is nothing to decide again.")
    text = staging.unseal(bytes(job.manifest), f"{job.pk}/manifest").decode() if job.manifest else ""
    manifest = json.loads(text) if text else {"permitted": [], "left_out": []}
    snapshot = staging.unseal(bytes(job.snapshot), f"{job.pk}/snapshot") if job.snapshot else b""
    considered = [*manifest["permitted"], *(ordinal for ordinal, _ in manifest["left_out"])]
    asker = kept.asker(job)
    versions = {gate.policy_version for gate in gates}
    return {
        "file": job_file.KIND,
        "format": job_file.FORMAT,
        "job": str(job.pk),
        "gates": [plain(gate.as_json()) for gate in gates],
        "policies": {name: canonical(policies.named(name)).decode() for name in sorted(versions)},
        "manifest": text,
        "snapshot": sorted(proofs.from_bitmap(snapshot)),
        "asker": None if asker is None else asker.pseudonym,
        "people": _people(considered, asker),
    }


def _people(considered: Iterable[int], asker: Participant | None) -> list[dict[str, Any]]:
    """Who was considered, their twins, and who asked for herself, with all that each had said."""
    asked = sorted(considered)
    besides = {asker.ordinal} if asker is not None else set()
    everybody = sorted({*asked, *twins.ever_twins_of(asked), *besides})
    found: dict[int, dict[str, Any]] = {}
    for first in range(0, len(everybody), CHUNK):
        chunk = everybody[first : first + CHUNK]
        people = Participant.objects.filter(ordinal__in=chunk)
        for ordinal, pseudonym in people.values_list("ordinal", "pseudonym"):
            found[ordinal] = {"ordinal": ordinal, "pseudonym": pseudonym, "statements": []}
        rows = Statement.objects.filter(participant__in=chunk).order_by("seq")
        for ordinal, body, salt in rows.values_list("participant_id", "body", "salt"):
            found[ordinal]["statements"].append({"body": body, "salt": bytes(salt).hex()})
    return [found[ordinal] for ordinal in sorted(found)]
