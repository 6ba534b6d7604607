"""The auditor's pages: events told and proved, the ledger verified, jobs in full, and her looks kept."""

import io
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from broker import events, jobs, oversight, queries
from broker.errors import NotAllowed
from broker.models import TRANSITIONS, Job, JobState, User
from broker.portal import auditor_jobs
from consent import records
from consent.ledger import log, verifier
from consent.models import LedgerEvent, LedgerLeaf, LedgerOpening
from tests.consent.ledger.build import happen, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def otto(world: World) -> Client:
    return signed_in(world.staff.auditor)


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"auditor:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def looks(kind: str = "broker:") -> list[dict[str, Any]]:
    """What the ledger says of an auditor's looks."""
    tags = (events.LEDGER_READ.tag, events.JOB_AUDITED.tag)
    return [said for said in log.openings(tags).values() if said["kind"].startswith(kind)]


def released(world: World, people: int = 10) -> Job:
    world.crowd(people, says="Ada")
    world.join("Dov")
    world.join("Ben")
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    job = job_of(query)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    return job


def links(page: str) -> list[str]:
    return re.findall(r'href="/auditor/event/([0-9a-f-]{36})/"', page)


PAGES = ("ledger", "jobs", "verify", "export")


@pytest.mark.parametrize("who", ["steward", "researcher", "investigator", "admin"])
def test_nobody_else_comes_in(world: World, who: str):
    client = signed_in(getattr(world.staff, who))
    for page in PAGES:
        assert client.get(reverse(f"auditor:{page}")).status_code == 403
    uid = LedgerEvent.objects.latest("id").uid
    assert client.get(reverse("auditor:event", args=[uid])).status_code == 403
    assert client.post(reverse("auditor:export"), {"openings": "yes"}).status_code == 403
    assert client.post(reverse("auditor:verify")).status_code == 403
    assert not looks()


def test_the_verbs_ask_for_the_right_whichever_door_they_are_called_from(world: World):
    sten = world.staff.steward
    for verb in (
        lambda: oversight.verify(by=sten, at=NOW),
        lambda: oversight.export(io.StringIO(), openings=True, by=sten, at=NOW),
        lambda: oversight.look(Job(), by=sten, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            verb()
    assert not looks()


def test_what_is_not_there_is_a_404(otto: Client):
    nobody = "00000000-0000-4000-8000-000000000000"
    shown(otto, "event", nobody, status=404)
    shown(otto, "job", nobody, status=404)
    assert not looks()


def test_events_are_told_in_sentences_newest_first(world: World, otto: Client):
    ada = world.join("Ada")
    records.withdraw(ada, by="self", at=NOW)
    page = shown(otto, "ledger")
    withdrew, gave = f"{ada.pseudonym} withdrew everything", f"{ada.pseudonym} said yes to Research"
    assert page.index(withdrew) < page.index(gave)
    assert "consent:statement:withdrawn" in page
    assert "Not yet sealed" in page
    log.sequence(at=NOW)
    page = shown(otto, "ledger")
    last = LedgerLeaf.objects.count() - 1
    assert f"Place {last}" in page
    assert "Not yet sealed" not in page


def test_sentences_are_for_the_eye_and_codes_and_ids_stand_in_the_json(world: World, otto: Client):
    case = world.case()
    noor = world.join("Noor")
    page = shown(otto, "ledger")
    for words in (
        f"{noor.pseudonym} said yes to Police: killings (statement",
        f"A file of {noor.pseudonym} is now active.",
        f"A judicial paper was recorded for case {str(case.pk)[:8]}.",
        f"Case {str(case.pk)[:8]}: the steward approves is yes.",
        "A case was opened for Police: killings in US-UT.",
        f"Login {str(world.staff.auditor.public_id)[:8]} is now auditor.",
    ):
        assert words in page
    opened = LedgerEvent.objects.get(kind="broker:case:opened")
    page = shown(otto, "event", opened.uid)
    assert f"case:{case.pk}" in page
    assert "L.HOM" in page


def test_a_thing_is_found_by_the_beginning_of_its_id(world: World, otto: Client):
    case = world.case()
    found = links(shown(otto, "ledger", subject=str(case.pk)[:8]))
    assert len(found) == 4  # opened, a paper, two signatures
    assert links(shown(otto, "ledger", subject=f"case:{case.pk}")) == found


def test_the_list_goes_page_by_page_and_does_not_shift_when_it_grows(otto: Client):
    happen(120)
    first = shown(otto, "ledger")
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    assert 'rel="prev"' not in first
    happen(3, start=120)
    second = otto.get(reverse("auditor:ledger") + older[1].replace("&amp;", "&")).content.decode()
    uids = [str(uid) for uid in LedgerEvent.objects.order_by("-id").values_list("uid", flat=True)]
    assert links(first) == uids[3:53]
    assert links(second) == uids[53:103]
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer is not None
    back = otto.get(reverse("auditor:ledger") + newer[1].replace("&amp;", "&")).content.decode()
    assert links(back) == links(first)


def test_the_last_page_has_no_older_one(otto: Client):
    oldest = LedgerEvent.objects.order_by("id").values_list("id", flat=True)[2]
    page = shown(otto, "ledger", before=oldest)
    assert len(links(page)) == 2
    assert 'rel="next"' not in page


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "1e3", "²"])
def test_a_cursor_that_is_none_is_ignored(otto: Client, cursor: str):
    assert links(shown(otto, "ledger", before=cursor)) == links(shown(otto, "ledger"))


