"""The table of rights in the database: what each login may do on each table. Pure; see walls.building.

Who may do what at a door is in broker.rights; this is for who comes past the doors. A table that is not
named here is nobody's but its owner's, and a test walks all tables and fails for it.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Login(StrEnum):
    """A process's way into the database."""

    WEB = "web"
    """The site and the REST interface: what people do themselves. Reads no key but in an opened record."""
    WORKER = "worker"
    """Runs jobs and checks uploads. Reads keys under what it has claimed."""
    SEQUENCER = "sequencer"
    """Gives events their place and signs. Knows nothing of genomes, questions and logins."""
    AUDITOR = "auditor"
    """Reads the ledger, jobs and what was said; writes her own looks."""
    KEEPER = "keeper"
    """The operator's commands and the upkeep: opens every key, for it wraps them anew. Runs no job."""


VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}


@dataclass(frozen=True, slots=True)
class Rights:
    """Letters of VERBS, a login each. Whoever has "-" may nothing. `only` names, by login and verb, the
    columns that an S or a U is about; all of them otherwise."""

    letters: tuple[str, ...]
    only: dict[tuple[Login, str], tuple[str, ...]] = field(default_factory=dict)

    def of(self, login: Login) -> str:
        return self.letters[tuple(Login).index(login)].replace("-", "")


def _rights(letters: str, **only: tuple[str, ...]) -> Rights:
    """`worker_U=("state",)`: the worker's U is about that column."""
    named = {}
    for name, columns in only.items():
        login, verb = name.split("_")
        named[Login(login), verb] = columns
    return Rights(tuple(letters.split()), named)


_JOB_WORKER = (
    *("state", "lease_until", "progress", "rung_at", "started_at", "ended_at", "reasons", "trouble"),
    # all but id, query, token, attempt
    *("position", "policy_version", "snapshot", "answer", "manifest", "cut_into"),
)
_JOB_STOP = (
    "state",
    "token",
    "lease_until",
    "ended_at",
    "answer",
    "manifest",
    "rung_at",
    "trouble",
    "attempt",
)
_UPLOAD_WORKER = (
    *("state", "lease_until", "rung_at", "read", "file", "reason", "told", "line", "query_id", "held_until"),
    *(
        "ended_at",
        "sealed_key",
        "sealed_metadata",
        "sha256",
        "sha256_blocks",
        "token",
    ),  # which a trigger lets it take out only
)
_EVIDENCE_FACTS = (
    *("id", "case", "kind", "build", "quality", "notes", "epoch", "received_at", "fingerprint"),
)
_SETTLED = ("state", "reason", "settled_by", "settled_at")
_RANGE_FACTS = ("id", "job_id", "number", "state", "lease_until", "attempt")  # and nothing of its people

