"""Jobs as a worker would leave them, and their pages, for these tests."""

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from broker import jobs, queries
from broker.models import Job, User
from consent.ledger import log
from tests.world import NOW, World, job_of


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(world: World, **question: Any) -> Job:
    query = queries.submit(
        world.carriers(**question), under=world.request(), by=world.staff.researcher, at=NOW
    )
    job: Job = job_of(query)
    return job


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    return job


def shown(client: Client, job: Job, *, status: int = 200) -> str:
    answer = client.get(reverse("jobs:job", args=[job.pk]))
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def without_token(page: str) -> str:
    """Two readings of a page differ in what guards its forms."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def course(page: str) -> list[tuple[str, str]]:
    """The timeline: (state, label)."""
    found = re.findall(r'<li class="(done|now|next|failed)".*?<p>(.*?)<span', page, re.S)
    return [(state, label.strip()) for state, label in found]


def taken(client: Client, job: Job, kind: str) -> str:
    answer = client.get(reverse("jobs:download", args=[job.pk, kind]))
    assert answer.status_code == 200
    assert f'filename="query-{str(job.query_id)[:8]}.{kind}"' in answer["Content-Disposition"]
    return str(answer.content.decode())
