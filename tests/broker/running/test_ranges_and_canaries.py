"""A canary that is reached by a range, or when ranges are joined, stops the job as any other does."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from broker import canaries, events
from broker.models import Job, JobState
from consent import clearance as proofs
from consent.ledger import log
from consent.models import Participant
from genomics import gate
from tests.broker.running import cut
from tests.broker.running.asked import ask
from tests.builders import vcf
from tests.world import EARLIER, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def canary(world: World, settings) -> Participant:
    """She stands with six who permit it, in a house of two ranges."""
    settings.RANGE_PEOPLE = 4
    world.crowd(6, says="Ada")
    data = vcf([("20", 1000226, "A", "T", "0/1")])
    return canaries.plant(data, login="maria-k", born_on=date(1975, 3, 2), by=world.staff.auditor, at=EARLIER)


def leaky(verb: Callable[..., Any], canary: Participant) -> Callable[..., Any]:
    """As if the vault had opened more than the Clearance covers."""

    def opened_more(*arguments: Any, **said: Any) -> Any:
        found = verb(*arguments, **said)
        object.__setattr__(found, "opened", found.opened | {canary.holdings.get().file})
        return found

    return opened_more


def require_stopped(job: Job, where: str) -> None:
    job.refresh_from_db()
    assert (job.state, job.answer) == (JobState.PAUSED, None)
    told = [said["fields"] for said in log.openings([events.CANARY_TOUCHED.tag]).values()]
    assert told == [{"where": where, "canaries": 1}]
    assert cut.is_cleared_away(job)


def test_a_range_in_which_she_is_permitted_reads_nobody(world: World, monkeypatch, canary: Participant):
    """As if the law had been taken out of the ranges alone."""
    job = job_of(ask(world))
    first, _ = cut.cut(job)
    genuine = proofs.clear

    def lawless(*arguments: Any, **said: Any) -> Any:
        cleared = genuine(*arguments, **said)
        one = proofs.Permitted(ordinal=canary.ordinal, files=(canary.holdings.get().file,), heads=())
        object.__setattr__(cleared, "permitted", (*cleared.permitted, one))
        return cleared

    def never(*_arguments: Any, **_said: Any) -> Any:
        raise AssertionError("The gate was reached.")

    monkeypatch.setattr(proofs, "clear", lawless)
    monkeypatch.setattr(gate, "look", never)
    cut.read([first])
    require_stopped(job, "permitted")


def test_a_range_that_opened_her_file_ends_its_job(world: World, monkeypatch, canary: Participant):
    job = job_of(ask(world))
    first, _ = cut.cut(job)
    monkeypatch.setattr(gate, "look", leaky(gate.look, canary))
    cut.read([first])
    require_stopped(job, "opened")


def test_what_is_opened_beside_the_ranges_when_they_are_joined_is_looked_at_too(
    world: World, monkeypatch, canary: Participant
):
    """Those who are told of are laid beside each other then, and that opens files."""
    job = job_of(ask(world))
    monkeypatch.setattr(gate, "conclude", leaky(gate.conclude, canary))
    job = cut.run(job)
    require_stopped(job, "opened")
