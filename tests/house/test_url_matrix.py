"""URL x method x role x object: what each gets follows from two tables, and what has no row is refused.

Every account knocks at every URL by every method: each role alone, several roles in one login, all of them,
a visitor, and Django's superuser. Then whoever comes in tries her own things and another's.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from broker import access, cases, court_papers, jobs, notices, people, queries, tokens, uploads, urls
from broker.models import Appointment, Case, Channel, OwnRecord, User
from broker.roles import SELF_TAKEN, Role
from consent import participants
from consent.ledger import log
from consent.models import Participant
from tests.builders import vcf
from tests.house.test_doors import DOORS
from tests.house.test_url_table import EVERYBODY, SIGNED_IN, TABLE, address, comes_in
from tests.house.url_rows import ROWS
from tests.remembering import receive
from tests.world import (
    EARLIER,
    FAR,
    NOW,
    World,
    again,
    court_paper,
    genotypes,
    job_of,
    small_panel,
    with_panel,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silence")]

METHODS = ("get", "post", "put", "patch", "delete")
NOBODYS = frozenset({"-", "word", "all", "secret"})
BACKEND = "django.contrib.auth.backends.ModelBackend"
# Several roles in one login, besides all of them: each of these could hope to be both sides of a pair.
TOGETHER = (
    (Role.STEWARD, Role.LEGAL_REVIEWER),
    (Role.INVESTIGATOR, Role.STEWARD),
    (Role.ADMINISTRATOR, Role.STEWARD),
    (Role.INVESTIGATOR, Role.COUNSEL, Role.RESEARCHER),
)


def knocks(name: str, method: str, roles: frozenset[Role] | None) -> set[int]:
    """What an account with these roles (None: a visitor) may get at a URL with a made-up thing in it."""
    if name not in ROWS:
        return set()  # fail closed: nothing is right where no row says what is
    methods, _ = ROWS[name]
    who = TABLE.get(name, comes_in(name)[0])
    api = name.startswith("api:")
    refused = {401, 403} if api else {302} if roles is None else {403}
    anybody = who == SIGNED_IN or set(who) == set(Role)
    inside = who == EVERYBODY or (roles is not None and (anybody or bool(set(who) & roles)))
    if method not in methods.split():
        return {405, *refused} if api else {405}
    if not inside:
        return refused
    return {200, 201, 204, 286, 302, 400, 404, 409, 410, 412, 415, 422}


def test_every_url_has_its_row_and_no_row_is_left_over():
    assert set(ROWS) == set(DOORS), (
        f"Add to url_rows.py: {sorted(set(DOORS) - set(ROWS))}; take out: {sorted(set(ROWS) - set(DOORS))}."
    )


def test_a_url_without_a_row_is_refused_by_the_table():
    assert all(knocks("agency:new_door", method, frozenset(Role)) == set() for method in METHODS)


def account(name: str, *roles: Role, **flags: Any) -> User:
    """A login with these roles and no thing of its own."""
    user = User.objects.create_user(name, **flags)
    first, second = User.objects.get_or_create(username="x")[0], User.objects.get_or_create(username="y")[0]
    if Role.PARTICIPANT in roles:
        person = participants.register(born_on=date(1980, 1, 1), by=user.reference, at=EARLIER)
        OwnRecord.objects.create(user=user, participant=person)
    for role in roles:
        alone = role in SELF_TAKEN
        Appointment.objects.create(
            user=user,
            role=role,
            proposed_by=user if alone else first,
            proposed_at=EARLIER,
            confirmed_by=user if alone else second,
            confirmed_at=EARLIER,
        )
    return user


def knocker(user: User | None) -> Client:
    """Somebody at the door, who speaks the words that uploads ask for."""
    door = Client(raise_request_exception=False, headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"})
    if user is not None:
        door.force_login(user, backend=BACKEND)
    return door


def attempt(door: Client, method: str, where: str) -> int:
    """What she gets. Whatever it did is undone, and she is who she was."""
    cookies = door.cookies.copy()
    with transaction.atomic():
        answer = getattr(door, method)(where)
        if answer.streaming:  # read to its end, it closes itself
            b"".join(answer)
        transaction.set_rollback(True)
    door.cookies = cookies
    return int(answer.status_code)


def _plain(status: int, _request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(type(exception).__name__, status=status)


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each refusal would be logged with its traceback and drawn as a page, thousands of times. Its status is
    what is asked here."""
    for status in (403, 404):
        plain = partial(_plain, status)
        monkeypatch.setattr(urls, f"handler{status}", plain, raising=False)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.harness
