"""What a search found goes out when a second pair has signed and consent was asked again; not before."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from broker import cases, disclosures, results, staging, sweeping
from broker.demo import house
from broker.errors import NotAllowed, Refused
from broker.models import Approval, Disclosure, DisclosureState, Job
from broker.roles import Role
from broker.staging import StagedBroken
from consent import records
from consent.ledger import log
from consent.models import LedgerOpening
from tests.broker.cases.steps import Found, by_the_second_pair, disclose, run
from tests.broker.portal.jobs.running import shown, signed_in, taken, without_token
from tests.world import NOW, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ivan(found: Found) -> Client:
    return signed_in(found.by)


def name_of(found: Found, who: str = "Noor") -> str:
    return staging.alias(cases.reference(found.case), found.world.people[who].ordinal)


def read(found: Found, job: Job) -> dict:
    return results.read(job, by=found.by, at=NOW)


def test_before_it_a_search_tells_that_it_has_ended_and_a_small_number_as_any(found: Found, ivan: Client):
    job = found.released()
    answer = read(found, job)
    assert (answer["count"], answer["fewer_than"], answer["records"]) == (None, 10, [])
    page = shown(ivan, job)
    assert "Fewer than 10 leads, or none." in page
    assert "A lead only" in page
    everywhere = [page, *(taken(ivan, job, kind) for kind in ("json", "csv"))]
    everywhere.append(ivan.get(reverse("api:result", args=[job.pk])).content.decode())
    for text in everywhere:
        assert name_of(found) not in text
        assert not re.search(r"\bR-\d{10}\b", text)


def test_before_it_nothing_tells_whether_anybody_was_found(found: Found, ivan: Client):
    """The same page and files, but for ids, whether she is found, said no or was never here."""

    def told() -> list[str]:
        job = run(job_of(found.asked()))
        texts = [without_token(shown(ivan, job)), *(taken(ivan, job, kind) for kind in ("json", "csv"))]
        texts = [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text) for text in texts]
        snapshot = results.snapshot_of(job)
        return [text.replace(snapshot, "SNAPSHOT").replace(str(job.pk)[:8], "") for text in texts]

    with_noor = told()
    records.withdraw(found.world.people["Noor"], by="self", at=NOW)
    assert told() == with_noor


def test_the_leads_are_case_names_and_shared_cm_and_no_more(found: Found, ivan: Client):
    made = by_the_second_pair(found.world, found.proposed())
    answer = read(found, made.job)
    (lead,) = answer["records"]
    assert lead["person"] == name_of(found)
    assert set(lead) == {
        *("person", "relationship", "kinship", "total_cm", "longest_cm", "ibd2_cm", "overlap_sites"),
        *("segments", "segment_count", "overlap_low", "likely", "generations"),
        *("x_cm", "x_sites", "x_low", "x_single", "x_segments"),
    }
    assert "A lead only: sharing DNA is not proof of who somebody is." in answer["notes"]
    text = shown(ivan, made.job) + json.dumps(answer)
    noor = found.world.people["Noor"]
    for secret in (noor.pseudonym, "0/1", "1/1"):
        assert secret not in text
    assert "A lead only" in shown(ivan, made.job)


def test_who_withdrew_since_the_search_is_not_disclosed(found: Found):
    made = found.proposed()
    staff = found.world.staff
    disclose(made, staff.second_steward, Role.STEWARD)
    records.withdraw(found.world.people["Noor"], by="self", at=NOW)
    disclose(made, staff.second_legal, Role.LEGAL_REVIEWER)
    log.sequence(at=NOW)
    assert made.state == DisclosureState.DISCLOSED
    assert read(found, made.job)["records"] == []


def test_who_withdraws_between_the_look_and_the_lock_is_not_disclosed(
    found: Found, monkeypatch: pytest.MonkeyPatch
):
    made, staff = found.proposed(), found.world.staff
    disclose(made, staff.second_steward, Role.STEWARD)
    asked = disclosures._asked

    def then_she_withdraws(*args):
        clearance = asked(*args)
        records.withdraw(found.world.people["Noor"], by="self", at=NOW)
        return clearance

    monkeypatch.setattr(disclosures, "_asked", then_she_withdraws)
    disclose(made, staff.second_legal, Role.LEGAL_REVIEWER)
    log.sequence(at=NOW)
    assert read(found, made.job)["records"] == []


def test_who_allowed_it_after_the_search_does_not_join(found: Found):
    records.withdraw(found.world.people["Noor"], by="self", at=NOW)
    made = found.proposed()
    found.world.give(found.world.people["Noor"], "LE.HOM")
    by_the_second_pair(found.world, made)
    assert read(found, made.job)["records"] == []


@pytest.mark.parametrize("gone", ["organisation", "case", "paper"])
def test_what_no_longer_holds_lapses_and_nothing_goes_out(found: Found, gone: str):
    made = found.proposed()
    match gone:
        case "organisation":
            found.case.organisation.confirmed_by = None
            found.case.organisation.save()
        case "case":
            type(found.case).objects.update(valid_to=NOW)
        case _:
            found.case.authorisations.update(valid_to=NOW)
    by_the_second_pair(found.world, made)
    assert made.state == DisclosureState.LAPSED
    with pytest.raises(Refused, match="no longer stands"):
        read(found, made.job)
    assert LedgerOpening.objects.filter(event__kind="query:disclosure:lapsed").exists()


def test_one_refusal_refuses_it_and_it_can_be_asked_for_again(found: Found):
    made = found.proposed()
    disclose(made, found.world.staff.second_legal, Role.LEGAL_REVIEWER, approves=False)
    assert made.state == DisclosureState.REFUSED
    again = disclosures.propose(made.job, reason="Said better.", by=found.by, at=NOW)
    assert by_the_second_pair(found.world, again).state == DisclosureState.DISCLOSED


def test_it_is_asked_for_once_by_who_works_on_the_case(found: Found):
    made = found.proposed()
    with pytest.raises(Refused, match="proposed already"):
        disclosures.propose(made.job, reason="x", by=found.by, at=NOW)
    with pytest.raises(NotAllowed):
        disclosures.propose(made.job, reason="x", by=found.world.staff.counsel, at=NOW)
    with pytest.raises(Refused, match="what the leads are needed for"):
        disclosures.propose(found.released(), reason=" ", by=found.by, at=NOW)
    with pytest.raises(Refused, match="no answer"):
        disclosures.propose(job_of(found.asked()), reason="x", by=found.by, at=NOW)


def test_until_it_lies_under_a_checkpoint_nothing_is_told(found: Found):
    made = found.proposed()
    for reviewer, role in (
        (found.world.staff.second_steward, Role.STEWARD),
        (found.world.staff.second_legal, Role.LEGAL_REVIEWER),
    ):
        disclose(made, reviewer, role)
    assert read(found, made.job)["records"] == []
    log.sequence(at=NOW)
    assert len(read(found, made.job)["records"]) == 1


def test_a_disclosure_written_by_hand_discloses_nothing(found: Found):
    """Rows as somebody at the database would write them: the state, the names, even one signature."""
    made = found.proposed()
    disclose(made, found.world.staff.second_steward, Role.STEWARD)
    sealed = staging.seal(json.dumps([name_of(found)]).encode(), f"{made.pk}/leads")
    Disclosure.objects.filter(pk=made.pk).update(
        state=DisclosureState.DISCLOSED, decided_at=NOW, leads=sealed
    )
    with pytest.raises(StagedBroken, match="both signatures"):
        read(found, made.job)


def test_leads_that_were_changed_afterwards_are_not_shown(found: Found):
    made = by_the_second_pair(found.world, found.proposed())
    forged = staging.seal(b'["R-0000000001"]', f"{made.pk}/leads")
    Disclosure.objects.filter(pk=made.pk).update(leads=forged)
    with pytest.raises(StagedBroken):
        read(found, made.job)


def test_signatures_that_were_taken_back_by_hand_hide_it_again(found: Found):
    made = by_the_second_pair(found.world, found.proposed())
    Approval.objects.filter(disclosure=made, role=Role.STEWARD).delete()
    with pytest.raises(StagedBroken):
        read(found, made.job)


def test_reviewers_read_all_that_is_said_and_never_whom_it_found(found: Found):
    made = found.proposed()
    sara = signed_in(found.world.staff.second_steward)
    assert (
        reverse("steward:disclosure", args=[made.pk]) in sara.get(reverse("steward:inbox")).content.decode()
    )
    page = sara.get(reverse("steward:disclosure", args=[made.pk])).content.decode()
    for words in (
        "To go on.",
        "W-1",
        "sten-steward",
        "lena-legal",
        "Read the paper itself",
        "Police: killings",
    ):
        assert words in page
    assert name_of(found) not in page
    sten = signed_in(found.world.staff.steward)
    assert (
        reverse("steward:disclosure", args=[made.pk])
        not in sten.get(reverse("steward:inbox")).content.decode()
    )
    assert (
        "You signed the search." in sten.get(reverse("steward:disclosure", args=[made.pk])).content.decode()
    )


def test_the_pages_take_a_case_through_its_three_steps(found: Found, ivan: Client):
    """Papers are signed in the world; the search and the disclosure are by doors alone."""
    staff = found.world.staff
    query = found.asked()
    ticks = dict.fromkeys(("evidence", "scope", "no_more", "needed", "paper", "lead"), "on")
    said = {"decision": "approve", "reason": "All read.", **ticks}
    for reviewer, role in ((staff.steward, "steward"), (staff.legal, "legal_reviewer")):
        door = signed_in(reviewer)
        assert (
            reverse("steward:search", args=[query.pk]) in door.get(reverse("steward:inbox")).content.decode()
        )
        assert door.post(reverse("steward:search", args=[query.pk]), said | {"role": role}).status_code == 302
    job = run(query.job)
    page = ivan.get(reverse("agency:case", args=[found.case.pk])).content.decode()
    ask = reverse("agency:disclose", args=[found.case.pk, job.pk])
    assert ask in page
    assert ivan.post(ask, {"reason": "To go on."}).status_code == 302
    made = Disclosure.objects.get()
    for reviewer, role in ((staff.second_steward, "steward"), (staff.second_legal, "legal_reviewer")):
        where = reverse("steward:disclosure", args=[made.pk])
        assert signed_in(reviewer).post(where, said | {"role": role}).status_code == 302
    log.sequence(at=NOW)
    assert name_of(found) in shown(ivan, job)
    page = ivan.get(reverse("agency:case", args=[found.case.pk])).content.decode()
    for who in ("sten-steward", "lena-legal", "sara-steward", "luis-legal"):
        assert who in page


def test_a_program_asks_for_the_leads_as_the_page_does(found: Found, ivan: Client):
    where = reverse("api:disclosure", args=[found.released().pk])
    assert ivan.get(where).status_code == 404
    assert ivan.post(where, {"reason": ""}, content_type="application/json").status_code == 400
    made = ivan.post(where, {"reason": "To go on."}, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    assert ivan.post(where, {"reason": "x"}, content_type="application/json").status_code == 422
    by_the_second_pair(found.world, Disclosure.objects.get())
    assert ivan.get(where).json()["state"] == "disclosed"
    cora = signed_in(found.world.staff.counsel)
    assert cora.get(where).status_code == 404


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "before the sweep of this version"])
def test_what_waits_for_signatures_lapses_with_the_answer_it_would_let_out(found: Found, swept: bool):
    made = found.proposed()
    later = NOW + timedelta(days=settings.RESULT_DAYS)
    if swept:
        assert sweeping.expire(at=later) == 1
    else:
        Job.objects.update(state="expired", answer=None)
        role, reviewer = house.second_pair(found.world.staff)[0]
        disclosures.decide(made, role=role, approves=True, reason="seen", by=reviewer, at=later)
    made.refresh_from_db()
    assert (made.state, made.leads) == (DisclosureState.LAPSED, None)
    (line,) = LedgerOpening.objects.filter(event__kind="query:disclosure:lapsed")
    assert line.said["fields"]["because"] == disclosures.GONE
    assert not disclosures.waiting().exists()


def test_a_page_where_somebody_signs_too_late_says_so(found: Found):
    made = found.proposed()
    Job.objects.update(state="expired", answer=None)
    role, reviewer = house.second_pair(found.world.staff)[0]
    page = signed_in(reviewer).post(
        reverse("steward:disclosure", args=[made.pk]),
        {"role": role, "approves": "yes", "reason": "seen"},
        follow=True,
    )
    assert page.status_code < 500
    made.refresh_from_db()
    assert made.state in (DisclosureState.LAPSED, DisclosureState.PROPOSED)


def test_nothing_is_proposed_of_an_answer_that_went_meanwhile(found: Found, monkeypatch: pytest.MonkeyPatch):
    job = found.released()
    Job.objects.update(state="expired", answer=None)  # after the page was read
    with pytest.raises(Refused, match="no longer kept"):
        disclosures.propose(job, reason="To go on.", by=found.by, at=NOW)
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("progress", [3, 50, 99])
def test_how_far_a_search_is_does_not_tell_how_many_permit_it(found: Found, ivan: Client, progress: int):
    """It is read in parts of a known size: the first of three percent would mean a thousand people."""
    job = job_of(found.asked())
    Job.objects.filter(pk=job.pk).update(
        state="running", position=4, progress=progress, token=job.pk, lease_until=NOW
    )
    assert ivan.get(reverse("api:job", args=[job.pk])).json()["progress"] == 0
    page = ivan.get(reverse("jobs:progress", args=[job.pk]), {"seen": ""}).content.decode()
    assert f"{progress} %" not in page
    assert f'value="{progress}"' not in page
    assert not re.search(rf"seen=[^\"]*-{progress}\b", page)
