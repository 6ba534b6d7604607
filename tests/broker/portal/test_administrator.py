"""The administrator's pages: giving power takes two, taking it away one; and how the house is."""

import os
import re
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import events, health, people, queries
from broker.demo.staff import Staff, appoint
from broker.models import Appointment, Job, JobState, Organisation, User
from broker.roles import Role
from consent.ledger import log
from consent.models import LedgerEvent
from genomics.intake.walled import walls
from tests.world import NOW, World, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Staff:
    return appoint(at=timezone.now())


@pytest.fixture(autouse=True)
def ticking(settings: Any, tmp_path: Path) -> Path:
    """The mark of a clock that has ticked just now."""
    settings.TICK_FILE = tmp_path / "ticked"
    settings.TICK_FILE.touch()
    mark: Path = settings.TICK_FILE
    return mark


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def first(staff: Staff) -> Client:
    return signed_in(staff.admin)


@pytest.fixture
def second(staff: Staff) -> Client:
    return signed_in(staff.second_admin)


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"administrator:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def sent(client: Client, page: str, /, *args: Any, status: int = 302, **said: Any) -> str:
    answer = client.post(reverse(f"administrator:{page}", args=args), said)
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def told(kind: Any) -> list[dict[str, Any]]:
    return list(log.openings([kind.tag]).values())


@pytest.mark.parametrize("who", ["steward", "auditor", "researcher", "legal"])
def test_nobody_else_comes_in(staff: Staff, who: str):
    client = signed_in(getattr(staff, who))
    for page in ("people", "enrol", "organisations", "health"):
        shown(client, page, status=403)
    sent(client, "people", username=who, role="administrator", status=403)
    sent(client, "enrol", username="x", status=403)
    assert not User.objects.filter(username="x").exists()


def test_people_are_listed_with_their_roles_and_their_organisations(staff: Staff, first: Client):
    page = shown(first, "people")
    for words in ("rosa-researcher", "Researcher", "University of Lund", "Legal reviewer", "Nothing waits"):
        assert words in page


def test_what_participants_call_themselves_is_not_shown_and_cannot_be_tried(staff: Staff, first: Client):
    people.sign_up("secret-name", "a long password", born_on=date(1990, 1, 1), at=timezone.now())
    assert "secret-name" not in shown(first, "people")
    page = sent(first, "people", username="secret-name", role="steward", status=400)
    nobody = sent(first, "people", username="nobody-at-all", role="steward", status=400)
    assert "No login of staff has this name" in page
    assert "No login of staff has this name" in nobody
    assert not Appointment.objects.filter(user__username="secret-name", role=Role.STEWARD).exists()


def test_a_participants_own_role_is_not_the_administrators_to_end(staff: Staff, first: Client):
    ada = people.sign_up("ada", "a long password", born_on=date(1990, 1, 1), at=timezone.now())
    sent(first, "dismiss", ada.appointments.get().pk, status=404)
    assert Role.PARTICIPANT in ada.roles


def test_a_role_takes_two(staff: Staff, first: Client, second: Client):
    page = sent(first, "people", username="otto-auditor", role="witness")
    assert "Another administrator has to confirm it." in page
    proposed = Appointment.objects.get(role=Role.WITNESS)
    confirm = reverse("administrator:confirm", args=[proposed.pk])
    assert confirm not in shown(first, "people")
    assert "Somebody else has to confirm it." in shown(first, "people")
    assert "A role takes two" in sent(first, "confirm", proposed.pk)
    assert Role.WITNESS not in staff.auditor.roles
    assert confirm in shown(second, "people")
    assert "otto-auditor is now Witness." in sent(second, "confirm", proposed.pk)
    assert Role.WITNESS in staff.auditor.roles
    sent(second, "confirm", proposed.pk, status=404)


def test_nobody_confirms_her_own_role(staff: Staff, first: Client, second: Client):
    sent(first, "people", username="second-admin", role="steward")
    proposed = Appointment.objects.get(user=staff.second_admin, role=Role.STEWARD)
    assert reverse("administrator:confirm", args=[proposed.pk]) not in shown(second, "people")
    assert "A role takes two" in sent(second, "confirm", proposed.pk)
    assert Role.STEWARD not in staff.second_admin.roles


@pytest.mark.parametrize("role", ["participant", "guardian", "emperor", ""])
def test_only_roles_of_staff_are_proposed(staff: Staff, first: Client, role: str):
    sent(first, "people", username="otto-auditor", role=role, status=400)
    assert not Appointment.objects.filter(confirmed_by__isnull=True).exists()


