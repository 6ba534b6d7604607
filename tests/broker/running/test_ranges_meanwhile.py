"""Who says no, comes or lapses while ranges are read, and what then leaves the job."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker import access, cases, jobs, queries
from broker.models import Job, JobGate, JobState
from consent import holdings, participants, policies, records
from consent.ledger import log
from consent.models import Holding
from consent.reasons import Reason
from consent.terms import Permission, SignIn
from genomics import events as genomics_events
from genomics import gate
from genomics.intake.receive import load_panel
from genomics.models import PanelVersion
from genomics.panel import Panel
from tests.broker.running import asked as uncut
from tests.broker.running import cut
from tests.broker.running.asked import PowerCut, ask, dies, outcome
from tests.broker.running.cut import LATER
from tests.builders import vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, WITHOUT_HOLD, World, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]

GRU = Permission(code="GRU")


@pytest.fixture
def crowd(world: World, settings) -> list[Any]:
    """Twelve who permit it: the first six are the first range."""
    settings.RANGE_PEOPLE = 6
    return world.crowd(12, says="Ada")


def leave(person: Any) -> Callable[[], object]:
    return lambda: records.withdraw(person, by="self", at=NOW)


def as_uncut(world: World, settings: Any) -> bytes:
    """What one worker says now."""
    settings.RANGE_PEOPLE = 1000
    return cut.answer(uncut.run(job_of(ask(world))))


def read_by_jobs() -> int:
    told = log.openings([genomics_events.VAULT_OPENED.tag]).values()
    return sum(one["fields"]["files"] for one in told)


def test_who_withdraws_before_her_range_is_read_is_never_opened(world: World, settings, crowd):
    job = job_of(ask(world))
    first, second = cut.cut(job)
    cut.read([first])
    leave(crowd[7])()
    cut.read([second])
    job = uncut.run(job)
    assert read_by_jobs() == 11
    assert outcome(job, crowd[7]) == (False, (Reason.CONSENT_WITHDRAWN,))
    cut.require_decided_again(job)
    assert cut.answer(job) == as_uncut(world, settings)


def test_who_withdraws_when_her_range_is_done_is_out_and_nobody_is_read_again(world: World, settings, crowd):
    job = cut.run(job_of(ask(world)), before=leave(crowd[0]))
    assert read_by_jobs() == 12
    assert outcome(job, crowd[0])[0] is False
    cut.require_decided_again(job)
    assert cut.answer(job) == as_uncut(world, settings)


def test_who_withdraws_between_staging_and_release_is_out_and_nobody_is_read_again(
    world: World, settings, monkeypatch, crowd
):
    stage, staged = jobs._stage, []

    def stage_then_leave(claim, asked):
        ready = stage(claim, asked)
        staged.append(len(asked.clearance.permitted))
        if len(staged) == 1:
            leave(crowd[8])()
            holdings.add(crowd[2], crowd[1].holdings.get().file.__class__(int=7), by="x", at=NOW)
        return ready

    monkeypatch.setattr(jobs, "_stage", stage_then_leave)
    job = cut.run(job_of(ask(world)))
    assert staged == [12, 11]
    assert read_by_jobs() == 12
    assert not outcome(job, crowd[8])[0]
    cut.require_decided_again(job)
    monkeypatch.undo()
    assert cut.answer(job) == as_uncut(world, settings)


def test_who_withdraws_and_comes_back_is_out_all_the_same(world: World, crowd):
    leave(crowd[0])()
    job = job_of(ask(world))
    first, second = cut.cut(job)
    leave(crowd[7])()
    cut.read([first])
    cut.read([second])
    world.give(crowd[7], "RESEARCH", GRU, at=NOW)
    world.give(crowd[0], "RESEARCH", GRU, at=NOW)
    job = uncut.run(job)
    assert outcome(job, crowd[7]) == (False, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    assert outcome(job, crowd[0]) == (False, (Reason.JOB_NOT_IN_SNAPSHOT,))
    cut.require_decided_again(job)


def test_who_is_lost_in_the_middle_of_a_range_and_comes_back_is_out(world: World, monkeypatch, crowd):
    covered, looked = gate.covered, []

    def leave_then(*given, **facts):
        looked.append(1)
        if len(looked) == 1:
            leave(crowd[4])()
        return covered(*given, **facts)

    monkeypatch.setattr(gate, "covered", leave_then)
    back = lambda: world.give(crowd[4], "RESEARCH", GRU, at=NOW)  # noqa: E731
    job = cut.run(job_of(ask(world)), before=back)
    assert outcome(job, crowd[4]) == (False, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    assert JobGate.objects.filter(job=job, kind=JobGate.Kind.BATCH).count() == 1
    cut.require_decided_again(job)


@pytest.mark.parametrize("when", ["staged", "joined"])
def test_who_leaves_after_her_range_and_comes_back_while_it_is_joined_is_out(
    world: World, monkeypatch, crowd, when: str
):
    """Out at one look of this attempt is out of it, whether she left before that look or just after."""
    stage, staged = jobs._stage, []

    def stage_then(claim, asked):
        ready = stage(claim, asked)
        staged.append(1)
        if len(staged) == 1 and when == "staged":
            leave(crowd[3])()
        if len(staged) == (1 if when == "joined" else 2):
            world.give(crowd[3], "RESEARCH", GRU, at=NOW)
            records.deny(crowd[9], "LE.HOM", by="self", at=NOW)  # so that it is tried once more
        return ready

    monkeypatch.setattr(jobs, "_stage", stage_then)
    job = cut.run(job_of(ask(world)), before=leave(crowd[3]) if when == "joined" else lambda: None)
    assert len(staged) == (2 if when == "joined" else 3)
    assert outcome(job, crowd[3]) == (False, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    cut.require_decided_again(job)


def test_whoever_said_something_else_since_rests_on_what_she_said_last(world: World, settings, crowd):
    def again() -> None:
        world.give(crowd[5], "RESEARCH", GRU, at=NOW)  # still a yes, and another statement

    job = cut.run(job_of(ask(world)), before=again)
    assert outcome(job, crowd[5]) == (True, ())
    cut.require_decided_again(job)
    assert cut.answer(job) == as_uncut(world, settings)


def test_a_grant_and_a_file_that_come_after_the_cut_do_not_join(world: World, settings, crowd):
    late = world.join("Dov", genotype="1/1")
    settings.RANGE_PEOPLE = 7
    job = job_of(ask(world))
    first, second = cut.cut(job)
    world.give(late, "RESEARCH", GRU, at=NOW)
    for person in (crowd[0], crowd[9]):
        receive(person, vcf([("20", 1000226, "A", "T", "1/1")]), by="self", at=NOW)
    cut.read([first])
    receive(crowd[1], vcf([("20", 1000226, "A", "T", "1/1")]), by="self", at=NOW)
    cut.read([second])
    job = uncut.run(job)
    assert read_by_jobs() == 12
    assert outcome(job, late)[1] == (Reason.JOB_NOT_IN_SNAPSHOT,)
    cut.require_decided_again(job)


def test_a_file_that_is_set_aside_after_her_range_is_out(world: World, settings, crowd):
    held = crowd[2].holdings.get()
    job = cut.run(
        job_of(ask(world)),
        before=lambda: holdings.set_state(held, Holding.State.QUARANTINED, by="steward", at=NOW),
    )
    assert outcome(job, crowd[2])[0] is False
    cut.require_decided_again(job)
    assert cut.answer(job) == as_uncut(world, settings)


def test_another_policy_meanwhile_is_the_one_it_is_released_under(world: World, crowd):
    job = job_of(ask(world))
    cut.read(cut.cut(job))
    policies.adopt(WITHOUT_HOLD, by="two", at=LATER)
    job = uncut.run(job, at=LATER)
    assert JobGate.objects.filter(job=job).latest("number").policy_version == WITHOUT_HOLD.version
    assert JobGate.objects.filter(job=job, kind=JobGate.Kind.RECUT).count() == 1, "all are asked once more"
    assert b'"count": 12' in cut.answer(job)
    cut.require_decided_again(job)


def test_a_yes_that_ends_by_time_before_the_release_does_not_count(world: World, crowd):
    brief, ends = world.join("Dov"), NOW + timedelta(minutes=1)
    form = records.FormVersion.objects.get(form="F-ADULT")
    wording = records.Wording(permissions=(GRU,), valid_to=ends)
    sign_in = SignIn("totp", EARLIER)
    records.give(brief, "RESEARCH", form=form, by="self", at=EARLIER, wording=wording, sign_in=sign_in)
    job = job_of(ask(world))
    cut.read(cut.cut(job))
    job = uncut.run(job, at=ends)
    assert b'"count": 12' in cut.answer(job)
    assert not outcome(job, brief)[0]


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_a_request_that_lapses_meanwhile_is_refused_and_nothing_of_it_stays(
    world: World, settings, crowd, when: str
):
    request = world.request()
    job = job_of(ask(world, request))
    first, second = cut.cut(job)
    if when != "before":
        cut.read([first])
    if when == "after":
        cut.read([second])
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    if when == "after":
        job = uncut.run(job)
    else:
        assert cut.read([second]) is None
        job.refresh_from_db()
    assert (job.state, job.answer, job.manifest) == (JobState.REFUSED, None, None)
    assert job.reasons == [str(Reason.REQ_PROJECT_NOT_APPROVED)]
    assert cut.is_cleared_away(job)
    assert checked_refusal(job) == []
    assert cut.read([first]) is None


def checked_refusal(job: Job) -> list[str]:
    log.sequence(at=NOW)
    return cut.checked(cut.taken(job)).problems


def test_after_a_cut_by_a_later_attempt_nobody_who_was_out_then_comes_back(world: World, monkeypatch, crowd):
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr("broker.cutting.cut", dies)
        with pytest.raises(PowerCut):
            uncut.run(job)
    leave(crowd[6])()
    rung = cut.cut(job, at=LATER)
    world.give(crowd[6], "RESEARCH", GRU, at=LATER)
    assert cut.read(rung, at=LATER) == job.pk
    job = uncut.run(job, at=LATER)
    assert outcome(job, crowd[6]) == (False, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    cut.require_decided_again(job)


def test_another_panel_meanwhile_has_every_range_read_again(family_case, settings):
    world, case, question = family_case
    by = world.investigator_of(case)
    job = job_of(queries.submit(question, under=case, by=by, at=NOW))
    cut.read(cut.cut(job))
    panel = Panel.from_bytes(bytes(PanelVersion.objects.get().data))
    load_panel(replace(panel, version="2"), by="operator", at=NOW)
    rung = jobs.run(job.pk, clock=lambda: NOW, batch=2)
    assert len(rung) == 2
    assert cut.read(rung) == job.pk
    job = uncut.run(job)
    settings.RANGE_PEOPLE = 1000
    plain = job_of(queries.submit(question, under=case, by=by, at=NOW))
    assert cut.answer(job) == cut.answer(uncut.run(plain))


@pytest.fixture
def family_case(world: World, settings) -> tuple[World, Any, dict[str, Any]]:
    panel = with_panel(small_panel(60))
    for n in range(4):
        world.join(f"kin {n}", says="Noor", data=genotypes(panel, [1] * 60))
    settings.RANGE_PEOPLE = 2
    case = world.case()
    profile = cases.bring_evidence(case, genotypes(panel, [1] * 60), by=world.investigator_of(case), at=NOW)
    return world, case, {"kind": "relatives", "evidence": str(profile.id)}


def test_a_frozen_person_is_out_of_the_range_and_of_the_answer(world: World, settings, crowd):
    job = job_of(ask(world))
    rung = cut.cut(job)
    participants.freeze(crowd[11], until=None, by="steward", at=NOW)
    cut.read(rung)
    job = uncut.run(job)
    assert read_by_jobs() == 11
    assert outcome(job, crowd[11])[1] == (Reason.SUBJ_FROZEN,)
