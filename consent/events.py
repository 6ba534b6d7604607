"""What happens on the ground floor, in the words of the ledger."""

from consent.ledger import kinds
from consent.ledger.kinds import EventKind

# What an event of a participant or a file says besides, consent.history reads back: `position` is the consent
# position of the change. `ordinal` is her number in manifests: earlier events of these two kinds lack it, and
# earlier erasures `registered`, the event whose words went with her.
REGISTERED = EventKind(
    "consent:participant:registered",
    "{subject} was registered.",
    ("born_on", "home_region", "home_zone", "ordinal", "position"),
)
IDENTITY_VERIFIED = EventKind(
    "consent:participant:verified", "The identity of {subject} was verified.", ("position",)
)
MOVED = EventKind(
    "consent:participant:moved",
    "{subject} is at home in another place.",
    ("home_region", "home_zone", "second", "papers", "position"),
)
MOVE_PROPOSED = EventKind(
    "consent:participant:move_proposed",
    "{subject} says she is at home where she is of age earlier.",
    ("home_region", "home_zone"),
)
MOVE_SAID = EventKind(
    "consent:participant:move_said",
    "Somebody who acts for {subject} says that she is at home in another place.",
    ("actor", "capacity", "home_region", "home_zone"),
)
MOVE_REFUSED = EventKind(
    "consent:participant:move_refused",
    "Nothing showed that {subject} is at home in another place: {why}.",
    ("why",),
)
FROZEN = EventKind(
    "consent:participant:frozen", "Everything about {subject} was frozen.", ("since", "until", "position")
)
DISSENT = EventKind(
    "consent:participant:dissent",
    "{subject} recorded dissent: {dissents}.",
    ("dissents", "until", "position"),
)
ERASED = EventKind(
    kinds.ERASED,
    "{subject} was erased: key, files, words and who she was.",
    ("destroyed", "openings", "gone_from_backups", "ordinal", "registered", "position"),
)
KEYED = EventKind(
    kinds.KEYED,
    "A key was made by which {subject} finds herself in what jobs read.",
    ("key_sha256",),
)
VERIFIER_SHIPPED = EventKind(
    kinds.VERIFIER_SHIPPED,
    "The auditors' verifier was written as one file, with the fingerprint {sha256}.",
    ("sha256",),
)
GIVEN = EventKind(
    "consent:statement:given",
    "{subject} said yes to {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key", "receipt", "signed_in"),
)
DENIED = EventKind(
    "consent:statement:denied",
    "{subject} said no to {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key", "receipt"),
)
WITHDRAWN = EventKind(
    "consent:statement:withdrawn",
    "{subject} withdrew {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key", "receipt"),
)
CONTINUED = EventKind(
    "consent:statement:continued",
    "The next of kin of {subject} continued {family} (statement {seq}).",
    ("seq", "family", "commitment", "seal_key", "receipt", "signed_in"),
)
RISE = EventKind(
    "consent:alarm:rise",
    "{grants} yeses came within {hours} hours, where {usual} are usual.",
    ("grants", "usual", "hours", "least", "factor", "since"),
)
UNSOUND = EventKind(
    "consent:alarm:unsound", "Something is not as it was recorded, so nothing rests on it: {what}", ("what",)
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
    "consent:holding:changed", "A file of {subject} is now {state}.", ("file", "state", "position")
)
KIN_CLAIMED = EventKind(
    "consent:kin:claimed",
    "{actor} asked to act for {subject} as {capacity}.",
    ("actor", "capacity", "relation", "valid_from", "valid_to"),
)
KIN_SEEN = EventKind(
    "consent:kin:seen",
    "One person has seen that {actor} may act for {subject} as {capacity}.",
    ("actor", "capacity"),
)
KIN_VERIFIED = EventKind(
    "consent:kin:verified", "{actor} may act for {subject} as {capacity}.", ("actor", "capacity", "seen_by")
)
KIN_LIMITED = EventKind(
    "consent:kin:limited", "{actor} may not say yes for {subject} to: {families}.", ("actor", "families")
)
KIN_REJECTED = EventKind(
    "consent:kin:rejected", "{actor} does not act for {subject} as {capacity}.", ("actor", "capacity")
)
KIN_ENDED = EventKind(
    "consent:kin:ended",
    "{actor} no longer acts for {subject} as {capacity}: {why}.",
    ("actor", "capacity", "why"),
)
DIED = EventKind(
    "consent:participant:died",
    "The death of {subject} on {died_at} was recorded, seen by {second} too.",
    ("died_at", "second", "papers", "position"),
)
TWINS_PROPOSED = EventKind(
    "consent:twins:proposed", "{subject} and {twin} were said to be identical twins.", ("twin",)
)
TWINS_REGISTERED = EventKind(
    "consent:twins:registered", "{subject} and {twin} are registered as identical twins.", ("twin",)
)
TWINS_DOUBTED = EventKind(
    "consent:twins:doubted",
    "{subject} and {twin} were said to be no identical twins: {why}.",
    ("twin", "why"),
)
TWINS_KEPT = EventKind(
    "consent:twins:kept", "{subject} and {twin} are identical twins all the same.", ("twin",)
)
TWINS_DISSOLVED = EventKind(
    "consent:twins:dissolved",
    "{subject} and {twin} are not identical twins after all: {why}.",
    ("twin", "why", "second"),
)
PAPER_RECEIVED = EventKind(
    "consent:paper:received",
    "A paper form of {subject} was scanned ({form}).",
    ("paper", "form", "sha256", "size", "media_type"),
)
PAPER_KEYED = EventKind(
    "consent:paper:keyed", "A paper form of {subject} was read for time {order}.", ("paper", "order")
)
DISEASES_PROPOSED = EventKind(
    "consent:diseases:proposed",
    "A table of diseases was proposed: {subject}.",
    ("sha256", "digest", "terms", "widens"),
)
DISEASES_SEEN = EventKind(
    "consent:diseases:seen",
    "One of two has confirmed the table of diseases {subject}.",
    ("digest", "signed_in"),
)
DISEASES_LOADED = EventKind(
    "consent:diseases:loaded",
    "The table of diseases {subject} came into force.",
    ("sha256", "digest", "terms", "policy", "seen_by", "signed_in"),
)
DISEASES_REJECTED = EventKind(
    "consent:diseases:rejected", "The table of diseases {subject} was rejected.", ("digest",)
)
PAPER_VERIFIED = EventKind(
    "consent:paper:verified", "Two people read a paper form of {subject} alike.", ("paper",)
)
PAPER_DISCREPANT = EventKind(
    "consent:paper:discrepant", "Two people read a paper form of {subject} differently.", ("paper",)
)
PAPER_ADJUDICATED = EventKind(
    "consent:paper:adjudicated", "A third person settled a paper form of {subject}.", ("paper",)
)
PAPER_APPLIED = EventKind(
    "consent:paper:applied",
    "A paper form of {subject}, signed on {signed_on}, was applied.",
    ("paper", "signed_on", "given", "left"),
)
PAPER_REJECTED = EventKind(
    "consent:paper:rejected", "A paper form of {subject} was rejected: {reason}", ("paper", "reason")
)

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, EventKind))
