"""Yesterday's database beside today's files: what was brought since is lost, and named to who looks."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import cases, erasing, events, people, processes, reopening, restoring
from broker.errors import NotAllowed, Refused
from broker.models import LegalProcess, User
from broker.portal import steward_restored
from broker.restored_kinds import LOST
from broker.roles import Role
from consent import afterwards, disease_tables, forms, policies, records
from consent.disease_tables import Table
from consent.hierarchies import DISEASES, Hierarchy
from consent.ledger import log
from consent.terms import SignIn
from tests import drafts
from tests.consent.paper import desk
from tests.proofs import prove
from tests.restores import backup, on_sqlite
from tests.world import EARLIER, NOW, WITHOUT_COOLING_OFF, World, pdf

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

HERE = reverse("steward:restored")


@pytest.fixture
def world(settings, tmp_path: Path) -> World:
    settings.KEYS_DIR = tmp_path / "epochs"
    settings.STORAGE_URL = (tmp_path / "shelf").as_uri()
    return World()


def bring(world: World) -> dict[str, list[str]]:
    """One of each that a restore loses; by kind, the names by which it is told."""
    policies.adopt(WITHOUT_COOLING_OFF.overlay({"policy_version": "2027.1"}), by="steward", at=NOW)
    drafts.published(drafts.adult(), at=NOW)
    table = Table(Hierarchy.of({**DISEASES.as_json(), "MONDO:0000444": []}), {})
    proposal = disease_tables.propose(table, version="2027-01", sha256="00" * 32, by="operator", at=NOW)
    for steward in ("user:sten", "user:sara"):
        disease_tables.confirm(proposal, sign_in=SignIn("passkey", NOW), by=steward, at=NOW)
    desk.received(world.people["Ada"], forms.current("F-ADULT"))
    case = world.case()
    cases.join(case, _colleague(world), by=world.staff.investigator, at=NOW)
    demand = processes.receive(
        processes.Particulars(
            kind=LegalProcess.Kind.WARRANT,
            issuer="A court",
            number="W-7",
            issued_on=NOW.date(),
            asks="All of it.",
            concerned=None,
            compels_non_consenting=True,
            received_at=NOW,
        ),
        pdf("a demand"),
        by=world.staff.legal,
        at=NOW,
    )
    in_force = policies.in_force(at=NOW).version
    return {
        "consent:policy:adopted": ["2027.1", in_force],
        "consent:form:published": ["F-ADULT 9.0"],
        "consent:diseases:loaded": ["2027-01"],
        "consent:paper:received": [""],
        "broker:authorisation:recorded": [cases.reference(case)],
        "broker:case:joined": [cases.reference(case)],
        "broker:process:received": [processes.reference(demand)],
    }


def _colleague(world: World) -> User:
    ivy = User.objects.create_user("ivy", organisation=world.staff.police)
    proposed = people.propose(ivy, Role.INVESTIGATOR, by=world.staff.admin, at=EARLIER)
    people.confirm(proposed, by=world.staff.second_admin, at=EARLIER)
    return ivy


def test_what_is_lost_is_named_at_the_terminal_and_on_the_page(world: World, tmp_path: Path, capsys):
    ada = world.join("Ada")
    put_back = backup(tmp_path / "yesterday.sqlite3")
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    brought = bring(world)
    log.sequence(at=NOW)
    put_back()
    assert policies.in_force(at=NOW).version != brought["consent:policy:adopted"][0]
    call_command("replay_after_restore")
    said = capsys.readouterr().out
    names = {name for named in brought.values() for name in named if name}
    for words in (*(LOST[kind] for kind in LOST), *names, "consent:statement:withdrawn: 1 done again"):
        assert words in said
    assert ada.pseudonym not in said  # whose paper form it was is told to nobody here
    newest = reopening.newest()
    assert newest is not None
    assert (newest.lost, newest.seen_at) == (brought, None)
    assert newest.events > len(brought)
    page = Client()
    page.force_login(world.staff.steward)
    assert HERE in page.get(reverse("steward:inbox")).content.decode()
    html = page.get(HERE).content.decode()
    for words in (*LOST.values(), *names, "Choices taken back", "Waits for you"):
        assert str(words) in html
    call_command("look_over", by=world.staff.steward.username)
    said = capsys.readouterr().out
    assert "not there unless somebody has brought it again" in said
    assert "2027.1" in said
    assert not reopening.is_held()


def test_a_steward_lets_the_house_go_on_with_a_fresh_proof(world: World, tmp_path: Path):
    put_back = backup(tmp_path / "yesterday.sqlite3")
    world.join("Ada")
    log.sequence(at=NOW)
    put_back()
    restoring.replay(by="operator", at=timezone.now())
    page = Client()
    page.force_login(world.staff.steward)
    html = page.get(HERE).content.decode()
    assert "Nothing that has to be brought again" in html
    assert "Let the house go on" in html
    assert page.post(HERE, {}).status_code == 302
    assert "confirm" in page.post(HERE, {"looked": "yes"})["Location"]
    assert reopening.is_held()
    prove(page)
    assert page.post(HERE, {}).status_code == 302  # not without the tick
    assert reopening.is_held()
    done = page.post(HERE, {"looked": "yes"}, follow=True).content.decode()
    assert "Looked over" in done
    assert "Let the house go on" not in done
    assert not reopening.is_held()
    (seen,) = log.openings([events.RESTORE_SEEN.tag]).values()
    assert (seen["by"], seen["fields"]) == (world.staff.steward.reference, {"signed_in": "totp"})
    assert "Nothing waits to be looked over" in page.post(HERE, {"looked": "1"}, follow=True).content.decode()
    assert HERE not in page.get(reverse("steward:inbox")).content.decode()
    legal = Client()
    legal.force_login(world.staff.legal)
    assert legal.get(HERE).status_code == 403


def test_a_house_that_was_never_put_back_says_so(world: World):
    page = Client()
    page.force_login(world.staff.steward)
    html = page.get(HERE).content.decode()
    assert "No older database was ever put back" in html
    assert "Let the house go on" not in html


def test_the_verb_takes_a_steward_and_a_fresh_proof(world: World, tmp_path: Path):
    put_back = backup(tmp_path / "yesterday.sqlite3")
    world.join("Ada")
    log.sequence(at=NOW)
    put_back()
    restoring.replay(by="operator", at=NOW)
    for sign_in in (None, SignIn("password", NOW), SignIn("totp", EARLIER)):
        with pytest.raises(Refused, match="shown just now"):
            reopening.look_over(by=world.staff.steward, sign_in=sign_in, at=NOW)
    with pytest.raises(NotAllowed):
        reopening.look_over(by=world.staff.auditor, sign_in=SignIn("totp", NOW), at=NOW)
    assert reopening.is_held()


def test_a_policy_alone_shows_that_the_database_is_older(world: World, tmp_path: Path):
    put_back = backup(tmp_path / "yesterday.sqlite3")
    policies.adopt(WITHOUT_COOLING_OFF.overlay({"policy_version": "2027.1"}), by="steward", at=NOW)
    put_back()
    assert "may not be forgotten" in afterwards.behind()
    assert restoring.replay(by="operator", at=NOW).lost == {"consent:policy:adopted": ["2027.1"]}
    assert afterwards.behind() == ""


def test_of_what_is_lost_the_name_alone_is_kept_and_none_of_the_erased(world: World, tmp_path: Path):
    ada = world.join("Ada")
    put_back = backup(tmp_path / "yesterday.sqlite3")
    desk.received(ada)
    erasing.erase(ada, by="self", at=NOW)
    policies.adopt(WITHOUT_COOLING_OFF.overlay({"policy_version": "2027.1"}), by="steward", at=NOW)
    put_back()
    told = [line for line in afterwards.missing() if line.kind in afterwards.TOLD]
    assert [(line.said["subject"], line.said["fields"]) for line in told] == [("2027.1", {})]


def test_every_kind_that_is_done_again_has_its_words_on_the_page():
    assert set(steward_restored.DONE) == {*restoring.AGAIN, "sessions", "tokens"}
