"""The end of a case: whatever waits under it ends, and its evidence is gone, with a certificate."""

from datetime import timedelta

import pytest
from django.urls import reverse

from broker import case_ends, cases, people, rechecking, results, tasks
from broker.errors import NotAllowed, Refused
from broker.models import Approval, Case, DisclosureState, JobState, QueryState, Reviewed, User
from broker.roles import Role
from broker.usage import manifest_of
from consent import records
from consent.ledger import log
from consent.models import LedgerEvent
from genomics._vault import files as vault
from genomics._vault import keys, shelf
from genomics.errors import VaultSealed
from genomics.intake import evidence
from genomics.intake.receive import receive_evidence
from genomics.models import EvidenceKey, EvidenceProfile, Sealed
from tests.broker.cases.steps import Found, by_the_second_pair, run, search
from tests.broker.portal.jobs.running import signed_in
from tests.signed_by_hand import sealed_anew
from tests.world import EARLIER, NOW, World, again, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """What happens after the commit happens here, too."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_closing_ends_all_that_waits(found: Found):
    waiting, queued = found.asked(), job_of(found.asked())
    made = found.proposed()
    closed = case_ends.close(found.case, by=found.by, at=NOW)
    assert (closed.state, closed.closed_at) == (Reviewed.CLOSED, NOW)
    for row in (waiting, queued, made):
        row.refresh_from_db()
    assert waiting.state == QueryState.REFUSED
    assert queued.state == JobState.CANCELLED
    assert made.state == DisclosureState.LAPSED
    with pytest.raises(Refused):
        search(waiting, found.world.staff.steward, Role.STEWARD)


def test_a_job_that_runs_while_its_case_is_closed_releases_nothing(found: Found, monkeypatch):
    job = job_of(found.asked())
    reads = vault.evidence

    def then_it_is_closed(*args):
        column = reads(*args)
        case_ends.close(found.case, by=found.by, at=NOW)
        return column

    monkeypatch.setattr(vault, "evidence", then_it_is_closed)
    run(job)
    assert job.state == JobState.CANCELLED
    assert job.answer is None


def test_what_was_disclosed_stays_disclosed(found: Found):
    made = by_the_second_pair(found.world, found.proposed())
    case_ends.close(found.case, by=found.by, at=NOW)
    page = signed_in(found.by).get(reverse("jobs:job", args=[made.job_id])).content.decode()
    assert "People who share DNA with the evidence" in page


def test_who_withdraws_after_the_end_is_cut_out_of_it_all_the_same(found: Found):
    made = by_the_second_pair(found.world, found.proposed())
    Case.objects.update(valid_to=NOW)
    sealed_anew(found.case)
    assert case_ends.lapse_due(at=NOW) == 1
    assert len(results.read(made.job, by=found.by, at=NOW)["records"]) == 1
    records.withdraw(found.world.people["Noor"], by="self", at=NOW)
    answer = results.read(made.job, by=found.by, at=NOW)
    assert (answer["records"], answer["since_release"]) == ([], rechecking.CUT)


@pytest.mark.parametrize("broken", ["undisclosed", "signature", "organisation"])
def test_what_was_not_disclosed_in_good_order_is_not_read_after_the_end(found: Found, broken: str):
    made = found.proposed() if broken == "undisclosed" else by_the_second_pair(found.world, found.proposed())
    case_ends.close(found.case, by=found.by, at=NOW)
    if broken == "signature":
        Approval.objects.filter(case=found.case, role=Role.STEWARD).delete()
    if broken == "organisation":
        found.case.organisation.confirmed_by = None
        found.case.organisation.save()
    with pytest.raises(Refused, match="no longer stands"):
        results.read(made.job, by=found.by, at=NOW)


def test_a_case_is_closed_by_who_works_on_it(found: Found):
    for other in (found.world.staff.counsel, found.world.staff.steward):
        with pytest.raises(NotAllowed):
            case_ends.close(found.case, by=other, at=NOW)
    assert Case.objects.get().state == Reviewed.APPROVED


def test_a_case_that_was_never_approved_can_be_given_up(world: World):
    case = world.case(sign=False)
    assert case_ends.close(case, by=world.staff.investigator, at=NOW).state == Reviewed.CLOSED


def test_a_refused_case_loses_its_evidence(found: Found):
    case = found.world.case(sign=False, number="C-2")
    cases.bring_evidence(case, found.trace, by=found.by, at=NOW)
    cases.decide(case, role=Role.STEWARD, approves=False, reason="no", by=found.world.staff.steward, at=NOW)
    assert not EvidenceProfile.objects.filter(case=cases.reference(case)).exists()


@pytest.mark.parametrize("what", ["time", "paper"])
def test_a_case_lapses_with_its_time_and_with_its_last_paper(found: Found, what: str):
    job = job_of(found.asked())
    if what == "time":
        Case.objects.update(valid_to=NOW)
    else:
        found.case.authorisations.update(valid_to=NOW)
    assert run(job).state == JobState.REFUSED, "asked at the reading, whether or not anybody swept"
    assert case_ends.lapse_due(at=NOW - timedelta(seconds=1)) == 0
    tasks.end_due()
    found.case.refresh_from_db()
    assert found.case.state == Reviewed.CLOSED
    assert not EvidenceProfile.objects.exists()
    assert LedgerEvent.objects.filter(kind="broker:case:lapsed").count() == 1
    assert case_ends.lapse_due(at=NOW) == 0


def test_a_paper_that_nobody_needs_may_run_out(world: World):
    """Where the law asks for none, a case to find a missing person goes on without."""
    case = world.case(purpose="L.MIS", order=False)
    Case.objects.update(jurisdiction="GB", sample_origin="missing_person_reference")
    assert case_ends.lapse_due(at=NOW) == 0
    case.refresh_from_db()
    assert case.state == Reviewed.APPROVED


def test_evidence_that_comes_while_its_case_ends_is_cleared(found: Found):
    case_ends.close(found.case, by=found.by, at=NOW)
    reference = cases.reference(found.case)
    # Past the verb, as a race would.
    receive_evidence(reference, found.trace, by="x", at=NOW)
    assert case_ends.lapse_due(at=NOW) == 1
    assert not EvidenceProfile.objects.exists()
    assert not EvidenceKey.objects.exists()


def test_evidence_lies_under_the_cases_own_key_and_no_other_opens_it(found: Found):
    first = cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    second = cases.bring_evidence(found.case, again(found.trace), by=found.by, at=NOW)
    other = found.world.case(number="C-2")
    third = cases.bring_evidence(other, again(found.trace), by=found.by, at=NOW)
    assert keys.of_evidence(first) == keys.of_evidence(second) != keys.of_evidence(third)
    third.case = first.case  # moved to another case, it does not open
    with pytest.raises(VaultSealed):
        vault._read(vault.evidence_name(third), keys.of_evidence(third))


def test_bytes_and_key_are_gone_and_a_certificate_says_so(found: Found, committed):
    profile = cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    place = Sealed.objects.get(name=vault.evidence_name(profile)).place
    manifest = bytes(Sealed.objects.get(place=place).manifest_sha256).hex()
    assert shelf.get(place, 0, 1)
    with committed():
        case_ends.close(found.case, by=found.by, at=NOW)
    with pytest.raises(VaultSealed):
        shelf.get(place, 0, 1)
    with pytest.raises(VaultSealed, match="is gone"):
        keys.of_evidence(profile)
    assert not EvidenceKey.objects.exists()
    log.sequence(at=NOW)
    ivan = signed_in(found.by)
    (one,) = ivan.get(reverse("agency:certificate_json", args=[found.case.pk])).json()["certificates"]
    assert one["left"] == {"profiles": 0, "keys": 0, "files": 0}
    assert one["sealed"] is True
    assert [(each["evidence"], each["column_manifest"]) for each in one["profiles"]] == [
        (str(profile.pk), manifest)
    ]
    assert bytes.fromhex(one["commitment"]) == bytes(LedgerEvent.objects.get(pk=one["event"]).commitment)
    page = ivan.get(reverse("agency:certificate", args=[found.case.pk])).content.decode()
    assert manifest in page


def test_a_certificate_says_what_is_still_here(found: Found, committed):
    """It looks, and does not merely repeat the line: bytes put back are seen."""
    profile = cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    place = Sealed.objects.get(name=vault.evidence_name(profile)).place
    with committed():
        case_ends.close(found.case, by=found.by, at=NOW)
    shelf.put(place, [b"put back"])
    (one,) = case_ends.certificates(found.case)
    assert one["left"]["files"] == 1


def test_there_is_no_certificate_before_the_end_and_none_for_others(found: Found):
    cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    where = reverse("agency:certificate_json", args=[found.case.pk])
    assert signed_in(found.by).get(where).status_code == 404
    case_ends.close(found.case, by=found.by, at=NOW)
    assert signed_in(found.by).get(where).status_code == 200
    assert signed_in(found.world.staff.counsel).get(where).status_code == 404


def test_a_key_that_went_while_a_file_was_read_stores_nothing(found: Found, monkeypatch):
    real = keys.require_of_case

    def then_it_ends(case: str, key: bytes) -> None:
        evidence.destroy(case, by="x", at=NOW)
        real(case, key)

    put, laid = shelf.put, list[str]()  # others lay their files on the same shelf at this moment
    monkeypatch.setattr(shelf, "put", lambda place, *rest: (laid.append(place), put(place, *rest)))
    monkeypatch.setattr(keys, "require_of_case", then_it_ends)
    with pytest.raises(VaultSealed, match="has ended"):
        cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    assert not EvidenceProfile.objects.exists()
    assert laid
    assert not set(laid) & set(shelf.names())


def test_evidence_is_never_found_by_a_search(found: Found):
    """The very same profile is evidence of another case: the search finds Noor alone."""
    other = found.world.case(number="C-2")
    cases.bring_evidence(other, found.trace, by=found.by, at=NOW)
    cases.bring_evidence(found.case, again(found.trace), by=found.by, at=NOW)
    made = by_the_second_pair(found.world, found.proposed())
    records = results.read(made.job, by=found.by, at=NOW)["records"]
    assert len(records) == 1
    manifest = manifest_of(made.job)
    considered = {*manifest["permitted"], *(ordinal for ordinal, _ in manifest["left_out"])}
    assert considered == {person.ordinal for person in found.world.people.values()}


def test_an_organisation_that_lost_its_verification_searches_no_more(found: Found):
    admin, second = found.world.staff.admin, found.world.staff.second_admin
    job, waiting = job_of(found.asked()), found.asked()
    people.withdraw_organisation(found.case.organisation, why="It misused leads.", by=admin, at=NOW)
    assert run(job).reasons == ["REQ_AGENCY_UNVERIFIED"]
    search(waiting, found.world.staff.steward, Role.STEWARD)
    search(waiting, found.world.staff.legal, Role.LEGAL_REVIEWER)
    assert (waiting.state, waiting.reasons) == (QueryState.REFUSED, ["REQ_AGENCY_UNVERIFIED"])
    assert found.asked().reasons == ["REQ_AGENCY_UNVERIFIED"]
    police = found.case.organisation
    with pytest.raises(Refused, match="not verified"):
        people.withdraw_organisation(police, why="again", by=admin, at=NOW)
    people.propose_again(police, by=second, at=NOW)
    with pytest.raises(NotAllowed, match="takes two"):
        people.confirm_organisation(police, by=second, at=NOW)
    assert not police.verified
    assert people.confirm_organisation(police, by=admin, at=NOW).verified


def test_an_organisation_nobody_proposes_is_confirmed_by_nobody(found: Found):
    police, admin = found.case.organisation, found.world.staff.admin
    people.withdraw_organisation(police, why="x", by=admin, at=NOW)
    for one in (admin, found.world.staff.second_admin):
        assert not people.confirm_organisation(police, by=one, at=NOW).verified


def test_a_confirmation_is_asked_of_the_row_and_not_of_the_page(found: Found):
    """She proposes it anew after her page was read, and confirms what the page showed: still one person."""
    police, admin = found.case.organisation, found.world.staff.admin
    people.withdraw_organisation(police, why="x", by=admin, at=NOW)
    people.propose_again(police, by=found.world.staff.second_admin, at=NOW)
    read_before = type(police).objects.get(pk=police.pk)
    type(police).objects.filter(pk=police.pk).update(proposed_by=admin)
    assert not people.confirm_organisation(read_before, by=admin, at=NOW).verified


def test_pages_withdraw_and_propose_again(found: Found):
    police = found.case.organisation
    first, second = signed_in(found.world.staff.admin), signed_in(found.world.staff.second_admin)
    where = reverse("administrator:withdraw_organisation")
    first.post(where, {"organisation": police.pk, "why": ""})
    police.refresh_from_db()
    assert police.verified
    first.post(where, {"organisation": police.pk, "why": "It misused leads."})
    police.refresh_from_db()
    assert not police.verified
    again = reverse("administrator:propose_again", args=[police.pk])
    assert again in second.get(reverse("administrator:organisations")).content.decode()
    second.post(again)
    first.post(reverse("administrator:confirm_organisation", args=[police.pk]))
    police.refresh_from_db()
    assert police.verified


def colleague(found: Found, name: str = "ivy") -> User:
    ivy = User.objects.create_user(name, organisation=found.case.organisation)
    proposed = people.propose(ivy, Role.INVESTIGATOR, by=found.world.staff.admin, at=EARLIER)
    people.confirm(proposed, by=found.world.staff.second_admin, at=EARLIER)
    return ivy


def test_a_colleague_sees_the_case_once_she_has_joined_and_until_she_leaves_the_agency(found: Found):
    ivy = colleague(found)
    page, join = (reverse(f"agency:{name}", args=[found.case.pk]) for name in ("case", "join"))
    assert signed_in(ivy).get(page).status_code == 404
    assert signed_in(found.by).post(join, {"colleague": ivy.pk}).status_code == 302
    assert signed_in(ivy).get(page).status_code == 200
    ivy.organisation = found.world.staff.chambers
    ivy.save()
    assert signed_in(ivy).get(page).status_code == 404
    with pytest.raises(NotAllowed):
        cases.bring_evidence(found.case, found.trace, by=ivy, at=NOW)


def test_nobody_of_another_organisation_joins(found: Found):
    for other in (found.world.staff.counsel, found.world.staff.steward):
        with pytest.raises(Refused, match="your organisation"):
            cases.join(found.case, other, by=found.by, at=NOW)
    with pytest.raises(NotAllowed):
        cases.join(found.case, colleague(found), by=found.world.staff.counsel, at=NOW)
