"""A key is a row under a lease alone: one that the database drew for a claim that stands, for this login."""

import uuid
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from broker import cases, jobs, queries
from broker.errors import LostClaim
from broker.models import AccessRequest, Case, Job, JobState
from broker.walls import leases
from consent import holdings
from consent.models import Holding
from genomics.errors import VaultSealed
from genomics.models import EvidenceKey, ParticipantKey
from tests.broker.walls.seeing import KEYS, NO_RIGHT, claim, rows
from tests.world import NOW, again, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

LATER = NOW + timedelta(seconds=30)
EVIDENCE = "SELECT count(*) FROM genomics_evidencekey WHERE \"case\" = '{}'"


def test_without_a_lease_a_worker_sees_no_key_and_with_one_it_does(walls, job):
    with walls.login("worker"):
        assert rows(KEYS) == 0
        assert rows(KEYS, lease=claim(job, lasts=LATER)) == 3
        assert rows(KEYS) == 0  # SET LOCAL: it went with its transaction


def test_a_lease_that_somebody_made_up_opens_nothing(walls, job):
    with walls.login("worker"):
        claim(job, lasts=LATER)
        for made_up in (uuid.uuid4(), Job.objects.get(pk=job.pk).token, job.pk):
            assert rows(KEYS, lease=made_up) == 0


def test_a_setting_that_names_a_purpose_opens_nothing(walls, job):
    with walls.login("worker"), connection.cursor() as cursor:
        for name in ("walls.purpose", "walls.job", "tali.purpose"):
            cursor.execute("SELECT set_config(%s, 'L.HOM', false)", [name])
        cursor.execute("SELECT set_config('walls.lease', 'L.HOM', false)")
        assert rows(KEYS) == 0


def test_a_lease_is_of_its_login(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
    with walls.login("web"):
        assert rows(KEYS, lease=lease) == 0


@pytest.mark.parametrize(
    "state", [JobState.CANCELLED, JobState.PAUSED, JobState.FAILED, JobState.REFUSED, JobState.QUEUED]
)
def test_a_lease_ends_with_its_job_and_does_not_come_back(walls, job, state):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
    token = Job.objects.get(pk=job.pk).token
    Job.objects.filter(pk=job.pk).update(state=state)
    with walls.login("worker"):
        assert rows(KEYS, lease=lease) == 0
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, token=token)
    with walls.login("worker"):
        assert rows(KEYS, lease=lease) == 0
        assert rows(f"SELECT walls.renew('{lease}')::int") == 0


def test_who_is_taken_over_loses_the_lease(walls, job):
    with walls.login("worker"):
        first = claim(job, lasts=NOW - timedelta(seconds=1))
        second = claim(job, lasts=LATER)
        assert (rows(KEYS, lease=first), rows(KEYS, lease=second)) == (0, 3)


