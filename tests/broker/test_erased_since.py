"""Whoever hides a read says that it was of somebody who was erased since: what the ledger lets her say."""

import copy
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from broker import gates, job_files, jobs, queries
from broker.models import Job
from consent import erasure as whose
from consent import events, participants
from consent.ledger import gathered, job_file, recount
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import Entry
from consent.models import Participant
from genomics.intake import erasure
from tests.broker.exporting import exported
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]

LATER = NOW + timedelta(days=1)
File = dict[str, Any]


@pytest.fixture
def world() -> World:
    world = World()
    world.crowd(11, says="Ada")
    world.join("Dov")
    return world


def ran(world: World) -> Job:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=5)
    return Job.objects.get(pk=job_of(query).pk)


def taken(job: Job) -> File:
    return json.loads(json.dumps(job_files.of(job)))


def checked(file: File) -> job_file.Outcome:
    known = gathered.Gathered([file])
    found = recount.read(exported(), seen=known.see)
    assert found.ok, found.problems
    return job_file.check(file, known)


def shadow(*, erased: bool = True) -> Participant:
    """A throw-away account."""
    made = participants.register(born_on=date(1990, 1, 1), by="x", at=LATER)
    if erased:
        erasure.erase(made, by="x", at=LATER)
    return made


def shown_as(file: File, ordinal: int, name: str) -> File:
    """The file with somebody's number under another pseudonym, of whom nothing is left."""
    bent = copy.deepcopy(file)
    bent["people"] = [one for one in bent["people"] if one["pseudonym"] != name]
    one = next(one for one in bent["people"] if one["ordinal"] == ordinal)
    one.update(pseudonym=name, statements=[])
    return bent


def old(monkeypatch: pytest.MonkeyPatch, *, manifest: bool = False) -> None:
    """The house as it was before numbers were written down."""
    for name in ("REGISTERED", "ERASED") if not manifest else ():
        kind = getattr(events, name)
        fewer = tuple(one for one in kind.fields if one not in {"ordinal", "registered"})
        monkeypatch.setattr(events, name, EventKind(kind.tag, kind.sentence, fewer))
    append = participants.log.append

    def without(kind: EventKind, **said: Any) -> Any:
        return append(kind, **{one: it for one, it in said.items() if one not in {"ordinal", "registered"}})

    if not manifest:
        monkeypatch.setattr("consent.ledger.log.append", without)
    made = gates.written

    def as_before(*given: Any, **more: Any) -> Any:
        whole = made(*given, **more)
        said = json.loads(whole.text)
        del said["people"]
        return gates.Manifest(gates.canonical(said), whole.root, whole.size)

    monkeypatch.setattr(gates, "written", as_before)


def test_whoever_was_read_and_erased_since_is_counted_as_that(world: World):
    job = ran(world)
    erasure.erase(world.people["Ada 1"], by="self", at=LATER)
    erasure.erase(world.people["Dov"], by="self", at=LATER)
    outcome = checked(taken(job))
    assert (outcome.problems, outcome.counts) == ([], {"read": 10, "ERASED since": 2})


def test_by_a_selection_of_events_nobody_is_told_apart_and_none_is_accused(world: World):
    """What would prove who she was may stand in the ledger, and not among the events given."""
    job = ran(world)
    erasure.erase(world.people["Ada 1"], by="self", at=LATER)
    file = taken(job)
    known = gathered.Gathered([file], whole=False)

    def select(entry: Entry) -> None:
        if not (entry.kind == events.REGISTERED.tag and entry.body is None):
            known.see(entry)

    recount.read(exported(), seen=select)
    outcome = job_file.check(file, known)
    told = {"read": 10, "not read": 1, "said to be ERASED since, without proof of who it was": 1}
    assert (outcome.problems, outcome.counts) == ([], told)
    known.whole = True
    assert "names no registration whose words are gone" in " ".join(job_file.check(file, known).problems)


def test_nobody_is_hidden_behind_an_account_that_was_made_afterwards(world: World):
    job = ran(world)
    file = taken(job)
    made = shadow()
    (problem,) = checked(shown_as(file, file["people"][0]["ordinal"], made.pseudonym)).problems[:1]
    assert "of the manifest is somebody else than" in problem


def test_nor_where_the_manifest_does_not_say_who_its_people_are(monkeypatch: pytest.MonkeyPatch):
    """A job from before that was written down: the erasure itself tells."""
    with monkeypatch.context() as before:
        old(before)
        early = World()
        early.crowd(11, says="Ada")
        job = ran(early)
    file = taken(job)
    made = shadow()
    problems = " ".join(checked(shown_as(file, file["people"][0]["ordinal"], made.pseudonym)).problems)
    assert f"{made.pseudonym} was erased as person {made.ordinal}, and is shown as person" in problems
    assert f"{made.pseudonym} was registered after the job had begun" in problems


def test_a_house_cannot_lend_a_number_to_who_came_later(world: World, monkeypatch: pytest.MonkeyPatch):
    """It lies in what it writes now; what it wrote before the job stands."""
    with monkeypatch.context() as before:
        old(before)
        job = ran(world)
    file = taken(job)
    victim = world.people["Ada 1"]
    append = participants.log.append

    def lend(**change: Any) -> Participant:
        made = shadow(erased=False)

        def lying(kind: EventKind, **said: Any) -> Any:
            return append(kind, **(said | change if kind is events.ERASED else said))

        with monkeypatch.context() as house:
            house.setattr("consent.ledger.log.append", lying)
            erasure.erase(made, by="x", at=LATER)
        return made

    def problems(made: Participant) -> str:
        return " ".join(checked(shown_as(file, victim.ordinal, made.pseudonym)).problems)

    assert "was registered after the job had begun" in problems(lend(ordinal=victim.ordinal))
    hers = erasure_of(victim)
    nothing = problems(lend(ordinal=victim.ordinal, registered=hers))
    assert "names no registration whose words are gone" in nothing
    assert "names no registration whose words are gone" in problems(
        lend(ordinal=victim.ordinal, registered=None)
    )
    other = world.people["Ada 2"]
    theirs = erasure_of(other)
    erasure.erase(other, by="self", at=LATER)
    assert "is named by another erasure, too" in problems(lend(ordinal=victim.ordinal, registered=theirs))


