"""The way to majority in plain words: the items of a timeline, each with its day where the reader lives."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from broker import handovers
from broker.models import OwnRecord, User
from consent.handover import Moment
from consent.models import Participant

SAID: dict[Moment, tuple[str, str]] = {
    Moment.FIRST_INVITATION: (
        gettext_noop("A login of one's own"),
        gettext_noop("From this day the young person can look at the record, and object."),
    ),
    Moment.SECOND_INVITATION: (
        gettext_noop("A letter about what will change"),
        gettext_noop("It tells what ends on the day of majority, and what can be chosen then."),
    ),
    Moment.MAJORITY: (
        gettext_noop("Of age"),
        gettext_noop(
            "What guardians chose ends with this day's first second. Files stay locked; all is asked anew."
        ),
    ),
    Moment.CARE_ENDS: (
        gettext_noop("The guardians' yes to care ends"),
        gettext_noop("It holds a while longer than the rest, so that nobody's treatment is cut."),
    ),
    Moment.ERASURE_OFFERED: (
        gettext_noop("We offer to erase everything"),
        gettext_noop("If not a word was said until then. Nothing is erased without being asked."),
    ),
}


def timeline(participant: Participant, reader: User, *, at: datetime) -> list[dict[str, Any]]:
    """As components/timeline.html takes it."""
    zone = ZoneInfo(_zone(participant, reader))
    return [
        {
            "label": _(SAID[step.moment][0]),
            "text": _(SAID[step.moment][1]),
            "at": step.at.astimezone(zone).date(),
            "day": True,
            "state": "done" if step.at <= at else "next",  # a day that is to come is never "now"
        }
        for step in handovers.steps(participant, at=at)
    ]


def _zone(participant: Participant, reader: User) -> str:
    """Where the reader is at home, as far as we know."""
    own = OwnRecord.objects.filter(user=reader).select_related("participant").first()
    return own.participant.home_zone if own else participant.home_zone
