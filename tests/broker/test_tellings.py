"""What a case searched is told to everybody together, and nothing tells of it before: by row, proof, count,
export, notice or mail."""

import json
import re
import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from broker import (
    case_ends,
    cases,
    erasing,
    jobs,
    notices,
    people,
    processes,
    queries,
    taking_along,
    tellings,
    usage,
    usage_proofs,
)
from broker.models import Authorisation, Case, Channel, Delivery, Job, LegalProcess, Notice, Telling, User
from broker.roles import Role
from consent import naming, policies
from consent.ledger import checkpoints, log, participation
from consent.models import LedgerEvent, ManifestKey
from consent.terms import Permission
from tests.builders import PDF, vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, World, again, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]

DAY = timedelta(days=1)
PANEL = small_panel(400)


@pytest.fixture
def world() -> World:
    with_panel(PANEL)
    return World()


def login(world: World, name: str, *families: str) -> User:
    """A participant with a login, a mail address, and a file that lies far from everybody else's."""
    user = people.sign_up(name, "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)
    person = user.own_record.participant
    people.verify_identity(person, by=world.staff.steward, at=EARLIER)
    receive(person, genotypes(PANEL, [1] * len(PANEL)), by=user.reference, at=EARLIER)
    notices.add_channel(user, Channel.Kind.EMAIL, f"{name}@example.org", at=EARLIER)
    for family in families:
        world.give(person, family, at=EARLIER)
    return user


@pytest.fixture
def reached(world: World) -> User:
    return login(world, "rita", "LE.HOM")


@pytest.fixture
def unreached(world: World) -> User:
    return login(world, "ulla")


def search(world: World, case: Case, *, at: datetime = NOW) -> Job:
    """A search for relatives under the case, run to its end at this instant."""
    by = world.investigator_of(case)
    held = cases.bring_evidence(case, again(genotypes(PANEL, [1] * len(PANEL))), by=by, at=at)
    question = {"kind": "relatives", "evidence": str(held.id), "build": "GRCh37"}
    job = job_of(queries.submit(question, under=case, by=by, at=at))
    jobs.run(job.pk, clock=lambda: at, batch=50)
    done = Job.objects.get(pk=job.pk)
    assert done.state == "released", done.trouble
    return done


def demand(world: World, *, at: datetime = NOW, **said: Any) -> LegalProcess:
    particulars = processes.Particulars(
        **{
            "kind": LegalProcess.Kind.WARRANT,
            "issuer": "A court",
            "number": f"W-{LegalProcess.objects.count()}",
            "issued_on": at.date(),
            "asks": "All of it.",
            "concerned": None,
            "compels_non_consenting": True,
            "received_at": at,
            **said,
        }
    )
    return processes.receive(particulars, PDF, by=world.staff.legal, at=at)


def close(world: World, case: Case, *, at: datetime) -> None:
    case_ends.close(case, by=world.investigator_of(case), at=at)


def sees(user: User, at: datetime) -> int:
    return len(list(usage.of(user.own_record.participant, at=at)))


PAGES = ("home", "files", "choices", "usage", "exchange", "take", "leave")


def everything(user: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All that she can come by: her pages, her inbox, her export, her programs' answers, her mails."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: at)
        seen = {name: client.get(reverse(f"participant:{name}")).content.decode() for name in PAGES}
        seen["inbox"] = client.get(reverse("notices:inbox")).content.decode()
        for name in ("consent", "files", "statements"):
            seen[name] = client.get(reverse(f"api:{name}")).content.decode()
        person = user.own_record.participant
        packed = b"".join(taking_along.take(person, by="nobody", at=at))
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        for name in archive.namelist():
            seen[name] = archive.read(name).decode(errors="replace")
    # That she took it along is an event of her own; so it is not compared.
    said = [one for one in json.loads(seen["ledger.json"]) if one["kind"] != "broker:record:taken"]
    seen["ledger.json"] = json.dumps(said)
    seen["mails"] = str([one.to for one in mail.outbox if user.username in one.to[0]])
    drawn = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"')
    return {name: drawn.sub("", text) for name, text in seen.items()}


def test_nothing_she_can_come_by_changes_when_police_search(
    world: World, reached: User, unreached: User, monkeypatch: pytest.MonkeyPatch
):
    """Every page, the export with her ledger, the REST answers, inbox and mails: to the letter as before."""
    case = world.case()
    at = NOW + 20 * DAY
    before = {user: everything(user, at, monkeypatch) for user in (reached, unreached)}
    job = search(world, case)
    assert {reached.own_record.participant.pk} == set(usage.manifest_of(job)["permitted"])
    demand(world, case=case)
    tellings.tell_due(at=at)
    processes.tell_due(at=at)
    log.sequence(at=at)
    for user, seen in before.items():
        assert everything(user, at, monkeypatch) == seen
        assert usage.one(user.own_record.participant, job.pk, at=at) is None
        for page in ("why", "proof"):
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            assert client.get(reverse(f"participant:{page}", args=[job.pk])).status_code == 404


def test_the_test_above_has_teeth(world: World, reached: User, monkeypatch: pytest.MonkeyPatch):
    """With the hold taken out, and with keys made by the first job, it sees the difference."""
    at = NOW + 20 * DAY
    before = everything(reached, at, monkeypatch)
    search(world, world.case())
    monkeypatch.setattr(tellings, "is_told", lambda job, at: True)
    after = everything(reached, at, monkeypatch)
    assert {name for name in before if before[name] != after[name]} == {"home", "usage", "used.json"}
    with monkeypatch.context() as patch:
        patch.setattr(naming, "keep", lambda *_args, **_said: None)
        kim = login(world, "kim")
    before = everything(kim, at, monkeypatch)
    search(world, world.case(number="C-2"))
    assert everything(kim, at, monkeypatch)["ledger.json"] != before["ledger.json"]


def test_a_key_of_names_tells_of_no_job(world: World, reached: User):
    """It was made when her file came: its instant, in her export and every proof, is older than any job."""
    search(world, world.case())
    (keyed,) = LedgerEvent.objects.filter(
        kind="consent:participant:keyed", opening__subject=reached.own_record.participant.pseudonym
    )
    assert keyed.at == EARLIER


def test_who_came_before_keys_were_made_at_once_is_given_one_by_the_hour(world: World, reached: User):
    person = reached.own_record.participant
    ManifestKey.objects.filter(participant=person).delete()
    naming.keep_all(at=NOW, by="worker")
    assert naming.key_of(person) is not None


def test_when_the_searching_has_ended_everybody_hears_of_it_at_once(
    world: World, reached: User, unreached: User
):
    """Rows with proofs, notices and mails, for who was read and for who was not: all in one transaction."""
    case = world.case()
    first, second = search(world, case), search(world, case, at=NOW + 5 * DAY)
    order = demand(world, case=case, at=NOW + DAY)
    close(world, case, at=NOW + 10 * DAY)
    due = NOW + 35 * DAY  # thirty days after the last of the searches
    assert tellings.due(case) == due
    assert tellings.tell_due(at=due - timedelta(seconds=1)) == []
    assert (sees(reached, due), sees(unreached, due), Notice.objects.filter(kind="searched").count()) == (
        0,
        0,
        0,
    )
    (telling,) = tellings.tell_due(at=due)
    log.sequence(at=due)
    assert telling.upto == NOW + 10 * DAY > second.ended
    for user, read in ((reached, True), (unreached, False)):
        person = user.own_record.participant
        assert [use.read for use in usage.of(person, at=due)] == [read, read]
        for job in (first, second):
            use = usage.one(person, job.pk, at=due)
            assert use is not None
            shown = participation.check(usage_proofs.of(use, person), signer=checkpoints.signer())
            assert (shown.problems, shown.read) == ((), read)
        told = Notice.objects.filter(user=user, at=due)
        assert sorted(told.values_list("kind", flat=True)) == ["demanded", "searched"]
        ways = Delivery.objects.filter(notice__in=told).values_list("channel__kind", flat=True)
        assert sorted(ways) == ["email", "email", "portal", "portal"]
    assert order.steps.filter(kind="told", at=due).count() == 1
    assert tellings.tell_due(at=due + DAY) == []  # once


def test_it_is_one_transaction(world: World, reached: User, unreached: User, monkeypatch: pytest.MonkeyPatch):
    """If the last notice cannot be written nobody sees a row."""
    case = world.case()
    search(world, case)
    close(world, case, at=NOW + DAY)
    due = NOW + 30 * DAY

    def fails(*_args: Any, **_kwargs: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(notices, "tell_each", fails)
    with pytest.raises(RuntimeError):
        tellings.tell_due(at=due)
    assert not Telling.objects.exists()
    assert sees(reached, due) == 0
    assert not LedgerEvent.objects.filter(kind="broker:case:told").exists()


def test_research_is_not_held_with_it(world: World, reached: User):
    world.give(reached.own_record.participant, "RESEARCH", Permission(code="GRU"), at=EARLIER)
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    search(world, world.case())
    assert sees(reached, NOW + timedelta(hours=11)) == 0
    assert sees(reached, NOW + timedelta(hours=12)) == 1  # the next day has begun


def test_a_case_that_goes_on_is_told_after_a_year_and_again_later(world: World, reached: User):
    """The parts: what is a year old with all that is thirty days old by then, and later the rest."""
    case = world.case()
    late = NOW + 340 * DAY  # too late for the first part: it would be told after 25 days
    search(world, case)
    search(world, case, at=NOW + 100 * DAY)
    search(world, case, at=late)
    year = NOW + 365 * DAY
    assert tellings.due(case) == year
    tellings.tell_due(at=year)
    assert sees(reached, year) == 2
    assert tellings.due(case) == late + 365 * DAY
    close(world, case, at=year + DAY)
    assert tellings.due(case) == late + 30 * DAY
    tellings.tell_due(at=late + 30 * DAY)
    assert sees(reached, late + 30 * DAY) == 3


def test_searching_ends_with_the_last_day_of_a_case_and_with_a_refusal(world: World):
    case = world.case(sign=False)
    assert tellings.searching_ends(case) == case.valid_to
    cases.decide(case, role=Role.STEWARD, approves=False, reason="no", by=world.staff.steward, at=NOW)
    assert tellings.searching_ends(Case.objects.get(pk=case.pk)) == NOW


def test_searching_ends_when_a_case_lapses_or_is_closed_before_it_was_decided(world: World):
    waits, lapses = world.case(sign=False), world.case(number="C-2")
    close(world, waits, at=NOW)
    assert tellings.searching_ends(Case.objects.get(pk=waits.pk)) == NOW
    Authorisation.objects.filter(case=lapses).update(valid_to=NOW + DAY)
    case_ends.lapse_due(at=NOW + 2 * DAY)
    assert tellings.searching_ends(Case.objects.get(pk=lapses.pk)) == NOW + 2 * DAY
    assert tellings.due(Case.objects.get(pk=waits.pk)) == NOW  # it never searched; opened long ago


def test_a_row_says_a_number_until_it_is_told_that_leads_were_disclosed(
    world: World, reached: User, unreached: User
):
    """In a case that goes on, a disclosure is told later than its search; to who was read, found or not."""
    far = login(world, "fay", "LE.HOM")
    case = world.case()
    job = search(world, case)
    log.sequence(at=NOW)
    year = NOW + 365 * DAY
    tellings.tell_due(at=year)
    disclosed = year + DAY
    world.disclose(job, at=disclosed)
    persons = [user.own_record.participant for user in (reached, far, unreached)]
    nothing = "nothing about you"

    def left(at: datetime) -> list[str]:
        return [use.left for person in persons for use in usage.of(person, at=at)]

    assert left(disclosed) == [usage.NOT_DISCLOSED, usage.NOT_DISCLOSED, nothing]
    close(world, case, at=disclosed + DAY)
    due = disclosed + 30 * DAY
    assert tellings.due(case) == due
    assert tellings.overdue(at=due + DAY) == 1
    tellings.tell_due(at=due)
    assert left(due) == [usage.WHAT_LEFT["relatives"], usage.WHAT_LEFT["relatives"], nothing]
    assert Notice.objects.filter(kind="searched", at=due).count() == 3


@pytest.mark.parametrize("days", [31, 400, 1000])
def test_a_ban_moves_the_day_and_never_past_its_own_end(
    world: World, reached: User, unreached: User, days: int
):
    case = world.case()
    search(world, case)
    demand(world, case=case, gag_until=NOW + days * DAY)
    close(world, case, at=NOW + DAY)
    until = NOW + days * DAY
    assert tellings.due(case) == until
    tellings.tell_due(at=until - timedelta(seconds=1))
    assert sees(reached, until) == sees(unreached, until) == 0
    assert not Notice.objects.filter(kind__in=["demanded", "searched"]).exists()
    tellings.tell_due(at=until)
    assert sees(reached, until) == sees(unreached, until) == 1
    assert Notice.objects.filter(kind="demanded", at=until).count() == 2


def test_a_ban_that_ends_early_moves_nothing_and_one_that_comes_late_takes_nothing_back(
    world: World, reached: User
):
    case = world.case()
    search(world, case)
    demand(world, case=case, gag_until=NOW + 5 * DAY)
    close(world, case, at=NOW + DAY)
    due = NOW + 30 * DAY
    assert tellings.due(case) == due
    tellings.tell_due(at=due)
    demand(world, case=case, at=due + DAY, gag_until=due + 900 * DAY)
    assert sees(reached, due + DAY) == 1


def test_a_ban_that_a_court_lifts_ends_then(world: World, reached: User):
    case = world.case()
    search(world, case)
    order = demand(world, case=case, gag_until=NOW + 1000 * DAY)
    close(world, case, at=NOW + DAY)
    processes.end_gag(order, "the court said so", by=world.staff.legal, at=NOW + 50 * DAY)
    assert tellings.due(case) == NOW + 50 * DAY


def test_the_demo_holds_nothing(reached: User, world: World):
    policies.adopt(
        policies.in_force(at=NOW).overlay({"policy_version": "demo", "hold_days": 0, "hold_latest_days": 0}),
        by="x",
        at=NOW - DAY,
    )
    search(world, world.case())
    assert sees(reached, NOW) == 1
    assert len(tellings.tell_due(at=NOW)) == 1


def test_who_joined_later_or_left_is_not_told(world: World, reached: User, unreached: User):
    case = world.case()
    search(world, case)
    close(world, case, at=NOW + DAY)
    later = login(world, "late")
    erasing.erase(unreached.own_record.participant, by="self", at=NOW + 2 * DAY)
    tellings.tell_due(at=NOW + 30 * DAY)
    assert set(Notice.objects.filter(kind="searched").values_list("user", flat=True)) == {reached.pk}
    assert sees(later, NOW + 31 * DAY) == 0


def test_a_guardian_is_told_for_a_child(world: World):
    guardian = people.sign_up("gita", "x" * 12, born_on=date(1985, 1, 1), at=EARLIER)
    child = people.add_child(guardian, born_on=date(2018, 1, 1), at=EARLIER)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=EARLIER)
    receive(child, vcf([("20", 1000226, "A", "T", "0/1")]), by=guardian.reference, at=EARLIER)
    case = world.case()
    search(world, case)
    close(world, case, at=NOW + DAY)
    tellings.tell_due(at=NOW + 30 * DAY)
    told = Notice.objects.filter(kind="searched", user=guardian)
    assert [one.fields["whose"] for one in told] == [child.pseudonym]


def test_a_telling_nobody_made_is_seen(world: World, reached: User):
    case = world.case()
    search(world, case)
    close(world, case, at=NOW + DAY)
    assert tellings.overdue(at=NOW + 30 * DAY) == 0
    assert tellings.overdue(at=NOW + 31 * DAY) == 1
