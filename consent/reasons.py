"""Every reason for a no, gravest first, with the sentence that the participant reads.

Which reason applies is decided in rules. A reason that rests on another person or on a hold says only that
it is not hers, so that nothing is betrayed about anybody else.
"""

from collections.abc import Iterable
from enum import StrEnum


class Reason(StrEnum):
    """Why not. The order of definition is the rank: the first of several is the primary one."""

    JOB_LEDGER_UNAVAILABLE = "JOB_LEDGER_UNAVAILABLE"
    REQ_ROLE_NOT_ALLOWED = "REQ_ROLE_NOT_ALLOWED"
    REQ_PURPOSE_UNKNOWN = "REQ_PURPOSE_UNKNOWN"
    REQ_PURPOSE_MIXED = "REQ_PURPOSE_MIXED"
    REQ_PURPOSE_INCOMPLETE = "REQ_PURPOSE_INCOMPLETE"
    REQ_PROJECT_NOT_APPROVED = "REQ_PROJECT_NOT_APPROVED"
    REQ_PROJECT_EXPIRED = "REQ_PROJECT_EXPIRED"
    REQ_PURPOSE_EXCEEDS_APPROVAL = "REQ_PURPOSE_EXCEEDS_APPROVAL"
    REQ_AGENCY_UNVERIFIED = "REQ_AGENCY_UNVERIFIED"
    REQ_OFFENCE_NOT_OFFERED = "REQ_OFFENCE_NOT_OFFERED"
    REQ_SAMPLE_ORIGIN_INVALID = "REQ_SAMPLE_ORIGIN_INVALID"
    REQ_LEADS_NOT_EXHAUSTED = "REQ_LEADS_NOT_EXHAUSTED"
    REQ_JUDICIAL_AUTH_MISSING = "REQ_JUDICIAL_AUTH_MISSING"
    REQ_JUDICIAL_AUTH_INVALID = "REQ_JUDICIAL_AUTH_INVALID"
    REQ_NO_CARE_RELATIONSHIP = "REQ_NO_CARE_RELATIONSHIP"
    SUBJ_ERASED = "SUBJ_ERASED"
    SUBJ_IDENTITY_UNVERIFIED = "SUBJ_IDENTITY_UNVERIFIED"
    SUBJ_FROZEN = "SUBJ_FROZEN"
    FILE_ERASED = "FILE_ERASED"
    FILE_QUARANTINED = "FILE_QUARANTINED"
    CONSENT_DENIED = "CONSENT_DENIED"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    CONSENT_NONE = "CONSENT_NONE"
    CONSENT_NOT_YET_EFFECTIVE = "CONSENT_NOT_YET_EFFECTIVE"
    AUTH_PAPER_NOT_VERIFIED = "AUTH_PAPER_NOT_VERIFIED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    CONSENT_RECONSENT_OVERDUE = "CONSENT_RECONSENT_OVERDUE"
    CONSENT_FORM_LACKS_PURPOSE = "CONSENT_FORM_LACKS_PURPOSE"
    CONSENT_LE_NOTICE_MISSING = "CONSENT_LE_NOTICE_MISSING"
    AUTH_MINOR_DISSENT = "AUTH_MINOR_DISSENT"
    AUTH_MINOR_SELF = "AUTH_MINOR_SELF"
    AUTH_GUARDIAN_UNVERIFIED = "AUTH_GUARDIAN_UNVERIFIED"
    AUTH_GUARDIAN_CANNOT_GRANT = "AUTH_GUARDIAN_CANNOT_GRANT"
    AUTH_GUARDIAN_LAPSED_AT_MAJORITY = "AUTH_GUARDIAN_LAPSED_AT_MAJORITY"
    AUTH_DECEASED_STOP = "AUTH_DECEASED_STOP"
    AUTH_NOK_CANNOT_WIDEN = "AUTH_NOK_CANNOT_WIDEN"
    PURPOSE_NOT_COVERED = "PURPOSE_NOT_COVERED"
    DISEASE_NOT_COVERED = "DISEASE_NOT_COVERED"
    COMMERCIAL_NOT_GRANTED = "COMMERCIAL_NOT_GRANTED"
    MOD_NMDS = "MOD_NMDS"
    MOD_GSO = "MOD_GSO"
    MOD_NPU = "MOD_NPU"
    MOD_NCU = "MOD_NCU"
    MOD_NPUNCU = "MOD_NPUNCU"
    MOD_NPOA = "MOD_NPOA"
    MOD_GS = "MOD_GS"
    MOD_TS = "MOD_TS"
    MOD_PUB = "MOD_PUB"
    MOD_COL = "MOD_COL"
    MOD_IRB = "MOD_IRB"
    MOD_MOR = "MOD_MOR"
    MOD_RTN = "MOD_RTN"
    MOD_RS = "MOD_RS"
    MOD_US = "MOD_US"
    MOD_PS = "MOD_PS"
    MOD_IS = "MOD_IS"
    MOD_NCTRL = "MOD_NCTRL"
    MOD_IDENTITY_ONLY = "MOD_IDENTITY_ONLY"
    MOD_UNKNOWN = "MOD_UNKNOWN"
    REL_MZ_TWIN_NOT_GRANTED = "REL_MZ_TWIN_NOT_GRANTED"
    REL_MUTUAL_CONSENT_MISSING = "REL_MUTUAL_CONSENT_MISSING"
    JOB_NOT_IN_SNAPSHOT = "JOB_NOT_IN_SNAPSHOT"
    JOB_REVOKED_IN_FLIGHT = "JOB_REVOKED_IN_FLIGHT"

    @property
    def sentence(self) -> str:
        """What the participant reads."""
        return SENTENCES[self]

    @property
    def is_of_request(self) -> bool:
        """Whether the request itself failed, for everybody alike."""
        return self.startswith("REQ_")