def erasure_of(person: Participant) -> str:
    return str(whose.registration(person))


def test_nor_behind_somebody_who_was_erased_before(world: World, monkeypatch: pytest.MonkeyPatch):
    gone = world.people["Ada 3"]
    with monkeypatch.context() as before:
        old(before)
        erasure.erase(gone, by="self", at=NOW)
        job = ran(world)
    file = taken(job)
    outcome = checked(shown_as(file, file["people"][0]["ordinal"], gone.pseudonym))
    assert f"{gone.pseudonym} was erased before the job began" in " ".join(outcome.problems)


def test_jobs_and_erasures_from_before_still_verify_and_are_counted_apart(monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as before:
        old(before)
        world = World()
        world.crowd(12, says="Ada")
        job = ran(world)
        erasure.erase(world.people["Ada 1"], by="self", at=LATER)
        file = taken(job)
        told = {"read": 11, "said to be ERASED since, without proof of who it was": 1}
        outcome = checked(file)
        assert (outcome.problems, outcome.counts) == ([], told)
    erasure.erase(world.people["Ada 2"], by="self", at=LATER)
    outcome = checked(taken(job))
    told = {"read": 10, "said to be ERASED since, without proof of who it was": 2}
    assert (outcome.problems, outcome.counts) == ([], told)


def test_of_old_jobs_no_more_are_erased_than_can_have_been(monkeypatch: pytest.MonkeyPatch):
    """Nothing was written down of who they are; still each of them lost a registration from before."""
    with monkeypatch.context() as before:
        old(before)
        world = World()
        world.crowd(12, says="Ada")
        job = ran(world)
        file = taken(job)
        first, second = (one["ordinal"] for one in file["people"][:2])
        made = shadow()
        bent = shown_as(file, first, made.pseudonym)
        assert "1 of them are said to be erased since; only 0 who" in " ".join(checked(bent).problems)
        erasure.erase(Participant.objects.get(ordinal=second), by="self", at=LATER)
        assert checked(taken(job)).problems == []
        assert "2 of them are said to be erased since; only 1 who" in " ".join(
            checked(shown_as(taken(job), first, made.pseudonym)).problems
        )


def test_whose_registration_still_says_something_was_not_erased(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """The words of another are taken out of the export in their place: the number of those gone is right."""
    job = ran(world)
    file = taken(job)
    victim = world.people["Ada 1"]
    made = shadow(erased=False)
    words = {
        line
        for line in exported()
        if json.loads(json.loads(line).get("body", "{}")).get("subject") == made.pseudonym
    }
    (registration,) = words
    erasure.erase(made, by="x", at=LATER)
    uid, lines = json.loads(registration)["uid"], []
    for line in exported():
        said = json.loads(line)
        body = json.loads(said.get("body", "{}"))
        if said.get("uid") == uid:
            line = registration
        elif (body.get("subject"), body.get("kind")) == (victim.pseudonym, events.REGISTERED.tag):
            line = json.dumps({name: one for name, one in said.items() if name not in {"salt", "body"}})
        lines.append(line)
    file = shown_as(file, victim.ordinal, made.pseudonym)
    known = gathered.Gathered([file])
    assert recount.read(lines, seen=known.see).ok
    problems = " ".join(job_file.check(file, known).problems)
    assert "what was said of her registration is still there" in problems


def test_a_house_that_has_written_numbers_down_goes_on_with_it(world: World, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as before:
        old(before, manifest=True)
        job = ran(world)
    assert "The manifest does not say who its people are" in " ".join(checked(taken(job)).problems)
    job = ran(world)
    with monkeypatch.context() as before:
        old(before)
        erasure.erase(world.people["Ada 1"], by="self", at=LATER)
    assert "does not say who she was, and the house wrote that by then" in " ".join(
        checked(taken(job)).problems
    )


BENT: dict[str, tuple[Callable[[File], object], str]] = {
    "two under one number": (
        lambda f: f["people"][0].update(ordinal=f["people"][1]["ordinal"]),
        "Two people are shown under one number",
    ),
    "somebody twice": (lambda f: f["people"].append(f["people"][0]), "Somebody is shown twice"),
    "two who were not read exchanged": (
        lambda f: _exchange(*[one for one in f["people"] if not one["statements"]]),
        "of the manifest is somebody else than",
    ),
}


def _exchange(one: File, other: File) -> None:
    one["ordinal"], other["ordinal"] = other["ordinal"], one["ordinal"]


@pytest.mark.parametrize("how", BENT)
def test_a_number_is_one_persons_and_a_person_has_one(world: World, how: str):
    world.join("Dov 2", says="Dov")
    file = taken(ran(world))
    assert checked(file).problems == []
    change, why = BENT[how]
    change(file)
    problems = " ".join(checked(file).problems)
    assert why in problems


def test_a_registration_says_her_number(world: World):
    person = world.people["Ada 1"]
    bodies = [json.loads(line).get("body", "{}") for line in exported()]
    said = [one for one in map(json.loads, bodies) if one.get("kind") == events.REGISTERED.tag]
    hers = [one for one in said if one["subject"] == person.pseudonym]
    assert [one["fields"]["ordinal"] for one in hers] == [person.ordinal]
