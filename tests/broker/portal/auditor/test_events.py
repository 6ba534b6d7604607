"""Events: told in sentences, found, and proved."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from broker import events, jobs, queries
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
