"""Whatever was changed in a job's file, or by the house before, is found out."""

import copy
import json
from types import SimpleNamespace
from typing import Any

import pytest

from broker import access, job_ends, jobs, queries
from consent import naming
from consent.clearance import Permitted
from consent.ledger import gathered, job_file, manifest, recount
from consent.policy import Policy
from consent.reasons import Reason
from tests.broker.exporting import exported
from tests.broker.job_files.taking import asked, checked, run, taken
from tests.world import NOW, WITHOUT_COOLING_OFF, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def manifest_changed(file: dict[str, Any], change: Any) -> None:
    said = json.loads(file["manifest"])
    change(said)
    file["manifest"] = json.dumps(said)


def at_first(file: dict[str, Any]) -> dict[str, Any]:
    return file["people"][0]


def exchange(people: list[dict[str, Any]]) -> None:
    people[0]["ordinal"], people[-1]["ordinal"] = people[-1]["ordinal"], people[0]["ordinal"]


HARMS: dict[str, tuple[Any, str]] = {
    "another manifest": (
        lambda f: manifest_changed(f, lambda m: m["permitted"].pop()),
        "manifest is not the one",
    ),
    "a statement left out": (lambda f: at_first(f)["statements"].pop(), "is in the ledger, and is not shown"),
    "a statement changed": (
        lambda f: at_first(f)["statements"][0].update(
            body=at_first(f)["statements"][0]["body"].replace("GRU", "HMB")
        ),
        "is not one that the ledger committed to",
    ),
    "somebody else's statement": (
        lambda f: at_first(f)["statements"].append(f["people"][1]["statements"][0]),
        "is not one that the ledger committed to",
    ),
    "a person left out": (lambda f: f["people"].pop(0), "Nothing is shown of person"),
    "two people exchanged": (lambda f: exchange(f["people"]), "of the manifest is somebody else than"),
    "another request": (
        lambda f: f["gates"][-1].update(use=f["gates"][-1]["use"].replace("R.HMB", "R.DS")),
        "not those that the ledger recorded",
    ),
    "another instant": (
        lambda f: f["gates"][0].update(at="2026-06-02T12:00:00Z"),
        "not the one that the ledger",
    ),
    "another policy": (
        lambda f: f["policies"].update(
            {
                name: body.replace('"majority_age":18', '"majority_age":20')
                for name, body in f["policies"].items()
            }
        ),
        "is not as it was adopted",
    ),
    "somebody who was never registered": (
        lambda f: at_first(f).update(pseudonym="P-nobody"),
        "is somebody else than P-nobody",
    ),
    "gates without end": (
        lambda f: f["gates"].extend([f["gates"][0] | {"kind": "again"}] * 100),
        "more than 64 times in one attempt",
    ),
    "a person who is none": (lambda f: f["people"].append(7), "not as it was given"),
    "no manifest": (lambda f: f.update(manifest="{"), "not as it was given"),
    "nonsense": (lambda f: f.update(gates=7), "not as it was given"),
    "another job": (lambda f: f.update(job="other"), "does not say that this job was released"),
    "another format": (lambda f: f.update(format=2), "no file of a job"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_whatever_was_changed_is_told(world: World, harm: str):
    world.crowd(3, says="Ada")
    world.join("Dov")
    file = copy.deepcopy(taken(run(asked(world))))
    assert checked(file).problems == []
    change, why = HARMS[harm]
    change(file)
    assert why in " ".join(checked(file).problems)


def test_a_house_that_read_somebody_who_never_said_yes_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """It writes her down as permitted, consistent in every hash that it signs: her own record tells on it."""
    world.crowd(11, says="Ada")
    dov = world.join("Dov")
    written = jobs.kept.written

    def lying(passage: Any, clearance: Any, *, at: Any) -> Any:
        file = dov.holdings.get().file
        told = SimpleNamespace(
            permitted=(*clearance.permitted, Permitted(dov.ordinal, (file,), (1,))),
            left_out=(),
            policy_version=clearance.policy_version,
        )
        return written(passage, told, at=at)

    monkeypatch.setattr(jobs.kept, "written", lying)
    problems = checked(taken(run(asked(world)))).problems
    assert f"{dov.pseudonym} was read; decided again from the statements: not read (" in " ".join(problems)
    assert "The manifest names other numbers of people than the ledger." in problems


LYING: dict[str, tuple[Any, str, Any, str]] = {
    "one name for all": (
        *(naming, "names", lambda _job, people: [bytes(manifest.NAME_BYTES) for _ in people]),
        "The names of whom it read are not in order, so no proof by neighbours can be relied on.",
    ),
    "a name too few": (
        *(naming, "names", lambda _job, people: [n.to_bytes(manifest.NAME_BYTES) for n in people[1:]]),
        "The tree does not hold one name for each person who was read.",
    ),
    "another tree": (
        *(manifest, "root", lambda _names: bytes(32)),
        "The names of whom it read are not those that the ledger committed to.",
    ),
}


@pytest.mark.parametrize("lie", LYING)
def test_a_house_that_binds_other_names_than_of_those_it_read_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, lie: str
):
    world.crowd(3, says="Ada")
    room, what, lying, told = LYING[lie]
    with monkeypatch.context() as patch:
        patch.setattr(room, what, lying)
        file = taken(run(asked(world)))
    assert checked(file).problems == [told]


def test_a_house_that_writes_down_another_reason_for_a_refusal_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    request, refuse = world.request(), job_ends.refuse
    job = job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    other = [str(Reason.REQ_PROJECT_EXPIRED)]
    monkeypatch.setattr(job_ends, "refuse", lambda claim, _reasons: refuse(claim, other))
    [problem] = checked(taken(run(job))).problems
    assert f"refused for {other[0]}; decided again: {Reason.REQ_PROJECT_NOT_APPROVED}" in problem


def test_a_policy_that_was_not_in_force_is_told(world: World):
    world.crowd(2, says="Ada")
    file = taken(run(asked(world)))
    lines = exported()
    known = gathered.Gathered([file])
    recount.read(lines, seen=known.see)
    known.policies.append({**known.policies[-1], "subject": "another"})
    assert "Policy another was in force" in " ".join(job_file.check(file, known).problems)
    assert Policy.default().version != WITHOUT_COOLING_OFF.version
