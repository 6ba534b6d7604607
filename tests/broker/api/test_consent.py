"""REST of one's own consent: told as in the portal, a no by token, a yes by a session that was proved."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from broker import people
from broker.api.consent_told import OTHERS, reason_told
from broker.demo.staff import PASSWORD
from broker.models import Notice, User
from consent import participants, policies, records, seals
from consent.models import Participant, Statement
from consent.policy import Policy
from consent.reasons import NOT_YOURS, Reason
from tests.broker.api.queries.programs import Program, problem
from tests.broker.portal.participant.pages import FILE, said_yes
from tests.proofs import prove
from tests.remembering import receive
from tests.world import World

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/consent"
YES: dict[str, Any] = {"form": "F-ADULT", "version": "1.0", "clauses": {"R-HMB": True}}


@pytest.fixture
def eve(world: World) -> User:
    before = timezone.now() - timedelta(days=365)
    user = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=before)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=before)
    receive(user.own_record.participant, FILE, by=user.reference, at=before)
    return user


@pytest.fixture
def program(eve: User) -> Program:
    return Program(eve)


class Browser(Program):
    """A session of hers, with or without a fresh proof."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


@pytest.fixture
def proved(eve: User) -> Browser:
    browser = Browser(eve)
    prove(browser.client)
    return browser


@pytest.fixture
def slow() -> None:
    dials = Policy.default().overlay({"policy_version": "slow"})
    policies.adopt(dials, by="founding", at=timezone.now() - timedelta(days=1))


def families(program: Program) -> dict[str, Any]:
    answer = program.get(DOOR)
    assert answer.status_code == 200, answer.content
    return {one["family"]: one for one in answer.json()["families"]}


def person(eve: User) -> Participant:
    return eve.own_record.participant


def test_where_she_stands_is_told_use_by_use_with_the_words_of_the_form(eve, program):
    said_yes(eve, "QC")
    told = program.get(DOOR).json()
    assert told["participant"] == person(eve).pseudonym
    assert told["form"]["form"] == "F-ADULT"
    clause = next(one for one in told["form"]["clauses"] if one["id"] == "R-DS")
    assert (clause["family"], clause["asks"]) == ("RESEARCH", "diseases")
    assert clause["text"]
    stands = families(program)
    assert stands["QC"]["allowed"]
    assert stands["QC"]["reasons"] == []
    assert stands["QC"]["statement"]["decision"] == "grant"
    assert not stands["LE.HOM"]["allowed"]
    assert [one["code"] for one in stands["LE.HOM"]["reasons"]] == ["CONSENT_NONE"]
    assert stands["LE.HOM"]["statement"] is None


@pytest.mark.parametrize("said_before", [True, False])
def test_a_no_needs_a_token_and_nothing_else_and_holds_at_once(eve, program, said_before):
    if said_before:
        said_yes(eve, "QC")
    answer = program.post(f"{DOOR}/QC/no")
    assert answer.status_code == 201
    assert answer.json()["decision"] == ("withdraw" if said_before else "deny")
    assert not families(program)["QC"]["allowed"]
    assert Notice.objects.get(user=eve).kind == "narrowed", "told as in the portal"


def test_everything_is_stopped_at_once(eve, program):
    said_yes(eve, "QC")
    assert program.post(f"{DOOR}/stop-everything").json()["family"] == "*"
    assert not any(one["allowed"] for one in families(program).values())


def test_a_wider_yes_by_token_is_refused_and_says_where_to_say_it(eve, program):
    answer = program.post(f"{DOOR}/RESEARCH/yes", YES)
    told = problem(answer, 403, "proof-needed")
    assert told["where"] == "http://testserver/participant/choice/RESEARCH/"
    assert not Statement.objects.exists()


def test_a_token_beside_a_proved_session_proves_nothing(eve, program, proved):
    proved.client.defaults["HTTP_AUTHORIZATION"] = f"Token {program.token}"
    problem(proved.post(f"{DOOR}/RESEARCH/yes", YES), 403, "proof-needed")
    assert not Statement.objects.exists()


@pytest.mark.parametrize("method", [None, "password"])
def test_a_session_without_a_strong_and_fresh_proof_says_no_wider_yes(eve, method):
    browser = Browser(eve)
    if method:
        prove(browser.client, method)
    problem(browser.post(f"{DOOR}/RESEARCH/yes", YES), 403, "proof-needed")
    assert not Statement.objects.exists()


def test_a_proved_yes_is_recorded_on_its_terms_and_waits_as_in_the_portal(eve, proved, slow):
    until = (timezone.now() + timedelta(days=400)).isoformat()
    body = YES | {"clauses": {"R-DS": ["MONDO:0004992"]}, "valid_to": until}
    answer = proved.post(f"{DOOR}/RESEARCH/yes", body)
    assert answer.status_code == 201, answer.content
    (said,) = records.of(person(eve))
    assert said.permissions[0].diseases == ("MONDO:0004992",)
    assert said.valid_to is not None
    assert said.effective_at - said.recorded_at == Policy.default().cooling_off("RESEARCH")
    stands = families(proved)["RESEARCH"]
    assert not stands["allowed"]
    assert stands["waiting"]["seq"] == said.seq == answer.json()["seq"]
    assert Notice.objects.get(user=eve).kind == "widened"


