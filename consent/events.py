"""What happens on the ground floor, in the words of the ledger."""

from consent.ledger.kinds import EventKind

# What an event of a participant or a file says besides, consent.history reads back: `position` is the consent
# position of the change.
REGISTERED = EventKind(
    "consent:participant:registered",
    "{subject} was registered.",
    ("born_on", "home_region", "home_zone", "position"),
)
IDENTITY_VERIFIED = EventKind(
    "consent:participant:verified", "The identity of {subject} was verified.", ("position",)
)
FROZEN = EventKind(
    "consent:participant:frozen", "Everything about {subject} was frozen.", ("since", "until", "position")
)
DISSENT = EventKind(
    "consent:participant:dissent", "{subject} recorded dissent: {dissents}.", ("dissents", "position")
)
GIVEN = EventKind(
    "consent:statement:given",
    "{subject} said yes to {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key"),
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
POLICY_ADOPTED = EventKind("consent:policy:adopted", "Policy {subject} was adopted.", ("sha256",))
FORM_PUBLISHED = EventKind(
    "consent:form:published", "Form {subject} was published.", ("offers", "le_notice", "texts")
)
HOLDING_CHANGED = EventKind(
    "consent:holding:changed", "A file of {subject} is now {state}.", ("file", "state", "position")
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
