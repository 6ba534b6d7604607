"""What happens on the middle floor, in the words of the ledger. Never a genotype, never a name."""

from consent.ledger.kinds import EventKind

FILE_RECEIVED = EventKind(
    "genomics:file:received",
    "A {file_kind} file of {subject} was taken in.",
    ("file", "file_kind", "build", "column_sha256", "upload_manifest", "column_manifest"),
)
EVIDENCE_RECEIVED = EventKind(
    "genomics:evidence:received",
    "An evidence profile was taken in for {subject}.",
    ("evidence", "file_kind", "build", "column_manifest"),
)
EVIDENCE_DESTROYED = EventKind(
    "genomics:evidence:destroyed",
    "The evidence of {subject} was destroyed, and the key that opened it.",
    ("profiles", "gone_from_backups"),
)
EVIDENCE_HELD = EventKind(
    "genomics:evidence:held",
    "An evidence profile of {subject} is held: it does not look like one person's genome.",
    ("evidence", "doubts"),
)
EVIDENCE_SETTLED = EventKind(
    "genomics:evidence:settled",
    "Of the held evidence of {subject}, that a profile is let through is {clears}.",
    ("evidence", "clears"),
)
FILE_RESEALED = EventKind(
    "genomics:file:resealed",
    "A file of {subject} was sealed anew in today's format.",
    ("file", "column_sha256", "upload_manifest", "column_manifest"),
)
FILE_ERASED = EventKind(
    "genomics:file:erased", "A file of {subject} was erased.", ("file", "gone_from_backups")
)
EPOCH_BEGAN = EventKind("genomics:epoch:began", "Key epoch {subject} began.", ())
EPOCH_DESTROYED = EventKind(
    "genomics:epoch:destroyed", "Key epoch {subject}, begun on {began_at}, was destroyed.", ("began_at",)
)
VAULT_OPENED = EventKind(
    "genomics:vault:opened",
    "For {subject} {files} files and {slabs} slabs were opened.",
    ("files", "slabs", "evidence", "openings", "rows", "remembered", "sketches", "files_sha256", "beyond"),
)
VAULT_UNACCOUNTED = EventKind(
    "genomics:vault:unaccounted", "{subject} was opened in the vault, and nobody said for what.", ()
)
PANEL_LOADED = EventKind("genomics:panel:loaded", "Panel {subject} was loaded.", ("sites", "build", "sha256"))

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, EventKind))
