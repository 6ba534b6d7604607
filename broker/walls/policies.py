"""Row-level security: which rows each login sees where keys, evidence, questions and answers are kept.

A policy asks for the lease by (SELECT walls.…()), which PostgreSQL does once a statement and not once a row.
What is granted at all is in walls.tables; how both are put up in walls.building.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from broker.models import ENDED, TRANSITIONS, UPLOAD_TRANSITIONS, JobState
from broker.walls.tables import POLICED, TABLES, VERBS, WALLED, Login

S = TypeVar("S")

HELD = "(SELECT walls.held())"
JOB = "(SELECT walls.job_held())"
SHARE = "(SELECT walls.share_held())"
PERSON = "(SELECT walls.person_held())"

# A person with nothing active is not read in any job, whatever the job says.
_ACTIVE = (
    "EXISTS (SELECT 1 FROM consent_holding h WHERE h.participant_id = genomics_participantkey.participant_id "
    "AND h.state = 'ACTIVE')"
)
# The profile that lay apart for a review can be destroyed when the review is over, without any claim.
_REVIEW_OVER = (
    "(\"case\" LIKE 'review:%' AND NOT EXISTS (SELECT 1 FROM broker_upload u WHERE u.id::text = "
    "substr(\"case\", 8) AND u.state IN ('checking', 'held')))"
)
# What is left of a case that has ended can be destroyed by who ends it, and counted.
_CASE_OVER = (
    "(\"case\" LIKE 'case:%' AND NOT EXISTS (SELECT 1 FROM broker_case c WHERE c.id::text = "
    "substr(\"case\", 6) AND c.state IN ('submitted', 'approved')))"
)
_EVIDENCE = '"case" = (SELECT walls.evidence_held())'  # of the one case or review that is worked on
_QUALITY = "role = 'quality_officer' AND question->>'kind' = 'identity' AND request_id IS NOT NULL"
_EVIDENCE_PLACE = "name LIKE 'evidence/%'"  # where it lies, sealed: its key lies elsewhere


@dataclass(frozen=True, slots=True)
class Policy:
    """For one login and verb of one table: which rows it sees, and which it may write."""

    table: str
    login: Login
    verb: str  # a letter of VERBS, or "*"
    using: str = ""
    check: str = ""

    @property
    def name(self) -> str:
        return f"{self.login}_{'all' if self.verb == '*' else VERBS[self.verb].lower()}"

    def sql(self, role: str) -> str:
        verb = "ALL" if self.verb == "*" else VERBS[self.verb]
        using = f" USING ({self.using})" if self.using else ""
        check = f" WITH CHECK ({self.check})" if self.check else ""
        return f"CREATE POLICY {self.name} ON {self.table} FOR {verb} TO {role}{using}{check}"


def _policies() -> Iterator[Policy]:
    web, worker, keeper = Login.WEB, Login.WORKER, Login.KEEPER
    for table in sorted(WALLED):
        yield Policy(table, keeper, "*", "true", "true")
    keys = "genomics_participantkey"
    hers = f"participant_id = {PERSON}"
    yield Policy(keys, worker, "S", f"({JOB} AND participant_id <@ {SHARE} AND {_ACTIVE}) OR {hers}")
    yield Policy(keys, worker, "I", check=hers)
    yield Policy(keys, worker, "U", hers, hers)
    yield Policy(keys, web, "*", hers, hers)
    sealed = f"{HELD} OR {_EVIDENCE_PLACE}"
    for login in (web, worker):
        yield Policy("genomics_sealed", login, "*", sealed, sealed)
    # By which manifest each file is vouched for; not where it lies, nor what opens it (verify_ledger).
    yield Policy("genomics_sealed", Login.AUDITOR, "S", "name LIKE 'files/%'")
    yield Policy("genomics_variantslab", worker, "S", JOB)
    slabs = "id = ANY ((SELECT walls.slabs_held())::uuid[])"  # of the person whose record is open
    yield Policy("genomics_variantslab", web, "*", slabs, slabs)
    evidence = "genomics_evidenceprofile"
    yield from _evidence(evidence, web, sees="true", takes_in="true")  # not its key: a right on columns
    yield from _evidence(evidence, worker, sees=f"{_EVIDENCE} OR {_REVIEW_OVER}")
    yield from _evidence("genomics_evidencekey", web, sees=f"{_EVIDENCE} OR {_CASE_OVER} OR {_REVIEW_OVER}")
    yield from _evidence("genomics_evidencekey", worker, sees=f"{_EVIDENCE} OR {_REVIEW_OVER}")
    # A worker asks nothing by itself but whether a held file is somebody else's, too (broker.same_person).
    yield Policy("broker_query", worker, "I", check=_QUALITY)
    yield Policy("broker_query", worker, "U", _QUALITY, _QUALITY)
    asked = f"EXISTS (SELECT 1 FROM broker_query q WHERE q.id = query_id AND {_QUALITY})"
    fresh = "state = 'queued' AND token IS NULL AND answer IS NULL AND manifest IS NULL"
    yield Policy("broker_query", web, "I", check="true")
    yield Policy("broker_query", web, "U", "true", "true")
    yield Policy("broker_job", web, "I", check=fresh)
    yield Policy("broker_job", worker, "I", check=f"{fresh} AND {asked}")
    # The keeper's clock ends what has run out: cases, searches that wait, answers.
    waits = "case_id IS NOT NULL AND state = 'submitted'"
    yield Policy("broker_query", keeper, "U", waits, "state = 'refused'")
    yield Policy("broker_case", web, "I", check="true")
    yield Policy("broker_case", web, "U", "true", "true")
    yield Policy("broker_case", worker, "U", "true", "false")  # it locks, and changes nothing
    # It locks the cases that it tells of, and ends others; after a restore it refuses again. None opens.
    yield Policy("broker_case", keeper, "U", "true", "state IN ('closed', 'refused')")
    # What has ended stays so; and only a worker's claim sets a job going, or says that it is released.
    over, stoppable = ", ".join(f"'{state}'" for state in ENDED), _states(TRANSITIONS, JobState.CANCELLED)
    stopped = "state IN ('queued', 'cancelled') AND answer IS NULL AND manifest IS NULL"
    yield Policy("broker_job", worker, "U", f"state NOT IN ({over})", "true")
    yield Policy("broker_job", web, "U", f"state IN ({stoppable})", f"{stopped} AND token IS NULL")
    let_go = "state = 'expired' AND answer IS NULL"
    yield Policy("broker_job", keeper, "U", f"state IN ({stoppable}, 'released')", f"{stopped} OR {let_go}")
    yield from _ranges("broker_jobrange")
    yield Policy("broker_upload", web, "*", "true", "true")
    yield Policy("broker_upload", keeper, "*", "true", "true")
    yield Policy("broker_upload", worker, "U", f"state IN ({_states(UPLOAD_TRANSITIONS)})", "true")
    yield Policy("broker_upload", worker, "D", f"state NOT IN ({_states(UPLOAD_TRANSITIONS)})")
    for table in sorted(POLICED - WALLED):
        for login in Login:
            if "S" in TABLES[table].of(login):
                yield Policy(table, login, "S", "true")


def _ranges(table: str) -> Iterator[Policy]:
    """What a range holds comes by its worker alone, once; and goes with its job, whoever ends that."""
    fresh = "state = 'waiting' AND token IS NULL AND asked IS NULL AND found IS NULL"
    yield Policy(table, Login.WORKER, "I", check=fresh)
    yield Policy(table, Login.WORKER, "U", "state <> 'done'", "true")
    for login in (Login.WEB, Login.WORKER, Login.KEEPER):
        yield Policy(
            table,
            login,
            "D",
            "NOT EXISTS (SELECT 1 FROM broker_job j WHERE j.id = job_id AND j.state = 'cut')",
        )


def _evidence(table: str, login: Login, *, sees: str, takes_in: str = _EVIDENCE) -> Iterator[Policy]:
    """It sees and destroys these, takes in others, and changes none: FOR UPDATE asks for a U all the same."""
    yield Policy(table, login, "S", sees)
    yield Policy(table, login, "I", check=takes_in)
    yield Policy(table, login, "U", sees, "false")
    yield Policy(table, login, "D", sees)


def _states(table: Mapping[S, Collection[S]], to: S | None = None) -> str:
    """Those from which an arrow leads on, or to a state."""
    return ", ".join(f"'{state}'" for state, after in table.items() if (to in after if to else after))


POLICIES = tuple(_policies())
