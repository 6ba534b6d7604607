"""What happens on the ground floor, in the words of the ledger."""

from consent.ledger.kinds import EventKind

REGISTERED = EventKind("consent:participant:registered", "{subject} was registered.", ())
IDENTITY_VERIFIED = EventKind("consent:participant:verified", "The identity of {subject} was verified.", ())
FROZEN = EventKind("consent:participant:frozen", "Everything about {subject} was frozen.", ("until",))
DISSENT = EventKind("consent:participant:dissent", "{subject} recorded dissent: {dissents}.", ("dissents",))
GIVEN = EventKind(
    "consent:statement:given",
    "{subject} said yes to {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key", "signed_in"),
)
DENIED = EventKind(
    "consent:statement:denied",
    "{subject} said no to {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key"),
)
WITHDRAWN = EventKind(
    "consent:statement:withdrawn",
    "{subject} withdrew {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key"),
)
CONTINUED = EventKind(
    "consent:statement:continued",
    "The next of kin of {subject} continued {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key"),
)
RISE = EventKind(
    "consent:alarm:rise",
    "{grants} yeses came within {hours} hours, where {usual} are usual.",
    ("grants", "usual", "hours", "least", "factor", "since"),
)
FORM_LOADED = EventKind("consent:form:loaded", "Form {subject} was loaded as a draft.", ("digest",))
FORM_APPROVED = EventKind("consent:form:approved", "Form {subject} was approved.", ("digest",))
POLICY_ADOPTED = EventKind("consent:policy:adopted", "Policy {subject} was adopted.", ("sha256",))
FORM_PUBLISHED = EventKind(
    "consent:form:published",
    "Form {subject} was published.",
    ("digest", "offers", "le_notice", "reconsent_due", "texts"),
)
FORM_SUPERSEDED = EventKind(
    "consent:form:superseded", "Form {subject} is put to nobody any more.", ("digest",)
)
FORM_RETIRED = EventKind("consent:form:retired", "Form {subject} takes no yes any more.", ("digest",))
HOLDING_CHANGED = EventKind(
    "consent:holding:changed", "A file of {subject} is now {state}.", ("file", "state")
)
GUARDIAN_CLAIMED = EventKind(
    "consent:guardian:claimed", "{guardian} asked to act for {subject}.", ("guardian",)
)
GUARDIAN_VERIFIED = EventKind("consent:guardian:verified", "{guardian} may act for {subject}.", ("guardian",))
GUARDIAN_ENDED = EventKind(
    "consent:guardian:ended", "{guardian} no longer acts for {subject}.", ("guardian",)
)
PAPER_KEYED = EventKind(
    "consent:paper:keyed", "A paper form of {subject} was read for time {order}.", ("paper", "order")
)

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, EventKind))