#                                           web  worker sequencer auditor keeper
TABLES: dict[str, Rights] = {
    # --- genomics: keys, and what leads to sealed bytes (all but facts and panels behind walls) ---
    "genomics_participantkey": _rights("SUD  SIU  -  -  SIUD", worker_U=("spent",)),
    "genomics_sealed": _rights("SIUD SID  -  S  SIUD", auditor_S=("name", "manifest_sha256")),
    "genomics_variantslab": _rights("SUD  S    -  -  SIUD"),
    # A U that a policy lets change nothing is there to lock a row: FOR UPDATE asks for it.
    "genomics_evidencekey": _rights("SIUD SIUD -  -  SIUD", web_U=("epoch",), worker_U=("epoch",)),
    "genomics_evidenceprofile": _rights(
        "SIUD SIUD -  -  SIUD", web_S=_EVIDENCE_FACTS, web_U=("notes",), worker_U=("notes",)
    ),
    "genomics_evidencehold": _rights("SIUD SD   -  S  SIUD", web_U=_SETTLED, keeper_U=_SETTLED),
    "genomics_genomicfile": _rights("SUD  SI   -  S  SIUD"),
    "genomics_slabmember": _rights("SD   S    -  -  SIUD"),
    "genomics_rowtile": _rights("-    -    -  -  SIUD"),
    "genomics_panelversion": _rights("S    S    -  S  SI"),
    # --- jobs ---
    "broker_query": _rights(
        "SIU  SIU  -  S  SU",
        web_U=("state", "reasons"),
        worker_U=("state", "reasons"),
        keeper_U=("state", "reasons"),
    ),
    "broker_job": _rights("SIU  SIU  -  S  SU", web_U=_JOB_STOP, worker_U=_JOB_WORKER, keeper_U=_JOB_STOP),
    "broker_jobrange": _rights(
        "SD   SIUD -  S  SD",
        web_S=_RANGE_FACTS,
        worker_U=("state", "lease_until", "rung_at", "asked", "found"),
        auditor_S=_RANGE_FACTS,
        keeper_S=_RANGE_FACTS,
    ),
    "broker_jobgate": _rights("S    SI   -  S  S"),
    "broker_upload": _rights("SIUD SUD  -  -  SUD", worker_U=_UPLOAD_WORKER),
    # --- people and their undertakings ---
    "broker_organisation": _rights("SIU  S    -  S  SIU"),
    "broker_user": _rights("SIU  SU   -  S  SIU", worker_U=("last_login",)),
    "broker_user_groups": _rights("SIUD S    -  -  SIUD"),
    "broker_user_user_permissions": _rights("SIUD S    -  -  SIUD"),
    "broker_appointment": _rights("SIU  SU   -  S  SIU", worker_U=("ended_at",)),
    "broker_ownrecord": _rights("SIUD S    -  -  SIUD"),
    "broker_participantpermission": _rights("SIUD SD   -  -  SIUD"),
    "broker_totp": _rights("SIUD -    -  -  SD"),
    "broker_passkey": _rights("SIUD -    -  -  SD"),
    "broker_recoverycode": _rights("SIUD -    -  -  SID"),
    "broker_guess": _rights("SIUD -    -  -  SD"),
    "broker_tokenname": _rights("SIUD -    -  -  SD"),
    "broker_project": _rights("SIU  SU   -  S  S", worker_U=("first_access_at",)),
    "broker_projectpermission": _rights("SIUD S    -  S  S"),
    "broker_accessrequest": _rights("SIU  S    -  S  SIU"),
    "broker_case": _rights("SIU  SU   -  S  SU", worker_U=("closed_at",), keeper_U=("state", "closed_at")),
    "broker_casepermission": _rights("SIUD S    -  S  S"),
    "broker_authorisation": _rights("SI   S    -  S  S"),
    "broker_approval": _rights("SI   S    -  S  S"),
    "broker_disclosure": _rights("SIU  S    -  S  SU", keeper_U=("state", "decided_at")),
    "broker_courtdocument": _rights("SI   -    -  -  -"),
    # --- what courts demand, what is told of searches, what is published ---
    "broker_legalprocess": _rights("SI   S    -  S  SI"),
    "broker_legalconcern": _rights("SID  S    -  S  SID"),
    "broker_legalstep": _rights("SI   SI   -  S  SI"),
    "broker_telling": _rights("SI   SI   -  S  SI"),
    "broker_monthlystatement": _rights("S    SI   -  S  SI"),
    "broker_publishedreport": _rights("S    SI   -  S  SI"),
    "broker_casereport": _rights("SI   S    -  S  S"),
    "broker_canary": _rights("S    S    -  S  SI"),
    "broker_formercertificate": _rights("S    -    -  S  SI"),
    "broker_impactsnapshot": _rights("SI   SI   -  S  SI"),
    "broker_deathreport": _rights("SIUD S    -  -  SUD"),
    "broker_handoverstep": _rights("SID  SI   -  -  SID"),
    "broker_handovercode": _rights("SIUD SU   -  -  SIUD"),
    "broker_channel": _rights("SIUD SI   -  -  SIUD"),  # the inbox of who has none yet
    "broker_notice": _rights("SID  SI   -  -  SID"),
    "broker_delivery": _rights("SIUD SIU  -  -  SIUD"),
    "broker_paperscan": _rights("SIUD -    -  -  SD"),
    # --- what was said, and who may say it ---
    "consent_change": _rights("SI   SI   S  S  SI"),
    "consent_participant": _rights("SIU  SU   S  S  SIU"),
    "consent_homechange": _rights("SIUD SD   -  -  SD"),
    "consent_erasure": _rights("SI   -    -  S  SI"),
    "consent_freeze": _rights("SID  S    -  S  SID"),
    "consent_holding": _rights("SIU  SIU  S  S  SIU"),
    "consent_kinlink": _rights("SIUD SU   -  S  SIUD"),
    "consent_twinlink": _rights("SIU  SU   -  S  SIU"),
    "consent_statement": _rights("SID  SI   -  S  SID"),
    "consent_manifestkey": _rights("SID  SI   -  S  SID"),
    "consent_formversion": _rights("SI   S    -  S  SI"),
    "consent_formdraft": _rights("SI   S    -  S  SI"),
    "consent_formmove": _rights("SI   S    -  S  SI"),
    "consent_paperimport": _rights("SID  -    -  S  SID"),
    "consent_papermove": _rights("SID  -    -  S  SID"),
    "consent_paperentry": _rights("SID  -    -  S  SID"),
    "consent_policyversion": _rights("SI   S    -  S  SI"),
    "consent_diseasename": _rights("SID  S    -  S  SID"),
    "consent_diseaseproposal": _rights("SI   S    -  S  SI"),
    "consent_diseasemove": _rights("SI   S    -  S  SI"),
    "consent_projection": _rights("SD   SIUD -  S  SIUD"),
    "consent_projectionpart": _rights("SD   SIUD -  S  SIUD"),
    # --- the ledger ---
    "consent_ledgerevent": _rights("SI   SI   S  SI SI"),
    "consent_ledgeropening": _rights("SID  SI   S  SI SID"),
    "consent_ledgerleaf": _rights("S    S    SI S  S"),
    "consent_ledgercheckpoint": _rights("S    S    SI S  S"),
    # --- Django's own ---
    "auth_permission": _rights("S    S    -  S  S"),
    "auth_group": _rights("S    S    -  S  S"),
    "auth_group_permissions": _rights("S    S    -  S  S"),
    "django_content_type": _rights("S    S    -  S  S"),
    "django_session": _rights("SIUD -    -  -  SD"),
    "django_migrations": _rights("S    S    S  S  S"),  # a command looks first whether the tables are there
    "guardian_userobjectpermission": _rights("SIUD S    -  S  SIUD"),
    "guardian_groupobjectpermission": _rights("SIUD S    -  S  SIUD"),
    "knox_authtoken": _rights("SIUD -    -  -  SD"),
}

