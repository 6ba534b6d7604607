"""Yesterday's database beside today's files: whatever was taken away since is taken away again."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from broker import (
    access,
    case_ends,
    cases,
    disclosures,
    events,
    health,
    jobs,
    notices,
    oversight,
    people,
    queries,
    reopening,
    restored_kinds,
    restoring,
    searches,
    tokens,
)
from broker.errors import NotAllowed, Refused
from broker.factors import held, passkeys, recovery, totp
from broker.factors.passkeys import Site
from broker.models import Appointment, Channel, JobState, Notice, QueryState, Reviewed
from broker.restored_kinds import Fate
from broker.roles import Role
from consent import afterwards, forms, homes, kin, participants, twins
from consent.errors import OutsideTransaction
from consent.ledger import audit, log
from consent.models import KinLink
from consent.models.kin import State, Why
from genomics.models import EvidenceKey, EvidenceProfile
from tests.factors import Device, enrol
from tests.restores import backup, on_sqlite
from tests.world import NOW, World, again, genotypes, small_panel, with_panel

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]
SITE = Site("Tali", "tali.example", "https://tali.example")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world(settings, tmp_path: Path) -> World:
    settings.KEYS_DIR = tmp_path / "epochs"
    settings.STORAGE_URL = (tmp_path / "shelf").as_uri()
    return World()


def test_every_kind_of_event_is_done_again_or_looked_at_or_needs_nothing():
    """A kind that takes something away, and has no row and no verb, would come back with a backup."""
    rows = {*restored_kinds.HELD, *restored_kinds.NOTHING}
    assert rows <= set(events.BY_TAG)
    assert not {*restored_kinds.HELD} & {*restored_kinds.NOTHING}
    again = {tag for tag in events.BY_TAG if restored_kinds.fate(tag) is Fate.AGAIN}
    assert again == set(restoring.AGAIN), "write a verb in restoring.AGAIN, or a row with its reason"
    assert again == set(afterwards.NARROWING), "what is done again has to be kept outside the database"
    assert set(restored_kinds.LOST) == set(afterwards.TOLD) <= rows
    held = {*restored_kinds.HELD} - {"consent:form:superseded", "broker:house:seen"}  # told with the new form
    assert held <= set(afterwards.TOLD), "what a steward has to look at is named to her"
    assert all(len(why) > 10 for why in {**restored_kinds.HELD, **restored_kinds.NOTHING}.values())


def test_what_is_kept_outside_is_not_written_without_the_gate_lock(world: World):
    with pytest.raises(OutsideTransaction, match="gate lock"), transaction.atomic():
        log.append(events.ENDED, at=NOW, by="somebody", subject="user:1", role="steward")
    with transaction.atomic():  # a yes needs none: it is not kept
        log.append(events.REQUEST_DECIDED, at=NOW, by="x", subject="1", approves=True, role="steward")


def test_roles_organisations_and_requests_that_ended_end_again(world: World, tmp_path: Path):
    staff = world.staff
    waits, runs = world.request(approve=False), world.request()
    put_back = backup(tmp_path / "yesterday.sqlite3")
    appointment = Appointment.objects.get(user=staff.investigator, role=Role.INVESTIGATOR)
    people.dismiss(appointment, by=staff.admin, at=NOW)
    people.withdraw_organisation(staff.university, why="It moved.", by=staff.admin, at=NOW)
    access.decide(waits, approves=False, reason="No.", by=staff.steward, at=NOW)
    access.close(runs, reason="Enough.", by=staff.steward, at=NOW)
    put_back()
    for row in (staff.university, waits, runs):
        row.refresh_from_db()
    assert Role.INVESTIGATOR in staff.investigator.roles  # this is the database of yesterday
    assert (staff.university.verified, waits.state, runs.state) == (True, "submitted", "approved")
    call_command("replay_after_restore")
    for row in (staff.university, waits, runs):
        row.refresh_from_db()
    assert Role.INVESTIGATOR not in staff.investigator.roles
    assert (staff.university.verified, waits.state, runs.state) == (False, Reviewed.REFUSED, Reviewed.CLOSED)
    log.sequence(at=NOW)
    assert audit.verify(also=oversight.ALSO).problems == ()


def test_cases_searches_jobs_and_evidence_that_ended_end_again(world: World, tmp_path: Path):
    staff = world.staff
    panel = with_panel(small_panel())
    world.crowd(3, says="Ada")
    ended, refused = world.case(number="C-1"), world.case(number="C-2", sign=False)
    working = world.case(number="C-3")
    by = staff.investigator
    trace = genotypes(panel, [0, 1, 1, 2] * (len(panel) // 4))
    profile = cases.bring_evidence(ended, trace, by=by, at=NOW)
    question = {"kind": "relatives", "min_cm": 20.0, "min_total_cm": 20.0, "build": "GRCh37"}
    profile_of_working = cases.bring_evidence(working, again(trace), by=by, at=NOW)
    search = queries.submit(question | {"evidence": str(profile_of_working.id)}, under=working, by=by, at=NOW)
    asked = queries.submit(world.carriers(), under=world.request(), by=staff.researcher, at=NOW)
    assert asked.job is not None
    put_back = backup(tmp_path / "yesterday.sqlite3")
    case_ends.close(ended, by=by, at=NOW)
    cases.decide(refused, role=Role.STEWARD, approves=False, reason="No.", by=staff.steward, at=NOW)
    searches.decide(search, role=Role.STEWARD, approves=False, reason="No.", by=staff.steward, at=NOW)
    queries.cancel(asked.job, by=staff.researcher, at=NOW)
    put_back()
    assert EvidenceProfile.objects.filter(pk=profile.pk).exists()  # this is the database of yesterday
    call_command("replay_after_restore")
    for row in (ended, refused, working, search, asked.job):
        row.refresh_from_db()
    assert (ended.state, refused.state) == (Reviewed.CLOSED, Reviewed.REFUSED)
    assert working.state == Reviewed.APPROVED
    assert not EvidenceProfile.objects.filter(pk=profile.pk).exists()
    assert not EvidenceKey.objects.filter(case=cases.reference(ended)).exists()
    assert (search.state, asked.job.state) == (QueryState.REFUSED, JobState.CANCELLED)
    assert case_ends.certificates(ended)
    log.sequence(at=NOW)
    assert audit.verify(also=oversight.ALSO).problems == ()


def test_a_disclosure_that_was_refused_lets_nothing_out(world: World, tmp_path: Path):
    panel = with_panel(small_panel())
    trace = genotypes(panel, [0, 1, 1, 2] * (len(panel) // 4))
    world.join("Noor", data=trace)
    case = world.case()
    evidence = cases.bring_evidence(case, trace, by=world.staff.investigator, at=NOW)
    question = {"kind": "identity", "evidence": str(evidence.id), "build": "GRCh37"}
    search = queries.submit(question, under=case, by=world.staff.investigator, at=NOW)
    for role, by in ((Role.STEWARD, world.staff.steward), (Role.LEGAL_REVIEWER, world.staff.legal)):
        searches.decide(search, role=role, approves=True, reason="seen", by=by, at=NOW)
    job = search.jobs.get()
    jobs.run(job.pk, clock=lambda: NOW, batch=4)
    log.sequence(at=NOW)
    job.refresh_from_db()
    made = disclosures.propose(job, reason="To go on.", by=world.staff.investigator, at=NOW)
    put_back = backup(tmp_path / "yesterday.sqlite3")
    by = world.staff.second_steward
    disclosures.decide(made, role=Role.STEWARD, approves=False, reason="No.", by=by, at=NOW)
    put_back()
    call_command("replay_after_restore")
    made.refresh_from_db()
    assert made.state == "lapsed"


def test_what_one_proves_oneself_with_is_as_it_was(world: World, tmp_path: Path):
    one, two, three = world.staff.steward, world.staff.legal, world.staff.auditor
    enrol(one, at=NOW)
    lost, kept = (_passkey(one, name) for name in ("lost phone", "key"))
    codes = recovery.make(three, at=NOW)
    enrol(three, at=NOW)
    Client().force_login(one, backend="django.contrib.auth.backends.ModelBackend")
    tokens.issue(one, "script", lasts=timedelta(days=3))
    mail = notices.add_channel(one, Channel.Kind.EMAIL, "old@tali.example", at=NOW)
    put_back = backup(tmp_path / "yesterday.sqlite3")
    passkeys.remove(lost, at=NOW)
    enrol(two, at=NOW)
    recovery.use(three, codes[0], at=NOW)
    totp.remove(one, at=NOW)
    notices.end_channel(mail, at=NOW)
    put_back()
    assert (Session.objects.count(), AuthToken.objects.count()) == (1, 1)
    call_command("replay_after_restore")
    assert (Session.objects.count(), AuthToken.objects.count()) == (0, 0)
    assert [row.credential for row in held.of(one).passkeys] == [kept.credential]
    assert held.of(one).totp is None
    mail.refresh_from_db()
    assert mail.ended_at is not None
    # Who had a second step that is lost adds one with a password alone: it widens nothing for a week.
    now = timezone.now()
    assert held.strong_from(two, proven=False, at=now) > now + timedelta(days=6)
    assert held.strong_from(one, proven=False, at=now) == now
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use(three, codes[0], at=now)
    assert {row.user for row in Notice.objects.filter(kind="factor_changed")} >= {two, three}


def test_powers_over_a_record_that_ended_end_again(world: World, tmp_path: Path):
    child = participants.register(born_on=date(2020, 1, 1), by="x", at=NOW)
    young = participants.register(born_on=date(2015, 1, 1), by="x", at=NOW)
    links = {name: kin.claim(name, child, at=NOW) for name in ("user:out", "user:less", "user:never")}
    for name in ("user:out", "user:less"):
        kin.verify(links[name], by="steward", at=NOW)
    form = forms.current("F-GUARDIAN")
    assert form is not None
    assert form.draft is not None
    twin = participants.register(born_on=date(2015, 1, 1), by="x", at=NOW)
    put_back = backup(tmp_path / "yesterday.sqlite3")
    kin.end(links["user:out"], why=Why.MISTAKE, by="steward", at=NOW)
    kin.limit(links["user:less"], ["RESEARCH"], by="steward", at=NOW)
    kin.reject(links["user:never"], by="steward", at=NOW)
    twins.register(young, twin, by="one", second="two", at=NOW)
    homes.move(child, homes.Home("UTC", "US-AL"), by="x", at=NOW)
    put_back()
    call_command("replay_after_restore")
    states = dict(KinLink.objects.values_list("claimant", "state"))
    assert states == {
        "user:out": State.ENDED,
        "user:less": State.VERIFIED,
        "user:never": State.REJECTED,
    }
    assert KinLink.objects.get(claimant="user:less").limits == ["RESEARCH"]
    assert twins.twin_of([young.ordinal]) == {young.ordinal: twin.ordinal}
    child.refresh_from_db()
    assert child.home_region == "US-AL"
    log.sequence(at=NOW)
    assert audit.verify(also=oversight.ALSO).problems == ()


def test_a_form_that_was_retired_takes_no_yes(world: World, tmp_path: Path):
    form = forms.current("F-GUARDIAN")
    assert form is not None
    assert form.draft is not None
    put_back = backup(tmp_path / "yesterday.sqlite3")
    with transaction.atomic():
        restoring.form_steps.take(form.draft, forms.State.SUPERSEDED, by="x", at=NOW)
    forms.retire(form.draft, by="x", at=NOW)
    put_back()
    assert forms.takes_yes(form)
    call_command("replay_after_restore")
    assert not forms.takes_yes(form)


def test_nothing_is_asked_or_run_until_a_steward_has_looked(world: World, tmp_path: Path):
    staff, request = world.staff, world.request()
    asked = queries.submit(world.carriers(), under=request, by=staff.researcher, at=NOW)
    assert asked.job is not None
    put_back = backup(tmp_path / "yesterday.sqlite3")
    world.join("Ada")
    log.sequence(at=NOW)
    put_back()
    call_command("replay_after_restore")
    assert reopening.is_held()
    assert not next(one for one in health.look(at=NOW) if one.part == "restore").well
    assert {row.user for row in Notice.objects.filter(kind="restored")} >= {staff.steward, staff.auditor}
    with pytest.raises(Refused, match="no steward has looked"):
        queries.submit(world.carriers(), under=request, by=staff.researcher, at=NOW)
    jobs.run(asked.job.pk, clock=lambda: NOW, batch=4)
    asked.job.refresh_from_db()
    assert asked.job.state == JobState.QUEUED
    with pytest.raises(CommandError, match="no such login"):
        call_command("look_over", by="nobody")
    with pytest.raises(NotAllowed):
        reopening.look_over_at_the_terminal(by=staff.researcher, at=NOW)
    call_command("look_over", by=staff.steward.username)
    jobs.run(asked.job.pk, clock=lambda: NOW, batch=4)
    asked.job.refresh_from_db()
    assert asked.job.state == JobState.RELEASED
    with pytest.raises(CommandError, match="Nothing waits"):
        call_command("look_over", by=staff.steward.username)


def _passkey(user, name: str):
    device = Device()
    options, state = passkeys.invite(user, SITE)
    return passkeys.enrol(user, name, device.make(options, SITE), state, SITE, proven=True, at=NOW)
