"""The scan of a paper form at rest: what it is by its content, its seal, and each look at it.

AES-256-GCM under a key of this room's own, bound to the paper and to the hash that the ground floor keeps.
Who may look is settled in papers.
"""

import hashlib
import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from broker import events
from broker.errors import BrokerError
from broker.models import PaperScan, User
from consent.ledger import log
from consent.models import PaperImport
from consent.paper import Scan

KINDS = (  # media type, how it begins, and what stands within its last bytes
    ("application/pdf", b"%PDF-", b"%%EOF"),
    ("image/png", b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
    ("image/jpeg", b"\xff\xd8\xff", b"\xff\xd9"),
)
TAIL = 1024


class ScanBroken(BrokerError):
    """A scan is not as it was sealed. It was not shown; tell an auditor."""


def described(data: bytes) -> Scan:
    """A scan as the ground floor takes it: its kind is what its content shows, never what a browser says."""
    kind = next((k for k, head, tail in KINDS if data.startswith(head) and tail in data[-TAIL:]), "")
    return Scan(sha256=hashlib.sha256(data).hexdigest(), size=len(data), media_type=kind)


def keep(paper: PaperImport, data: bytes) -> None:
    """Seal the scan of a paper that has just been received."""
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(_key()).encrypt(nonce, data, _bound(paper))
    PaperScan.objects.create(paper=paper, sealed=sealed)


def look(paper: PaperImport, *, by: User, at: datetime) -> bytes:
    """Open a scan for somebody who may see it. Each look has its line in the ledger, or shows nothing."""
    sealed = bytes(PaperScan.objects.get(paper=paper).sealed)
    try:
        data = AESGCM(_key()).decrypt(sealed[:12], sealed[12:], _bound(paper))
    except InvalidTag:
        raise ScanBroken("This scan is not as it was received. Nothing was shown; tell an auditor.") from None
    with transaction.atomic():
        who = paper.participant.pseudonym
        log.append(events.SCAN_SEEN, at=at, by=by.reference, subject=who, paper=str(paper.paper))
    return data


def _bound(paper: PaperImport) -> bytes:
    return f"{paper.paper}\n{paper.sha256}\n{paper.media_type}".encode()


def _key() -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"genomic-broker paper scans")
    return derive.derive(settings.MASTER_KEY.bytes)
