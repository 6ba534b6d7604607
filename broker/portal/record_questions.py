"""One question before each yes, to see whether the words were clear. A wrong answer explains, no more.

Who acts for another is asked about the child, or the person, whose file it is.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from broker.wards import Ward
from consent.purposes import FAMILIES, is_police


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that is right or not, and what is so."""

    text: str
    right: bool
    why: str


_POLICE = Question(
    gettext_noop("If I say yes, police may find relatives of mine who never said yes."),
    True,
    gettext_noop("They may. Relatives share DNA, so a search that reaches you can lead to them."),
)

QUESTIONS: dict[str, Question] = {
    "RESEARCH": Question(
        gettext_noop("Researchers will get a copy of my file."),
        False,
        gettext_noop("They will not. Questions come to your file, and answers go out. The file stays here."),
    ),
    "CLINICAL": Question(
        gettext_noop("Any doctor may look at my DNA."),
        False,
        gettext_noop("Only clinicians who treat you may, and only for your care."),
    ),
    "QC": Question(
        gettext_noop("Our staff may use this yes for research."),
        False,
        gettext_noop("They may not. It is for finding mistakes in files, and for nothing else."),
    ),
    "COMMERCIAL": Question(
        gettext_noop("This yes alone opens my file to companies for any purpose."),
        False,
        gettext_noop("It does not. A company may do only what you allowed others to do as well."),
    ),
    "AI": Question(
        gettext_noop("What a computer model has learned from my DNA can be taken out of it later."),
        False,
        gettext_noop(
            "It cannot. If you stop, nothing new is learned. What was learned before stays learned."
        ),
    ),
    "EXON": Question(
        gettext_noop("A search for the defence may lead to relatives of mine."),
        True,
        gettext_noop("It may. To show that somebody is innocent can mean to find who did it."),
    ),
    "RELMATCH": Question(
        gettext_noop("I may learn something about my family that I did not expect."),
        True,
        gettext_noop("You may. Some people find a parent, or a brother or sister, nobody told them of."),
    ),
    **{family: _POLICE for family in FAMILIES if is_police(family)},
    "LE.MIS": Question(
        gettext_noop("This yes lets police search for whoever left DNA at a crime."),
        False,
        gettext_noop("It does not. It is for missing people. Each kind of crime is a choice of its own."),
    ),
}

# Sentences that say "my" to an adult. What else a guardian or a proxy can allow is asked of everybody alike.
OF_A_CHILD: dict[str, Question] = {
    "RESEARCH": Question(
        gettext_noop("Researchers will get a copy of the child's file."),
        False,
        gettext_noop("They will not. Questions come to the file, and answers go out. The file stays here."),
    ),
    "CLINICAL": Question(
        gettext_noop("Any doctor may look at the child's DNA."),
        False,
        gettext_noop("Only clinicians who treat the child may, and only for the child's care."),
    ),
}
OF_A_PERSON: dict[str, Question] = {
    "CLINICAL": Question(
        gettext_noop("Any doctor may look at this person's DNA."),
        False,
        gettext_noop("Only clinicians who treat this person may, and only for this person's care."),
    ),
}


def question(family: str, ward: Ward) -> Question:
    """What is asked before this yes of whoever says it."""
    others = {} if ward.is_own else OF_A_CHILD if ward.is_child else OF_A_PERSON
    return others.get(family, QUESTIONS[family])
