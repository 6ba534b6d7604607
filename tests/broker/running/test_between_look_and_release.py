"""What changes when a release has looked, and its transaction has not begun: it is seen, or not relied on."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from broker import access, jobs, people, releasing
from broker.models import Appointment, JobGate, JobState
from broker.roles import Role
from consent import fence, policies, records
from consent.terms import Permission
from tests.broker.running.asked import answer_of, ask, outcome, run
from tests.world import NOW, WITHOUT_HOLD, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def after_the_look(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[releasing.Look]]:
    """Something happens once, right after the first look. All that was looked at is told."""

    def happens(what: Callable[[], object]) -> list[releasing.Look]:
        look, looked = jobs._look, list[releasing.Look]()

        def then(claim: jobs.Claim, ready: releasing.Ready) -> releasing.Look:
            looked.append(look(claim, ready))
            if len(looked) == 1:
                what()
            return looked[-1]

        monkeypatch.setattr(jobs, "_look", then)
        return looked

    return happens


def test_where_nothing_changes_it_is_looked_at_once(world: World, after_the_look):
    world.crowd(10, says="Ada")
    looked = after_the_look(lambda: None)
    job = run(job_of(ask(world)))
    assert (job.state, len(looked)) == (JobState.RELEASED, 1)
    last = JobGate.objects.filter(job=job).latest("number")
    assert (last.kind, last.position, last.seen_upto) == (JobGate.Kind.RELEASE, *[fence.position()] * 2)


def test_whoever_says_no_then_is_out(world: World, after_the_look):
    crowd = world.crowd(11, says="Ada")
    after_the_look(lambda: records.withdraw(crowd[0], by="self", at=NOW))
    job = run(job_of(ask(world)))
    assert answer_of(world, job)["count"] == 10
    assert not outcome(job, crowd[0])[0]


def test_whoever_is_not_in_it_may_change_and_the_gate_says_at_which_position(world: World, after_the_look):
    world.crowd(10, says="Ada")
    other = world.join("Dov")
    looked = after_the_look(
        lambda: world.give(other, "RESEARCH", Permission(code="GRU"), at=NOW + timedelta(seconds=1))
    )
    job = run(job_of(ask(world)))
    assert answer_of(world, job)["count"] == 10
    assert [one.stood for one in looked] == [True, True]
    last = JobGate.objects.filter(job=job).latest("number")
    assert last.position == last.seen_upto == looked[1].position > looked[0].position


@pytest.mark.parametrize("what", ["request", "role"])
def test_a_request_that_ends_then_releases_nothing(world: World, after_the_look, what: str):
    world.crowd(10, says="Ada")
    request, rosa = world.request(), world.staff.researcher
    appointment = Appointment.objects.get(user=rosa, role=Role.RESEARCHER)
    ends = {
        "request": lambda: access.close(request, reason="audit", by=world.staff.steward, at=NOW),
        "role": lambda: people.end_role(appointment, by="somebody", at=NOW),
    }
    after_the_look(ends[what])
    job = run(job_of(ask(world, request)))
    assert (job.state, job.answer, job.manifest) == (JobState.REFUSED, None, None)


def test_a_policy_that_comes_into_force_then_is_the_one_it_is_released_under(world: World, after_the_look):
    world.crowd(10, says="Ada")
    after_the_look(lambda: policies.adopt(WITHOUT_HOLD, by="two", at=NOW))
    job = run(job_of(ask(world)))
    assert answer_of(world, job)["count"] == 10
    assert JobGate.objects.filter(job=job).latest("number").policy_version == WITHOUT_HOLD.version


def test_an_approval_that_ends_by_time_then_releases_nothing(world: World, after_the_look):
    world.crowd(10, says="Ada")
    request, at = world.request(), [NOW]
    job = job_of(ask(world, request))
    looked = after_the_look(lambda: at.append(request.valid_to))
    jobs.run(job.pk, clock=lambda: at[-1], batch=50)
    job.refresh_from_db()
    assert looked[0].stood
    assert job.state == JobState.REFUSED
    assert job.answer is None
