"""The steward's and legal reviewer's pages: what waits, what may be decided, and by whom."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import access, cases, people
from broker.models import AccessRequest, Case, Reviewed, User
from broker.roles import Role
from consent.models import KinLink, LedgerEvent, Participant
from consent.models.kin import State
from tests.world import World

pytestmark = pytest.mark.django_db
GOOD = {"decision": "approve", "fits": "on", "no_more": "on", "ethics": "on", "reason": "All papers seen."}
SIGN = {"decision": "approve", "offence": "on", "origin": "on", "paper": "on", "reason": "All papers seen."}


@pytest.fixture
def world() -> World:
    return World()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def sten(world: World) -> Client:
    return signed_in(world.staff.steward)


@pytest.fixture
def lena(world: World) -> Client:
    return signed_in(world.staff.legal)


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"steward:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def sent(client: Client, name: str, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is refused, or what the next page says when it is done."""
    answer = client.post(reverse(f"steward:{name}", args=args), said)
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def test_an_empty_inbox_says_what_will_stand_there(sten: Client):
    page = shown(sten, "inbox")
    for words in (
        "No request waits",
        "No case waits for you",
        "No guardian waits",
        "Nobody waits to be confirmed",
    ):
        assert words in page


def test_the_inbox_shows_requests_by_age_with_a_line_each(world: World, sten: Client):
    older, newer = (
        world.request("R.HMB", approve=False),
        world.request("R.DS", disease="MONDO:0004992", approve=False),
    )
    AccessRequest.objects.filter(pk=older.pk).update(submitted_at=timezone.now() - timedelta(days=9))
    AccessRequest.objects.filter(pk=newer.pk).update(submitted_at=timezone.now() - timedelta(days=2))
    page = shown(sten, "inbox")
    first, second = (page.index(reverse("steward:request", args=[r.pk])) for r in (older, newer))
    assert first < second
    assert "University of Lund, cancer genetics: Health research" in page
    assert "status-warn" in page  # nine days is late
    assert "Waits 2\xa0days" in page


def test_a_legal_reviewer_sees_cases_and_nothing_else(world: World, lena: Client):
    request = world.request(approve=False)
    case = world.case(sign=False)
    page = shown(lena, "inbox")
    assert reverse("steward:case", args=[case.pk]) in page
    assert "Access requests" not in page
    assert "Identities" not in page
    shown(lena, "request", request.pk, status=403)
    person = Participant.objects.create(born_on=date(1990, 1, 1))
    sent(lena, "verify_identity", person.pseudonym, seen="yes", status=403)
    assert not Participant.objects.get(pk=person.pk).identity_verified


@pytest.mark.parametrize("who", ["researcher", "investigator", "auditor", "admin"])
def test_others_are_told_that_these_pages_are_not_theirs(world: World, who: str):
    request, case = world.request(approve=False), world.case(sign=False)
    client = signed_in(getattr(world.staff, who))
    shown(client, "inbox", status=403)
    shown(client, "request", request.pk, status=403)
    shown(client, "case", case.pk, status=403)


def test_what_is_not_there_is_a_404(sten: Client):
    nobody = "00000000-0000-4000-8000-000000000000"
    shown(sten, "request", nobody, status=404)
    shown(sten, "case", nobody, status=404)
    sent(sten, "verify_identity", "P-2222-2222", seen="yes", status=404)
    sent(sten, "verify_guardian", 99, seen="yes", status=404)


def test_a_request_is_told_in_plain_words_with_its_codes_small(world: World, sten: Client):
    request = world.request(
        "R.DS",
        disease="MONDO:0004992",
        approve=False,
        regions=("DE",),
        publication=True,
        ethics_ref="REC 7",
        duration_months=18,
    )
    page = shown(sten, "request", request.pk)
    for words in (
        "Research on one disease",
        "Cancer",
        "Germany",
        "18 months",
        "REC 7",
        "to publish what is found",
    ):
        assert words in page
    for code in ("DUO:0000007", "MONDO:0004992"):
        assert f'<small class="code">{code}</small>' in page


def test_the_list_says_what_a_request_lacks(world: World, sten: Client):
    page = shown(sten, "request", world.request("R.HMB", approve=False, commercial_use=True).pk)
    assert "No ethics approval in force" in page
    assert "Commercial: only people who allowed that are reached." in page
    assert "No place is named" in page
    assert "The organisation is verified." in page


def test_a_steward_approves_with_every_line_ticked_and_a_reason(world: World, sten: Client):
    request = world.request(approve=False)
    page = sent(sten, "request", request.pk, **GOOD)
    assert "Approved. The project may ask from now on." in page
    request.refresh_from_db()
    assert request.state == Reviewed.APPROVED
    assert request.approvals.get().reason == "All papers seen."
    assert LedgerEvent.objects.filter(kind="broker:request:decided").count() == 1


@pytest.mark.parametrize("missing", ["fits", "no_more", "ethics", "reason", "decision"])
def test_an_approval_with_anything_missing_decides_nothing(world: World, sten: Client, missing: str):
    request = world.request(approve=False)
    page = sent(sten, "request", request.pk, status=400, **{**GOOD, missing: ""})
    assert "Nothing was changed." in page
    request.refresh_from_db()
    assert request.state == Reviewed.SUBMITTED


