"""Who may sign a step of a case: two people of two roles, on no side of it; a second pair for its leads."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from broker import cases, queries, signatures, uses
from broker.errors import NotAllowed, Refused
from broker.models import Approval, Case, DisclosureState, Job, Query, QueryState, Reviewed
from broker.roles import Role
from consent.decision import request_reasons
from consent.models import LedgerOpening
from consent.reasons import Reason
from tests.broker.cases.steps import Found, also, by_the_second_pair, disclose, run, search
from tests.signed_by_hand import signed
from tests.world import NOW, World, job_of

pytestmark = pytest.mark.django_db

S, L = Role.STEWARD, Role.LEGAL_REVIEWER


def test_a_search_waits_without_a_job_until_both_have_signed(found: Found):
    staff, query = found.world.staff, found.asked()
    assert (query.state, query.job) == (QueryState.SUBMITTED, None)
    search(query, staff.steward, S)
    assert (query.state, query.job) == (QueryState.SUBMITTED, None)
    search(query, staff.legal, L)
    assert query.state == QueryState.APPROVED
    assert query.job is not None
    kinds = [
        o.said["kind"] for o in LedgerOpening.objects.filter(subject=f"query:{query.pk}").order_by("event")
    ]
    assert kinds == [
        "query:search:submitted",
        "query:search:decided",
        "query:search:decided",
        "query:query:submitted",
    ]


def test_one_refusal_refuses_a_search(found: Found):
    staff, query = found.world.staff, found.asked()
    search(query, staff.legal, L, approves=False)
    assert (query.state, query.job) == (QueryState.REFUSED, None)
    with pytest.raises(Refused, match="refused already"):
        search(query, staff.steward, S)


def test_somebody_with_both_roles_counts_once(found: Found):
    both = also(found.world, found.world.staff.steward, L)
    query = found.asked()
    search(query, both, S)
    with pytest.raises(Refused, match="stands already"):
        search(query, both, L)
    assert not Job.objects.exists()


def test_nobody_signs_what_she_asked_opened_or_brought_papers_for(found: Found):
    world, query = found.world, found.asked()
    asker = also(world, found.by, S, L)
    with pytest.raises(NotAllowed, match="works on"):
        search(query, asker, S)
    asker.organisation = None  # left the agency, and the guardian's row with it
    asker.save()
    found.case.refresh_from_db()
    Case.objects.get().organisation.people.update(organisation=None)
    with pytest.raises(NotAllowed, match="works on"):
        search(query, asker, S)


def test_nobody_signs_a_case_of_her_own_organisation(found: Found):
    steward = found.world.staff.steward
    steward.organisation = found.case.organisation
    steward.save()
    query = found.asked()
    with pytest.raises(NotAllowed, match="own organisation"):
        search(query, steward, S)
    assert signatures.open_to(steward, query) == []


@pytest.mark.parametrize("who", ["admin", "auditor", "researcher", "counsel", "clerk"])
def test_others_sign_nothing(found: Found, who: str):
    query = found.asked()
    with pytest.raises(NotAllowed):
        search(query, getattr(found.world.staff, who), S)
    assert not Approval.objects.filter(query=query).exists()


def test_a_steward_does_not_sign_as_legal_reviewer(found: Found):
    with pytest.raises(NotAllowed, match="do not review"):
        search(found.asked(), found.world.staff.steward, L)


def test_what_a_researcher_asks_has_no_such_signatures(world: World):
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    with pytest.raises(NotAllowed, match="no search of a case"):
        search(query, world.staff.steward, S)


def test_a_disclosure_takes_a_second_pair(found: Found):
    staff, made = found.world.staff, found.proposed()
    for reviewer, role in ((staff.steward, S), (staff.legal, L)):
        assert signatures.open_to(reviewer, made) == []
        with pytest.raises(NotAllowed, match="second pair"):
            disclose(made, reviewer, role)
    disclose(made, staff.second_steward, S)
    assert made.state == DisclosureState.PROPOSED
    disclose(made, staff.second_legal, L)
    assert made.state == DisclosureState.DISCLOSED


def test_whoever_has_signed_does_not_come_to_work_on_the_case(found: Found):
    steward = also(found.world, found.world.staff.steward, Role.INVESTIGATOR)
    steward.organisation = found.case.organisation
    steward.save()
    with pytest.raises(NotAllowed, match="has signed"):
        cases.join(found.case, steward, by=found.by, at=NOW)


def test_a_state_that_was_written_by_hand_is_not_believed(found: Found):
    """Somebody at the database makes the search approved and gives it a job: the worker refuses it."""
    query = found.asked()
    search(query, found.world.staff.steward, S)
    Query.objects.filter(pk=query.pk).update(state=QueryState.APPROVED)
    job = run(Job.objects.create(query=query, created_at=NOW, rung_at=NOW))
    assert (job.state, job.reasons) == ("refused", ["REQ_PROJECT_NOT_APPROVED"])


def test_signatures_that_go_while_a_search_runs_stop_it(found: Found, monkeypatch: pytest.MonkeyPatch):
    job = job_of(found.asked())
    real, looks = uses.of, []

    def later(query: Query):
        looks.append(1)
        if len(looks) > 1:
            Approval.objects.filter(query=query, role=L).delete()
        return real(query)

    monkeypatch.setattr(uses, "of", later)
    assert run(job).reasons == ["REQ_PROJECT_NOT_APPROVED"]
    assert job.answer is None


def test_a_pair_of_one_person_does_not_stand(found: Found):
    """Not even when it was written past the verbs, before the table had its rule."""
    query, both = found.asked(), found.world.staff.steward
    signed(query, by=both, role=S, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        signed(query, by=both, role=L, at=NOW)
    signed(query, by=found.by, role=L, at=NOW)
    assert not signatures.stand(query), "the asker herself is no second"
    reasons = request_reasons(uses.of(query), uses.policy(NOW), NOW)
    assert reasons == (Reason.REQ_PROJECT_NOT_APPROVED,)


def test_an_approval_is_of_one_thing(found: Found):
    query = found.asked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            query=query,
            case=found.case,
            by=found.world.staff.second_steward,
            role="x",
            approves=True,
            reason="x",
            at=NOW,
        )


def test_both_signatures_of_the_papers_stand_under_every_search(found: Found):
    job = job_of(found.asked())
    Approval.objects.filter(case=found.case, role=L).delete()
    assert found.case.state == Reviewed.APPROVED
    assert run(job).reasons == ["REQ_PROJECT_NOT_APPROVED"]


def test_the_whole_way_names_everybody_who_signed(found: Found):
    made = by_the_second_pair(found.world, found.proposed())
    query = made.job.query
    signers = [set(one.approvals.values_list("by__username", flat=True)) for one in (found.case, query, made)]
    assert signers[0] == signers[1] == {"sten-steward", "lena-legal"}
    assert signers[2] == {"sara-steward", "luis-legal"}


def test_a_signature_that_was_put_in_by_hand_does_not_stand(found: Found):
    """Somebody at the database writes both signatures and a job: the worker refuses it."""
    query, staff = found.asked(), found.world.staff
    for by, role in ((staff.steward, S), (staff.legal, L)):
        Approval.objects.create(query=query, by=by, role=role, approves=True, reason="x", at=NOW)
    Query.objects.filter(pk=query.pk).update(state=QueryState.APPROVED)
    job = run(Job.objects.create(query=query, created_at=NOW, rung_at=NOW))
    assert (job.state, job.reasons) == ("refused", ["REQ_PROJECT_NOT_APPROVED"])


@pytest.mark.parametrize(
    "changed",
    [
        {"purposes": ["L.SEX"]},
        {"question": {"kind": "relatives", "evidence": "another", "min_cm": 7}},
        {"role": "counsel"},
        {"asked_by": "steward"},
    ],
)
def test_a_search_that_was_changed_after_it_was_signed_is_signed_no_more(
    found: Found, changed: dict[str, Any]
):
    job = job_of(found.asked())
    assert signatures.stand(job.query)
    facts = {"asked_by": found.world.staff.steward} if "asked_by" in changed else changed
    Query.objects.filter(pk=job.query_id).update(**facts)
    assert not signatures.stand(Query.objects.get(pk=job.query_id))


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": "L.SEX"},
        {"jurisdiction": "ID"},
        {"sample_origin": "victim"},
        {"codis_searched": False},
        {"leads_exhausted": False},
        {"valid_to": NOW + timedelta(days=9999)},
    ],
)
def test_papers_that_were_changed_after_they_were_signed_are_signed_no_more(
    found: Found, changed: dict[str, Any]
):
    assert signatures.stand(found.case)
    Case.objects.filter(pk=found.case.pk).update(**changed)
    assert not signatures.stand(Case.objects.get())


def test_a_signature_under_one_search_is_none_under_another(found: Found):
    first, second = job_of(found.asked()).query, found.asked()
    for one in first.approvals.all():
        one.pk, one.query = None, second
        one.save()
    assert not signatures.stand(second)


def test_a_refusal_is_not_turned_into_an_approval(found: Found):
    query, staff = found.asked(), found.world.staff
    search(query, staff.steward, S)
    search(query, staff.legal, L, approves=False)
    Approval.objects.filter(query=query).update(approves=True)
    assert not signatures.stand(query)
