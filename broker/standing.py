"""Where somebody stands: what she said, and what it allows family by family, for all her files and for one.

Both doors of consent, the pages and REST, tell it from here. What the law makes of it is consent.scope's.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from broker import uses
from consent import records, scope
from consent.models import FormVersion, Holding, Participant
from consent.participants import subject_of
from consent.reasons import Reason
from consent.scope import Choice
from consent.terms import Level, Statement, Verb

# Where she stands now. The sentences of the reasons themselves tell of a search that is over.
_NOW: dict[Reason, str] = {
    Reason.JOB_LEDGER_UNAVAILABLE: gettext_noop("Your choices cannot be read now, so nothing is allowed."),
    Reason.SUBJ_ERASED: gettext_noop("Your data is erased."),
    Reason.CONSENT_NOT_YET_EFFECTIVE: gettext_noop("Your yes has not begun yet."),
    Reason.AUTH_PAPER_NOT_VERIFIED: gettext_noop("Your paper form waits to be read by a second person."),
    Reason.CONSENT_EXPIRED: gettext_noop("Your yes has ended."),
    Reason.CONSENT_RECONSENT_OVERDUE: gettext_noop("We have to ask you again. Until you answer it is a no."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What was said, and where that leaves each family that is asked about."""

    statements: tuple[Statement, ...]
    choices: dict[str, Choice]
    by_file: dict[str, dict[str, Choice]]  # the same for each file of which something was said alone

    @property
    def allowed(self) -> int:
        return sum(self.reaches(family) for family in self.choices)

    def reaches(self, family: str) -> bool:
        """Whether this use is allowed, for every file or for one."""
        every = (self.choices, *self.by_file.values())
        return any(family in choices and choices[family].allowed for choices in every)

    def last_yes(self, family: str) -> Statement | None:
        said = [one for one in self.statements if one.family == family and one.decision is Verb.GRANT]
        return said[-1] if said else None

    def waiting(self, family: str, *, at: datetime) -> Statement | None:
        """The yes for all files that has been said and does not hold yet, unless something newer was said
        since."""
        about = [
            one
            for one in self.statements
            if one.family in (family, records.EVERYTHING)
            and one.level is Level.PARTICIPANT
            and one.decision is not Verb.CONTINUE
        ]
        newest = max(about, key=lambda one: one.seq, default=None)
        return newest if newest is not None and newest.is_grant and newest.effective_at > at else None

    def asked(self, version: FormVersion | None) -> "Standing":
        """Of these, what the form asks about, and what is allowed all the same."""
        if version is None:
            return self
        kept = {
            name: one for name, one in self.choices.items() if name in version.offers or self.reaches(name)
        }
        return replace(self, choices=kept)


def of(participant: Participant, *, at: datetime) -> Standing:
    """Raises SealBroken for a record that is not as it was written."""
    statements = records.of(participant)
    asks = partial(scope.of, subject_of(participant), statements, policy=uses.dials(at), at=at)
    return Standing(
        statements, asks(), {file: asks(file=file) for file in _spoken_of(participant, statements)}
    )


def why_not(reason: Reason) -> str:
    """Why a use is not allowed now, in the reader's language."""
    return _(_NOW.get(reason, reason.sentence))


def _spoken_of(participant: Participant, statements: tuple[Statement, ...]) -> list[str]:
    """Her files, as they are here now, of which something was said alone."""
    named = {said.file for said in statements if said.file}
    if not named:
        return []
    here = participant.holdings.filter(state=Holding.State.ACTIVE).order_by("file")
    return [str(file) for file in here.values_list("file", flat=True) if str(file) in named]
