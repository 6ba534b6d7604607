"""Whether what a Clearance rests on still holds: asked by whoever releases, under the gate lock.

    footing = Footing.of(clearance)                         # before: costs by people
    footing.stands(use=use, policy=policy, at=at)           # under the lock: costs by changes
    footing.lasts(use=use, policy=policy, at=at)            # what time alone may have ended; pure

What has changed since is known from the consent positions (fence, absence); who may be read is settled in
consent.clearance.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from consent import absence, fence
from consent.clearance import Clearance, require
from consent.decision import request_reasons
from consent.terms import DataUse, Policy


@dataclass(frozen=True, slots=True)
class Footing:
    """A genuine Clearance, and the ordinals of all whose change fells it: who is read, and who asks."""

    clearance: Clearance
    people: frozenset[int | None]

    @classmethod
    def of(cls, clearance: Clearance) -> Self:
        """Raises NotCleared for one that was not minted in this process."""
        genuine = require(clearance)
        return cls(genuine, frozenset((*(one.ordinal for one in genuine.permitted), genuine.asker)))

    def lasts(self, *, use: DataUse, policy: Policy, at: datetime) -> bool:
        """Whether neither the request, the policy nor the time is another than it was cleared for."""
        cleared = self.clearance
        if cleared.reasons or _asked(use) != _asked(cleared.use) or request_reasons(use, policy, at):
            return False
        lapsed = cleared.lapses_at is not None and at >= cleared.lapses_at
        return not lapsed and cleared.policy_version == policy.version

    def stands(self, *, use: DataUse, policy: Policy, at: datetime) -> bool:
        """Whether it lasts, and nobody it relies on has changed since: true of a moment, and for as long as
        the gate lock is held. Raises HeadMissing when a change was forgotten."""
        if not self.lasts(use=use, policy=policy, at=at):
            return False
        # A twin's change marks her twin too; the asker's is looked for.
        return self.people.isdisjoint(absence.changed_since(self.clearance.position))


def stands(clearance: Clearance, *, use: DataUse, policy: Policy, at: datetime) -> bool:
    """The same of a Clearance at once, inside the release transaction. Takes the gate lock first."""
    fence.hold()
    return Footing.of(clearance).stands(use=use, policy=policy, at=at)


def is_same(one: DataUse, other: DataUse) -> bool:
    """Whether two requests ask the law the same."""
    return _asked(one) == _asked(other)


def _asked(use: DataUse) -> DataUse:
    """A request without the instant of its project's first access, which another job's release may set."""
    return replace(use, project=replace(use.project, first_access_at=None))
