"""What happens on the middle floor, in the words of the ledger. Never a genotype, never a name."""

from consent.ledger.kinds import EventKind

FILE_RECEIVED = EventKind(
    "genomics:file:received",
    "A {file_kind} file of {subject} was taken in.",
    ("file", "file_kind", "build", "column_sha256"),
)
EVIDENCE_RECEIVED = EventKind(
    "genomics:evidence:received",
    "An evidence profile was taken in for {subject}.",
    ("evidence", "file_kind", "build"),
)
PANEL_LOADED = EventKind("genomics:panel:loaded", "Panel {subject} was loaded.", ("sites", "build", "sha256"))

KINDS = (FILE_RECEIVED, EVIDENCE_RECEIVED, PANEL_LOADED)
