"""Why a job read somebody or did not: to her in plain words, to an auditor in full, to askers the request."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import jobs, people, queries
from broker.demo.staff import PASSWORD
from broker.errors import Refused
from broker.models import Job, JobState, Query, User
from broker.portal import would_be
from consent import participants, records
from consent.models import LedgerEvent, Participant
from consent.reasons import NOT_YOURS, Reason
from consent.reasons_id import NOT_YOURS_ID, SENTENCES_ID
from consent.terms import Permission
from tests.builders import vcf
from tests.remembering import receive
from tests.signed_by_hand import signed
from tests.world import World, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World(held=False)


@pytest.fixture
def eve(world: World) -> User:
    before = timezone.now() - timedelta(days=365)
    user = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=before)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=before)
    data = vcf([("20", 1000226, "A", "T", "0/1")])
    receive(user.own_record.participant, data, by=user.reference, at=before)
    return user


def signed_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def page(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status
    text = answer.content.decode()
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'").replace("&quot;", '"')


def own(user: User) -> Participant:
    return user.own_record.participant


def allow(world: World, user: User) -> None:
    world.give(own(user), "RESEARCH", Permission(code="GRU"), at=timezone.now() - timedelta(days=300))


def released(world: World) -> Job:
    world.crowd(2, says="Ada")
    query = queries.submit(
        world.carriers(), under=world.request(), by=world.staff.researcher, at=timezone.now()
    )
    job = job_of(query)
    jobs.run(job.pk, clock=timezone.now, batch=50)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    return job


def test_who_was_read_is_told_what_she_had_allowed_and_stops_it_in_one_click(world: World, eve: User):
    allow(world, eve)
    job = released(world)
    her = signed_in(eve)
    assert reverse("participant:why", args=[job.pk]) in page(her, "participant:usage")
    text = page(her, "participant:why", job.pk)
    assert "Your data was included on" in text
    assert "this was allowed: Research (" in text
    assert "The form was F-ADULT" in text
    assert "Data Anda diikutkan pada" in text  # in the other language, too
    stop = reverse("participant:stop", args=["RESEARCH"])
    assert f'action="{stop}"' in text
    her.post(stop)
    after = page(her, "participant:why", job.pk)
    assert "Your data was included on" in after
    assert f'action="{stop}"' not in after  # she has stopped it


def test_who_was_not_read_is_told_why_in_her_language(world: World, eve: User):
    job = released(world)
    text = page(signed_in(eve), "participant:why", job.pk)
    assert "Nothing of yours was read." in text
    assert "You have not allowed this use." in text
    theirs = page(signed_in(eve, "id"), "participant:why", job.pk)
    assert theirs.index("Tidak ada data Anda yang dibaca.") < theirs.index("Nothing of yours was read.")
    assert SENTENCES_ID[Reason.CONSENT_NONE] in theirs


def test_a_condition_that_is_not_hers_stays_hidden(world: World, eve: User):
    allow(world, eve)
    participants.freeze(own(eve), until=None, by="x", at=timezone.now())
    text = page(signed_in(eve), "participant:why", released(world).pk)
    assert NOT_YOURS in text
    assert NOT_YOURS_ID in text
    assert "FROZEN" not in text
    assert "frozen" not in text


def test_nobody_reads_of_a_job_too_early_or_of_one_that_did_not_consider_her(
    world: World, eve: User, monkeypatch
):
    job = released(world)
    with monkeypatch.context() as held:
        held.setattr("broker.tellings.is_held", lambda ended: True)
        page(signed_in(eve), "participant:why", job.pk, status=404)
    page(signed_in(eve), "participant:why", job.pk)
    late = people.sign_up("lea", PASSWORD, born_on=own(eve).born_on, at=timezone.now())
    page(signed_in(late), "participant:why", job.pk, status=404)


def test_what_cannot_be_proved_again_is_said(world: World, eve: User, monkeypatch):
    allow(world, eve)
    job = released(world)
    monkeypatch.setattr("consent.replay.digest", lambda *_: b"another")
    text = page(signed_in(eve), "participant:why", job.pk)
    assert "We could not work this out again" in text


def test_an_old_job_of_which_too_little_was_kept_tells_what_it_recorded(world: World, eve: User, monkeypatch):
    job = released(world)

    def too_little(*_args, **_kwargs):
        raise Refused("It ran before this was kept.")

    monkeypatch.setattr("broker.explaining.of", too_little)
    text = page(signed_in(eve), "participant:why", job.pk)
    assert "You have not allowed this use." in text


def test_an_auditor_reads_the_sentence_first_then_everything_and_her_look_is_kept(world: World, eve: User):
    allow(world, eve)
    job = released(world)
    otto = signed_in(world.staff.auditor)
    assert reverse("auditor:explanation", args=[job.pk]) in page(otto, "auditor:job", job.pk)
    text = page(otto, "auditor:explanation", job.pk, participant=own(eve).pseudonym)
    assert text.index("may be read, for her record allows it") < text.index('"equal": true')
    assert "Byte for byte the same" in text
    assert "The same as then" in text
    assert LedgerEvent.objects.filter(kind="broker:job:explained").count() == 1
    records.withdraw(own(eve), by="x", at=timezone.now())
    text = page(otto, "auditor:explanation", job.pk, participant=own(eve).pseudonym)
    assert "Byte for byte the same" in text
    assert "Where it differs from then" in text
    assert "CONSENT_WITHDRAWN" in text


def test_an_auditor_who_names_nobody_or_no_instant_is_told(world: World, eve: User):
    job = released(world)
    otto, name = signed_in(world.staff.auditor), own(eve).pseudonym
    page(otto, "auditor:explanation", job.pk)
    nobody = page(otto, "auditor:explanation", job.pk, participant="P-XXXX-XXXX", status=422)
    assert "There is no participant of this name here." in nobody
    never = page(otto, "auditor:explanation", job.pk, participant=name, as_of="today", status=422)
    assert "This is no instant." in never
    early = page(
        otto, "auditor:explanation", job.pk, participant=name, as_of="2001-01-01T00:00:00Z", status=422
    )
    assert "does not remember" in early
    now = page(
        otto, "auditor:explanation", job.pk, participant=name, as_of=f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    )
    assert "may not be read. You have not allowed this use." in now
    assert "Nothing to compare with" in now


def test_what_does_not_hold_is_shown_to_the_auditor(world: World, eve: User, monkeypatch):
    job = released(world)
    monkeypatch.setattr("consent.replay.digest", lambda *_: b"another")
    text = page(signed_in(world.staff.auditor), "auditor:explanation", job.pk, participant=own(eve).pseudonym)
    assert "Does not hold" in text
    assert "It was decided: DENY (CONSENT_NONE)" in text


def test_an_asker_is_told_what_would_pass_and_never_whom_it_would_reach(world: World):
    case = world.case(order=False)
    query = Query.objects.create(
        case=case,
        question=world.carriers(),
        purposes=[case.purpose],
        asked_by=world.staff.investigator,
        role="investigator",
        submitted_at=timezone.now(),
        state="refused",
        reasons=["REQ_JUDICIAL_AUTH_MISSING"],
    )
    text = page(signed_in(world.staff.investigator), "jobs:query", query.pk)
    assert "It would pass with a court's permission for this case and use." in text
    for reviewer, role in ((world.staff.steward, "steward"), (world.staff.legal, "legal_reviewer")):
        signed(query, by=reviewer, role=role, at=timezone.now())
    job = Job.objects.create(query=query, created_at=timezone.now(), rung_at=timezone.now())
    jobs.run(job.pk, clock=timezone.now, batch=50)
    text = page(signed_in(world.staff.investigator), "jobs:job", job.pk)
    assert "It would pass with a court's permission for this case and use." in text
    assert "P-" not in text


def test_changes_are_told_in_words():
    told = would_be.told(("without R.POA", "with publication", "for 6 months"))
    assert told == "without Ancestry research, with a promise to publish, for 6 months"
