"""Events: told in sentences, found, and proved."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from broker import jobs, ledger_search, oversight, queries
from consent import records
from consent.ledger import log
from consent.models import LedgerEvent, LedgerLeaf, LedgerOpening
from tests.broker.portal.auditor.looking import shown
from tests.consent.ledger.build import happen, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World, job_of

pytestmark = pytest.mark.django_db


def links(page: str) -> list[str]:
    return re.findall(r'href="/auditor/event/([0-9a-f-]{36})/"', page)


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
    last = LedgerEvent.objects.exclude(kind__in=oversight.STEPS).latest("id")
    assert f"Place {last.leaf.position}" in page
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
    found = links(shown(otto, "ledger", q=f"about:{str(case.pk)[:8]}"))
    assert len(found) == 4  # opened, a paper, two signatures
    assert links(shown(otto, "ledger", q=f"about:case:{case.pk}")) == found
    assert set(found) <= set(links(shown(otto, "ledger", q=f"case:{str(case.pk)[:8]}")))


def test_the_list_goes_page_by_page_and_does_not_shift_when_it_grows(otto: Client):
    happen(120)
    first = shown(otto, "ledger")
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    assert 'rel="prev"' not in first
    happen(3, start=120)
    everything = LedgerEvent.objects.exclude(kind__in=oversight.STEPS)
    second = otto.get(reverse("auditor:ledger") + older[1].replace("&amp;", "&")).content.decode()
    uids = [str(uid) for uid in everything.order_by("-id").values_list("uid", flat=True)]
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


def test_a_search_is_typed_in_one_box(world: World, otto: Client):
    ada, ben = world.join("Ada"), world.join("Ben")
    records.withdraw(ada, by="self", at=NOW)
    assert len(links(shown(otto, "ledger", q="kind:consent:statement:given"))) == 2
    page = shown(otto, "ledger", q=f"about:{ada.pseudonym}")
    assert ada.pseudonym in page
    assert ben.pseudonym not in page
    assert len(links(shown(otto, "ledger", q=f"about:{ada.pseudonym} outcome:given"))) == 1
    assert len(links(shown(otto, "ledger", q=f"after:{NOW.date()} -actor:auditor before:2026-06-02"))) == 1
    assert "No event fits" in shown(otto, "ledger", q="about:P-2222-2222")


def test_a_search_keeps_its_terms_from_page_to_page(otto: Client):
    happen(60)
    page = shown(otto, "ledger", q="about:P- after:2026-05-01")
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    second = otto.get(reverse("auditor:ledger") + older[1].replace("&amp;", "&")).content.decode()
    assert len(links(page)) == 50
    assert len(links(second)) == 10
    assert 'value="about:P- after:2026-05-01"' in second


def test_a_subject_is_found_by_its_end_and_never_by_a_field(world: World, otto: Client):
    world.crowd(3, says="Ada")
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    page = shown(otto, "ledger", q=f"about:{job.pk}")
    assert "may read" in page
    assert "A question of kind" not in page  # that event names the job in a field alone
    assert "A question of kind" in shown(otto, "ledger", q=f"job:{str(job.pk)[:6]}")
    assert "No event fits" in shown(otto, "ledger", q="about:}")
    assert "No event fits" in shown(otto, "ledger", q="about:%")


def test_what_cannot_be_read_is_said_word_by_word_and_nothing_is_shown(otto: Client):
    happen(3)
    page = shown(otto, "ledger", q="after:yesterday colour:red actor:worker", status=422)
    assert "“yesterday” is no day." in page
    assert "“colour:” is no word of this search." in page
    assert 'value="after:yesterday colour:red actor:worker"' in page
    assert not links(page)


def test_the_page_says_what_can_be_asked(otto: Client):
    page = shown(otto, "ledger")
    for name, word in ledger_search.WORDS.items():
        assert f"{name}:" in page
        assert str(word.means) in page
        assert shown(otto, "ledger", q=word.example)
    for preset in re.findall(r'<a class="button even" href="\?q=([^"]+)"', page):
        assert otto.get(f"{reverse('auditor:ledger')}?q={preset}").status_code == 200


def test_each_look_is_an_event_with_what_was_sought(world: World, otto: Client):
    [event] = happen(1)
    shown(otto, "ledger")
    shown(otto, "ledger", q="about:P-0")
    shown(otto, "event", event.uid)
    shown(otto, "jobs")
    shown(otto, "papers")
    told = [(said["kind"], said["fields"]) for said in log.openings(oversight.STEPS).values()]
    assert told == [
        ("broker:page:looked", {"page": "ledger"}),
        ("broker:ledger:searched", {"sought": "about:P-0"}),
        ("broker:event:looked", {"event": str(event.uid)}),
        ("broker:page:looked", {"page": "jobs"}),
        ("broker:page:looked", {"page": "papers"}),
    ]
    assert "searched the ledger" not in shown(otto, "ledger")
    assert "searched the ledger: about:P-0" in shown(otto, "ledger", q="actor:auditor")


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