def test_a_role_that_stands_is_not_proposed_again(staff: Staff, first: Client):
    page = sent(first, "people", username="otto-auditor", role="auditor", status=400)
    assert "already" in page
    assert Appointment.objects.filter(user=staff.auditor).count() == 1


def test_a_role_and_a_proposal_are_ended_by_one(staff: Staff, first: Client):
    sent(first, "people", username="otto-auditor", role="witness")
    proposed = Appointment.objects.get(role=Role.WITNESS)
    sent(first, "dismiss", proposed.pk)
    assert "Nothing waits" in shown(first, "people")
    page = sent(first, "dismiss", staff.auditor.appointments.get(role=Role.AUDITOR).pk)
    assert "otto-auditor is not Auditor from now on." in page
    assert staff.auditor.roles == frozenset()
    assert "No role: this login opens nothing." in page
    sent(first, "dismiss", proposed.pk, status=404)


def test_a_house_with_one_administrator_is_told_so(staff: Staff, first: Client):
    assert "Fewer than two administrators" not in shown(first, "people")
    sent(first, "dismiss", staff.second_admin.appointments.get().pk)
    assert "Fewer than two administrators" in shown(first, "people")


def test_a_login_is_made_and_its_password_shown_once(staff: Staff, first: Client):
    page = sent(first, "enrol", username="nora", organisation=staff.university.pk, status=200)
    password = re.search(r"<code>([0-9A-Z-]{19})</code>", page)
    assert password is not None
    assert "This password is shown once" in page
    nora = User.objects.get(username="nora")
    assert nora.organisation == staff.university
    assert nora.roles == frozenset()
    assert Client().login(username="nora", password=password[1])
    for again in ("people", "enrol"):
        assert password[1] not in shown(first, again)
    [event] = told(events.ENROLLED)
    assert (event["subject"], event["by"]) == (nora.reference, staff.admin.reference)
    assert "nora" not in str(event)  # the ledger names nobody
    assert "no-store" in first.post(reverse("administrator:enrol"), {"username": "nils"})["Cache-Control"]


def test_passwords_are_drawn_anew_each_time(staff: Staff, first: Client):
    pages = [sent(first, "enrol", username=name, status=200) for name in ("nora", "nils")]
    drawn = {re.findall(r"<code>([0-9A-Z-]{19})</code>", page)[0] for page in pages}
    assert len(drawn) == 2


@pytest.mark.parametrize("username", ["", "rosa-researcher", "two words", "x" * 151])
def test_a_login_that_cannot_be_made_is_refused_with_a_sentence(staff: Staff, first: Client, username: str):
    before = User.objects.count()
    page = sent(first, "enrol", username=username, status=400)
    assert "Nothing was changed." in page
    assert "shown once" not in page
    assert User.objects.count() == before
    assert not told(events.ENROLLED)


def test_a_login_belongs_to_a_verified_organisation_or_to_none(staff: Staff, first: Client):
    pending = people.propose_organisation(
        "New lab", Organisation.Kind.ACADEMIC, region="DE", by=staff.admin, at=timezone.now()
    )
    sent(first, "enrol", username="nora", organisation=pending.pk, status=400)
    with pytest.raises(people.Refused, match="not verified"):
        people.enrol("nora", "a long password", organisation=pending, by=staff.admin, at=timezone.now())
    with pytest.raises(people.NotAllowed):
        people.enrol("nora", "a long password", by=staff.auditor, at=timezone.now())
    assert not User.objects.filter(username="nora").exists()


def test_from_a_login_to_a_role_by_two(staff: Staff, first: Client, second: Client):
    sent(first, "enrol", username="nora", organisation=staff.university.pk, status=200)
    sent(first, "people", username="nora", role="researcher")
    proposed = Appointment.objects.get(user__username="nora")
    sent(second, "confirm", proposed.pk)
    assert User.objects.get(username="nora").roles == {Role.RESEARCHER}


def test_an_organisation_takes_two(staff: Staff, first: Client, second: Client):
    page = sent(first, "organisations", name="New lab", kind="academic", region="DE")
    assert "Another administrator has to confirm it." in page
    lab = Organisation.objects.get(name="New lab")
    confirm = reverse("administrator:confirm_organisation", args=[lab.pk])
    assert confirm not in page
    assert "An organisation takes two" in sent(first, "confirm_organisation", lab.pk)
    assert confirm in shown(second, "organisations")
    assert "New lab is verified." in sent(second, "confirm_organisation", lab.pk)
    lab.refresh_from_db()
    assert lab.verified
    assert "admin, second-admin" in shown(first, "organisations")
    sent(second, "confirm_organisation", lab.pk, status=404)


