"""With how many different profiles one organisation may search in a time (dials of the policy).

Whoever may lay many genomes against the same people reads theirs off, a stretch at a time, whatever each
answer leaves out. Two things follow from one count. An organisation that has spent its budget is told so when
it asks, and that depends on nothing but what it asked before. And one organisation compares nobody with more
profiles than that, for each profile looks at a person once for all its searches.

There is no second count by participant. She would be left out of one search for what others had asked: that
would tell one agency what another does, let anybody hide somebody by asking often, and no decision could be
made again from what people said. How often she was considered, and by whom, is in her own list (usage).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from broker.models import Case, Organisation, Query, QueryState
from consent.terms import Policy


@dataclass(frozen=True, slots=True)
class Budget:
    """What an organisation (`owner`) has used, and of how much; `room_at` is when the next place is free."""

    owner: str
    used: int
    most: int
    days: int
    again: bool  # it has searched with this very profile, which costs nothing more
    room_at: datetime | None

    @property
    def is_spent(self) -> bool:
        return self.used >= self.most and not self.again

    @property
    def sentence(self) -> str:
        room = f" There is room for another one from {self.room_at:%-d %B %Y} on." if self.room_at else ""
        return (
            f"Your organisation has searched with {self.used} different profiles in {self.days} days, as"
            " many as the policy of this house allows. Nothing was submitted. With those it can search"
            f" again.{room}"
        )


def of(case: Case, evidence: UUID, *, policy: Policy, at: datetime, hold: bool = False) -> Budget:
    """The budget of a case's organisation, for a search with this profile. With `hold`, inside a transaction,
    of two searches at once the second sees the first."""
    if hold:
        Organisation.objects.select_for_update().get(pk=case.organisation_id)
    lasts = timedelta(days=policy.profiles_days)
    asked = Query.objects.filter(case__organisation=case.organisation_id, submitted_at__gt=at - lasts)
    newest = (
        asked.exclude(state=QueryState.REFUSED)
        .exclude(question__evidence=None)
        .values("question__evidence")
        .annotate(at=Max("submitted_at"))
    )
    last = {row["question__evidence"]: row["at"] for row in newest}
    return Budget(
        owner=f"organisation:{case.organisation.public_id}",
        used=len(last),
        most=policy.profiles_most,
        days=policy.profiles_days,
        again=str(evidence) in last,
        room_at=min(last.values()) + lasts if last else None,
    )
