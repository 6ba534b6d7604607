"""The tables of states: complete, kept to by the verbs, and drawn in the README as they stand in the code."""

import importlib
import uuid
from collections.abc import Callable
from enum import Enum
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from broker import jobs, queries, states
from broker.errors import LostClaim
from broker.gates import Passage
from broker.models import TRANSITIONS, Job, JobState
from broker.states import TABLES, Table
from consent import holdings
from consent.models import Holding
from consent.models.people import HOLDING_TRANSITIONS
from tests.house.plan import ROOT, rooms
from tests.world import NOW, World, job_of

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@every_table
def test_every_state_is_in_its_table_and_can_be_reached(table: Table):
    (kind,) = {type(state) for state in table.steps}
    assert set(table.steps) == set(kind)
    assert table.reached == set(kind)


@every_table
def test_something_ends_and_what_has_ended_stays_so(table: Table):
    assert table.ends
    for state in table.ends:
        assert table.steps[state] == frozenset()


@every_table
def test_a_verb_leads_into_every_state(table: Table):
    assert set(table.verbs) == set(table.steps)
    for name in {name for verbs in table.verbs.values() for name in verbs}:
        module, _, verb = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), verb)), f"there is no {name}"


def test_no_table_of_states_is_left_out():
    drawn = [table.steps for table in TABLES]
    for name in rooms():
        if name.startswith(("broker.management", "broker.demo", "broker.wsgi", "broker.asgi")):
            continue
        for label, value in vars(importlib.import_module(name)).items():
            if _is_table(value):
                steps = {state: after for state, after in value.items() if state is not None}
                assert steps in drawn, f"{name}.{label} is a table of states: draw it in broker.states, too."


def _is_table(value: Any) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    kinds = {type(one) for one in value if one is not None}
    kinds |= {type(one) for after in value.values() if isinstance(after, frozenset) for one in after}
    sets = all(isinstance(after, frozenset) for after in value.values())
    return sets and len(kinds) == 1 and issubclass(kinds.pop(), Enum)


def test_the_readme_draws_what_the_code_says():
    text = (Path(ROOT) / "README.md").read_text()
    drawn = text.split("<!-- states -->\n```\n")[1].split("```\n<!-- end of states -->")[0]
    assert drawn == states.drawing(), "put the output of `manage.py states` between the marks"


def test_the_command_draws_it_without_a_house(capsys):
    call_command("states")
    assert capsys.readouterr().out == states.drawing()


def test_the_drawing_names_every_arrow():
    drawn = states.drawing()
    for table in TABLES:
        part = next(one for one in drawn.split("\n\n") if one.startswith(f"{table.name}\n"))
        arrows = sum(len(line.split("-> ")[1].split(", ")) for line in part.splitlines() if "-> " in line)
        assert arrows == sum(len(after) for after in table.steps.values())


@pytest.mark.django_db
def test_the_auditor_finds_it_on_her_page():
    world, client = World(), Client()
    client.force_login(world.staff.auditor, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("auditor:jobs")).content.decode()
    assert "* queued" in page
    assert "releasing -&gt; running, paused, released" in page


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after"), list(product(JobState, JobState)))
def test_a_job_takes_the_arrows_of_its_table_and_no_others(
    before: JobState, after: JobState, one_job: Callable[[], Job]
):
    job, token = one_job(), uuid.uuid4()
    Job.objects.filter(pk=job.pk).update(
        state=before, token=token, lease_until=NOW, answer=b"x", manifest=b"x"
    )
    claim = jobs.Claim(job, token, lambda: NOW, Passage(job), NOW)
    try:
        with transaction.atomic():
            jobs._move(claim, after)
        moved = True
    except LostClaim:
        moved = False
    assert moved == (after in TRANSITIONS[before])


@pytest.fixture
def one_job() -> Callable[[], Job]:
    def made() -> Job:
        world = World()
        query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
        job: Job = job_of(query)
        return job

    return made


@pytest.mark.django_db
def test_a_holding_takes_the_arrows_of_its_table_and_no_others():
    world = World()
    person = world.join("Dov")
    for before, after in product(Holding.State, Holding.State):
        holding = holdings.add(person, uuid.uuid4(), by="intake", at=NOW)
        Holding.objects.filter(pk=holding.pk).update(state=before)
        holdings.set_state(holding, after, by="steward", at=NOW)
        holding.refresh_from_db()
        assert holding.state == (after if after in HOLDING_TRANSITIONS[before] else before)