def test_a_refusal_needs_its_reason_alone(world: World, sten: Client):
    request = world.request(approve=False)
    assert "Refused." in sent(sten, "request", request.pk, decision="refuse", reason="Too wide.")
    request.refresh_from_db()
    assert request.state == Reviewed.REFUSED
    assert "Too wide." in shown(sten, "request", request.pk)


def test_a_decided_request_is_not_decided_again(world: World, sten: Client):
    request = world.request(approve=False)
    access.decide(request, approves=False, reason="no", by=world.staff.steward, at=timezone.now())
    assert "decided already" in sent(sten, "request", request.pk, **GOOD)
    request.refresh_from_db()
    assert request.state == Reviewed.REFUSED


def test_nobody_decides_her_own_request(world: World):
    both = world.staff.researcher
    people.confirm(
        people.propose(both, Role.STEWARD, by=world.staff.admin, at=timezone.now()),
        by=world.staff.second_admin,
        at=timezone.now(),
    )
    request = world.request(approve=False)
    client = signed_in(User.objects.get(pk=both.pk))
    assert reverse("steward:request", args=[request.pk]) not in shown(client, "inbox")
    assert "This is your own request" in shown(client, "request", request.pk)
    sent(client, "request", request.pk, **GOOD)
    request.refresh_from_db()
    assert request.state == Reviewed.SUBMITTED


def test_an_approved_request_is_closed_with_a_reason_and_not_without(world: World, sten: Client):
    request = world.request()
    assert reverse("steward:request", args=[request.pk]) in shown(sten, "inbox")  # found under "In force"
    sent(sten, "request", request.pk, reason="", status=400)
    request.refresh_from_db()
    assert request.state == Reviewed.APPROVED
    assert "Closed." in sent(sten, "request", request.pk, reason="The study is over.")
    request.refresh_from_db()
    assert request.state == Reviewed.CLOSED
    assert "The study is over." in shown(sten, "request", request.pk)


def test_a_case_shows_its_papers_and_what_they_compel_changes_nothing(world: World, sten: Client):
    case = world.case(sign=False, compels=True)
    page = shown(sten, "case", case.pk)
    for words in (
        "Police: killings",
        "Utah",
        "Left at the scene",
        "Searched, without an answer",
        "W-1",
        "It asks for people who did not consent. That is recorded, and changes nothing.",
    ):
        assert words in page
    assert page.count("Open</span>") == 2


def test_a_case_without_an_order_or_with_a_forbidden_sample_is_marked(world: World, sten: Client):
    case = world.case(sign=False, order=False)
    Case.objects.filter(pk=case.pk).update(sample_origin=Case.Origin.VICTIM, codis_searched=False)
    page = shown(sten, "case", case.pk)
    assert "No judicial paper in force." in page
    assert "Samples of this origin are never searched with." in page
    assert "Not everything else was tried" in page


def test_a_case_opens_when_both_have_signed(world: World, sten: Client, lena: Client):
    case = world.case(sign=False)
    page = sent(sten, "case", case.pk, role="steward", **SIGN)
    assert "The other signature is somebody else" in page
    assert reverse("steward:case", args=[case.pk]) not in page  # it no longer waits for her
    case.refresh_from_db()
    assert case.state == Reviewed.SUBMITTED
    assert "The open signature is not yours" in shown(sten, "case", case.pk)
    assert "the case may search from now on" in sent(lena, "case", case.pk, role="legal_reviewer", **SIGN)
    case.refresh_from_db()
    assert case.state == Reviewed.APPROVED


def test_one_refusal_refuses_a_case(world: World, lena: Client):
    case = world.case(sign=False)
    sent(lena, "case", case.pk, role="legal_reviewer", decision="refuse", reason="No.")
    case.refresh_from_db()
    assert case.state == Reviewed.REFUSED


def test_a_refused_case_is_over_for_the_other_reviewer_too(world: World, sten: Client, lena: Client):
    case = world.case(sign=False)
    sent(
        lena,
        "case",
        case.pk,
        role="legal_reviewer",
        decision="refuse",
        reason="The paper is of another case.",
    )
    assert reverse("steward:case", args=[case.pk]) not in shown(sten, "inbox")
    page = shown(sten, "case", case.pk)
    assert "The paper is of another case." in page
    assert "Your signature" not in page
    sent(sten, "case", case.pk, role="steward", **SIGN)
    assert case.approvals.count() == 1


def test_nobody_signs_twice_or_as_what_she_is_not(world: World, sten: Client):
    case = world.case(sign=False)
    sent(sten, "case", case.pk, role="legal_reviewer", status=400, **SIGN)
    assert not case.approvals.exists()
    sent(sten, "case", case.pk, role="steward", **SIGN)
    assert "No signature of this case is yours to give" in sent(sten, "case", case.pk, role="steward", **SIGN)
    assert case.approvals.count() == 1


