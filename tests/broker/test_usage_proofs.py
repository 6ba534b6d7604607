"""A participant's proof that a job read her or did not: checked from the file alone, every lie refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from broker import jobs, queries, usage, usage_proofs
from broker.errors import Refused
from broker.models import Job
from consent import naming, records
from consent.errors import NotSealed
from consent.ledger import checkpoints, log, note, participation, verifier
from consent.models import LedgerEvent, ManifestKey
from genomics.intake import erasure
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    return World(held=False)


def run(world: World) -> Job:
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    return Job.objects.get(pk=job.pk)


def proof(job: Job, person: Any) -> dict[str, Any]:
    use = usage.one(person, job.pk, at=NOW)
    assert use is not None
    return json.loads(json.dumps(usage_proofs.of(use, person)))


def checked(shown: dict[str, Any]) -> participation.Shown:
    return participation.check(shown, signer=checkpoints.signer())


def test_everybody_proves_whether_she_was_read(world: World):
    people = [*world.crowd(12, says="Ada"), *(world.join(name) for name in ("Ben", "Noor", "Cleo", "Dov"))]
    job = run(world)
    log.sequence(at=NOW)
    for number, person in enumerate(people):
        found = checked(proof(job, person))
        assert (found.problems, found.read) == ((), number < 12)
        assert ("did NOT read" in str(found)) is (number >= 12)


def test_the_shipped_verifier_shows_it(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    ada, file = world.join("Ada"), tmp_path / "proof.json"
    job = run(world)
    log.sequence(at=NOW)
    file.write_text(json.dumps(proof(job, ada)))
    for given in ([], ["--key", str(checkpoints.signer())]):
        assert verifier.main(["--participant", str(file), *given]) == 0
        told = capsys.readouterr().out
        assert f"Job {job.pk} READ {ada.pseudonym}." in told
        assert "It lies under a checkpoint of" in told
        assert ("The key is the file's own" in told) is (not given)


def test_there_is_no_proof_before_the_checkpoint(world: World):
    ada = world.join("Ada")
    job = run(world)
    with pytest.raises(NotSealed):
        proof(job, ada)
    log.sequence(at=NOW)
    assert checked(proof(job, ada)).read is True


def test_one_key_serves_all_her_jobs_and_links_none(world: World):
    ada, ben = world.join("Ada"), world.join("Ben")
    first, second = run(world), run(world)
    log.sequence(at=NOW)
    proofs = [proof(job, ada) for job in (first, second)]
    assert proofs[0]["key"] == proofs[1]["key"] != proof(first, ben)["key"]
    assert LedgerEvent.objects.filter(kind="consent:participant:keyed").count() == 2
    names = [{one["name"] for one in shown["neighbours"]} for shown in proofs]
    assert not names[0] & names[1]


def test_a_proof_tells_of_nobody_else(world: World):
    """No count, no reason, no pseudonym and no name that is anybody's in another job."""
    crowd = world.crowd(12, says="Ada")
    job = run(world)
    log.sequence(at=NOW)
    text = json.dumps(proof(job, crowd[0]))
    assert not [one for one in crowd[1:] if one.pseudonym in text]
    for word in ("considered", "permitted", "left_out", "reason"):
        assert word not in text


LIES: dict[str, tuple[Any, str]] = {
    "she was not read": (lambda p: p.update(read=False), "The file says that she was not read"),
    "another job": (lambda p: p.update(job="00000000-0000-0000-0000-000000000000"), "about somebody else"),
    "another person": (lambda p: p.update(participant="P-BBBB-BBBB"), "about somebody else"),
    "another key": (lambda p: p.update(key="00" * 32), "not the one that was bound to her"),
    "no neighbours": (lambda p: p.update(neighbours=[]), "prove neither"),
    "a moved neighbour": (
        lambda p: p["neighbours"][0].update(index=p["neighbours"][0]["index"] ^ 1),
        "prove neither",
    ),
    "a changed tree": (
        lambda p: p["sealed"].update(body=p["sealed"]["body"].replace('"size":16', '"size":32')),
        "was changed",
    ),
    "a moved event": (lambda p: p["sealed"].update(position=0), "does not lie under the checkpoint"),
    "no path": (lambda p: p["keyed"].update(path=[]), "does not lie under the checkpoint"),
    "no checkpoint": (lambda p: p.update(note="x"), "checkpoint does not hold"),
    "nonsense": (lambda p: p.update(sealed=7), "not as it was given"),
    "another format": (lambda p: p.update(format=9), "no proof of a participation"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_proof_that_was_changed_shows_nothing(world: World, lie: str):
    crowd = world.crowd(3, says="Ada")
    job = run(world)
    log.sequence(at=NOW)
    shown = copy.deepcopy(proof(job, crowd[0]))
    change, why = LIES[lie]
    change(shown)
    found = checked(shown)
    assert why in " ".join(found.problems)
    assert "not proved" in str(found)


def test_a_checkpoint_by_another_key_shows_nothing(world: World):
    ada = world.join("Ada")
    job = run(world)
    log.sequence(at=NOW)
    anothers = note.Signer.of(checkpoints.signer().name, bytes(range(32)))
    assert participation.check(proof(job, ada), signer=anothers).problems
    assert participation.check([], signer=anothers).problems


def test_a_key_that_was_chosen_afterwards_shows_nothing(world: World):
    """The house makes her a second key after the job, under which she was never read."""
    ada = world.join("Ada")
    job = run(world)
    log.sequence(at=NOW)
    honest = proof(job, ada)
    ManifestKey.objects.all().delete()
    naming.keep([ada.ordinal], at=NOW, by="somebody")
    log.sequence(at=NOW)
    assert naming.key_of(ada).hex() != honest["key"]
    forged = proof(job, ada)
    assert "not the one that was bound to her" in " ".join(checked(forged).problems)
    last = LedgerEvent.objects.filter(kind="consent:participant:keyed").latest("id")
    placed, newest = usage_proofs._placed(last.opening)
    forged |= {"keyed": placed, "note": newest, "read": False}
    assert "bound after the job's tree" in " ".join(checked(forged).problems)
    assert "more than one key was bound" in " ".join(log.verify().problems)


def test_who_was_erased_has_no_key_and_the_tree_stays(world: World, tmp_path: Any, settings: Any):
    ada, ben = world.join("Ada"), world.join("Ada 2", says="Ada")
    job = run(world)
    erasure.erase(ada, by="self", at=NOW)
    log.sequence(at=NOW)
    ada.refresh_from_db()
    assert naming.key_of(ada) is None
    naming.keep([ada.ordinal], at=NOW, by="worker")
    assert naming.key_of(ada) is None, "nobody makes her another"
    with pytest.raises(Refused):
        proof(job, ada)
    assert checked(proof(job, ben)).read is True
    assert log.verify().ok


def test_a_withdrawal_during_the_job_makes_her_not_read(world: World, monkeypatch: pytest.MonkeyPatch):
    crowd = world.crowd(3, says="Ada")
    stage = jobs._stage

    def stage_then_leave(claim: Any, asked: Any) -> Any:
        manifest = stage(claim, asked)
        if not crowd[1].statements.filter(family="*").exists():
            records.withdraw(crowd[1], by="self", at=NOW)
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_leave)
    job = run(world)
    log.sequence(at=NOW)
    assert [checked(proof(job, one)).read for one in crowd] == [True, False, True]
