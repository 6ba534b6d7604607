"""Who somebody is here, and what that lets her do at a door: one table. It imports nothing of the house.

Whether a use of data is lawful is never decided here: no role changes what consent says.
"""

from enum import StrEnum


class Role(StrEnum):
    """Who somebody is here."""

    PARTICIPANT = "participant"
    GUARDIAN = "guardian"
    RESEARCHER = "researcher"
    CLINICIAN = "clinician"
    QUALITY_OFFICER = "quality_officer"
    INVESTIGATOR = "investigator"
    COUNSEL = "counsel"
    CLERK = "clerk"
    STEWARD = "steward"
    LEGAL_REVIEWER = "legal_reviewer"
    AUDITOR = "auditor"
    WITNESS = "witness"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What somebody may do at a door."""

    PUBLIC = "open to everybody, signed in or not"
    SIGNED_IN = "open to everybody who is signed in"
    KEEP_OWN_RECORD = "see and change one's own files and choices"
    KEEP_CHILD_RECORD = "see and change the files and choices of somebody one acts for"
    BRING_FILES = "bring in files, one's own or of somebody one acts for"
    APPLY = "apply for access for a project"
    ASK = "ask a question under an approved project or case"
    OPEN_CASE = "open a case and bring evidence"
    REVIEW_REQUESTS = "approve or refuse access requests"
    REVIEW_CASES = "approve or refuse cases"
    VERIFY_PEOPLE = "confirm identities and guardianships"
    KEEP_FORMS = "load, approve and publish consent forms"
    KEY_PAPER = "enter what stands on a paper form"
    SEE_HOMES = "confirm where somebody is at home"
    ENTER_PROCESSES = "enter what courts and agencies demand"
    ANSWER_PROCESSES = "answer what courts and agencies demand"
    READ_LEDGER = "read and verify the ledger"
    APPOINT = "propose and confirm roles and organisations"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.PARTICIPANT: frozenset({Right.KEEP_OWN_RECORD, Right.BRING_FILES}),
    Role.GUARDIAN: frozenset({Right.KEEP_CHILD_RECORD, Right.BRING_FILES}),
    Role.RESEARCHER: frozenset({Right.APPLY, Right.ASK}),
    Role.CLINICIAN: frozenset(),
    Role.QUALITY_OFFICER: frozenset(),
    Role.INVESTIGATOR: frozenset({Right.OPEN_CASE, Right.ASK}),
    Role.COUNSEL: frozenset({Right.OPEN_CASE, Right.ASK}),
    Role.CLERK: frozenset({Right.KEY_PAPER, Right.SEE_HOMES, Right.ENTER_PROCESSES}),
    Role.STEWARD: frozenset(
        {
            *(Right.REVIEW_REQUESTS, Right.REVIEW_CASES, Right.VERIFY_PEOPLE, Right.KEEP_FORMS),
            *(Right.ENTER_PROCESSES, Right.ANSWER_PROCESSES),
        }
    ),
    Role.LEGAL_REVIEWER: frozenset({Right.REVIEW_CASES, Right.ENTER_PROCESSES, Right.ANSWER_PROCESSES}),
    Role.AUDITOR: frozenset({Right.READ_LEDGER}),
    Role.WITNESS: frozenset(),
    Role.ADMINISTRATOR: frozenset({Right.APPOINT}),
}

# What everybody has without being anybody here.
FOR_ALL: frozenset[Right] = frozenset({Right.PUBLIC})
FOR_SIGNED_IN: frozenset[Right] = frozenset({Right.PUBLIC, Right.SIGNED_IN})

# Roles that somebody takes herself, for they give power over nobody else's record.
SELF_TAKEN: frozenset[Role] = frozenset({Role.PARTICIPANT, Role.GUARDIAN})

# The same people in the words of the consent model.
IN_LAW: dict[Role, str] = {
    Role.PARTICIPANT: "participant",
    Role.RESEARCHER: "researcher",
    Role.CLINICIAN: "clinician",
    Role.QUALITY_OFFICER: "qc_staff",
    Role.INVESTIGATOR: "law_enforcement",
    Role.COUNSEL: "defence_counsel",
}

WHO: dict[Role, str] = {
    Role.PARTICIPANT: "keeps her own files and choices",
    Role.GUARDIAN: "acts for a child, an adult who cannot act, or one who has died",
    Role.RESEARCHER: "applies for access and asks questions",
    Role.CLINICIAN: "treats a participant who allowed it",
    Role.QUALITY_OFFICER: "looks for swapped samples",
    Role.INVESTIGATOR: "works a case for a verified agency",
    Role.COUNSEL: "works a case for the defence",
    Role.CLERK: "enters paper forms and sees where people live, never alone",
    Role.STEWARD: "approves requests and cases, never alone for a case",
    Role.LEGAL_REVIEWER: "is the second to approve a case",
    Role.AUDITOR: "reads and verifies the ledger",
    Role.WITNESS: "cosigns the ledger's growth",
    Role.ADMINISTRATOR: "appoints people, never alone",
}
