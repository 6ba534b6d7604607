"""Reads the ledger's events for the rules of broker.anomalies, and rings for what they find: an event with
its evidence and a notice to auditors, once a day for each rule and whom it is about.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from broker import anomalies, canaries, events, notices, people
from broker.anomalies import Anomaly, Happening, Scene
from broker.models import Appointment, Job
from broker.roles import Role
from broker.staging import StagedBroken
from consent import fence
from consent.ledger import log
from consent.models import LedgerEvent

WHO = "watch"  # by whom the event is: nobody pressed anything
TOLD = 20  # events of evidence that are named
# Of an alarm, one rang already.
LOUD = frozenset({"canary", "vault", "marks", "hours", "refusals", "rate", "crafted"})


def seen(*, since: datetime, at: datetime) -> list[Anomaly]:
    """What is unusual from then till now."""
    return anomalies.find(scene(since=since, at=at))


def look(at: datetime) -> list[Anomaly]:
    """Ring for what is unusual today and has not rung today. Returns what it rang for."""
    zone = ZoneInfo(settings.HOME_ZONE)
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found = [one for one in seen(since=midnight, at=at) if one.rule in LOUD]
    new = [one for one in found if not _rang(one, midnight)]
    if not new:
        return []
    with transaction.atomic():
        fence.advance([])  # whoever looks at the same moment comes after, and sees that it rang
        new = [one for one in new if not _rang(one, midnight)]
        for one in new:
            log.append(
                events.ANOMALY_FOUND,
                at=at,
                by=WHO,
                subject=one.about,
                rule=one.rule,
                count=one.count,
                day=one.day.isoformat(),
                evidence=list(one.evidence[:TOLD]),
            )
        if new:
            notices.tell(people.holding(Role.AUDITOR), "anomaly", at=at)
    return new


def scene(*, since: datetime, at: datetime) -> Scene:
    """The events of that time, and what the rules need besides."""
    happened = tuple(_happened(anomalies.WATCHED, since, at))
    zone = ZoneInfo(settings.HOME_ZONE)
    bare = Scene(happened=happened, zone=zone, at=at)
    who = {one.by for one in happened}
    try:
        marks = {one.pseudonym: one.at for one in canaries.planted()}
    except StagedBroken:
        marks = {}  # the mark that was changed is counted as missing
    return Scene(
        happened=happened,
        zone=zone,
        at=at,
        roles=_roles(who),
        usual=_usual(anomalies.over(anomalies.counted(bare)), since),
        askers=_askers(one.subject for one in happened if one.kind == events.JOB_REFUSED.tag),
        canaries=marks,
        marks_missing=canaries.missing(),
    )


def _happened(kinds: Iterable[str], since: datetime, until: datetime) -> Iterable[Happening]:
    rows = LedgerEvent.objects.filter(kind__in=list(kinds), at__gte=since, at__lte=until)
    for row in rows.filter(opening__isnull=False).select_related("opening").order_by("id").iterator():
        said = row.opening.said
        yield Happening(
            uid=str(row.uid),
            kind=row.kind,
            at=row.at,
            by=said["by"],
            subject=said["subject"],
            fields=said["fields"],
        )


def _usual(asked: set[tuple[str, str]], until: datetime) -> dict[tuple[str, str], float]:
    """How many a day each of these did of each of these kinds before."""
    if not asked:
        return {}
    before = _happened({kind for kind, _ in asked}, until - anomalies.USUAL, until)
    counts = Counter((one.kind, one.by) for one in before if one.at < until)
    return {one: counts[one] * (timedelta(days=1) / anomalies.USUAL) for one in asked}


def _roles(who: Iterable[str]) -> dict[str, frozenset[Role]]:
    ids = [name.removeprefix("user:") for name in who if name.startswith("user:")]
    standing = Appointment.objects.filter(user__public_id__in=ids, confirmed_by__isnull=False)
    found: dict[str, frozenset[Role]] = {}
    for id_, role in standing.values_list("user__public_id", "role"):
        found[f"user:{id_}"] = found.get(f"user:{id_}", frozenset()) | {Role(role)}
    return found


def _askers(jobs: Iterable[str]) -> dict[str, str]:
    rows = Job.objects.filter(pk__in=[job.removeprefix("job:") for job in jobs])
    return {
        f"job:{id_}": f"user:{asker}" for id_, asker in rows.values_list("pk", "query__asked_by__public_id")
    }


def _rang(found: Anomaly, midnight: datetime) -> bool:
    rows = LedgerEvent.objects.filter(
        kind=events.ANOMALY_FOUND.tag, at__gte=midnight, opening__subject=found.about
    )
    return any(row.opening.said["fields"]["rule"] == found.rule for row in rows.select_related("opening"))
