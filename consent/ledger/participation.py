"""Checks a participant's proof that a job read her, or did not, from the file alone. Pure.

What holds when it holds: a key was bound to her before the job's tree of names was bound; both stand in the
ledger under one signed checkpoint; and by that key she is, or is not, in the tree.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from consent.errors import NoteRefused
from consent.ledger import kinds, manifest
from consent.ledger import note as notes
from consent.ledger.excerpt import Proved
from consent.ledger.manifest import Neighbour

KIND = "genomic-broker participation"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof shows: nothing while there are problems."""

    participant: str
    job: str
    read: bool | None
    size: int  # events under the checkpoint
    problems: tuple[str, ...]

    def __str__(self) -> str:
        if self.read is None or self.problems:
            return f"It is not proved whether job {self.job} read {self.participant}."
        return f"Job {self.job} {'READ' if self.read else 'did NOT read'} {self.participant}."


def check(proof: Any, *, signer: notes.Signer | None = None) -> Shown:
    """Without a `signer` the key is the file's own, which shows only that the file agrees with itself."""
    if not isinstance(proof, dict) or proof.get("proof") != KIND or proof.get("format") != FORMAT:
        return Shown("?", "?", None, 0, ("This file is no proof of a participation that is known here.",))
    participant, job = str(proof.get("participant")), str(proof.get("job"))
    try:
        signer = signer or notes.Signer.parse(proof["ledger"])
        signed = notes.open(proof["note"], signer.name, signer.public_key)
        keyed, sealed = Proved.of(proof["keyed"]), Proved.of(proof["sealed"])
        problems = [
            *_problems(keyed, "The event of her key", kinds.KEYED, participant, signed),
            *_problems(sealed, "The event of the tree", kinds.MANIFEST_SEALED, f"job:{job}", signed),
        ]
        key = bytes.fromhex(proof["key"])
        if hashlib.sha256(key).hexdigest() != keyed.fields["key_sha256"]:
            problems.append("The key is not the one that was bound to her.")
        if keyed.position > sealed.position:
            problems.append("Her key was bound after the job's tree was, so it shows nothing about this job.")
        read = manifest.is_read(
            manifest.name(key, job),
            [Neighbour.from_json(one) for one in proof["neighbours"]],
            size=sealed.fields["size"],
            root=bytes.fromhex(sealed.fields["root"]),
        )
        if read is None:
            problems.append("The names shown prove neither that she is in the tree nor that she is not.")
        elif read is not proof["read"]:
            problems.append(f"The file says {_said(proof['read'])}, and its names say {_said(read)}.")
    except NoteRefused as refused:
        return Shown(participant, job, None, 0, (f"The checkpoint does not hold. {refused}",))
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        told = f"The file is not as it was given ({type(fault).__name__}: {fault})."
        return Shown(participant, job, None, 0, (told,))
    return Shown(participant, job, read, signed.size, tuple(problems))


def _problems(event: Proved, what: str, kind: str, subject: str, signed: notes.Checkpoint) -> Iterator[str]:
    said = event.said or {}
    if event.entry.body is None or not event.is_as_committed():
        yield f"{what} does not say what was committed to: it was changed."
    if (event.entry.kind, said["kind"], said["subject"]) != (kind, kind, subject):
        yield f"{what} is of another kind or about somebody else."
    if not event.lies_under(signed):
        yield f"{what} does not lie under the checkpoint."


def _said(read: object) -> str:
    return "that she was read" if read is True else "that she was not read"
