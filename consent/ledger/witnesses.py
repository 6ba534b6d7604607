"""Bringing checkpoints to the witness, and keeping what it cosigned. Its program is consent.ledger.witness.

Nothing waits for it: a ledger whose witness is away goes on, and the doctor says so. A witness that refuses
has seen another history, and that is told at once.
"""

import http.client
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from django.conf import settings

from consent.errors import NoteRefused, WitnessAway, WitnessRefused
from consent.ledger import checkpoints, cosignature, log, note, wire
from consent.models.ledger import LedgerCheckpoint

PATIENCE = 3  # seconds: the sequencer must not wait longer than a checkpoint may be behind
MOST = 4096  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The newest checkpoint that the witness cosigned, and when."""

    checkpoint: note.Checkpoint
    at: datetime


def is_named() -> bool:
    """Whether this house has a witness."""
    return bool(settings.WITNESS_URL)


def newest() -> Witnessed | None:
    """What is kept in the cosigned file. Raises NoteRefused if that is not what the witness signed."""
    path = _path()
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8").removesuffix("\n")
    return Witnessed(checkpoints.opened(text), cosignature.verify(text, _witness()))


def catch_up() -> Witnessed | None:
    """Have the newest checkpoint cosigned, if it is not yet; None where there is nothing to do. Raises
    WitnessAway when nobody answers, and WitnessRefused when it does not find that this ledger only grew."""
    ours = LedgerCheckpoint.newest() if is_named() else None
    if ours is None:
        return None
    known = _known()
    if known == ours.size:
        return None
    try:
        line = _ask(known, ours)
    except _Elsewhere as other:  # it has seen more or less than is kept here: once more, from there
        if other.size > ours.size:
            raise WitnessRefused(
                f"The witness has seen {other.size} events and this ledger has {ours.size}: it was put back, "
                "or another one signs with its key. Keep everything as it is, and tell an auditor."
            ) from None
        line = _ask(other.size, ours)
    text = f"{ours.note}{line}"
    found = Witnessed(checkpoints.opened(text), _verified(text))
    draft = _path().with_name(f".{_path().name}")
    draft.write_text(f"{text}\n", encoding="utf-8")
    draft.replace(_path())
    return found


class _Elsewhere(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def _known() -> int:
    try:
        kept = newest()
    except NoteRefused:
        return 0  # it says itself how far it has seen
    return kept.checkpoint.size if kept else 0


def _ask(old: int, ours: LedgerCheckpoint) -> str:
    body = wire.write(old=old, proof=log.growth(old, ours.size) if old else (), note=ours.note)
    url = f"{settings.WITNESS_URL.rstrip('/')}/add-checkpoint"
    try:
        with urlopen(Request(url, data=body), timeout=PATIENCE) as answer:  # noqa: S310 - env takes http(s) alone
            return str(answer.read(MOST).decode())
    except HTTPError as refused:
        with refused:
            said = refused.read(MOST).decode(errors="replace").strip()
        if refused.code == 409 and refused.headers.get_content_type() == wire.SIZE_TYPE and said.isdecimal():
            if int(said) != old:
                raise _Elsewhere(int(said)) from None
            said = f"it knows another history of the first {said} events"
        raise WitnessRefused(
            f"The witness did not cosign ({refused.code}: {said}). Keep everything as it is, and tell an "
            "auditor."
        ) from None
    except (URLError, OSError, http.client.HTTPException, UnicodeDecodeError) as away:
        raise WitnessAway(
            f"The witness does not answer ({away}). Nothing is lost; it is asked again."
        ) from away


def _verified(text: str) -> datetime:
    try:
        return cosignature.verify(text, _witness())
    except NoteRefused as refused:
        raise WitnessRefused(f"Somebody else answered for the witness. {refused}") from refused


def _witness() -> note.Signer:
    return cosignature.parse(settings.WITNESS_KEY)


def _path() -> Path:
    return Path(settings.CHECKPOINT_FILE).with_name("cosigned.txt")