@pytest.mark.parametrize(
    "said",
    [
        {"name": "", "kind": "academic", "region": "DE"},
        {"name": "Lab", "kind": "gang", "region": "DE"},
        {"name": "Lab", "kind": "academic", "region": "Mars"},
        {"name": "Innocence Chambers", "kind": "academic", "region": "DE"},
    ],
)
def test_an_organisation_that_does_not_fit_is_not_proposed(staff: Staff, first: Client, said: dict[str, str]):
    sent(first, "organisations", status=400, **said)
    assert Organisation.objects.count() == 3


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> None:
    settings.KEYS_DIR = tmp_path / "epochs"  # an epoch of another test began long ago


def test_a_well_house_says_so(staff: Staff, first: Client):
    log.sequence(at=timezone.now())
    page = shown(first, "health")
    assert "All is well." in page
    for part in ("Database", "Queue", "Ledger", "Storage", "Jobs"):
        assert f"<h2>{part}</h2>" in page
    assert reverse("administrator:health") in page.split("</nav>")[0]


def test_a_ledger_without_a_checkpoint_and_events_that_wait_need_attention(staff: Staff, first: Client):
    page = shown(first, "health")
    assert "1 part needs attention." in page
    assert "Is the sequencer running?" in page
    now = timezone.now()
    log.sequence(at=now)
    sent(first, "people", username="otto-auditor", role="witness")
    assert found("ledger", at=now).well
    late = found("ledger", at=now + timedelta(minutes=2))
    assert not late.well
    assert "1 events wait" in late.words


def found(part: str, *, at: Any) -> health.Finding:
    return next(one for one in health.look(at=at) if one.part == part)


def test_a_machine_that_cannot_wall_in_what_reads_files_needs_attention(monkeypatch, settings):
    monkeypatch.setattr(walls, "missing", lambda: ())
    assert found("sandbox", at=NOW).well
    monkeypatch.setattr(walls, "missing", lambda: ("landlock", "seccomp"))
    assert found("sandbox", at=NOW).words == "Files are read without landlock, seccomp, for debugging only."
    settings.WALLS_REQUIRED = True
    assert found("sandbox", at=NOW).words == "No file is taken in: this machine lacks landlock, seccomp."
    assert not found("sandbox", at=NOW).well


def test_jobs_that_wait_or_are_paused_need_attention():
    world = World()
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    assert found("jobs", at=NOW).well
    assert not found("jobs", at=NOW + timedelta(minutes=6)).well
    Job.objects.filter(pk=job.pk).update(state=JobState.PAUSED)
    assert "1 are paused" in found("jobs", at=NOW).words
    assert not found("jobs", at=NOW).well


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.RELEASING])
def test_a_job_that_lost_its_worker_needs_attention(state: JobState):
    world = World()
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    Job.objects.filter(pk=job.pk).update(state=state, token=uuid.uuid4(), lease_until=NOW)
    assert found("jobs", at=NOW + timedelta(seconds=30)).well, "the sweeper has not come by"
    late = found("jobs", at=NOW + timedelta(minutes=2))
    assert not late.well
    assert "1 lost their worker" in late.words


def test_a_clock_that_no_longer_ticks_needs_attention(ticking: Path):
    ticking.unlink()
    assert "never ticked" in found("clock", at=NOW).words
    assert not found("clock", at=NOW).well
    ticking.touch()
    os.utime(ticking, (NOW.timestamp(), NOW.timestamp()))
    assert found("clock", at=NOW + timedelta(seconds=30)).well
    late = found("clock", at=NOW + timedelta(minutes=3))
    assert not late.well
    assert "Nothing is swept" in late.words


def test_a_part_that_does_not_answer_is_told_and_the_others_are_asked(
    staff: Staff, first: Client, settings: Any
):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1"
    settings.STORAGE_URL = "file:///proc/nothing-can-be-written-here"
    page = shown(first, "health")
    assert "It does not answer" in page
    assert found("database", at=NOW).well
    assert not found("queue", at=NOW).well


def test_the_health_page_changes_nothing(staff: Staff, first: Client):
    before = LedgerEvent.objects.count()
    shown(first, "health")
    assert LedgerEvent.objects.count() == before
    assert first.post(reverse("administrator:health")).status_code == 405


def test_the_doctor_says_the_same_at_the_terminal(staff: Staff, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        call_command("doctor")
    assert "ATTENTION ledger" in capsys.readouterr().out
    log.sequence(at=timezone.now())
    call_command("doctor")
    out = capsys.readouterr().out
    assert "ATTENTION" not in out
    assert [line.split()[1] for line in out.splitlines()] == [*health.CHECKS, "shelf"]
