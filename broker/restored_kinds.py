"""What a restore does about each kind of event that the older database does not remember, and why. No kind
is without a row: whoever makes one that takes something away finds that it needs a way to be done again.

Of what is lost with it, whatever people brought is named, for them to bring it again (LOST).
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from django.utils.translation import gettext_noop


class Fate(StrEnum):
    """What becomes of what an event told."""

    AGAIN = "again"  # kept outside the database and done again by a verb (restoring.AGAIN)
    HELD = "held"  # cannot be done again: nothing is asked or disclosed until a steward has looked
    NOTHING = "nothing"  # nobody can do more by its being forgotten


HELD: dict[str, str] = {
    "consent:policy:adopted": "Its dials are lost: a steward has to look, and it is adopted again.",
    "consent:form:published": (
        "Its words are lost, and the ones before are put to people: a steward has to look."
    ),
    "consent:form:superseded": "By the form that is lost: a steward has to look, and it is published again.",
    "consent:diseases:loaded": (
        "The table is lost, and may have narrowed what a yes to a disease says: a steward has to look."
    ),
    "broker:case:joined": "Who worked on it could sign no step of it: a steward has to look.",
    "broker:process:received": "The paper and what it forbids to speak of are lost: a steward has to look.",
    "broker:house:seen": "Somebody has to look again after every restore.",
}

NOTHING: dict[str, str] = {
    "consent:participant:registered": "Who came after the backup is not in it, and nobody reads her.",
    "consent:participant:verified": "It widens: somebody sees her again.",
    "consent:participant:move_proposed": "It waits for a second person, and is proposed again.",
    "consent:participant:move_said": "It waits for a clerk, and is said again.",
    "consent:participant:move_refused": "What waited waits again, for somebody else than who proposed it.",
    "consent:participant:keyed": "The key is made again when a job first names her.",
    "consent:verifier:shipped": "It tells what went out; nothing here rests on it.",
    "consent:statement:given": "A yes waits for the person herself.",
    "consent:statement:continued": "A yes waits for the next of kin.",
    "consent:alarm:rise": "It rings again while there is reason to.",
    "consent:alarm:unsound": "It rings again while there is reason to.",
    "consent:form:loaded": "A draft is put to nobody.",
    "consent:form:approved": "It is put to nobody before it is published.",
    "consent:kin:claimed": "A claim gives power to nobody but to say no; it is made again.",
    "consent:kin:seen": "It is on the way to a power: the papers are seen again.",
    "consent:kin:verified": "It widens: the papers are seen again.",
    "consent:twins:proposed": "Nothing follows before a second has said so.",
    "consent:twins:doubted": "On the way to widening: it is said again.",
    "consent:twins:kept": "A doubt of the older database waits for a second person again, who looks.",
    "consent:twins:dissolved": "It may widen what the police search: two see it again.",
    "consent:paper:received": (
        "The paper is there, and is scanned again; a no on it was kept as its statements."
    ),
    "consent:paper:keyed": "The paper is read again.",
    "consent:diseases:proposed": "Nothing rests on it before it is in force.",
    "consent:diseases:seen": "It is seen again, by two.",
    "consent:diseases:rejected": "What was proposed waits again for two who look.",
    "consent:paper:verified": "The paper is read again.",
    "consent:paper:discrepant": "The paper is read again.",
    "consent:paper:adjudicated": "The paper is read again.",
    "consent:paper:applied": (
        "What it narrowed was kept as its statements; what it widened waits for the paper."
    ),
    "consent:paper:rejected": "The paper waits again for two who read it.",
    "genomics:file:received": "The file is not in the older database, and nobody reads it.",
    "genomics:evidence:received": "The profile is not in the older database, and nobody compares it.",
    "genomics:evidence:destroyed": (
        "It goes with the end of its case, which is done again; the sweep clears what is left."
    ),
    "genomics:evidence:held": "The profile is lost with it; brought again, it is held again.",
    "genomics:evidence:settled": "A profile of the older database is held again, and a steward looks again.",
    "genomics:file:resealed": "The older bytes are gone from the shelf or still open; upkeep looks.",
    "genomics:file:erased": "It is told with the holding, which is erased again.",
    "genomics:epoch:began": "Keys of epochs lie outside the database.",
    "genomics:epoch:destroyed": "Keys of epochs lie outside the database: destroyed ones stay so.",
    "genomics:vault:opened": "It tells what was read.",
    "genomics:vault:unaccounted": "It tells what was read.",
    "genomics:panel:loaded": "A panel only says at which sites people are compared; it is loaded again.",
    "broker:role:proposed": "It widens: it is proposed again.",
    "broker:role:confirmed": "It widens: two appoint again.",
    "broker:login:enrolled": "A login that is lost opens nothing.",
    "broker:organisation:proposed": "It widens: it is proposed again.",
    "broker:organisation:confirmed": "It widens: two verify it again.",
    "broker:death:reported": "Nothing follows before two have seen a paper.",
    "broker:death:refused": "The report waits again for two who see the paper.",
    "broker:handover:invited": "The code is lost; another one is made.",
    "broker:handover:accepted": "Her login is lost; she is invited again.",
    "broker:handover:confirmed": "It widens: a steward sees her again.",
    "broker:handover:step": "The steps fall on their instants, and are taken again by the clock.",
    "broker:channel:added": "It is added again.",
    "broker:channel:confirmed": "It is confirmed again; until then notices go to the old ones too.",
    "broker:request:submitted": "It widens: it is submitted again.",
    "broker:case:opened": "It widens: it is opened again.",
    "broker:authorisation:recorded": "It widens: the paper is recorded again.",
    "broker:authorisation:seen": "It tells who looked.",
    "broker:case:told": "It is told again; twice is better than never.",
    "broker:case:reported": "It is reported back again.",
    "broker:process:moved": "It reaches no decision about anybody's data; it is answered again.",
    "broker:process:gag_ended": "It lets something be told: it is lifted again.",
    "broker:process:overdue": "It rings again.",
    "broker:process:told": "It is told again; twice is better than never.",
    "broker:process:seen": "It tells who looked.",
    "broker:statement:made": "It is made again for months that are over, and says what the tables say.",
    "broker:report:made": "It tells what was published.",
    "query:budget:spent": "It tells who tried; what was searched with since is gone from the count.",
    "query:search:submitted": "It widens: it is asked again.",
    "query:disclosure:proposed": "It widens: it is asked for again.",
    "query:disclosure:made": "What went out went out; the older row waits for two signatures again.",
    "query:query:submitted": "It is asked again, under today's law.",
    "query:query:refused": "The request gates are asked again; a reviewer's no is kept as hers.",
    "query:job:cleared": "It is asked again, under today's law.",
    "query:job:cut": "It is run again, and cut again.",
    "query:job:released": "What went out went out; the older row is run again under today's law.",
    "query:manifest:sealed": "It tells whom a job read.",
    "query:job:refused": "It is run again, and refused by the same law.",
    "query:job:failed": "It is run again.",
    "query:job:paused": "It is run again, and paused again while there is reason to.",
    "query:job:resumed": "It is resumed again.",
    "query:job:expired": "Its day is past: the sweep lets it go again.",
    "query:result:read": "It tells who read.",
    "broker:duty:failed": "It is done again, and fails again while there is reason to.",
    "broker:ledger:read": "It tells who read.",
    "broker:canary:end_asked": "She watches; another auditor is asked again.",
    "broker:canary:kept": "She watches.",
    "broker:canary:retired": "Her mark watches over nobody: she is erased again, as anybody.",
    "broker:canary:planted": "She is lost, and another one is planted.",
    "broker:canary:touched": "What was stopped is stopped again.",
    "broker:anomaly:found": "It is found again while there is reason to.",
    "broker:export:made": "What went out went out.",
    "broker:page:looked": "It tells who looked.",
    "broker:event:looked": "It tells who looked.",
    "broker:ledger:searched": "It tells who looked.",
    "broker:job:audited": "It tells who looked.",
    "broker:job:explained": "It tells who looked.",
    "broker:record:taken": "What went out went out.",
    "broker:record:erased_by_guardian": "The erasure is kept as itself.",
    "broker:house:restored": "It tells of an earlier restore, and there is a new one now.",
    "broker:passkey:doubted": "A copied key counts backwards again.",
    "broker:paper:audited": "It tells who looked.",
    "broker:paper:seen": "It tells who looked.",
    "broker:upload:begun": "What arrived since is lost with its row; it is sent again.",
    "broker:upload:ended": "An older row that waits is swept by its day.",
    "broker:upload:refused": "It is checked again, and refused again.",
    "broker:upload:held": "It is checked again, and held again.",
    "broker:upload:marked": "The review waits again for who looks.",
    "broker:upload:settled": "The review waits again; a file set aside is kept as its holding.",
}


LOST: dict[str, str] = {
    "consent:policy:adopted": gettext_noop("Policies: they are adopted again"),
    "consent:form:published": gettext_noop("Consent forms: they are loaded, approved and published again"),
    "consent:diseases:loaded": gettext_noop("Tables of diseases: they are proposed and confirmed again"),
    "consent:paper:received": gettext_noop("Paper forms of participants: they are scanned and read again"),
    "broker:case:joined": gettext_noop("Colleagues who joined a case: they join it again"),
    "broker:authorisation:recorded": gettext_noop("Judicial papers of cases: they are recorded again"),
    "broker:process:received": gettext_noop("Demands of courts and agencies: they are entered again"),
}
"""What somebody has to bring again, in words; the names are kept outside (consent.afterwards)."""
NAMELESS = frozenset({"consent:paper:received"})  # whose subject is a person: these are counted only


def fate(tag: str) -> Fate:
    """Of a kind of event; whatever stands in neither table is to be done again."""
    return Fate.HELD if tag in HELD else Fate.NOTHING if tag in NOTHING else Fate.AGAIN


def told(lost: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is lost, a line a kind, for an operator: what it is, how many, and their names."""
    for kind, names in sorted(lost.items()):
        named = ", ".join(dict.fromkeys(name for name in names if name))
        yield f"{LOST[kind]} ({len(names)})" + (f": {named}" if named else "")