def test_events_are_filtered_by_kind_subject_and_day(world: World, otto: Client):
    ada, ben = world.join("Ada"), world.join("Ben")
    records.withdraw(ada, by="self", at=NOW)
    page = shown(otto, "ledger", kind="consent:statement:given")
    assert len(links(page)) == 2
    page = shown(otto, "ledger", subject=ada.pseudonym)
    assert ada.pseudonym in page
    assert ben.pseudonym not in page
    page = shown(otto, "ledger", subject=ada.pseudonym, kind="consent:statement:given")
    assert len(links(page)) == 1
    assert len(links(shown(otto, "ledger", after=NOW.date().isoformat()))) == 1
    assert "No event fits" in shown(otto, "ledger", subject="P-2222-2222")


def test_a_filter_keeps_its_terms_from_page_to_page(otto: Client):
    happen(60)
    page = shown(otto, "ledger", subject="P-", after="2026-05-01")
    assert re.search(r'rel="next" href="\?subject=P-&amp;after=2026-05-01&amp;before=\d+"', page)


def test_a_subject_is_found_by_its_end_and_never_by_a_field(world: World, otto: Client):
    world.crowd(3, says="Ada")
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    page = shown(otto, "ledger", subject=str(job.pk))
    assert "may read" in page
    assert "was asked for" not in page  # that event names the job in a field alone
    assert "No event fits" in shown(otto, "ledger", subject='"}')
    assert "No event fits" in shown(otto, "ledger", subject="%")


def test_a_filter_that_makes_no_sense_says_so_and_shows_nothing(otto: Client):
    page = shown(otto, "ledger", after="yesterday", kind="no:such:kind")
    assert "Enter a valid date." in page
    assert not links(page)


def test_every_kind_can_be_chosen(otto: Client):
    page = shown(otto, "ledger")
    assert all(f'value="{tag}"' in page for tag in events.BY_TAG)


def test_an_event_shows_its_sentence_its_json_and_a_proof_that_holds(world: World, otto: Client):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    event = LedgerEvent.objects.get(kind="consent:statement:given")
    page = shown(otto, "event", event.uid)
    assert page.index(f"{ada.pseudonym} said yes to Research") < page.index(
        "&quot;family&quot;: &quot;RESEARCH&quot;"
    )
    assert "The inclusion proof holds" in page
    assert "What it says fits its commitment." in page
    proof = log.proof(event)
    assert all(step.hex() in page for step in proof.path)
    assert proof.leaf_hash.hex() in page
    assert bytes(event.commitment).hex() in page


def test_an_event_leads_to_its_neighbours(otto: Client):
    _first, second, third = happen(3)
    page = shown(otto, "event", second.uid)
    assert links(page) == [str(third.uid), str(_first.uid)]
    assert 'rel="prev"' not in shown(otto, "event", third.uid)


def test_an_event_without_a_place_has_no_proof_yet(otto: Client):
    [event] = happen(1)
    page = shown(otto, "event", event.uid)
    assert "not under a checkpoint yet" in page
    assert "An event of a kind that is not known here: test:thing:happened." in page


def test_a_changed_event_is_shown_as_changed(world: World, otto: Client):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    event = LedgerEvent.objects.get(kind="consent:statement:given")
    with unsafe_without_triggers(connection):
        opening = unsafe_rows(LedgerOpening).filter(event=event)
        opening.update(body=event.opening.body.replace("RESEARCH", "LE.HOM"))
        assert "it was changed" in shown(otto, "event", event.uid)
        opening.update(body="{}")
        assert "does not say what events of its kind say" in shown(otto, "event", event.uid)
        opening.update(body="nonsense")
        shown(otto, "event", event.uid)
        shown(otto, "ledger")
        opening._raw_delete("default")
        assert "What this event said is gone" in shown(otto, "event", event.uid)
        assert ada.pseudonym not in shown(otto, "event", event.uid)


