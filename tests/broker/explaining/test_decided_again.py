"""A job's decision made again: byte for byte what was recorded, whatever has happened since."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from broker import explaining, jobs
from broker.earlier import Record
from broker.models import Job, JobGate, JobState, Query
from consent import eligibility, forms, holdings, kin, participants, policies, records
from consent.models import Holding, Participant
from consent.reasons import Reason
from consent.terms import Authority, Capacity, Permission, Policy, SignIn
from genomics import gate
from tests.broker.explaining.replaying import HOUR, LATER, ask, run, why
from tests.builders import vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def verdict(replay: explaining.Replay) -> tuple[bool, tuple[Reason, ...]]:
    assert replay.then is not None
    return bool(replay.then.verdict.files), replay.then.verdict.reasons


def ask_case(world: World, case) -> Job:
    query = Query.objects.create(
        case=case,
        authorisation=case.authorisations.get(),
        question={"kind": "relatives", "evidence": str(uuid.uuid4()), "min_cm": 7, "min_total_cm": 20},
        purposes=[case.purpose],
        asked_by=world.staff.investigator,
        role="investigator",
        submitted_at=NOW,
    )
    return job_of(query)


def test_everybody_a_job_considered_is_decided_again_byte_for_byte(world: World):
    crowd = world.crowd(4, says="Ada")
    others = [world.join(name) for name in ("Ben", "Noor", "Cleo", "Dov")]
    job = run(ask(world))
    before = {}
    for person in (*crowd, *others):
        replay = why(job, person)
        assert replay.holds
        assert replay.equal is True
        assert replay.differences == []
        before[person] = replay.then.to_bytes()
    assert verdict(why(job, crowd[0])) == (True, ())
    assert verdict(why(job, others[0])) == (False, (Reason.PURPOSE_NOT_COVERED,))

    # All that may happen afterwards, to the very same people.
    records.withdraw(crowd[0], by="x", at=NOW + HOUR)
    records.withdraw(crowd[1], by="x", at=NOW + HOUR)
    world.give(crowd[1], "RESEARCH", Permission(code="GRU"), at=NOW + 2 * HOUR)
    participants.freeze(crowd[2], until=NOW + 3 * HOUR, by="x", at=NOW + HOUR)
    holdings.set_state(crowd[3].holdings.get(), Holding.State.ERASED, by="x", at=NOW + HOUR)
    world.give(others[3], "RESEARCH", Permission(code="GRU"), at=NOW + HOUR)
    policies.adopt(replace(Policy(), version="2027.1", majority_age=21), by="x", at=NOW + HOUR)
    form = forms.current("F-ADULT")
    forms.FormVersion.objects.create(
        form="F-ADULT",
        version="9.0",
        offers=form.offers,
        le_notice=True,
        texts=form.texts,
        published_at=NOW + HOUR,
    )
    for person, was in before.items():
        replay = why(job, person)
        assert replay.equal is True, replay.problems
        assert replay.then.to_bytes() == was
    changed = {part for part, _, _ in why(job, crowd[0]).differences}
    assert {"decision", "reasons", "policy_version"} <= changed
    assert why(job, crowd[3]).now.verdict.reasons == (Reason.FILE_ERASED,)
    assert bool(why(job, others[3]).now.verdict.files)


def test_what_was_said_after_a_job_or_dated_back_never_makes_it_right(world: World):
    silent = world.join("Dov")
    world.crowd(2, says="Ada")
    job = run(ask(world))
    form = forms.current("F-ADULT")
    wording = records.Wording(permissions=(Permission(code="GRU"),), effective_at=EARLIER)
    about = {"form": form, "by": "x", "wording": wording}
    records.give(silent, "RESEARCH", at=NOW + HOUR, sign_in=SignIn("totp", NOW + HOUR), **about)
    replay = why(job, silent)
    assert replay.equal is True
    assert verdict(replay) == (False, (Reason.CONSENT_NONE,))
    assert verdict(why(job, silent, as_of=NOW)) == (False, (Reason.CONSENT_NONE,))
    assert verdict(why(job, silent, as_of=LATER)) == (True, ())
    # Recorded with an old date by a clock that was turned back: the consent position tells.
    records.give(silent, "RESEARCH", at=EARLIER, sign_in=SignIn("totp", EARLIER), **about)
    assert why(job, silent).equal is True


def test_a_birthday_that_has_passed_since_changes_nothing_of_then(world: World):
    child = participants.register(born_on=date(2008, 6, 20), by="x", at=EARLIER)
    participants.verify_identity(child, by="x", at=EARLIER)
    receive(child, vcf([("20", 1000226, "A", "T", "0/1")]), by="x", at=EARLIER)
    kin.verify(kin.claim("self", child, at=EARLIER), by="steward", at=EARLIER)
    mother = Authority(Capacity.GUARDIAN, True)
    world.give(child, "RESEARCH", Permission(code="GRU"), at=EARLIER, authority=mother)
    world.crowd(1, says="Ada")
    job = run(ask(world))
    replay = why(job, child, at=LATER)
    assert verdict(replay) == (True, ())
    assert replay.equal is True
    assert replay.now.verdict.reasons == (Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY,)


def test_a_freeze_that_has_ended_since_is_seen_as_it_was(world: World):
    held = world.join("Ada")
    world.crowd(1, says="Ada")
    participants.freeze(held, until=NOW + HOUR, by="x", at=NOW)
    job = run(ask(world))
    replay = why(job, held)
    assert replay.equal is True
    assert verdict(replay) == (False, (Reason.SUBJ_FROZEN,))
    assert bool(replay.now.verdict.files)


def test_somebody_lost_while_the_job_ran_is_decided_again_at_her_own_gate(world: World, monkeypatch):
    crowd = world.crowd(6, says="Ada")
    job = ask(world)
    covered, looked = gate.covered, []

    def withdraw_after_the_first_batch(*args, **kwargs):
        looked.append(1)
        if len(looked) == 1:
            records.withdraw(crowd[4], by="x", at=NOW)
        return covered(*args, **kwargs)

    monkeypatch.setattr(gate, "covered", withdraw_after_the_first_batch)
    run(job, batch=2)
    replay = why(job, crowd[4])
    assert verdict(replay) == (False, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    assert replay.equal is True
    assert replay.recorded.gate.kind == JobGate.Kind.BATCH
    assert [why(job, one).equal for one in crowd] == [True] * 6


def test_somebody_lost_between_batch_and_release_is_decided_again(world: World, monkeypatch):
    crowd = world.crowd(5, says="Ada")
    job = ask(world)
    stage, staged = jobs._stage, []

    def withdraw_then(claim, asked):
        manifest = stage(claim, asked)
        staged.append(1)
        if len(staged) == 1:
            records.withdraw(crowd[1], by="x", at=NOW)
            holdings.add(crowd[2], uuid.uuid4(), by="x", at=NOW)  # a later file does not join
        return manifest

    monkeypatch.setattr(jobs, "_stage", withdraw_then)
    run(job)
    replay = why(job, crowd[1])
    assert verdict(replay) == (False, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    assert replay.recorded.gate.kind == JobGate.Kind.RECUT
    assert [why(job, one).equal for one in crowd] == [True] * 5
    assert len(why(job, crowd[2]).then.verdict.files) == 1
    assert len(why(job, crowd[2]).now.verdict.files) == 2


def test_a_later_attempt_is_decided_again_as_it_was(world: World, monkeypatch):
    crowd = world.crowd(4, says="Ada")
    late = world.join("Dov")
    job = ask(world)

    def dies(*_args, **_kwargs):
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", dies)
        with pytest.raises(SystemError):
            run(job)
    job.refresh_from_db()
    assert verdict(why(job, late)) == (False, (Reason.CONSENT_NONE,))  # of the snapshot, while it runs
    assert why(job, late).equal is True
    assert why(job, crowd[0]).equal is True
    world.give(late, "RESEARCH", Permission(code="GRU"), at=NOW + timedelta(seconds=30))
    records.withdraw(crowd[3], by="x", at=NOW + timedelta(seconds=30))
    assert run(job, at=NOW + timedelta(minutes=1)).state == JobState.RELEASED
    assert verdict(why(job, late)) == (False, (Reason.JOB_NOT_IN_SNAPSHOT,))
    assert verdict(why(job, crowd[3])) == (False, (Reason.CONSENT_WITHDRAWN,))
    assert [why(job, one).equal for one in (*crowd, late)] == [True] * 5


def test_a_change_at_the_very_moment_of_the_look_is_tried_both_ways(world: World, monkeypatch):
    person = world.join("Dov")
    world.crowd(2, says="Ada")
    job = ask(world)
    eligibility.keep(policy=policies.in_force(at=NOW), at=NOW)
    participants.verify_identity(person, by="x", at=NOW)  # so that she is read anew
    read, once = eligibility.rows, []

    def a_word_between(ordinals, policy, at):
        if not once:  # the job has noted its position, and has not read her yet
            once.append(records.deny(person, "RESEARCH", by="x", at=at))
        return read(ordinals, policy, at)

    monkeypatch.setattr(eligibility, "rows", a_word_between)
    run(job)
    kept = JobGate.objects.get(job=job, number=0)
    assert kept.position < once[0].seq <= kept.seen_upto
    replay = why(job, person)
    assert verdict(replay) == (False, (Reason.CONSENT_DENIED,))
    assert replay.equal is True
    record = Record.of(Participant.objects.get(pk=person.pk))
    assert [record.explained(kept, one).verdict.reasons for one in record.positions(kept)] == [
        (Reason.CONSENT_NONE,),
        (Reason.CONSENT_DENIED,),
    ]


def test_a_refused_job_says_which_change_of_the_request_would_pass(world: World, monkeypatch):
    person = world.join("Ada")
    case = world.case()
    job = ask_case(world, case)
    case.authorisations.update(valid_to=NOW)
    assert run(job).state == JobState.REFUSED
    assert explaining.of_request(job) == ("with a court's permission",)
    replay = why(job, person)
    assert replay.equal is True
    assert not replay.considered
    assert Reason.REQ_JUDICIAL_AUTH_INVALID in replay.then.verdict.reasons
    assert explaining.of_request(ask(world)) is None
