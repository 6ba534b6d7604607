"""What a record says of one family, weighed as far as it can be before anybody asks: who speaks, and why a
grant would allow nothing whoever came.

Kinds of research and conditions are settled by a request, in families. Two records that say the same are
equal here, whoever said it and when: that is what lets the law be asked once for many people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consent.purposes import is_police
from consent.reasons import Reason
from consent.rules import authority
from consent.rules.precedence import GRANT, heads
from consent.terms import Modifier, Permission, Policy, Statement, Subject, Verb


@dataclass(frozen=True, slots=True)
class Head:
    """A statement that speaks: what a grant allows on which conditions, and why it allows nothing all the
    same. A refusal is its own reason."""

    seq: int = field(compare=False)
    decision: Verb
    permissions: tuple[Permission, ...]
    modifiers: tuple[Modifier, ...]
    reasons: tuple[Reason, ...]

    @property
    def is_grant(self) -> bool:
        return self.decision is GRANT

    def carries(self, code: str) -> bool:
        """Whether a modifier stands on it."""
        return any(modifier.code == code for modifier in self.modifiers)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The heads of one family, the participant's before the file's, and every one must permit; only where
    there is none, why the newest pending grant does not speak yet."""

    heads: tuple[Head, ...] = ()
    pending: Reason | None = None


SILENCE = Spoken()


@dataclass(frozen=True, slots=True)
class Record:
    """One person's record at an instant, for one file or for all."""

    subject: Subject
    statements: Sequence[Statement]
    file: str | None
    policy: Policy
    at: datetime

    def speak(self, family: str) -> Spoken:
        """What it says of one family."""
        found = heads(self.statements, family, self.file, self.at)
        if not found.all and found.pending is None:
            return SILENCE
        return Spoken(tuple([self._head(said) for said in found.all]), found.pending)

    def _head(self, said: Statement) -> Head:
        if said.decision is not GRANT:
            return Head(said.seq, said.decision, (), (), (_refusal(said),))
        return Head(said.seq, said.decision, said.permissions, said.modifiers, tuple(self._of_grant(said)))

    def _of_grant(self, grant: Statement) -> Iterator[Reason]:
        """What holds for every grant: its time, its form, and who gave it."""
        form = grant.form
        if grant.valid_to is not None and grant.valid_to <= self.at:
            yield Reason.CONSENT_EXPIRED
        if form.reconsent_due is not None and form.reconsent_due <= self.at:
            yield Reason.CONSENT_RECONSENT_OVERDUE
        if grant.family not in form.offers:
            yield Reason.CONSENT_FORM_LACKS_PURPOSE
        if is_police(grant.family) and form.le_notice is not True:
            yield Reason.CONSENT_LE_NOTICE_MISSING
        yield from authority.check(grant, self.subject, self.statements, self.policy, self.at)


def _refusal(said: Statement) -> Reason:
    return Reason.CONSENT_WITHDRAWN if said.decision is Verb.WITHDRAW else Reason.CONSENT_DENIED
