"""Kinds of events: a tag, the sentence that tells it, and the fields it must bring. Pure.

Each floor lists its own kinds in its events.py and hands them to log.append as values.

    GIVEN = EventKind("consent:statement:given", "{subject} said yes to {family}.", ("family", "seq"))
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAG = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*){2}")  # noun:subject:action
ENVELOPE = ("at", "by", "kind", "subject")  # what every event says besides its own fields


# The kinds that an audit reads.
ERASED = "consent:participant:erased"  # by it what others said may be gone
KEYED = "consent:participant:keyed"  # binds the key of her names in manifests: there is one
VERIFIER_SHIPPED = "consent:verifier:shipped"
MANIFEST_SEALED = "query:manifest:sealed"  # whom a job read, as the root of a tree of names

# And those that a recount of the public report reads.
CASE_TOLD = "broker:case:told"
CASE_REPORTED = "broker:case:reported"
PROCESS_RECEIVED = "broker:process:received"
PROCESS_MOVED = "broker:process:moved"
PROCESS_GAG_ENDED = "broker:process:gag_ended"
PROCESS_TOLD = "broker:process:told"
STATEMENT_MADE = "broker:statement:made"
REPORT_MADE = "broker:report:made"

# What the floors above take away, and a restore may not give back (consent.afterwards). One that says
# `approves` is kept when it is a no.
ROLE_ENDED = "broker:role:ended"
ORGANISATION_WITHDRAWN = "broker:organisation:withdrawn"
REQUEST_DECIDED = "broker:request:decided"
CASE_DECIDED = "broker:case:decided"
CASE_CLOSED = "broker:case:closed"
CASE_LAPSED = "broker:case:lapsed"
SEARCH_DECIDED = "query:search:decided"
DISCLOSURE_DECIDED = "query:disclosure:decided"
DISCLOSURE_LAPSED = "query:disclosure:lapsed"
JOB_CANCELLED = "query:job:cancelled"
FACTOR_ADDED = "broker:factor:added"  # from then on a password alone opens less
FACTOR_REMOVED = "broker:factor:removed"
RECOVERY_MADE = "broker:recovery:made"  # and those before it are good no more
RECOVERY_USED = "broker:recovery:used"
CHANNEL_ENDED = "broker:channel:ended"
TAKEN_AWAY_ABOVE = (
    *(ROLE_ENDED, ORGANISATION_WITHDRAWN, REQUEST_DECIDED, CASE_DECIDED, CASE_CLOSED, CASE_LAPSED),
    *(SEARCH_DECIDED, DISCLOSURE_DECIDED, DISCLOSURE_LAPSED, JOB_CANCELLED),
    *(FACTOR_ADDED, FACTOR_REMOVED, RECOVERY_MADE, RECOVERY_USED, CHANNEL_ENDED),
)

# What the floors above take in that an older database does not have. It cannot be done again, so it is told
# (consent.afterwards): somebody has to bring it once more.
CASE_JOINED = "broker:case:joined"
AUTHORISATION_RECORDED = "broker:authorisation:recorded"
BROUGHT_ABOVE = (CASE_JOINED, AUTHORISATION_RECORDED, PROCESS_RECEIVED)


@dataclass(frozen=True, slots=True)
class EventKind:
    tag: str
    sentence: str
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not TAG.fullmatch(self.tag):
            raise ValueError(f"{self.tag!r} is not a tag: write noun:subject:action in small letters.")
        if taken := {*ENVELOPE} & {*self.fields}:
            raise ValueError(
                f"{self.tag}: every event says {', '.join(sorted(taken))} already; rename the field."
            )
        if len({*self.fields}) != len(self.fields) or not all(f.isidentifier() for f in self.fields):
            raise ValueError(f"{self.tag}: its fields are not different names.")
        asked = {name for _, name, _, _ in string.Formatter().parse(self.sentence) if name is not None}
        if unknown := asked - {*self.fields, *ENVELOPE}:
            raise ValueError(
                f"{self.tag}: its sentence asks for {', '.join(sorted(unknown))}, which it does not have."
            )

    def tell(self, said: Mapping[str, Any], sentence: str = "") -> str:
        """The event for people, from what its opening says; `sentence` may be a translation of ours."""
        return (sentence or self.sentence).format(**{key: said[key] for key in ENVELOPE}, **said["fields"])