def test_who_holds_both_roles_chooses_how_she_signs(world: World):
    now = timezone.now()
    people.confirm(
        people.propose(world.staff.legal, Role.STEWARD, by=world.staff.admin, at=now),
        by=world.staff.second_admin,
        at=now,
    )
    client = signed_in(world.staff.legal)
    case = world.case(sign=False)
    assert "How do you sign?" in shown(client, "case", case.pk)
    sent(client, "case", case.pk, role="steward", **SIGN)
    assert case.approvals.get().role == "steward"
    assert reverse("steward:case", args=[case.pk]) not in shown(client, "inbox")  # not both by one


def test_a_signature_that_came_meanwhile_is_told(world: World, sten: Client, monkeypatch: pytest.MonkeyPatch):
    case = world.case(sign=False)
    decide = cases.decide

    def too_late(*args: Any, **said: Any) -> Any:
        monkeypatch.undo()
        decide(
            case, role=Role.LEGAL_REVIEWER, approves=False, reason="no", by=world.staff.legal, at=said["at"]
        )
        return decide(*args, **{**said, "approves": False})

    monkeypatch.setattr(cases, "decide", too_late)
    page = sent(sten, "case", case.pk, role="steward", status=400, decision="refuse", reason="No.")
    assert "This case is" in page
    assert case.approvals.count() == 1


def test_an_identity_is_confirmed_when_the_paper_was_seen(world: World, sten: Client):
    user = people.sign_up("secret-name", "a long password", born_on=date(1990, 5, 17), at=timezone.now())
    person = user.own_record.participant
    page = shown(sten, "inbox")
    assert person.pseudonym in page
    assert "17 May 1990" in page
    assert "secret-name" not in page
    assert "Tick that you have seen the papers" in sent(sten, "verify_identity", person.pseudonym)
    person.refresh_from_db()
    assert not person.identity_verified
    sent(sten, "verify_identity", person.pseudonym, seen="yes")
    person.refresh_from_db()
    assert person.identity_verified
    assert person.pseudonym not in shown(sten, "inbox")
    sent(sten, "verify_identity", person.pseudonym, seen="yes", status=404)


def test_nobody_confirms_herself(world: World):
    ada = people.sign_up("ada", "a long password", born_on=date(1990, 5, 17), at=timezone.now())
    now = timezone.now()
    people.confirm(
        people.propose(ada, Role.STEWARD, by=world.staff.admin, at=now), by=world.staff.second_admin, at=now
    )
    client = signed_in(ada)
    person = ada.own_record.participant
    assert person.pseudonym not in shown(client, "inbox")
    assert "Nobody verifies herself" in sent(client, "verify_identity", person.pseudonym, seen="yes")
    person.refresh_from_db()
    assert not person.identity_verified


def test_identities_are_found_by_pseudonym_and_come_a_page_at_a_time(sten: Client):
    crowd = [Participant.objects.create(born_on=date(1990, 1, 1)) for _ in range(25)]
    page = shown(sten, "inbox")
    assert "1–20 of 25" in page
    assert crowd[22].pseudonym not in page
    assert crowd[22].pseudonym in shown(sten, "inbox", page=2)
    found = shown(sten, "inbox", pseudonym=crowd[22].pseudonym.lower())
    assert crowd[22].pseudonym in found
    assert crowd[0].pseudonym not in found
    assert "Nobody by this pseudonym waits" in shown(sten, "inbox", pseudonym="P-none")


def test_a_guardian_is_confirmed_under_pseudonyms(world: World, sten: Client):
    gita = people.sign_up("gita", "a long password", born_on=date(1985, 5, 17), at=timezone.now())
    child = people.add_child(gita, born_on=date(2020, 3, 1), at=timezone.now())
    link = KinLink.objects.get(person=child)
    page = shown(sten, "inbox")
    assert f"Guardian of {child.pseudonym}" in page
    assert f"The guardian is {gita.own_record.participant.pseudonym}." in page
    assert "gita" not in page
    assert "Nothing was confirmed" in sent(sten, "verify_guardian", link.pk)
    assert "may decide from now on" in sent(sten, "verify_guardian", link.pk, seen="yes")
    link.refresh_from_db()
    assert link.state == State.VERIFIED
    assert f"Guardian of {child.pseudonym}" not in shown(sten, "inbox")


def test_confirming_changes_nothing_by_merely_looking(world: World, sten: Client):
    person = Participant.objects.create(born_on=date(1990, 1, 1))
    assert sten.get(reverse("steward:verify_identity", args=[person.pseudonym])).status_code == 405
    person.refresh_from_db()
    assert not person.identity_verified


def test_the_inbox_asks_the_database_as_often_for_many_as_for_few(
    world: World, sten: Client, django_assert_max_num_queries: Any
):
    for number in range(4):
        world.request(approve=False)
        world.case(sign=False, number=f"C-{number}")
    with django_assert_max_num_queries(27) as few:
        shown(sten, "inbox")
    for number in range(4, 9):
        world.request(approve=False)
        world.case(sign=False, number=f"C-{number}")
    with django_assert_max_num_queries(len(few)):
        shown(sten, "inbox")
