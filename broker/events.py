"""What happens on the top floor, in the words of the ledger; and the three floors' tables joined."""

from broker.events_id import SENTENCES_ID as BROKER_ID
from consent import events as consent_events
from consent.events_id import SENTENCES_ID as CONSENT_ID
from consent.ledger import kinds
from consent.ledger.kinds import EventKind
from genomics import events as genomics_events
from genomics.events_id import SENTENCES_ID as GENOMICS_ID

PROPOSED = EventKind("broker:role:proposed", "{subject} was proposed as {role}.", ("role",))
CONFIRMED = EventKind("broker:role:confirmed", "{subject} is now {role}.", ("role",))
ENDED = EventKind(kinds.ROLE_ENDED, "{subject} is no longer {role}.", ("role",))
ENROLLED = EventKind(
    "broker:login:enrolled", "A login was made for {subject}; it opens nothing yet.", ("organisation",)
)
ORGANISATION_PROPOSED = EventKind(
    "broker:organisation:proposed", "Organisation {subject} was proposed as {org_kind}.", ("org_kind",)
)
ORGANISATION_CONFIRMED = EventKind(
    "broker:organisation:confirmed", "Organisation {subject} was verified.", ()
)
ORGANISATION_WITHDRAWN = EventKind(
    kinds.ORGANISATION_WITHDRAWN, "Organisation {subject} is not verified any more: {why}.", ("why",)
)
DEATH_REPORTED = EventKind("broker:death:reported", "{by} told that {subject} has died.", ())
DEATH_REFUSED = EventKind("broker:death:refused", "No paper shows that {subject} has died.", ())
HANDOVER_INVITED = EventKind(
    "broker:handover:invited", "A code was made with which {subject} can take over her record.", ()
)
HANDOVER_ACCEPTED = EventKind("broker:handover:accepted", "{subject} has a login of her own now.", ())
HANDOVER_CONFIRMED = EventKind(
    "broker:handover:confirmed", "A steward saw that the login of {subject} is her own.", ()
)
HANDOVER_STEP = EventKind("broker:handover:step", "On the way of {subject}: {moment}.", ("moment",))
CHANNEL_ADDED = EventKind("broker:channel:added", "A way to reach {subject} was added.", ("channel_kind",))
CHANNEL_CONFIRMED = EventKind(
    "broker:channel:confirmed", "{subject} showed that she reads what is sent there.", ("channel_kind",)
)
CHANNEL_ENDED = EventKind(
    kinds.CHANNEL_ENDED, "A way to reach {subject} was removed.", ("channel_kind", "channel")
)
REQUEST_SUBMITTED = EventKind(
    "broker:request:submitted", "Access was requested for {purposes}.", ("project", "purposes")
)
REQUEST_DECIDED = EventKind(
    kinds.REQUEST_DECIDED, "Access request {subject}: approved is {approves}.", ("approves", "role")
)
CASE_OPENED = EventKind(
    "broker:case:opened",
    "A case was opened for {purpose} in {jurisdiction}.",
    ("purpose", "jurisdiction", "origin"),
)
AUTHORISATION_RECORDED = EventKind(
    kinds.AUTHORISATION_RECORDED,
    "A judicial paper was recorded for case {subject}.",
    ("purposes", "scope", "document_sha256", "valid_to", "compels_non_consenting"),
)
AUTHORISATION_SEEN = EventKind(
    "broker:authorisation:seen", "{by} read a judicial paper of {subject}.", ("paper",)
)
CASE_JOINED = EventKind(kinds.CASE_JOINED, "{person} works on {subject} from now on.", ("person",))
CASE_DECIDED = EventKind(
    kinds.CASE_DECIDED, "Case {subject}: the {role} approves is {approves}.", ("approves", "role")
)
CASE_CLOSED = EventKind(kinds.CASE_CLOSED, "Case {subject} was closed.", ())
CASE_TOLD = EventKind(
    kinds.CASE_TOLD, "The searches of {subject} were told to everybody they considered.", ("upto", "searches")
)
CASE_REPORTED = EventKind(
    kinds.CASE_REPORTED,
    "What came of {subject} was reported back.",
    ("stage", "cold_case", "third_party_sample", "arrest", "conviction", "identity_revealed", "cost"),
)
PROCESS_RECEIVED = EventKind(
    kinds.PROCESS_RECEIVED,
    "A {process_kind} was entered in the register, about {concerns}; it is due on {due}.",
    (
        *("process_kind", "concerns", "compels_non_consenting", "case", "gag_until", "received", "due"),
        "document_sha256",
    ),
)
PROCESS_MOVED = EventKind(kinds.PROCESS_MOVED, "{subject} is {state} now.", ("state",))
PROCESS_GAG_ENDED = EventKind(kinds.PROCESS_GAG_ENDED, "A court lifted the ban on speaking of {subject}.", ())
PROCESS_OVERDUE = EventKind("broker:process:overdue", "Nobody answered {subject} in time.", ())
PROCESS_TOLD = EventKind(kinds.PROCESS_TOLD, "Everybody concerned was told of {subject}.", ())
PROCESS_SEEN = EventKind("broker:process:seen", "{by} looked at the paper of {subject}.", ())
STATEMENT_MADE = EventKind(
    kinds.STATEMENT_MADE,
    "The statement of {subject} was signed: {sought} orders sought people who had not agreed.",
    ("sought", "note_sha256"),
)
REPORT_MADE = EventKind(
    kinds.REPORT_MADE, "A transparency report of {start} to {end} was made.", ("start", "end", "sha256")
)
CASE_LAPSED = EventKind(kinds.CASE_LAPSED, "Case {subject} lapsed: {why}.", ("why",))
SEARCH_SUBMITTED = EventKind(
    "query:search:submitted",
    "A search of kind {question_kind} was submitted under {under}; it waits for two signatures.",
    ("question_kind", "question_sha256", "purposes", "under", "paper"),
)
BUDGET_SPENT = EventKind(
    "query:budget:spent",
    "{subject} asked to search with more than {profiles} profiles in {days} days, and was refused.",
    ("profiles", "days"),
)
SEARCH_DECIDED = EventKind(
    kinds.SEARCH_DECIDED, "Search {subject}: the {role} approves is {approves}.", ("approves", "role")
)
DISCLOSURE_PROPOSED = EventKind(
    "query:disclosure:proposed",
    "The leads of {job} were asked for under {under}; a second pair decides.",
    ("job", "under"),
)
DISCLOSURE_DECIDED = EventKind(
    kinds.DISCLOSURE_DECIDED, "{subject}: the {role} approves is {approves}.", ("approves", "role")
)
DISCLOSURE_MADE = EventKind(
    "query:disclosure:made",
    "{leads} leads of {job} were disclosed under case names.",
    ("job", "leads", "purposes", "leads_commitment"),
)
DISCLOSURE_LAPSED = EventKind(
    kinds.DISCLOSURE_LAPSED, "{subject} lapsed and nothing of it went out: {because}.", ("because",)
)
QUERY_SUBMITTED = EventKind(
    "query:query:submitted",
    "A question of kind {question_kind} was asked for {purposes}.",
    ("job", "question_kind", "question_sha256", "purposes", "under"),
)
QUERY_REFUSED = EventKind(
    "query:query:refused", "A question was refused: {reasons}.", ("reasons", "purposes", "under")
)
JOB_CLEARED = EventKind(
    "query:job:cleared",
    "Job {subject} may read {permitted} of {considered} people.",
    (
        "considered",
        "permitted",
        "left_out",
        "position",
        "policy_version",
        "snapshot_sha256",
        "gate_sha256",
        "asker",  # the participant who looks for her own relatives, and so must agree too; else nobody
    ),
)
JOB_CUT = EventKind(
    "query:job:cut", "Job {subject} was cut into {ranges} ranges, for many to read at once.", ("ranges",)
)
JOB_RELEASED = EventKind(
    "query:job:released",
    "Job {subject} was released, resting on {permitted} of {considered} people.",
    (
        "considered",
        "permitted",
        "left_out",
        "position",
        "answer_commitment",
        "manifest_commitment",
        "manifest_sha256",
        "kind_of_answer",
        "gates_sha256",
    ),
)
MANIFEST_SEALED = EventKind(kinds.MANIFEST_SEALED, "Whom {subject} read was committed to.", ("root", "size"))
JOB_REFUSED = EventKind(
    "query:job:refused", "Job {subject} was refused: {reasons}.", ("reasons", "gate_sha256")
)
JOB_FAILED = EventKind("query:job:failed", "Job {subject} failed.", ("trouble",))
JOB_PAUSED = EventKind("query:job:paused", "Job {subject} was paused.", ("trouble",))
JOB_CANCELLED = EventKind(kinds.JOB_CANCELLED, "Job {subject} was cancelled.", ())
JOB_RESUMED = EventKind("query:job:resumed", "{by} put job {subject} back into the queue.", ())
JOB_EXPIRED = EventKind(
    "query:job:expired", "The answer of job {subject} was kept for {days} days and is gone.", ("days",)
)
RESULT_READ = EventKind("query:result:read", "The result of job {subject} was read.", ())
DUTY_FAILED = EventKind(
    "broker:duty:failed",
    "What the house does by the clock could not be done ({duty}): {trouble}",
    ("duty", "trouble"),
)
LEDGER_READ = EventKind("broker:ledger:read", "{by} took the whole ledger to {what} it.", ("what",))
CANARY_PLANTED = EventKind(
    "broker:canary:planted", "A canary was planted: somebody who allows nothing.", ("commitment",)
)
CANARY_TOUCHED = EventKind(
    "broker:canary:touched",
    "{subject} reached a canary, who allows nothing ({where}), and was stopped.",
    ("where", "canaries"),
)
CANARY_END_ASKED = EventKind(
    "broker:canary:end_asked", "{by} wants {subject} retired: {reason}.", ("reason",)
)
CANARY_KEPT = EventKind("broker:canary:kept", "{by} kept {subject}, which another auditor wanted retired.")
CANARY_RETIRED = EventKind(
    "broker:canary:retired",
    "{by} retired {subject}, as {asked_by} had wished: {reason}. Nothing watches over her any more.",
    ("asked_by", "reason"),
)
ANOMALY_FOUND = EventKind(
    "broker:anomaly:found",
    "Something unusual about {subject} was noticed: {rule}, {count} events on {day}.",
    ("rule", "count", "day", "evidence"),
)
EXPORTED = EventKind(
    "broker:export:made",
    "{by} took home {what}: {files}, under the signed manifest {sha256}.",
    ("what", "files", "sha256"),
)
PAGE_LOOKED = EventKind("broker:page:looked", "{by} looked at the auditors' page {page}.", ("page",))
EVENT_LOOKED = EventKind("broker:event:looked", "{by} looked at event {event} as an auditor.", ("event",))
LEDGER_SEARCHED = EventKind("broker:ledger:searched", "{by} searched the ledger: {sought}", ("sought",))
JOB_AUDITED = EventKind("broker:job:audited", "{by} looked into {subject} as an auditor.", ())
JOB_EXPLAINED = EventKind(
    "broker:job:explained", "{by} looked at what {subject} decided about {person}.", ("person", "as_of")
)
TAKEN_ALONG = EventKind("broker:record:taken", "Everything of {subject} was handed to {by}.", ("encrypted",))
ERASED_BY_GUARDIAN = EventKind(
    "broker:record:erased_by_guardian",
    "A guardian had {subject} erased. She objected: {objected}.",
    ("objected",),
)
RESTORED = EventKind(
    "broker:house:restored",
    "An older database was put back: it remembered {remembered} of {vouched} events.",
    ("done", "lost", "vouched", "root", "remembered"),
)
RESTORE_SEEN = EventKind(
    "broker:house:seen", "{by} looked over the house after an older database was put back.", ("signed_in",)
)
FACTOR_ADDED = EventKind(
    kinds.FACTOR_ADDED, "{subject} can now prove herself by {factor}.", ("factor", "strong_from")
)
FACTOR_REMOVED = EventKind(
    kinds.FACTOR_REMOVED, "{subject} no longer proves herself by {factor}.", ("factor", "which")
)
PASSKEY_DOUBTED = EventKind(
    "broker:passkey:doubted", "A passkey of {subject} counted backwards, and was refused.", ()
)
RECOVERY_MADE = EventKind(kinds.RECOVERY_MADE, "{subject} was given new recovery codes.", ())
RECOVERY_USED = EventKind(kinds.RECOVERY_USED, "{subject} used a recovery code.", ("left",))
PAPER_AUDITED = EventKind(
    "broker:paper:audited", "{by} looked into a paper form of {subject} as an auditor.", ("paper",)
)
SCAN_SEEN = EventKind("broker:paper:seen", "{by} looked at a paper form of {subject}.", ("paper",))
UPLOAD_BEGUN = EventKind(
    "broker:upload:begun", "{by} began to send a file for {subject}.", ("upload", "size")
)
UPLOAD_ENDED = EventKind(
    "broker:upload:ended", "A file for {subject} did not arrive: {why}.", ("upload", "why")
)
UPLOAD_REFUSED = EventKind(
    "broker:upload:refused", "A file for {subject} was refused: {reason}.", ("upload", "reason")
)
UPLOAD_HELD = EventKind(
    "broker:upload:held", "A file of {subject} is held until {until}.", ("upload", "file", "until")
)
UPLOAD_MARKED = EventKind(
    "broker:upload:marked",
    "{by} looked at a held file of {subject}: set aside is {set_aside}.",
    ("upload", "file", "set_aside", "why"),
)
UPLOAD_SETTLED = EventKind(
    "broker:upload:settled",
    "The review of a file of {subject} is over: set aside is {set_aside}.",
    ("upload", "file", "set_aside"),
)

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, EventKind))
BY_TAG: dict[str, EventKind] = {
    kind.tag: kind for kind in (*consent_events.KINDS, *genomics_events.KINDS, *KINDS)
}

# Each kind's sentence by language; where a language has none, English speaks.
SENTENCES: dict[str, dict[str, str]] = {
    "en": {tag: kind.sentence for tag, kind in BY_TAG.items()},
    "id": {**CONSENT_ID, **GENOMICS_ID, **BROKER_ID},
}


def sentence(tag: str, language: str) -> str:
    """The sentence of a kind, in the language of whoever reads it."""
    return SENTENCES.get(language, {}).get(tag) or SENTENCES["en"][tag]