@pytest.mark.timeout(900)  # some eight thousand requests, and machines are busy
def test_every_account_knocks_at_every_url_by_every_method():
    accounts: list[tuple[str, User | None, frozenset[Role] | None]] = [("visitor", None, None)]
    accounts += [(role, account(role, role), frozenset({role})) for role in Role]
    accounts += [(" + ".join(two), account("+".join(two), *two), frozenset(two)) for two in TOGETHER]
    accounts += [("all", account("all", *Role), frozenset(Role))]
    root = account("root", is_superuser=True, is_staff=True)
    accounts += [("superuser", root, frozenset()), ("no role", account("none"), frozenset())]
    wrong, tried = [], 0
    for called, user, roles in accounts:
        door = knocker(user)
        for name in sorted(DOORS):
            # What a URL does not speak is asked before who knocks, so a few accounts are enough for that.
            spoken = ROWS.get(name, ("", ""))[0].split()
            for method in METHODS if called in {"visitor", "all", "superuser"} else spoken:
                if user is not None and name == "sign_out" and method == "post":
                    continue  # it is left with the door open
                got = attempt(door, method, address(name))
                tried += 1
                if got not in knocks(name, method, roles):
                    wrong.append(f"{called}: {method} {name} gave {got}")
    assert not wrong, "\n".join(wrong)
    assert tried > 6_000


@dataclass
class Side:
    """One of two who do the same: her logins, and a thing of hers of each kind."""

    logins: dict[Role, User] = field(default_factory=dict)
    things: dict[str, tuple[Any, ...]] = field(default_factory=dict)


@pytest.fixture
def sides() -> tuple[Side, Side]:
    world = World()
    panel = small_panel(300)
    with_panel(panel)
    trace = genotypes(panel, [1] * len(panel))
    mine = _side(world, "1", world.staff.investigator, world.staff.researcher, trace)
    investigator, researcher = (
        account("i2", Role.INVESTIGATOR, organisation=world.staff.police),
        account("r2", Role.RESEARCHER, organisation=world.staff.university),
    )
    return mine, _side(world, "2", investigator, researcher, trace)


def _side(world: World, number: str, investigator: User, researcher: User, trace: bytes) -> Side:
    side = Side()
    case = _case(world, number, investigator)
    evidence = cases.bring_evidence(case, again(trace), by=investigator, at=NOW)
    question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 7, "min_total_cm": 20}
    search = queries.submit(question, under=case, by=investigator, at=NOW)
    run = job_of(search)
    jobs.run(run.pk, clock=lambda: NOW, batch=9)
    log.sequence(at=NOW)
    project = access.start_project("A project", by=researcher, at=EARLIER)
    application = access.Application(summary="x", purposes=("R.HMB",), commercial_use=False, valid_to=FAR)
    request = access.apply(project, application, by=researcher, at=EARLIER)
    access.decide(request, approves=True, reason="seen", by=world.staff.steward, at=EARLIER)
    asked = queries.submit(world.carriers(), under=request, by=researcher, at=NOW)
    participant = people.sign_up(f"p{number}", "x" * 12, born_on=NOW.date().replace(year=1980), at=EARLIER)
    guardian = people.sign_up(f"g{number}", "x" * 12, born_on=NOW.date().replace(year=1980), at=EARLIER)
    child = people.add_child(guardian, born_on=NOW.date().replace(year=2015), at=EARLIER)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=EARLIER)
    side.logins = {
        Role.INVESTIGATOR: investigator,
        Role.RESEARCHER: researcher,
        Role.PARTICIPANT: participant,
        Role.GUARDIAN: guardian,
    }
    mine = participant.own_record.participant
    (notice,) = notices.tell([participant], "factor_changed", at=NOW)
    channel = notices.add_channel(participant, Channel.Kind.EMAIL, f"p{number}@example.org", at=NOW)
    paper = case.authorisations.get()
    side.things = {
        "case": (case.pk,),
        "case+evidence": (case.pk, evidence.pk),
        "case+job": (case.pk, run.pk),
        "case+paper": (case.pk, paper.pk),
        "search": (run.pk,),
        "job": (asked.job.pk,),
        "job+kind": (run.pk, "csv"),
        "query": (asked.pk,),
        "project": (project.pk,),
        "request": (request.pk,),
        "token": (tokens.issue(researcher, "t", lasts=timedelta(days=9))[0].pk,),
        "token of participant": (tokens.issue(participant, "t", lasts=timedelta(days=9))[0].pk,),
        "file": (_file(mine, participant, number).pk,),
        "upload": (_upload(mine, participant).pk,),
        "use": (run.pk,),
        "notice": (notice.pk,),
        "channel": (channel.pk,),
        "child": (child.pseudonym,),
        "child+file": (child.pseudonym, _file(child, guardian, number).pk),
        "child+upload": (child.pseudonym, _upload(child, guardian).pk),
        "child+use": (child.pseudonym, run.pk),
    }
    return side


