"""What is unusual: each rule by its table, each number at its edge; and that it rings once a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import anomalies, anomaly_watch, events, ledger_rows, notices
from broker.anomalies import Happening, Scene, find
from broker.ledger_search import parse
from broker.models import Job, Query, User
from broker.portal import auditor_anomalies
from broker.roles import Role
from consent import events as consent_events
from consent.ledger import log
from consent.models import LedgerEvent
from genomics import events as genomics_events
from tests.world import EARLIER, NOW, World

JAKARTA = ZoneInfo("Asia/Jakarta")
MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
IVAN = "user:ivan"
SATURDAY = datetime(2026, 6, 6, 12, tzinfo=UTC)


def happened(
    kind: Any, *, at: datetime = MONDAY, by: str = IVAN, many: int = 1, **said: Any
) -> list[Happening]:
    return [
        Happening(uid=f"{kind.tag}/{by}/{at}/{n}", kind=kind.tag, at=at + timedelta(seconds=n), by=by, **said)
        for n in range(many)
    ]


def scene(*some: list[Happening], **known: Any) -> Scene:
    every = tuple(one for group in some for one in group)
    return Scene(**{"happened": every, "zone": ZoneInfo("UTC"), "at": MONDAY, **known})


def found(*some: list[Happening], **known: Any) -> list[tuple[str, str, int]]:
    return [(one.rule, one.about, one.count) for one in find(scene(*some, **known))]


@pytest.mark.parametrize("kind", sorted(anomalies.LIMITS))
def test_so_many_on_one_day_are_unusual_and_one_fewer_are_not(kind: str):
    limit, told = anomalies.LIMITS[kind], events.BY_TAG[kind]
    assert found(happened(told, many=limit.least)) == [("rate", IVAN, limit.least)]
    assert found(happened(told, many=limit.least - 1)) == []
    usual = {(kind, IVAN): limit.least / limit.factor}
    assert found(happened(told, many=limit.least), usual=usual) == [("rate", IVAN, limit.least)]
    usual = {(kind, IVAN): limit.least / limit.factor + 0.1}
    assert found(happened(told, many=limit.least), usual=usual) == []


def test_two_people_and_two_days_are_counted_apart():
    half = anomalies.LIMITS[events.QUERY_SUBMITTED.tag].least - 1
    assert (
        found(
            happened(events.QUERY_SUBMITTED, many=half),
            happened(events.QUERY_SUBMITTED, many=half, by="user:rosa"),
            happened(events.QUERY_SUBMITTED, many=half, at=MONDAY + timedelta(days=1)),
        )
        == []
    )


def test_refusals_of_one_persons_questions_and_jobs_are_counted_together():
    jobs = [
        one
        for n in range(3)
        for one in happened(events.JOB_REFUSED, by="worker", subject=f"job:{n}", at=MONDAY)
    ]
    askers = {f"job:{n}": IVAN for n in range(3)}
    two = happened(events.QUERY_REFUSED, many=2)
    assert found(jobs, two, askers=askers) == [("refusals", IVAN, 5)]
    assert found(jobs, two[:1], askers=askers) == []
    assert found(jobs, two, askers={}) == []  # nobody knows who asked: nobody is blamed


@pytest.mark.parametrize(
    ("at", "outside"),
    [
        (datetime(2026, 6, 1, 6, 59, 59, tzinfo=JAKARTA), True),
        (datetime(2026, 6, 1, 7, 0, tzinfo=JAKARTA), False),
        (datetime(2026, 6, 1, 18, 59, 59, tzinfo=JAKARTA), False),
        (datetime(2026, 6, 1, 19, 0, tzinfo=JAKARTA), True),
        (datetime(2026, 6, 5, 12, 0, tzinfo=JAKARTA), False),  # Friday
        (datetime(2026, 6, 6, 12, 0, tzinfo=JAKARTA), True),  # Saturday
        (datetime(2026, 6, 7, 12, 0, tzinfo=JAKARTA), True),
    ],
)
def test_hours_are_those_of_the_house(at: datetime, outside: bool):
    some = happened(events.QUERY_SUBMITTED, at=at.astimezone(UTC))
    roles = {IVAN: frozenset({Role.INVESTIGATOR})}
    assert found(some, zone=JAKARTA, roles=roles) == ([("hours", IVAN, 1)] if outside else [])
    assert found(some, zone=JAKARTA, roles={IVAN: frozenset({Role.RESEARCHER})}) == []


def test_a_canary_is_touched_by_a_job_or_by_whatever_is_done_about_her():
    planted = {"P-1": MONDAY}
    later = MONDAY + timedelta(hours=1)
    job = happened(events.CANARY_TOUCHED, by="canary", subject="job:1")
    assert found(job) == [("canary", "job:1", 1)]
    for tag in sorted(anomalies.TOUCHES):
        some = happened(events.BY_TAG[tag], at=later, subject="P-1")
        assert ("canary", "P-1", 1) in found(some, canaries=planted), tag
        assert found(some, canaries={}) == []
    assert found(happened(consent_events.DENIED, subject="P-1"), canaries=planted) == []  # when planted


def test_marks_the_vault_and_alarms_are_told():
    assert found(marks_missing=2) == [("marks", "", 2)]
    vault = happened(genomics_events.VAULT_UNACCOUNTED, by="vault", subject="files/1/column")
    assert found(vault) == [("vault", "files/1/column", 1)]
    assert found(vault, happened(genomics_events.VAULT_UNACCOUNTED, subject="files/2/column", at=MONDAY)) == [
        ("vault", "vault", 2)
    ]
    assert found(happened(consent_events.UNSOUND, by="alarm", subject="P-9")) == [("alarm", "P-9", 1)]


def test_every_rule_has_its_words_and_every_anomaly_a_search_that_can_be_read():
    some = scene(
        happened(
            events.QUERY_SUBMITTED, many=20, at=datetime(2026, 6, 6, 12, tzinfo=UTC), by=f"user:{'a' * 36}"
        ),
        happened(events.QUERY_REFUSED, many=5),
        happened(events.CANARY_TOUCHED, subject="job:1"),
        happened(genomics_events.VAULT_UNACCOUNTED, subject="files/1/column"),
        happened(genomics_events.EVIDENCE_HELD, subject="case:1"),
        happened(consent_events.RISE, by="alarm"),
        roles={f"user:{'a' * 36}": frozenset({Role.INVESTIGATOR})},
        marks_missing=1,
    )
    told = find(some)
    assert {one.rule for one in told} == set(anomalies.RULES)
    assert [one.last for one in told] == sorted((one.last for one in told), reverse=True)
    for one in told:
        assert parse(auditor_anomalies.sought(one), at=NOW).terms


def test_a_canary_that_was_touched_in_every_way_has_a_link_that_can_be_read():
    about = "P-ABCD-EFGH"
    every = [one for kind in anomalies.TOUCHES for one in happened(events.BY_TAG[kind], subject=about)]
    (told,) = [one for one in find(scene(every, canaries={about: EARLIER})) if one.rule == "canary"]
    assert len(told.kinds) == len(anomalies.TOUCHES)
    search = parse(auditor_anomalies.sought(told), at=NOW)
    assert [term.value for term in search.of("about")] == [about]


@pytest.mark.django_db
def test_the_link_of_many_refusals_shows_hers_and_nobody_elses():
    world = World()
    for asker, many in ((world.staff.researcher, 3), (world.staff.investigator, 1)):
        for _ in range(many):
            query = Query.objects.create(
                question={"kind": "carriers"},
                purposes=[],
                asked_by=asker,
                role="researcher",
                submitted_at=NOW,
                request=world.request(),
            )
            job = Job.objects.create(query=query, created_at=NOW, rung_at=NOW)
            facts = {"reasons": [], "gate_sha256": ""}
            log.append(events.JOB_REFUSED, at=NOW, by="worker", subject=f"job:{job.pk}", **facts)
            more = {"reasons": [], "purposes": [], "under": "x"}
            log.append(events.QUERY_REFUSED, at=NOW, by=asker.reference, subject=f"query:{query.pk}", **more)
    (told,) = [
        one for one in anomaly_watch.seen(since=NOW - timedelta(days=1), at=NOW) if one.rule == "refusals"
    ]
    search = parse(auditor_anomalies.sought(told), at=NOW)
    found = ledger_rows.narrow(LedgerEvent.objects.all(), search)
    assert {str(one.uid) for one in found} == set(told.evidence)
    assert told.count == 6


@pytest.fixture
def world() -> World:
    return World()


def work(user: User, many: int, at: datetime) -> None:
    said = {"job": None, "question_kind": "relatives", "question_sha256": "", "purposes": [], "under": ""}
    with transaction.atomic():
        for _ in range(many):
            log.append(events.QUERY_SUBMITTED, at=at, by=user.reference, subject="query:1", **said)


@pytest.mark.django_db
def test_what_is_usual_for_her_is_counted_from_the_days_before(world: World):
    rosa = world.staff.researcher
    for day in range(1, 15):
        work(rosa, 10, NOW - timedelta(days=day))
    work(rosa, 24, NOW)
    since = NOW.replace(hour=0)
    assert [one.rule for one in anomaly_watch.seen(since=since, at=NOW)] == []  # 5 a day: 25 are unusual
    work(rosa, 1, NOW)
    [one] = anomaly_watch.seen(since=since, at=NOW)
    assert (one.rule, one.about, one.count, one.usual) == ("rate", rosa.reference, 25, 5.0)


@pytest.mark.django_db
def test_it_rings_once_a_day_with_its_evidence_and_auditors_are_told(world: World):
    ivan, saturday = world.staff.investigator, datetime(2026, 6, 6, 3, tzinfo=UTC)
    work(ivan, 2, saturday)
    [rang] = anomaly_watch.look(saturday + timedelta(minutes=1))
    assert (rang.rule, rang.about) == ("hours", ivan.reference)
    assert anomaly_watch.look(saturday + timedelta(minutes=2)) == []
    [said] = log.openings([events.ANOMALY_FOUND.tag]).values()
    assert said["subject"] == ivan.reference
    assert said["fields"] | {"evidence": len(said["fields"]["evidence"])} == {
        "rule": "hours",
        "count": 2,
        "day": "2026-06-06",
        "evidence": 2,
    }
    assert [one.notice.kind for one in notices.inbox(world.staff.auditor)] == ["anomaly"]
    sunday = saturday + timedelta(days=1)
    work(ivan, 1, sunday)
    assert len(anomaly_watch.look(sunday + timedelta(minutes=1))) == 1


@pytest.mark.django_db
def test_the_days_are_those_of_the_house(world: World, settings):
    """23:30 UTC on Friday is Saturday morning in Jakarta."""
    settings.HOME_ZONE = "Asia/Jakarta"
    friday = datetime(2026, 6, 5, 23, 30, tzinfo=UTC)
    work(world.staff.investigator, 1, friday)
    [one] = anomaly_watch.look(friday + timedelta(minutes=5))
    assert one.day.isoformat() == "2026-06-06"


@pytest.mark.django_db
def test_the_page_shows_what_was_found_and_what_is_looked_for(world: World):
    otto = Client()
    otto.force_login(world.staff.auditor)
    page = otto.get(reverse("auditor:anomalies")).content.decode()
    assert "Nothing unusual" in page
    for rule in anomalies.RULES.values():
        assert str(rule.means) in page
    with transaction.atomic():
        event = log.append(
            genomics_events.VAULT_UNACCOUNTED, at=timezone.now(), by="vault", subject="files/1/column"
        )
    page = otto.get(reverse("auditor:anomalies"), {"days": "1"}).content.decode()
    assert "The vault was opened outside a job" in page
    assert reverse("auditor:event", args=[event.uid]) in page
    assert otto.get(reverse("auditor:anomalies"), {"days": "x"}).status_code == 200
    looks = log.openings([events.PAGE_LOOKED.tag]).values()
    assert [said["fields"] for said in looks] == [{"page": "anomalies"}] * 3


def test_a_scene_is_a_value():
    one = scene(happened(events.QUERY_SUBMITTED))
    assert replace(one, marks_missing=1) != one
    assert find(one) == find(one)