_RANK = {reason: rank for rank, reason in enumerate(Reason)}


def ranked(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, the gravest first."""
    return tuple(sorted(set(reasons), key=_RANK.__getitem__))


NOT_YOURS = "A condition that is not yours."

SENTENCES: dict[Reason, str] = {
    Reason.JOB_LEDGER_UNAVAILABLE: "Your choices could not be read just then, so nothing was.",
    Reason.REQ_ROLE_NOT_ALLOWED: "The one who asked may not ask this.",
    Reason.REQ_PURPOSE_UNKNOWN: "The request did not say what it was for.",
    Reason.REQ_PURPOSE_MIXED: "The request mixed uses that must be kept apart.",
    Reason.REQ_PURPOSE_INCOMPLETE: "The request did not name the research it was for.",
    Reason.REQ_PROJECT_NOT_APPROVED: "The project was not approved.",
    Reason.REQ_PROJECT_EXPIRED: "The project had ended.",
    Reason.REQ_PURPOSE_EXCEEDS_APPROVAL: "The project was not approved for this use.",
    Reason.REQ_AGENCY_UNVERIFIED: "The agency that asked was not verified.",
    Reason.REQ_OFFENCE_NOT_OFFERED: "We never search for this kind of case.",
    Reason.REQ_SAMPLE_ORIGIN_INVALID: "The sample came from somebody who must not be searched for.",
    Reason.REQ_LEADS_NOT_EXHAUSTED: "Other ways to solve the case had not been tried.",
    Reason.REQ_JUDICIAL_AUTH_MISSING: "A court's permission was missing.",
    Reason.REQ_JUDICIAL_AUTH_INVALID: "The court's permission did not fit this search, or had run out.",
    Reason.REQ_NO_CARE_RELATIONSHIP: "The clinician who asked does not treat you.",
    Reason.SUBJ_ERASED: "Your data had been erased.",
    Reason.SUBJ_IDENTITY_UNVERIFIED: "Your identity is not verified yet.",
    Reason.SUBJ_FROZEN: NOT_YOURS,
    Reason.FILE_ERASED: "This file had been erased.",
    Reason.FILE_QUARANTINED: NOT_YOURS,
    Reason.CONSENT_DENIED: "You said no to this use.",
    Reason.CONSENT_WITHDRAWN: "You withdrew your permission for this use.",
    Reason.CONSENT_NONE: "You have not allowed this use.",
    Reason.CONSENT_NOT_YET_EFFECTIVE: "Your permission for this use had not begun yet.",
    Reason.AUTH_PAPER_NOT_VERIFIED: "Your paper form had not been checked by a second person.",
    Reason.CONSENT_EXPIRED: "Your permission for this use had ended.",
    Reason.CONSENT_RECONSENT_OVERDUE: "We had to ask you again, and you have not answered yet.",
    Reason.CONSENT_FORM_LACKS_PURPOSE: "The form you signed did not ask about this use.",
    Reason.CONSENT_LE_NOTICE_MISSING: "The form you signed did not say plainly that police may search.",
    Reason.AUTH_MINOR_DISSENT: "You said that you do not want this.",
    Reason.AUTH_MINOR_SELF: "You were too young to allow this by yourself.",
    Reason.AUTH_GUARDIAN_UNVERIFIED: "The one who allowed it for you is not verified as your guardian.",
    Reason.AUTH_GUARDIAN_CANNOT_GRANT: "A guardian cannot allow this for you.",
    Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY: "Your guardian's permission ended when you came of age.",
    Reason.AUTH_DECEASED_STOP: "This permission ended at death.",
    Reason.AUTH_NOK_CANNOT_WIDEN: "Next of kin cannot allow anything new.",
    Reason.PURPOSE_NOT_COVERED: "You allowed research, but not this kind.",
    Reason.DISEASE_NOT_COVERED: "You allowed research, but not on this disease.",
    Reason.COMMERCIAL_NOT_GRANTED: "You have not allowed use by companies or for profit.",
    Reason.MOD_NMDS: "You do not want methods or software developed with it.",
    Reason.MOD_GSO: "You allowed genetic studies only.",
    Reason.MOD_NPU: "You allowed organisations that are not for profit only.",
    Reason.MOD_NCU: "You do not want commercial use.",
    Reason.MOD_NPUNCU: "You want neither companies nor commercial use.",
    Reason.MOD_NPOA: "You do not want ancestry research.",
    Reason.MOD_GS: "It would have been used outside the places you allowed.",
    Reason.MOD_TS: "It would have been used for longer than you allowed.",
    Reason.MOD_PUB: "You want results to be published, and nobody promised that.",
    Reason.MOD_COL: "You want the first investigators to take part, and nobody promised that.",
    Reason.MOD_IRB: "You want an ethics approval, and there was no valid one.",
    Reason.MOD_MOR: "It would have been published before the date you set.",
    Reason.MOD_RTN: "You want new data to come back, and nobody promised that.",
    Reason.MOD_RS: "The topic is not one that you allowed.",
    Reason.MOD_US: "The person who asked is not one that you named.",
    Reason.MOD_PS: "The project is not one that you named.",
    Reason.MOD_IS: "The institution is not one that you named.",
    Reason.MOD_NCTRL: "You do not want to be in a comparison group for other research.",
    Reason.MOD_IDENTITY_ONLY: "You allowed a check of identity only, not a search for relatives.",
    Reason.MOD_UNKNOWN: "Your permission has a condition that we do not know, so nobody may rely on it.",
    Reason.REL_MZ_TWIN_NOT_GRANTED: NOT_YOURS,
    Reason.REL_MUTUAL_CONSENT_MISSING: NOT_YOURS,
    Reason.JOB_NOT_IN_SNAPSHOT: "Your permission came after this search had begun.",
    Reason.JOB_REVOKED_IN_FLIGHT: "Your permission ended while the search was running, so you were left out.",
}
