"""What an auditor looks at, and what the ledger keeps of her looks, for these tests."""

from typing import Any

from django.test import Client
from django.urls import reverse

from broker import events, jobs, queries
from broker.models import Job, JobState, User
from consent.ledger import log
from tests.world import NOW, World, job_of


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"auditor:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def looks(kind: str = "broker:") -> list[dict[str, Any]]:
    """What the ledger says of an auditor's looks."""
    tags = (events.LEDGER_READ.tag, events.JOB_AUDITED.tag)
    return [said for said in log.openings(tags).values() if said["kind"].startswith(kind)]


def released(world: World, people: int = 10) -> Job:
    world.crowd(people, says="Ada")
    world.join("Dov")
    world.join("Ben")
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    job = job_of(query)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    return job