NOBODYS = Rights(("-",) * 5)

WALLED = frozenset(
    f"genomics_{name}"
    for name in ("participantkey", "sealed", "variantslab", "evidencekey", "evidenceprofile")
)
"""Whose rows are seen under a lease alone; a statement that names one shows its lease (walls.leases)."""

POLICED = WALLED | {"broker_job", "broker_jobrange", "broker_query", "broker_case", "broker_upload"}
"""Those with row-level security, forced on their owner, too."""

FUNCTIONS: dict[str, tuple[Login, ...]] = {
    "claim_job(uuid, timestamptz, timestamptz)": (Login.WORKER,),
    "claim_range(uuid, timestamptz, timestamptz)": (Login.WORKER,),
    "claim_upload(uuid, timestamptz, timestamptz)": (Login.WORKER,),
    "open_record(bigint)": (Login.WEB, Login.KEEPER),
    "open_evidence(text)": (Login.WEB, Login.KEEPER),
    "renew(uuid)": (Login.WEB, Login.WORKER, Login.KEEPER),
    "held()": (Login.WEB, Login.WORKER),
    "job_held()": (Login.WORKER,),
    "share_held()": (Login.WORKER,),
    "person_held()": (Login.WEB, Login.WORKER),
    "slabs_held()": (Login.WEB,),
    "evidence_held()": (Login.WEB, Login.WORKER),
}
"""Who may call what of walls.lease_functions; nobody else may."""
