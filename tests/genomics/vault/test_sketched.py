"""Where a house compares sketches first: only those of the permitted are opened, few rows, and it is told."""

from typing import Any

import numpy as np
import pytest

from broker import cases, queries, uses
from consent import clearance as proofs
from consent.ledger import log
from consent.policy import Policy
from genomics import events, gate
from genomics._vault import memory, parts, rows
from genomics.intake import erasure, upkeep
from genomics.matching import parse
from genomics.matching.relatives import SKETCHED
from genomics.models import RowTile, Sealed
from tests.genomics.vault.rowed import files_of, in_use
from tests.world import NOW, World, genotypes, signed, small_panel, with_panel

pytestmark = pytest.mark.django_db
STRANGERS = [f"stranger {n}" for n in range(8)]


@pytest.fixture
def world(settings) -> World:
    """Noor is a parent of whoever left the trace, as Ben is, who does not permit it; strangers do."""
    settings.SKETCHES = True
    world, rng = World(), np.random.default_rng(3)
    panel = with_panel(small_panel(sites=10_000))
    haplotypes = rng.integers(0, 2, (2, 2, len(panel)))
    world.trace = genotypes(panel, haplotypes[0, 0] + haplotypes[1, 0])  # type: ignore[attr-defined]
    world.join("Noor", data=genotypes(panel, haplotypes[0].sum(0)))
    world.join("Ben", data=genotypes(panel, haplotypes[1].sum(0)))
    for name in STRANGERS:
        world.join(name, says="Noor", data=genotypes(panel, rng.integers(0, 2, (2, len(panel))).sum(0)))
    return world


def search(world: World, **changes: Any) -> gate.Asked:
    case = world.case(number=f"C-{len(log.openings([events.VAULT_OPENED.tag]))}")
    by = world.investigator_of(case)
    # The same person's, and other bytes: the same are brought once.
    trace = world.trace.replace(b"\n", f"\n##case={case.number}\n".encode(), 1)  # type: ignore[attr-defined]
    profile = cases.bring_evidence(case, trace, by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(profile.id)} | changes
    query = signed(queries.submit(question, under=case, by=by, at=NOW))
    return gate.ask(
        parse(question),
        proofs.clear(uses.of(query), policy=Policy.default(), at=NOW),
        asking=gate.Asking(lambda: uses.of(query), Policy.default(), lambda: NOW),
        alias=lambda ordinal: f"#{ordinal}",
        batch=4,
        on_batch=lambda done, total: None,
    )


def told() -> dict[str, Any]:
    """What the newest event of the vault counts."""
    *_, newest = log.openings([events.VAULT_OPENED.tag]).values()
    return newest["fields"]


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    open_into = parts.open_into

    def noted(blob: Any, cipher: Any, name: str, *rest: Any) -> None:
        found.append(name)
        open_into(blob, cipher, name, *rest)

    monkeypatch.setattr(parts, "open_into", noted)
    return found


def test_the_relative_is_found_and_strangers_rows_stay_shut(world: World, monkeypatch):
    seen = opened(monkeypatch)
    asked = search(world)
    noor, ben = files_of(world, "Noor", "Ben")
    assert [one["person"] for one in asked.answer.records] == [f"#{noor.participant_id}"]
    assert SKETCHED in asked.answer.notes
    assert (told()["sketches"], told()["files"], told()["beyond"]) == (9, 9, 0)
    whole = {name for name in seen if name.endswith(in_use().tail(rows.PLANES))}
    assert rows.name_of(noor.id, in_use()) in whole
    assert len(whole) == told()["rows"] <= 2, "a stranger may look near at first"
    assert not any(str(ben.id) in name for name in seen), "who does not permit it has nothing opened"


def test_the_answer_is_that_of_whole_rows(world: World, settings):
    first = search(world).answer
    settings.SKETCHES = False
    whole = search(world).answer
    assert (told()["sketches"], told()["rows"] + told()["remembered"]) == (0, 9)
    assert whole.records == first.records
    assert SKETCHED not in whole.notes


def test_what_a_sketch_cannot_lose_needs_no_word(world: World):
    asked = search(world, min_cm=20, min_total_cm=20)
    assert asked.answer.records
    assert SKETCHED not in asked.answer.notes


def test_who_has_no_sketch_yet_is_compared_whole(world: World):
    noor = files_of(world, "Noor")[0]
    Sealed.objects.filter(name=rows.name_of(noor.id, in_use(), rows.SKETCH)).delete()
    assert len(search(world).answer.records) == 1
    assert told()["sketches"] == 8
    assert [file.id for file in upkeep.rebuild_rows(missing_only=True)] == [noor.id]
    assert list(upkeep.rebuild_rows(missing_only=True)) == []
    memory.forget()
    assert len(search(world).answer.records) == 1
    assert told()["sketches"] == 9


def test_sketches_lie_side_by_side_and_go_with_their_people(world: World, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.pack_rows() == 20
    assert RowTile.objects.count() == 2
    assert not Sealed.objects.filter(version=parts.VERSION).exclude(place__startswith="tiles/").exists()
    assert len(search(world).answer.records) == 1
    assert told()["sketches"] == 9
    erasure.erase(world.people["Noor"], by="self", at=NOW)
    assert search(world).answer.records == ()
    assert told()["sketches"] == 8
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.pack_rows() == 18


def test_who_ends_with_sketches_keeps_none(world: World, settings, django_capture_on_commit_callbacks):
    settings.SKETCHES = False
    with django_capture_on_commit_callbacks(execute=True):
        assert len(list(upkeep.rebuild_rows())) == 10
    assert not Sealed.objects.filter(name__endswith=rows.SKETCH).exists()
    assert len(search(world).answer.records) == 1
