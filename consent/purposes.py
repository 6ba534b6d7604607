"""Purposes, families and police classes: what may be asked, who may ask for it, and what to call it.

Tables only. Whether a request is in order is decided in rules/requests, what a record answers in decision.
"""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a request asks for. The letter before the point is its domain."""

    NRES = "R.NRES"
    GRU = "R.GRU"
    HMB = "R.HMB"
    DS = "R.DS"
    POA = "R.POA"
    MDS = "R.MDS"
    CTRL = "R.CTRL"
    CARE = "C.CARE"
    QC = "Q.QC"
    TRAIN = "A.TRAIN"
    HOMICIDE = "L.HOM"
    SEXUAL_ASSAULT = "L.SEX"
    ABDUCTION = "L.ABD"
    OTHER_VIOLENT_CRIME = "L.OVC"
    UNIDENTIFIED_REMAINS = "L.UHR"
    MISSING_PERSON = "L.MIS"
    ANYTHING_ELSE = "L.NVC"
    EXONERATION = "E.EXON"
    RELATIVES = "G.REL"


@dataclass(frozen=True, slots=True)
class Words:
    """What a family or purpose is called, means, who could ask for it, and a question they might ask."""

    label: str
    meaning: str
    who: str
    example: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a purpose belongs: the family a participant switches, and the domain a role may ask in."""

    family: str
    domain: str
    words: Words

    @property
    def label(self) -> str:
        return self.words.label


RESEARCHERS = "Researchers with an approved project"
POLICE = "Police, and laboratories working for them, with a verified agency and a case"

FAMILIES: dict[str, Words] = {
    "RESEARCH": Words(
        "Research",
        "Scientists study many people's DNA together. You choose which kinds of research.",
        RESEARCHERS,
        "How many people carry this gene variant?",
    ),
    "CLINICAL": Words(
        "Your own care",
        "Clinicians who treat you may look at your DNA to help you.",
        "Clinicians who care for you",
        "Will this medicine suit this patient?",
    ),
    "QC": Words(
        "Quality checks",
        "Our quality staff check that files are sound and were not mixed up.",
        "Our quality staff",
        "Is this file complete, and is it from one person only?",
    ),
    "COMMERCIAL": Words(
        "Companies and commercial use",
        "A company, or somebody who means to earn money, may do what you allowed others to do.",
        "Companies, or researchers with a commercial aim",
        "Which patients might a new medicine help?",
    ),
    "AI": Words(
        "Training artificial intelligence",
        "Computer models may learn from your DNA, as part of research you allowed.",
        RESEARCHERS,
        "Can a model learn to foresee this disease?",
    ),
    "LE.HOM": Words(
        "Police: killings",
        "Police may compare your DNA with DNA from the scene of a killing.",
        POLICE,
        "Is anyone here related to the person who left this blood?",
    ),
    "LE.SEX": Words(
        "Police: rape and sexual assault",
        "Police may compare your DNA with DNA from a rape or sexual assault.",
        POLICE,
        "Is anyone here related to this attacker?",
    ),
    "LE.ABD": Words(
        "Police: abducted children, kidnapping",
        "Police may compare your DNA with DNA left by somebody who took a person away.",
        POLICE,
        "Is anyone here related to this kidnapper?",
    ),
    "LE.OVC": Words(
        "Police: other violent crime",
        "Police may compare your DNA with DNA from another violent crime.",
        POLICE,
        "Is anyone here related to this gunman?",
    ),
    "LE.UHR": Words(
        "Police: unknown dead",
        "Police may compare your DNA with a dead person whose name nobody knows.",
        POLICE,
        "Who was this person, found without a name?",
    ),
    "LE.MIS": Words(
        "Police: missing people",
        "Police may compare your DNA to find out what became of a missing person.",
        POLICE,
        "Is this person the one who has been missing since 1998?",
    ),
    "EXON": Words(
        "Freeing the innocent",
        "Lawyers may compare your DNA to show that an accused or convicted person did not do it.",
        "Defence lawyers with a court's permission",
        "Does this DNA come from somebody else's family?",
    ),
    "RELMATCH": Words(
        "Finding relatives",
        "Other participants who also said yes may see that you are related to them.",
        "Participants who allow the same",
        "Do I have cousins here?",
    ),
}

_NEVER = Words(
    "Police: anything else",
    "Theft, drugs, immigration, civil matters: never offered, and nobody can allow it.",
    "Nobody",
    "This question is always refused.",
)


def _research(label: str, meaning: str, example: str) -> Kind:
    return Kind("RESEARCH", "R", Words(label, meaning, RESEARCHERS, example))


def _of(family: str, domain: str) -> Kind:
    return Kind(family, domain, FAMILIES[family])


PURPOSES: dict[str, Kind] = {
    Purpose.NRES: _research(
        "Research without any limit",
        "Whatever research there may be; only a yes without limits reaches it.",
        "May this be put to any research at all?",
    ),
    Purpose.GRU: _research(
        "General research", "Any kind of research, health or not.", "How does this gene vary between people?"
    ),
    Purpose.HMB: _research(
        "Health research",
        "Health, medical or biomedical research.",
        "Which variants go with high blood pressure?",
    ),
    Purpose.DS: _research(
        "Research on one disease",
        "Research on the disease that is named.",
        "How many people with this variant get melanoma?",
    ),
    Purpose.POA: _research(
        "Ancestry research",
        "Research on ancestry and the origins of peoples.",
        "How did people come to these islands?",
    ),
    Purpose.MDS: _research(
        "Methods development",
        "Developing software or statistical methods.",
        "Does this new method find variants better?",
    ),
    Purpose.CTRL: _research(
        "Comparison group",
        "People without a disease, to compare patients with.",
        "How common is this variant in healthy people?",
    ),
    Purpose.CARE: _of("CLINICAL", "C"),
    Purpose.QC: _of("QC", "Q"),
    Purpose.TRAIN: _of("AI", "A"),
    Purpose.HOMICIDE: _of("LE.HOM", "L"),
    Purpose.SEXUAL_ASSAULT: _of("LE.SEX", "L"),
    Purpose.ABDUCTION: _of("LE.ABD", "L"),
    Purpose.OTHER_VIOLENT_CRIME: _of("LE.OVC", "L"),
    Purpose.UNIDENTIFIED_REMAINS: _of("LE.UHR", "L"),
    Purpose.MISSING_PERSON: _of("LE.MIS", "L"),
    Purpose.ANYTHING_ELSE: Kind("LE.NVC", "L", _NEVER),
    Purpose.EXONERATION: _of("EXON", "E"),
    Purpose.RELATIVES: _of("RELMATCH", "G"),
}

# Six switches, and no hierarchy between them.
POLICE_FAMILIES = tuple(family for family in FAMILIES if family.startswith("LE."))

# A role that is not in the table may ask for nothing; nor may an operator.
ROLE_DOMAINS: dict[str, frozenset[str]] = {
    "researcher": frozenset("RA"),
    "clinician": frozenset("C"),
    "qc_staff": frozenset("Q"),
    "law_enforcement": frozenset("L"),
    "defence_counsel": frozenset("E"),
    "participant": frozenset("G"),
    "auditor": frozenset(),
    "administrator": frozenset(),
    "superuser": frozenset(),
}


def is_police(family: str) -> bool:
    """Whether a family is one of the police's."""
    return family.startswith("LE.")