def test_a_lease_that_nobody_renews_is_over(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE walls.lease SET until = now() - interval '1 second'")
    with walls.login("worker"):
        assert rows(KEYS, lease=lease) == 0
        assert rows(f"SELECT walls.renew('{lease}')::int") == 0


def test_renewing_makes_it_last(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE walls.lease SET until = now() + interval '1 minute'")
    with walls.login("worker"), connection.cursor() as cursor:
        cursor.execute("SELECT walls.renew(%s)", [lease])
        assert cursor.fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT until > now() + interval '4 minutes' FROM walls.lease WHERE subject = %s", [str(job.pk)]
        )
        assert cursor.fetchone()[0]


def test_an_undertaking_that_is_not_approved_any_more_opens_nothing(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
    AccessRequest.objects.filter(pk=job.query.request_id).update(state="closed")
    with walls.login("worker"):
        assert rows(KEYS, lease=lease) == 0


def test_a_person_without_an_active_file_is_in_no_job(walls, house, job):
    (held,) = Holding.objects.filter(participant=house.people["Ada 0"])
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
    for state, seen in ((Holding.State.QUARANTINED, 2), (Holding.State.ACTIVE, 3)):
        holdings.set_state(held, state, by="steward", at=NOW)
        with walls.login("worker"):
            assert rows(KEYS, lease=lease) == seen


def test_a_job_that_ended_or_runs_is_not_claimed_again(walls, job):
    with walls.login("worker"):
        assert leases.claim_job(job.pk, at=NOW, lasts=LATER) is not None
        assert leases.claim_job(job.pk, at=NOW, lasts=LATER) is None
        jobs.run(job.pk, clock=lambda: LATER + timedelta(seconds=1), batch=3)
        job.refresh_from_db()
        assert job.state == JobState.RELEASED
        assert rows("UPDATE broker_job SET state = 'expired', answer = NULL WHERE state = 'released'") == 0
        assert leases.claim_job(job.pk, at=LATER, lasts=LATER) is None


def test_a_lease_that_ends_in_the_middle_is_a_lost_claim_and_not_a_lost_key(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
        with pytest.raises(LostClaim), leases.held(lease):  # noqa: PT012
            assert ParticipantKey.objects.count() == 3
            Job.objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
            assert ParticipantKey.objects.count() == 0
            raise VaultSealed("has no key here")


def test_what_fails_under_a_lease_that_stands_is_told_as_it_is(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
        with pytest.raises(VaultSealed), leases.held(lease):
            raise VaultSealed("damaged")


def test_an_opened_record_is_one_persons_and_is_remembered(walls, house):
    ada = house.people["Ada 1"]
    with walls.login("web"):
        assert rows(KEYS) == 0
        with leases.record(ada):
            assert [key.participant_id for key in ParticipantKey.objects.all()] == [ada.pk]
        assert rows(KEYS) == 0
    with walls.login("auditor"), connection.cursor() as cursor:
        cursor.execute("SELECT kind, person FROM walls.lease WHERE login = %s", [walls.role("web")])
        assert cursor.fetchall() == [("record", ada.pk)]


def test_a_job_opens_the_evidence_of_its_own_case_alone(walls, house):
    panel = with_panel(small_panel(60))
    one, other = house.case(number="E-1"), house.case(number="E-2")
    by = house.investigator_of(one)
    with walls.login("web"):
        for case in (one, other):
            profile = cases.bring_evidence(case, again(genotypes(panel, [1] * 60)), by=by, at=NOW)
    question = {"kind": "identity", "evidence": str(profile.id)}
    searches = job_of(queries.submit(question, under=other, by=by, at=NOW))
    with walls.login("worker"):
        lease = claim(searches, lasts=LATER)
        assert rows(EVIDENCE.format(cases.reference(other)), lease=lease) == 1
        assert rows("SELECT count(*) FROM genomics_evidencekey", lease=lease) == 1
        assert rows("SELECT count(*) FROM genomics_evidenceprofile", lease=lease) == 1
        assert rows("UPDATE genomics_evidencekey SET epoch = 0", lease=lease) == NO_RIGHT


def test_a_researchers_job_opens_no_evidence(walls, job):
    with walls.login("worker"):
        lease = claim(job, lasts=LATER)
        assert rows("SELECT count(*) FROM genomics_evidencekey", lease=lease) == 0
        assert rows("SELECT count(*) FROM genomics_evidenceprofile", lease=lease) == 0


def test_the_web_opens_one_cases_evidence_while_that_is_open_and_it_is_remembered(walls, house):
    reference = EvidenceKey.objects.order_by("pk").values_list("case", flat=True)[0]
    with walls.login("web"):
        with leases.evidence(reference):
            assert [key.case for key in EvidenceKey.objects.all()] == [reference]
            assert rows(KEYS) == 0
            assert rows("SELECT count(*) FROM genomics_sealed WHERE name LIKE 'files/%'") == 0
        assert not EvidenceKey.objects.exists()
    with walls.login("auditor"), connection.cursor() as cursor:
        cursor.execute("SELECT login FROM walls.lease WHERE subject = %s", [reference])
        assert (walls.role("web"),) in cursor.fetchall()
    Case.objects.filter(pk=reference.removeprefix("case:")).update(state="closed")
    with walls.login("web"), pytest.raises(VaultSealed, match="has ended"), leases.evidence(reference):
        pytest.fail("it was opened")
    Case.objects.filter(pk=reference.removeprefix("case:")).update(state="approved")


def test_a_claim_needs_no_walls(job, settings):
    """On the owner's own connection, as in a house of one login, the same door claims."""
    claimed = leases.claim_job(job.pk, at=NOW, lasts=LATER)
    assert claimed is not None
    assert isinstance(claimed.lease, UUID)