def test_a_leaf_that_was_bent_or_taken_away_breaks_the_proof_and_not_the_page(otto: Client):
    happen(5)
    log.sequence(at=NOW)
    event = LedgerEvent.objects.latest("id")
    with unsafe_without_triggers(connection):
        leaves = unsafe_rows(LedgerLeaf)
        leaves.filter(event=event).update(leaf_hash=bytes(32))
        assert "The inclusion proof does not hold." in shown(otto, "event", event.uid)
        leaves.exclude(event=event)._raw_delete("default")
        assert "Leaves that the proof needs are gone." in shown(otto, "event", event.uid)


def test_verifying_says_how_many_events_hold_and_is_an_event(world: World, otto: Client):
    world.join("Ada")
    log.sequence(at=NOW)
    page = shown(otto, "verify")
    assert "genomic-broker/ledger" in page  # the newest note
    assert not looks()  # looking at the page is none
    page = otto.post(reverse("auditor:verify")).content.decode()
    assert f"{LedgerEvent.objects.count()} events verify." in page
    [look] = looks()
    assert look["fields"] == {"what": "verify"}
    assert look["by"] == world.staff.auditor.reference


def test_verifying_before_the_first_checkpoint_says_so(otto: Client):
    assert "No checkpoint yet" in shown(otto, "verify")


def test_verifying_tells_each_thing_that_does_not_hold(world: World, otto: Client):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    statement = ada.statements.get()
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        unsafe_rows(LedgerEvent).filter(uid=statement.event).update(kind="consent:statement:denied")
        cursor.execute("UPDATE consent_statement SET body = 'changed' WHERE seq = %s", [statement.seq])
    page = otto.post(reverse("auditor:verify")).content.decode()
    assert "things do not hold." in page
    assert f"Statement {statement.seq} is not as it was recorded." in page
    assert "is not the one that was placed there" in page
    assert "events verify" not in page


def taken_home(client: Client, openings: str) -> str:
    answer = client.post(reverse("auditor:export"), {"openings": openings})
    assert answer.status_code == 200
    assert 'filename="ledger.jsonl"' in answer["Content-Disposition"]
    return b"".join(answer.streaming_content).decode()


def test_the_export_is_verified_at_home_without_the_house(world: World, otto: Client, tmp_path: Path):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    page = shown(otto, "export")
    key = re.search(r"--key '(\S+)'", page)
    assert key is not None
    assert not looks()
    text = taken_home(otto, "yes")
    assert ada.pseudonym in text
    file = tmp_path / "ledger.jsonl"
    file.write_text(text)
    command = [sys.executable, "-m", "consent.ledger.verifier", str(file), "--key", key[1]]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "Everything holds." in told.stdout
    file.write_text(text.replace("RESEARCH", "LE.HOM"))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    assert [look["fields"] for look in looks()] == [{"what": "export"}]


def test_the_tree_alone_says_nothing_about_anybody(world: World, otto: Client):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    text = taken_home(otto, "no")
    assert ada.pseudonym not in text
    assert not json.loads(text.splitlines()[0])["openings"]
    assert verifier.read(io.StringIO(text)).ok


def test_jobs_tell_whom_they_considered_and_why_others_were_left_out(world: World, otto: Client):
    job = released(world)
    page = shown(otto, "jobs")
    assert "University of Lund" in page
    assert re.findall(r'<td class="num">(\d+)', page) == ["12", "10"]
    for code in ("CONSENT_NONE 1", "PURPOSE_NOT_COVERED 1"):
        assert code in page
    assert reverse("auditor:job", args=[job.pk]) in page
    assert not looks()


def test_a_house_without_jobs_says_so(otto: Client):
    assert "No job yet" in shown(otto, "jobs")


