"""The manifest of a released job, opened: whom it read, and whom not and why. Written in broker.gates."""

import json
import logging
from typing import Any

from broker import staging
from broker.models import Job

logger = logging.getLogger(__name__)


def manifest_of(job: Job) -> dict[str, list[Any]]:
    """{"permitted": [ordinal], "left_out": [[ordinal, [reason]]], ...}; the rest is for broker.explaining.
    Raises StagedBroken if it is not as it was written."""
    manifest: dict[str, list[Any]] = json.loads(
        staging.unseal(bytes(job.manifest or b""), f"{job.pk}/manifest")
    )
    return manifest


def considered(job: Job) -> set[int]:
    """Everybody it considered; nobody where its manifest does not open, of which the audit tells."""
    try:
        manifest = manifest_of(job)
    except staging.StagedBroken:
        logger.error("the manifest of job %s does not open", job.pk)
        return set()
    return {*manifest["permitted"], *(ordinal for ordinal, _ in manifest["left_out"])}
