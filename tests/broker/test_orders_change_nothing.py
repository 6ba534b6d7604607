"""An order that compels everybody is written down, and no job reads or releases anything else for it."""

import json
from typing import Any

import numpy as np
import pytest

from broker import cases, court_papers, jobs, queries, staging
from broker.manifests import manifest_of
from broker.models import Case, Job
from genomics._vault import lending
from genomics.models import GenomicFile
from tests.broker.test_processes import receive
from tests.genomics.test_gate import names_opened
from tests.house.plan import rooms
from tests.house.test_arrows import reached
from tests.world import EARLIER, NOW, World, court_paper, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    return World()


Ran = tuple[list[str], list[int], list[Any], dict[str, Any]]


def run(world: World, case: Case, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Ran:
    """What one job decrypted, whom it read, whom it left out and why, and what it released."""
    decrypted: list[str] = []
    lending.memory.forget()
    open_into = lending.parts.open_into

    def noted(blob: Any, cipher: Any, name: str, *args: Any) -> None:
        decrypted.append(name)
        open_into(blob, cipher, name, *args)

    by = world.investigator_of(case)
    with monkeypatch.context() as patch:
        patch.setattr(lending.parts, "open_into", noted)
        opened = names_opened(patch)
        job = job_of(queries.submit(question, under=case, by=by, at=NOW))
        jobs.run(job.pk, clock=lambda: NOW, batch=50)
    done = Job.objects.get(pk=job.pk)
    assert done.state == "released", done.trouble
    said = manifest_of(done)
    answer = json.loads(staging.unseal(bytes(done.answer or b""), f"{done.pk}/answer"))
    return sorted([*decrypted, *opened]), said["permitted"], said["left_out"], answer


def test_an_order_for_everybody_changes_nothing_of_a_job(world: World, monkeypatch: pytest.MonkeyPatch):
    """A warrant for the whole house, as came to another one in July 2019: the rows that are decrypted and
    released are those of the same job without it."""
    panel, rng = with_panel(small_panel()), np.random.default_rng(3)
    mother, other = rng.integers(0, 2, (2, 2, len(panel)))
    for number in range(14):  # one in seven allows it; all are parents, or as near as can be
        own = mother if number % 2 else np.array([mother[0], other[0]])
        world.join(f"P{number}", says="Noor" if number % 7 == 0 else "Dov", data=genotypes(panel, own.sum(0)))
    case = world.case()
    trace = genotypes(panel, mother[0] + other[1])
    held = cases.bring_evidence(case, trace, by=world.staff.investigator, at=NOW)
    question = {"kind": "relatives", "evidence": str(held.id)}
    without = run(world, case, question, monkeypatch)
    order = receive(world, case=case)
    paper = court_paper(order.number, court=order.issuer, compels_non_consenting=True)
    court_papers.record(case, paper, by=world.staff.investigator, at=NOW)
    with_order = run(world, case, question, monkeypatch)
    assert with_order == without
    decrypted, read, left_out, answer = with_order
    assert len(read) == 2 < len(left_out) == 12
    assert len(answer["records"]) == 2
    mine = {str(file.id) for pk in read for file in GenomicFile.objects.filter(participant=pk)}
    assert {name.split("/")[1] for name in decrypted if "/row-" in name} == mine


def test_that_test_sees_an_order_that_is_obeyed(world: World, monkeypatch: pytest.MonkeyPatch):
    """Its teeth: with the consent of one more person read as a yes, what is decrypted differs."""
    panel = small_panel(400)
    with_panel(panel)
    kin = genotypes(panel, [1] * 400)
    world.join("Noor", data=kin)
    dov = world.join("Dov", data=kin)
    case = world.case()
    held = cases.bring_evidence(case, kin, by=world.staff.investigator, at=NOW)
    question = {"kind": "relatives", "evidence": str(held.id), "build": "GRCh37"}
    without = run(world, case, question, monkeypatch)
    world.give(dov, "LE.HOM", at=EARLIER)
    assert run(world, case, question, monkeypatch)[0] != without[0]


def test_nothing_that_decides_or_reads_knows_the_register():
    """Neither consent nor genomics, nor what builds a request, runs a job or releases it, leads to it."""
    theirs = [name for name in rooms() if name.split(".")[0] in {"consent", "genomics"}]
    ours = [
        "broker.uses",
        "broker.gates",
        "broker.submissions",
        "broker.cases",
        "broker.access",
        "broker.rights",
    ]
    for name in [*theirs, *ours]:
        assert "broker.processes" not in reached(name), f"{name} leads to the register; no order may decide."
        words = ("LegalProcess", "legal_process", "processes.")
        assert not [word for word in words if word in rooms()[name].text], name
    assert not [w for w in ("LegalProcess", "processes") if w in rooms()["broker.jobs"].text]