def test_a_smaller_yes_needs_no_proof_and_holds_at_once(eve, program, slow):
    said_yes(eve, "QC")
    until = (timezone.now() + timedelta(days=30)).isoformat()
    answer = program.post(f"{DOOR}/QC/yes", YES | {"clauses": {"QC": True}, "valid_to": until})
    assert answer.status_code == 201, answer.content
    assert families(program)["QC"]["statement"]["valid_to"] is not None


@pytest.mark.parametrize("naive", ["2099-01-01T00:00:00", "2099-01-01"])
def test_an_end_that_does_not_say_its_zone_is_refused_with_a_sentence(eve, program, naive):
    said_yes(eve, "QC")
    before = Statement.objects.count()
    answer = program.post(f"{DOOR}/QC/yes", YES | {"clauses": {"QC": True}, "valid_to": naive})
    problem(answer, 400, "malformed")
    assert "Say the time zone, too" in answer.content.decode()
    assert Statement.objects.count() == before
    told = YES | {"clauses": {"QC": True}, "valid_to": "2099-01-01T00:00:00+07:00"}
    assert program.post(f"{DOOR}/QC/yes", told).status_code == 201
    assert records.of(person(eve))[-1].valid_to == datetime(2098, 12, 31, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "status", "slug"),
    [
        ({"version": "0.9"}, 400, "malformed"),
        ({"form": "F-OTHER"}, 400, "malformed"),
        ({"clauses": {}}, 400, "malformed"),
        ({"clauses": {"QC": True}}, 400, "malformed"),
        ({"clauses": {"R-HMB": True, "QC": True}}, 400, "malformed"),
        ({"clauses": {"R-NOTHING": True}}, 409, "conflict"),
        ({"clauses": {"R-DS": True}}, 409, "conflict"),
        ({"clauses": {"R-DS": ["MONDO:1"]}}, 409, "conflict"),
        ({"clauses": {"R-HMB": "yes"}}, 409, "conflict"),
        ({"file": str(uuid4())}, 409, "conflict"),
        ({"valid_untl": "2030-01-01T00:00:00Z"}, 400, "malformed"),
        ({"form": "F-GUARDIAN"}, 409, "conflict"),
    ],
)
def test_a_yes_that_cannot_be_meant_is_refused_and_changes_nothing(proved, changes, status, slug):
    problem(proved.post(f"{DOOR}/RESEARCH/yes", YES | changes), status, slug)
    assert not Statement.objects.exists()


@pytest.mark.parametrize("what", ["yes", "no"])
def test_a_use_that_does_not_exist_is_not_there(program, what):
    problem(program.post(f"{DOOR}/LE.NVC/{what}", YES if what == "yes" else {}), 404, "not-found")
    assert not Statement.objects.exists()


def test_a_minor_says_no_here_and_not_yes(world):
    at = timezone.now()
    user = people.sign_up("kim", PASSWORD, born_on=(at - timedelta(days=16 * 365)).date(), at=at)
    browser = Browser(user)
    prove(browser.client)
    problem(browser.post(f"{DOOR}/QC/yes", YES | {"clauses": {"QC": True}}), 403, "not-allowed")
    assert browser.post(f"{DOOR}/QC/no").status_code == 201


def test_statements_and_receipts_are_hers_alone(world, eve, program):
    said_yes(eve, "QC")
    other = people.sign_up("mia", PASSWORD, born_on=date(1980, 1, 1), at=timezone.now())
    program.post(f"{DOOR}/QC/no")
    told = program.get(f"{DOOR}/statements").json()
    assert [one["decision"] for one in told] == ["withdraw", "grant"]
    paper = program.get(told[0]["receipt"])
    assert paper.json()["record_header"]["pii_principal_id"] == person(eve).pseudonym
    problem(Program(other).get(told[0]["receipt"]), 404, "not-found")
    assert Program(other).get(f"{DOOR}/statements").json() == []


def test_a_hold_shows_nowhere(eve, program):
    said_yes(eve, "QC")
    before = families(program)
    participants.freeze(person(eve), until=None, by="steward", at=timezone.now())
    assert families(program) == before


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_that_rests_on_others_keeps_its_name_to_itself(reason):
    told = reason_told(reason)
    assert (told["code"] == OTHERS) is (reason.sentence == NOT_YOURS)
    assert told["sentence"]


def test_one_file_is_told_beside_all_files(eve, proved):
    file = str(person(eve).holdings.get().file)
    assert proved.post(f"{DOOR}/QC/no").status_code == 201
    body = YES | {"clauses": {"QC": True}, "file": file}
    assert proved.post(f"{DOOR}/QC/yes", body).json()["file"] == file
    stands = families(proved)["QC"]
    assert not stands["allowed"]
    assert [(one["file"], one["allowed"]) for one in stands["files"]] == [(file, False)]
    assert stands["files"][0]["reasons"][0]["code"] in {"CONSENT_DENIED", "CONSENT_WITHDRAWN"}


def test_a_record_that_is_not_as_it_was_written_is_not_told(eve, program, monkeypatch):
    said_yes(eve, "QC")

    def broken(*_: Any) -> Iterator[Any]:
        raise seals.SealBroken("Statement 1 is not as it was written.")

    monkeypatch.setattr(seals, "unseal", broken)
    problem(program.get(DOOR), 409, "conflict")


def test_staff_have_no_record_here(world):
    problem(Program(world.staff.steward).get(DOOR), 403, "not-allowed")
