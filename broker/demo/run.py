"""One run through the demo's house: every question is asked through the REST door by somebody signed in, run
by a worker process, and looked at afterwards. One participant withdraws, in the portal, while a job runs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import access, cases, disclosures, impact, searches, usage
from broker.demo import plans
from broker.demo.cohort import Cohort, Trace
from broker.demo.house import LEAVER, House, Progress, case, first_pair, project, second_pair
from broker.models import ENDED, AccessRequest, Case, Job, JobState, Query, QueryState, User
from broker.results import is_sealed, read
from consent.reasons import Reason
from genomics.coordinates import Build
from genomics.intake import upkeep

PATIENCE = 300.0  # seconds for one job before the demo gives up


class DemoFailed(Exception):
    """Something the demo promises did not happen. The message says what."""


@dataclass(slots=True)
class Asked:
    """One question, what came of it, and what the demo knows about it."""

    title: str
    query: Query
    job: Job | None
    answer: dict[str, Any] | None = None
    permitted: list[int] = field(default_factory=list)
    left_out: list[tuple[int, list[str]]] = field(default_factory=list)
    trace: Trace | None = None
    withdrew: int | None = None  # the ordinal of who withdrew while it ran

    @property
    def considered(self) -> int:
        return len(self.permitted) + len(self.left_out)

    @property
    def refused(self) -> list[str]:
        """Why the request itself was refused."""
        return list(self.query.reasons) or (list(self.job.reasons) if self.job else [])


def run(house: House, cohort: Cohort, *, show: Progress, assume: Build) -> list[Asked]:
    """Ask everything. Raises DemoFailed if a job does not end."""
    now = timezone.now()
    year = now + timedelta(days=365)
    health = project(
        house,
        "Inherited risk of melanoma",
        access.Application(
            summary="How common are these variants?",
            purposes=("R.HMB",),
            commercial_use=False,
            valid_to=year,
            regions=("EU",),
            ethics_ref="REC 2026/114",
            ethics_valid_to=year,
        ),
        now=now,
    )
    commercial = project(
        house,
        "A new drug for cancer",
        access.Application(
            summary="Target validation with a company.",
            purposes=("R.DS",),
            disease=plans.CANCER,
            commercial_use=True,
            valid_to=year,
            regions=("EU",),
        ),
        now=now,
    )
    impact.take(at=timezone.now())  # by daily tasks in a real house, as is the next
    upkeep.roll(by="worker", at=timezone.now())
    rosa = house.staff.researcher
    carriers = {"kind": "carriers", "variant": cohort.variants[0], "build": str(assume)}
    return [
        _ask(house, "Who carries this? (health research)", rosa, health, carriers, show=show),
        _ask(
            house,
            "Who carries anything here? (health research)",
            rosa,
            health,
            {"kind": "carriers", "region": cohort.regions[0], "build": str(assume)},
            show=show,
        ),
        _ask(house, "Who carries this? (cancer, for profit)", rosa, commercial, carriers, show=show),
        *_police(house, cohort, now=now, show=show, assume=assume),
        _while_somebody_withdraws(house, rosa, health, cohort, show=show, assume=assume),
    ]


def _police(house: House, cohort: Cohort, *, now: datetime, show: Progress, assume: Build) -> list[Asked]:
    """Cases with and without their papers; the first order "compels" everybody, and changes nothing."""
    staff = house.staff

    def particulars(number: str, purpose: str, origin: Case.Origin) -> cases.Particulars:
        return cases.Particulars(
            number=number,
            purpose=purpose,
            jurisdiction="US-UT",
            sample_origin=origin,
            summary="Cold case, reopened.",
            codis_searched=True,
            leads_exhausted=True,
            valid_to=now + timedelta(days=365),
        )

    scene, remains = Case.Origin.PERPETRATOR, Case.Origin.REMAINS
    plan = [
        (
            "Who is related? (homicide, order for all)",
            "RP-1987-12",
            "L.HOM",
            scene,
            staff.investigator,
            "W-4711",
            True,
        ),
        ("Who is related? (to name the dead)", "RP-1994-03", "L.UHR", remains, staff.investigator, "", False),
        ("Who is related? (homicide, no order)", "RP-2001-44", "L.HOM", scene, staff.investigator, "", False),
        ("Who is related? (defence)", "IC-2026-1", "E.EXON", scene, staff.counsel, "W-5001", False),
    ]
    done = []
    for number, (title, name, purpose, origin, by, order, compels) in enumerate(plan):
        trace = cohort.traces[number % len(cohort.traces)]
        opened = case(house, particulars(name, purpose, origin), by=by, order=order, compels=compels, now=now)
        evidence = cases.bring_evidence(opened, trace.upload(), by=by, at=timezone.now(), assume=assume)
        question = {
            "kind": "relatives",
            "evidence": str(evidence.id),
            "min_cm": cohort.min_cm,
            "min_total_cm": cohort.min_cm if cohort.min_cm < 7 else 20.0,
        }
        done.append(_ask(house, title, by, opened, question, trace=trace, show=show))
    return done


def _ask(
    house: House,
    title: str,
    by: User,
    under: AccessRequest | Case,
    question: dict[str, Any],
    *,
    show: Progress,
    trace: Trace | None = None,
    while_running: Callable[[Job], None] | None = None,
) -> Asked:
    """Submit over REST, wait for the worker, read the result as its asker."""
    door = Client()
    door.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    name = "request" if isinstance(under, AccessRequest) else "case"
    answer = door.post(
        reverse("api:queries"), {name: str(under.pk), "question": question}, content_type="application/json"
    )
    if answer.status_code != 202:
        raise DemoFailed(f"{title}: the door answered {answer.status_code}: {answer.json()}")
    query = Query.objects.get(pk=answer.json()["id"])
    if query.case is not None and query.state == QueryState.SUBMITTED:
        for role, reviewer in first_pair(house.staff):
            searches.decide(
                query, role=role, approves=True, reason="As ordered.", by=reviewer, at=timezone.now()
            )
    asked = Asked(title, query, query.job, trace=trace)
    if asked.job is not None:
        asked.job = _wait(asked.job, title, show, while_running)
        if asked.job.state == JobState.RELEASED:
            _until(partial(is_sealed, asked.job))
            if query.case is not None:
                _disclose(house, asked.job, by)
            asked.answer = read(asked.job, by=by, at=timezone.now())
            manifest = usage.manifest_of(asked.job)
            asked.permitted = list(manifest["permitted"])
            asked.left_out = [(ordinal, reasons) for ordinal, reasons in manifest["left_out"]]
        elif asked.job.state != JobState.REFUSED:
            raise DemoFailed(f"{title}: the job ended {asked.job.state}: {asked.job.trouble}")
    return asked


def _disclose(house: House, job: Job, by: User) -> None:
    """A second pair signs that the leads go out."""
    made = disclosures.propose(job, reason="To look into each lead.", by=by, at=timezone.now())
    for role, reviewer in second_pair(house.staff):
        disclosures.decide(
            made, role=role, approves=True, reason="Needed here.", by=reviewer, at=timezone.now()
        )
    _until(partial(disclosures.is_disclosed, made))


def _until(sealed: Callable[[], bool]) -> None:
    """Wait for the sequencer to put it under a checkpoint."""
    until = time.monotonic() + PATIENCE
    while not sealed() and time.monotonic() < until:
        time.sleep(0.05)


def _wait(job: Job, title: str, show: Progress, while_running: Callable[[Job], None] | None) -> Job:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        job.refresh_from_db()
        show(title, job.progress, 100)
        if job.state in ENDED:
            return job
        if while_running is not None and job.state == JobState.RUNNING and job.progress > 0:
            while_running(job)
            while_running = None
        time.sleep(0.02)
    raise DemoFailed(f"{title}: the job did not end in {PATIENCE:.0f} s; it is {job.state}.")


def _while_somebody_withdraws(
    house: House, by: User, under: AccessRequest, cohort: Cohort, *, show: Progress, assume: Build
) -> Asked:
    """The same question again; one who was permitted at its start takes everything back before its end."""
    leaver = house.logins[LEAVER]
    participant = leaver.own_record.participant
    question = {"kind": "carriers", "variant": cohort.variants[0], "build": str(assume)}
    seen_at: list[str] = []

    def withdraw(job: Job) -> None:
        door = Client()
        door.force_login(leaver, backend="django.contrib.auth.backends.ModelBackend")
        answer = door.post(reverse("participant:stop_everything"))
        if answer.status_code not in {200, 302}:
            raise DemoFailed(f"The withdrawal was not taken: {answer.status_code}.")
        job.refresh_from_db()
        seen_at.append(job.state)

    asked = _ask(
        house,
        "Who carries this? (one withdraws meanwhile)",
        by,
        under,
        question,
        show=show,
        while_running=withdraw,
    )
    if not seen_at or seen_at[0] != JobState.RUNNING:
        raise DemoFailed("The job had ended before the withdrawal came; nothing was shown. Run it again.")
    asked.withdrew = participant.ordinal
    return asked


def held(asked: Asked) -> bool:
    """Whether the withdrawal held: she was permitted at the start, and the release rests on others."""
    reasons = dict(asked.left_out).get(asked.withdrew or 0, [])
    return asked.withdrew not in asked.permitted and str(Reason.JOB_REVOKED_IN_FLIGHT) in reasons