def _case(world: World, number: str, by: User) -> Case:
    said = cases.Particulars(
        number=number,
        purpose="L.HOM",
        jurisdiction="US-UT",
        sample_origin=Case.Origin.PERPETRATOR,
        summary="x",
        codis_searched=True,
        leads_exhausted=True,
        valid_to=FAR,
    )
    case = cases.open_case(said, by=by, at=EARLIER)
    court_papers.record(case, court_paper(f"W-{number}"), by=by, at=EARLIER)
    for role, reviewer in ((Role.STEWARD, world.staff.steward), (Role.LEGAL_REVIEWER, world.staff.legal)):
        cases.decide(case, role=role, approves=True, reason="seen", by=reviewer, at=EARLIER)
    return case


def _file(person: Participant, by: User, number: str) -> Any:
    genotype = "0/1" if number == "1" else "1/1"
    return receive(person, vcf([("20", 1000226, "A", "T", genotype)]), by=by.reference, at=NOW)


def _upload(person: Participant, by: User) -> Any:
    return uploads.begin(person, length=100, by=by, at=NOW)


# Where the owner herself finds nothing, and why: her own thing is there, what the page is of is not yet.
NOT_YET = {
    "agency:certificate": "the case has not ended",
    "agency:certificate_json": "the case has not ended",
    "api:disclosure": "nobody has asked for it",
    "participant:why": "police searches are seen later",
    "participant:proof": "police searches are seen later",
    "guardian:why": "police searches are seen later",
    "guardian:proof": "police searches are seen later",
    "guardian:left": "the person has not left",
}


UNREAD = 415  # a body of no kind that is taken here: said before anything is looked for, whosever it is


def of_somebody() -> Iterator[tuple[str, str, str]]:
    """(URL, method, kind) of each that names a thing of somebody's."""
    for name, (methods, kind) in ROWS.items():
        if kind not in NOBODYS:
            for method in methods.split():
                yield name, method, kind


OWNERS: dict[str, Role] = {
    **dict.fromkeys(("project", "request", "token", "job", "query"), Role.RESEARCHER),
    **dict.fromkeys(("file", "upload", "use", "notice", "channel"), Role.PARTICIPANT),
}


def owner_of(name: str, kind: str) -> Role:
    if kind.startswith("child"):
        return Role.GUARDIAN
    if kind == "token" and name.startswith("participant:"):
        return Role.PARTICIPANT
    return OWNERS.get(kind, Role.INVESTIGATOR)


def at(side: Side, name: str, kind: str) -> str:
    """The address with her thing in it, and a word where it takes one more."""
    if kind == "token" and name.startswith("participant:"):
        kind = "token of participant"
    if kind == "child+word":
        word = "RESEARCH" if "<str:family>" in DOORS[name][0] else "en" if "language" in DOORS[name][0] else 1
        return reverse(name, args=[*side.things["child"], word])
    return reverse(name, args=side.things[kind])


def test_hers_opens_and_anothers_is_not_there(sides: tuple[Side, Side]):
    wrong, tried = [], 0
    for mine, others in (sides, sides[::-1]):
        doors: dict[Role, Client] = {}
        for role, user in mine.logins.items():
            doors[role] = knocker(user)
        for name, method, kind in of_somebody():
            door = doors[owner_of(name, kind)]
            hers, other = (attempt(door, method, at(side, name, kind)) for side in (mine, others))
            tried += 2
            if hers in {401, 403, 405} or (hers == 404 and name not in NOT_YET and "word" not in kind):
                wrong.append(f"{method} {name}: her own gave {hers}")
            if other != 404 and not other == hers == UNREAD:
                wrong.append(f"{method} {name}: another's gave {other}")
    assert not wrong, "\n".join(wrong)
    assert tried > 150


def test_no_account_comes_to_a_thing_that_is_not_hers(sides: tuple[Side, Side]):
    """Not by every role in one login, and not as superuser with every role: things of a case alone are seen
    by those who review cases, at their own doors."""
    wrong = []
    every = account("every", *Role, is_superuser=True, is_staff=True)
    door = knocker(every)
    for name, method, kind in of_somebody():
        got = attempt(door, method, at(sides[0], name, kind))
        if got not in {404, UNREAD}:
            wrong.append(f"{method} {name}: {got}")
    assert not wrong, "\n".join(wrong)
