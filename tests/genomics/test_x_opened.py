"""What a search opens for X: the whole rows of those it tells of, under the Clearance, and nobody else's."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest

from broker import cases, queries, uses
from consent import clearance as proofs
from consent import records
from consent.ledger import log
from consent.policy import Policy
from genomics import events, gate
from genomics._vault import lending
from genomics.coordinates import Build, X
from genomics.matching import parse, relatives
from genomics.panel import Panel
from tests.world import NOW, World, again, genotypes, signed, small_panel, with_panel

pytestmark = pytest.mark.django_db

ON_X = 600


def panel_with_x() -> Panel:
    rng, plain = np.random.default_rng(2), small_panel()
    total = len(plain) + ON_X
    return Panel.of(
        name="with X",
        version="1",
        build=Build.GRCh37,
        chromosome=np.append(plain.chromosome, np.full(ON_X, X)),
        position=np.append(plain.position, np.sort(rng.choice(150_000_000, ON_X, replace=False) + 2_900_000)),
        ref=["A"] * total,
        alt=["G"] * total,
        frequency=np.full(total, 0.5),
    )


def written(panel: Panel, copies: Any, *, alone: bool = False) -> bytes:
    """A VCF of one person; a single X with one allele a site, as callers write men's."""
    lines = genotypes(panel, copies).replace(b"\n23\t", b"\nX\t").split(b"\n")
    for n, line in enumerate(lines):
        if alone and line.startswith(b"X\t"):
            head, _, call = line.rpartition(b"\t")
            lines[n] = head + b"\t" + call.replace(b"0/0", b"0").replace(b"1/1", b"1")
    return b"\n".join(lines)


@pytest.fixture
def family() -> World:
    """Noor and Ben are the mother and the father of the man who left the trace, and Noor allows it; so do
    four strangers."""
    world, rng = World(), np.random.default_rng(3)
    panel = with_panel(panel_with_x())
    on_x = panel.chromosome == X
    mother, father = rng.integers(0, 2, (2, 2, len(panel)))
    father[1, on_x] = father[0, on_x]
    child = np.where(on_x, 2 * mother[0], mother[0] + father[0])
    world.trace = written(panel, child, alone=True)
    world.join("Noor", data=written(panel, mother.sum(0)))
    world.join("Ben", data=written(panel, father.sum(0)))
    for n in range(4):
        stranger = rng.integers(0, 2, (2, len(panel))).sum(0)
        world.join(f"stranger {n}", says="Noor", data=written(panel, stranger))
    return world


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The files whose rows are opened whole from now on, with what lies on no autosome."""
    opened: list[UUID] = []
    aside = lending.Lent._aside

    def noted(self: Any, places: Any, recorded: Any, rests: Any = None) -> Any:
        if rests is not None:
            opened.extend(self.files[place].id for place in places)
        return aside(self, places, recorded, rests)

    monkeypatch.setattr(lending.Lent, "_aside", noted)
    return opened


def cleared(world: World) -> tuple[Any, Any, gate.Asking]:
    case = world.case()
    profile = cases.bring_evidence(case, again(world.trace), by=world.investigator_of(case), at=NOW)
    question = {"kind": "relatives", "evidence": str(profile.id)}
    query = signed(queries.submit(question, under=case, by=world.investigator_of(case), at=NOW))
    clearance = proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)
    return parse(question), clearance, gate.Asking(lambda: uses.of(query), Policy.default(), lambda: NOW)


def ask(question: Any, clearance: Any, asking: gate.Asking) -> gate.Asked:
    return gate.ask(
        question, clearance, asking=asking, alias=lambda n: f"#{n}", batch=2, on_batch=lambda *_: None
    )


def file_of(world: World, name: str) -> UUID:
    return world.people[name].genomic_files.get().id


def test_only_she_who_matches_is_opened_whole_and_it_is_counted(family: World, whole: list[UUID]) -> None:
    asked = ask(*cleared(family))
    [match] = asked.answer.records
    assert match["x_single"] == 1
    assert match["x_cm"] > 170
    assert {one["chromosome"] for one in match["x_segments"]} == {X}
    assert {one["chromosome"] for one in match["segments"]} == {1, 2}, "X is in no sum"
    assert match["total_cm"] == sum(one["cm"] for one in match["segments"])
    assert whole == [file_of(family, "Noor")], (
        "of those who permit it and do not match, nothing but autosomes"
    )
    [said] = log.openings([events.VAULT_OPENED.tag]).values()
    assert said["fields"]["openings"] == 1 + 5 + 1, "the evidence, five rows, and hers again, whole"
    assert (said["fields"]["files"], said["fields"]["beyond"]) == (5, 0)
    assert file_of(family, "Ben") not in asked.opened


def test_who_withdrew_before_the_last_look_is_not_opened_whole(family: World, whole: list[UUID]) -> None:
    question, clearance, asking = cleared(family)

    def withdrawn(done: int, total: int) -> None:
        if done == total:
            records.withdraw(family.people["Noor"], by="self", at=NOW)

    gate.ask(question, clearance, asking=asking, alias=str, batch=9, on_batch=withdrawn)
    assert whole == []


def test_where_nothing_could_be_told_of_x_nobody_is_opened_whole(
    family: World, whole: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relatives, "_tells_of_x", lambda reference: False)
    [match] = ask(*cleared(family)).answer.records
    assert (match["x_cm"], match["x_segments"]) == (None, [])
    assert whole == []


def test_what_many_workers_kept_is_concluded_alike(family: World, whole: list[UUID]) -> None:
    """X is looked at when it is concluded, so no more is kept of anybody for it."""
    question, clearance, asking = cleared(family)
    at_once = ask(question, clearance, asking).answer
    parts = [
        gate.look(
            question, some, asking=asking, seal=lambda text: text, batch=2, on_batch=lambda *_: None
        ).sealed
        for some in proofs.parts(clearance, 3)
    ]
    assert b"x_" not in b"".join(parts)
    whole.clear()
    again_ = gate.conclude(
        question, clearance, parts, asking=asking, alias=lambda n: f"#{n}", on_each=lambda: None
    )
    assert again_.answer == at_once
    assert again_.answer.records[0]["x_cm"] is not None
    assert whole == [file_of(family, "Noor")]
    assert again_.opened == {file_of(family, "Noor")}
