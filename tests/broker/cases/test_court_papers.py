"""A judicial paper is bound to its case, to what it allows and until when: else there is no search."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from broker import court_papers, jobs
from broker.errors import NotAllowed, Refused
from broker.models import Authorisation, Case, CourtDocument, JobState, QueryState
from broker.roles import Role
from broker.staging import StagedBroken
from broker.usage import manifest_of
from consent.models import LedgerEvent
from tests.broker.cases.steps import Found, run, search
from tests.broker.portal.jobs.running import signed_in
from tests.signed_by_hand import sealed_anew
from tests.world import NOW, World, court_paper, job_of, pdf, signed

pytestmark = pytest.mark.django_db

INVALID = ["REQ_JUDICIAL_AUTH_INVALID"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"court": " "}, "names its court"),
        ({"number": ""}, "names its court"),
        ({"scope": frozenset()}, "what the paper allows"),
        ({"scope": frozenset({"carriers"})}, "what the paper allows"),
        ({"valid_to": NOW}, "run out already"),
        ({"document": b"<html>"}, "not a PDF"),
        ({"document": b""}, "not a PDF"),
    ],
)
def test_a_paper_that_lacks_something_is_not_recorded(world: World, wrong: dict, words: str):
    case = world.case(order=False)
    with pytest.raises(Refused, match=words):
        court_papers.record(case, replace(court_paper(), **wrong), by=world.staff.investigator, at=NOW)
    assert not Authorisation.objects.exists()


def test_a_paper_of_one_case_is_not_used_for_another(world: World):
    """Neither by its court and number, however written, nor by its document under another number."""
    world.case(number="C-1")
    other, by = world.case(number="C-2", order=False), world.staff.investigator
    again = court_paper("W-1", court="A COURT ", document=pdf("another picture of it"))
    with pytest.raises(Refused, match="another case"):
        court_papers.record(other, again, by=by, at=NOW)
    with pytest.raises(Refused, match="another case"):
        court_papers.record(other, court_paper("W-9", document=pdf("W-1")), by=by, at=NOW)


def test_a_search_under_another_cases_paper_is_refused_even_past_the_verbs(found: Found):
    other = found.world.case(number="C-2")
    job = job_of(found.asked(other))
    type(job.query).objects.filter(pk=job.query_id).update(authorisation=found.case.authorisations.get())
    sealed_anew(job.query)
    assert run(job).reasons == INVALID


@pytest.mark.parametrize("wrong", ["expired", "scope", "document"])
@pytest.mark.parametrize("when", ["submit", "sign", "run", "look", "release"])
def test_out_of_its_bounds_there_is_no_search(found: Found, wrong: str, when: str, monkeypatch):
    def spoil() -> None:
        facts = {
            "expired": {"valid_to": NOW},
            "scope": {"scope": ["identity"]},
            "document": {"document_sha256": ""},
        }
        Authorisation.objects.update(**facts[wrong])

    if when == "submit":
        spoil()
        query = found.asked()
        assert (query.state, query.reasons, query.job) == (QueryState.REFUSED, INVALID, None)
        return
    query = found.asked()
    if when == "sign":
        search(query, found.world.staff.steward, Role.STEWARD)
        spoil()
        search(query, found.world.staff.legal, Role.LEGAL_REVIEWER)
        assert (query.state, query.reasons, query.job) == (QueryState.REFUSED, INVALID, None)
        return
    job = job_of(query)
    if when == "run":
        spoil()
    else:  # before the release looks, or between that and its transaction
        name = {"look": "_stage", "release": "_look"}[when]
        plainly = getattr(jobs, name)
        monkeypatch.setattr(jobs, name, lambda *args: (plainly(*args), spoil())[0])
    assert run(job).state == JobState.REFUSED
    assert (job.reasons, job.answer) == (INVALID, None)


def test_a_paper_that_comes_after_a_search_was_submitted_does_not_reach_back(found: Found):
    """It was signed with the paper that the two had read."""
    query = found.asked()
    found.case.authorisations.update(valid_to=NOW + timedelta(seconds=0))
    court_papers.record(found.case, court_paper("W-2"), by=found.by, at=NOW)
    assert signed(query).reasons == INVALID
    assert found.asked().state == QueryState.SUBMITTED, "a new search rests on the new paper"


def test_what_a_paper_compels_changes_nothing(found: Found):
    plain = run(job_of(found.asked()))
    compelling = found.world.case(number="C-2", compels=True)
    other = run(job_of(found.asked(compelling)))
    assert manifest_of(plain)["permitted"] == manifest_of(other)["permitted"]
    assert manifest_of(plain)["left_out"] == manifest_of(other)["left_out"]


def test_the_document_is_sealed_and_read_by_those_who_sign_or_work_on_it(found: Found):
    paper, staff = found.case.authorisations.get(), found.world.staff
    assert b"W-1" not in bytes(CourtDocument.objects.get().sealed)
    for reader in (staff.steward, staff.legal, found.by):
        assert court_papers.read(paper, by=reader, at=NOW) == pdf("W-1")
    assert LedgerEvent.objects.filter(kind="broker:authorisation:seen").count() == 3
    for other in (staff.counsel, staff.researcher, staff.auditor, staff.admin):
        with pytest.raises(NotAllowed):
            court_papers.read(paper, by=other, at=NOW)


def test_a_document_that_was_moved_to_another_case_does_not_open(found: Found):
    other = found.world.case(number="C-2").authorisations.get()
    mine = CourtDocument.objects.get(paper=found.case.authorisations.get())
    CourtDocument.objects.filter(paper=other).update(sealed=mine.sealed)
    with pytest.raises(StagedBroken):
        court_papers.read(other, by=found.by, at=NOW)


def test_the_doors_to_a_document(found: Found):
    paper, staff = found.case.authorisations.get(), found.world.staff
    hers = reverse("agency:document", args=[found.case.pk, paper.pk])
    review = reverse("steward:document", args=[paper.pk])
    for user, where in ((found.by, hers), (staff.steward, review), (staff.legal, review)):
        answer = signed_in(user).get(where)
        assert answer.content == pdf("W-1")
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]
    assert signed_in(staff.counsel).get(hers).status_code == 404
    other = found.world.case(number="C-2")
    wrong = reverse("agency:document", args=[other.pk, paper.pk])
    assert signed_in(found.by).get(wrong).status_code == 404
    assert Case.objects.count() == 2