def test_jobs_go_page_by_page(world: World, otto: Client):
    request = world.request()
    asked = [
        job_of(
            queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW + timedelta(n))
        )
        for n in range(3)
    ] + [
        job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
        for _ in range(20)
    ]
    first = shown(otto, "jobs")
    older = re.search(r'rel="next" href="\?before=([0-9a-f-]+)"', first)
    assert older is not None
    second = shown(otto, "jobs", before=older[1])
    found = [
        [job.pk for job in asked if reverse("auditor:job", args=[job.pk]) in page] for page in (first, second)
    ]
    assert [len(some) for some in found] == [20, 3]
    assert not {*found[0]} & {*found[1]}
    assert 'rel="next"' not in second
    assert asked[2].pk.hex[:8] in shown(otto, "jobs", before="no such job")


def test_a_job_in_full_says_its_reasons_its_state_and_that_the_snapshot_grants_nothing(
    world: World, otto: Client
):
    job = released(world)
    log.sequence(at=NOW)
    page = shown(otto, "job", job.pk)
    assert re.findall(r"<dd>(\d+)</dd>", page)[-2:] == ["12", "10"]
    assert "You have not allowed this use." in page
    assert "CONSENT_NONE" in page
    assert "The snapshot grants nothing." in page
    assert page.count("Does not hold</span>") == 0
    assert page.count("Holds</span>") == 3
    assert "may read 10 of 12 people" in page
    assert re.search(r'fill="var\(--accent-ink\)"[^>]*>released</text>', page)


def test_no_answer_and_no_name_is_on_a_jobs_page(world: World, otto: Client):
    job = released(world, people=13)
    page = shown(otto, "job", job.pk)
    assert "rosa-researcher" not in page
    assert '"count"' not in page
    for person in world.people.values():
        assert person.pseudonym not in page


def test_opening_a_job_is_an_event_and_the_page_says_so(world: World, otto: Client):
    job = released(world)
    page = shown(otto, "job", job.pk)
    assert "That you opened this job is an event in the ledger" in page
    [look] = looks()
    assert (look["kind"], look["subject"]) == ("broker:job:audited", f"job:{job.pk}")
    assert f"looked into job {str(job.pk)[:8]} as an auditor" in page


def test_a_job_that_was_not_released_has_nobody_to_tell_of(world: World, otto: Client):
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    page = shown(otto, "job", job.pk)
    assert "nothing is kept about anybody" in page
    assert "Not yet" in page


def test_a_manifest_that_was_changed_or_swapped_is_seen(world: World, otto: Client):
    job = released(world)
    kept = bytes(job.manifest or b"")
    Job.objects.filter(pk=job.pk).update(snapshot=b"another")
    assert shown(otto, "job", job.pk).count("Does not hold</span>") == 1
    Job.objects.filter(pk=job.pk).update(manifest=kept[:-1] + bytes([kept[-1] ^ 1]))
    page = shown(otto, "job", job.pk)
    assert "not what was written" in page
    assert "Changed since" in shown(otto, "jobs")
    assert len(looks()) == 2  # the look is written down all the same


def test_every_state_and_every_arrow_is_drawn_inside_the_picture(world: World):
    job = Job(state=JobState.PAUSED)
    drawn = auditor_jobs.drawing(job)
    assert {box.state for box in drawn["boxes"]} == set(JobState)
    assert [box.state for box in drawn["boxes"] if box.now] == [JobState.PAUSED]
    arrows = sum(len(after - {before}) for before, after in TRANSITIONS.items())
    assert len(drawn["arrows"]) == arrows
    for arrow in drawn["arrows"]:
        assert 0 <= min(arrow.x1, arrow.x2) <= max(arrow.x1, arrow.x2) <= 314
        assert 0 <= min(arrow.y1, arrow.y2) <= max(arrow.y1, arrow.y2) <= 184
    assert len(auditor_jobs.table(job)) == len(JobState)


def test_no_line_is_written_when_no_look_can_be(world: World, otto: Client, monkeypatch: pytest.MonkeyPatch):
    """No ledger, no look: what cannot be written down is not shown."""
    job = released(world)

    def full_disk(*_args: Any, **_said: Any) -> Any:
        raise OSError("The disk is full.")

    monkeypatch.setattr(log, "append", full_disk)
    with pytest.raises(OSError, match="full"):
        otto.get(reverse("auditor:job", args=[job.pk]))
    with pytest.raises(OSError, match="full"):
        otto.post(reverse("auditor:export"), {"openings": "yes"})


def test_the_ledger_asks_the_database_as_often_for_many_as_for_few(
    otto: Client, django_assert_max_num_queries: Any
):
    happen(2)
    with django_assert_max_num_queries(14) as few:
        shown(otto, "ledger")
    happen(60)
    log.sequence(at=NOW)
    with django_assert_max_num_queries(len(few)):
        shown(otto, "ledger")
