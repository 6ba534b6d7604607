"""The seal on a signature: who signed as what, and every fact of the step that was signed, by the seal key.

A row that was put in by hand carries none that holds, and nor does one whose step was changed after it was
signed: the database alone makes no signature. HMAC-SHA-256 (RFC 2104) over canonical JSON. Who may sign, and
what follows from it, is in signatures.
"""

import hmac
from typing import Any

from django.conf import settings

from consent.canonical import canonical

# What of each step is signed. Of the judicial paper that a search names it is the number of its row alone.
SIGNED: dict[str, tuple[str, ...]] = {
    "case": (
        "id",
        "number",
        "organisation_id",
        "purpose",
        "jurisdiction",
        "sample_origin",
        "codis_searched",
        "leads_exhausted",
        "opened_by_id",
        "valid_to",
    ),
    "query": ("id", "case_id", "authorisation_id", "question", "purposes", "asked_by_id", "role"),
    "disclosure": ("id", "job_id", "reason", "proposed_by_id"),
}


def seal(step: str, what: Any, signature: Any) -> bytes:
    """32 bytes. `step` is a name of SIGNED, `what` its row as the database has it, `signature` the row of an
    Approval, or what will become one."""
    facts = {name: getattr(what, name) for name in SIGNED[step]}
    given = {name: getattr(signature, name) for name in ("by_id", "role", "approves", "reason", "at")}
    signed = canonical({"step": step, "facts": facts, "signature": given})
    return hmac.digest(settings.SEAL_KEY.bytes, b"genomic-broker signature\n" + signed, "sha256")


def holds(step: str, what: Any, signature: Any) -> bool:
    """Whether the seal that a signature carries is its own."""
    return hmac.compare_digest(bytes(signature.seal), seal(step, what, signature))
