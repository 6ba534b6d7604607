"""What a choice would change, told before it is made: how many open projects, in bands, and about relatives.

It asks the law, with and without the choice, for each use in a day's snapshot. Cases are never counted: only
which classes a use opens, which is the same whether or not any case is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker import uses
from broker.models import AccessRequest, ImpactSnapshot, Reviewed
from consent import records
from consent.decision import decide
from consent.models import Holding, Participant
from consent.participants import subject_of
from consent.purposes import PURPOSES, is_police
from consent.terms import Authority, DataUse, File, FileState, Form, Level, Policy, Statement, Verb

MOST = 500  # projects that a snapshot looks at, the newest first; 21 of them are "more" already
DAY = timedelta(days=1)

# How many relatives an ordinary person has: in general, and about nobody here. The sum is ours. Its model is
# that of B. Henn et al., "Cryptic distant relatives are common" (PLoS ONE 7(4), 2012, e34267), 2.5 children
# a couple, which gives their 38 second and 190 third cousins: 2^(g-1) * 1.5 * 2.5^(d-1) people stand d
# generations below a couple of ancestors g generations above. We add up g, d = 1 to 4, so from brothers and
# sisters to third cousins with all who lie between (uncles, nieces, cousins once removed): 571, told as
# "about 600".
CHILDREN = 2.5
RELATIVES = 100 * round(
    sum(2 ** (g - 1) * (CHILDREN - 1) * CHILDREN ** (d - 1) for g in range(1, 5) for d in range(1, 5)) / 100
)
NO_FORM = Form(id="", version="", offers=frozenset(), le_notice=False)  # a no needs none
LEADING = frozenset(("EXON", "RELMATCH"))  # beside the police's, the uses that lead to relatives


class Band(StrEnum):
    """How many projects, and never exactly: exact numbers tell who applied yesterday."""

    NONE = "none"
    FEW = "1–5"
    SOME = "6–20"
    MANY = "more than 20"

    @classmethod
    def of(cls, number: int) -> "Band":
        if number < 1:
            return cls.NONE
        return cls.FEW if number <= 5 else cls.SOME if number <= 20 else cls.MANY


@dataclass(frozen=True, slots=True)
class Preview:
    """What a statement would change on the day it holds."""

    gain: Band  # open projects that could ask this file then, and cannot without it
    lose: Band
    classes: tuple[str, ...]  # the purposes of police and defence that the family opens
    relatives: int  # of an ordinary person, whom a search could lead to; 0: the use leads to nobody


def take(*, at: datetime) -> ImpactSnapshot:
    """The picture of this instant."""
    standing = AccessRequest.objects.filter(state=Reviewed.APPROVED, valid_to__gt=at)
    rows = standing.select_related("project__organisation", "submitted_by__organisation")
    asked = [uses.of_request(request).as_json() for request in rows.order_by("-submitted_at", "id")[:MOST]]
    return ImpactSnapshot.objects.create(at=at, uses=[{**use, "id": ""} for use in asked])


def take_daily(*, at: datetime) -> None:
    """Take one unless today's is there."""
    newest = ImpactSnapshot.objects.order_by("-at").first()
    if newest is None or newest.at <= at - DAY:
        take(at=at)


def of_yes(participant: Participant, offered: Statement, *, at: datetime) -> Preview:
    """What this yes would change once it holds."""
    return _preview(participant, offered, policy=uses.policy(at), at=max(at, offered.effective_at))


def of_no(
    participant: Participant, family: str, *, authority: Authority, at: datetime, file: str | None = None
) -> Preview:
    """What a no would change, at once."""
    refused = Statement(
        seq=0,
        level=Level.FILE if file else Level.PARTICIPANT,
        file=file,
        family=family,
        decision=Verb.DENY,
        recorded_at=at,
        effective_at=at,
        authority=authority,
        form=NO_FORM,
    )
    return _preview(participant, refused, policy=uses.dials(at), at=at)


def _preview(participant: Participant, offered: Statement, *, policy: Policy, at: datetime) -> Preview:
    said = records.of(participant)
    newest = max((one.seq for one in said), default=0)
    then = (*said, replace(offered, seq=newest + 1, recorded_at=min(offered.recorded_at, at)))
    subject, files = subject_of(participant), _files(participant)

    def reached(statements: Sequence[Statement]) -> list[bool]:
        return [any(decide(subject, file, statements, use, policy, at) for file in files) for use in asked]

    asked = _asked()
    before, after = reached(said), reached(then)
    return Preview(
        gain=Band.of(sum(b > a for a, b in zip(before, after, strict=True))),
        lose=Band.of(sum(a > b for a, b in zip(before, after, strict=True))),
        classes=_classes(offered.family, policy),
        relatives=RELATIVES if leads_to_relatives(offered) else 0,
    )


def leads_to_relatives(offered: Statement) -> bool:
    """Whether a search under this statement looks for kin. One that asks only who it is does not, nor does
    any after a no."""
    return (
        offered.is_grant
        and (is_police(offered.family) or offered.family in LEADING)
        and not offered.carries("IDENTITY_ONLY")
    )


def _asked() -> list[DataUse]:
    newest = ImpactSnapshot.objects.order_by("-at", "-id").first()
    return [DataUse.from_json(use) for use in newest.uses] if newest is not None else []


def _files(participant: Participant) -> list[File]:
    """Her files; where there is none yet, one that might come."""
    held = participant.holdings.exclude(state=Holding.State.ERASED).order_by("file")
    return [File(str(one.file), FileState(one.state)) for one in held] or [File("")]


def _classes(family: str, policy: Policy) -> tuple[str, ...]:
    kinds = (name for name, kind in PURPOSES.items() if kind.family == family and kind.domain in "LE")
    return tuple(str(name) for name in kinds if not is_police(family) or name in policy.offences_offered)
