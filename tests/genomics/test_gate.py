"""The one way out: what it hands out, and to whom it hands out nothing."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from broker import access, cases, queries, uses
from consent import afterwards, records
from consent import clearance as proofs
from consent.canonical import written
from consent.errors import DatabaseBehind, NotCleared
from consent.ledger import log
from consent.policy import Policy
from consent.reasons import Reason
from genomics import events, gate
from genomics._vault import files as vault
from genomics._vault import keys, segments, shelf
from genomics.errors import QuestionRefused, RequestLapsed, VaultSealed
from genomics.intake import upkeep
from genomics.matching import parse
from genomics.models import EvidenceProfile, GenomicFile, PanelVersion, ParticipantKey, Sealed
from tests.world import NOW, World, again, genotypes, signed, small_panel, with_panel

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def ask(
    world: World,
    question: dict[str, Any],
    clearance: Any,
    use: Any,
    *,
    clock: Any = lambda: NOW,
    on_batch: Any = lambda done, total: None,
) -> gate.Asked:
    return gate.ask(
        parse(question),
        clearance,
        asking=gate.Asking(use, Policy.default(), clock),
        alias=lambda ordinal: f"#{ordinal}",
        batch=2,
        on_batch=on_batch,
    )


def research(world: World):
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return proofs.clear(uses.of(query), policy=Policy.default(), at=NOW), lambda: uses.of(query)


def names_opened(monkeypatch) -> list[str]:
    """The sealed files that are opened from now on."""
    opened: list[str] = []

    class Noted(segments.Opened):
        def __init__(self, get: segments.Get, key: bytes, name: str, sha256: bytes) -> None:
            opened.append(name)
            super().__init__(get, key, name, sha256)

    monkeypatch.setattr(segments, "Opened", Noted)
    return opened


def place(file: GenomicFile, what: str = "column") -> str:
    """Where it lies on the shelf."""
    return Sealed.objects.get(name=f"files/{file.id}/{what}").place


@pytest.mark.parametrize("proof", [None, object(), "a clearance"])
def test_without_a_clearance_it_answers_nothing(world: World, proof):
    _, use = research(world)
    with pytest.raises(NotCleared):
        ask(world, world.carriers(), proof, use)


def test_it_opens_only_the_files_of_those_who_permit(world: World, monkeypatch):
    world.crowd(3, says="Ada")
    world.join("Ben")
    world.join("Cleo")
    clearance, use = research(world)
    opened = names_opened(monkeypatch)
    ask(world, world.carriers(), clearance, use)
    theirs = {
        f"files/{one.id}/column"
        for one in GenomicFile.objects.filter(
            participant__in=[world.people[name] for name in world.people if name.startswith("Ada")]
        )
    }
    assert set(opened) == theirs
    assert len(theirs) == 3


def test_the_files_of_others_may_be_noise_and_the_answer_is_the_same(world: World):
    world.crowd(10, says="Ada")
    ben = world.join("Ben")
    clearance, use = research(world)
    before = ask(world, world.carriers(), clearance, use).answer
    shelf.put(place(ben.genomic_files.get()), [b"noise"])
    assert ask(world, world.carriers(), clearance, use).answer == before


def test_the_vault_refuses_a_file_that_the_clearance_does_not_cover(world: World):
    world.join("Ada")
    ben = world.join("Ben").genomic_files.get()
    clearance, _ = research(world)
    with pytest.raises(NotCleared, match="not covered"):
        vault.column(ben, clearance)
    with pytest.raises(NotCleared):
        vault.column(ben, None)  # type: ignore[arg-type]


def test_a_key_moved_to_another_person_does_not_open(world: World):
    ada, eve = world.join("Ada"), world.join("Eve", says="Ada")
    wrapped = ParticipantKey.objects.get(participant=eve).wrapped
    ParticipantKey.objects.filter(participant=ada).update(wrapped=wrapped)
    with pytest.raises(VaultSealed, match="changed or moved"):
        keys.of(ada)


def test_nothing_on_the_shelf_shows_a_genotype(world: World):
    world.join("Ada")
    for name in [name for name in shelf.names() if "/." not in name]:  # what is being written beside us goes
        blob = shelf.get(name)
        assert b"1000226" not in blob
        assert b"fileformat" not in blob


def relatives(world: World, case, **changes: Any) -> dict[str, Any]:
    profile = cases.bring_evidence(case, again(world.trace), by=world.investigator_of(case), at=NOW)
    return {"kind": "relatives", "evidence": str(profile.id)} | changes


@pytest.fixture
def family(world: World) -> World:
    """Noor and Ben are each a parent of whoever left the trace; strangers allow police searches too."""
    rng = np.random.default_rng(3)
    panel = with_panel(small_panel())
    haplotypes = rng.integers(0, 2, (2, 2, len(panel)))
    child = haplotypes[0, 0] + haplotypes[1, 0]
    world.trace = genotypes(panel, child)
    world.join("Noor", data=genotypes(panel, haplotypes[0].sum(0)))
    world.join("Ben", data=genotypes(panel, haplotypes[1].sum(0)))
    for n in range(4):
        stranger = rng.integers(0, 2, (2, len(panel))).sum(0)
        world.join(f"stranger {n}", says="Noor", data=genotypes(panel, stranger))
    return world


def police(world: World, question: dict[str, Any], case):
    query = signed(queries.submit(question, under=case, by=world.investigator_of(case), at=NOW))
    return proofs.clear(uses.of(query), policy=Policy.default(), at=NOW), lambda: uses.of(query)


def test_police_find_the_parent_who_allowed_it_and_not_the_other(family: World):
    case = family.case()
    question = relatives(family, case)
    answer = ask(family, question, *police(family, question, case)).answer
    assert [one["person"] for one in answer.records] == [f"#{family.people['Noor'].ordinal}"]
    assert answer.records[0]["total_cm"] > 300
    assert f"#{family.people['Ben'].ordinal}" not in str(answer.as_json())


def test_an_order_for_everybody_reads_exactly_the_same_people(family: World):
    plain, compelling = family.case(number="C-1"), family.case(number="C-2", compels=True)
    read = []
    for case in (plain, compelling):
        question = relatives(family, case)
        clearance, use = police(family, question, case)
        read.append([one.ordinal for one in ask(family, question, clearance, use).clearance.permitted])
    allowed = [one.ordinal for name, one in family.people.items() if name != "Ben"]
    assert read == [allowed, allowed]


def test_identity_finds_the_same_person_only(family: World):
    case = family.case()
    copies = np.random.default_rng(8).binomial(2, 0.5, 3000)
    family.trace = genotypes(small_panel(), copies)
    family.join("twin of the trace", says="Noor", data=again(family.trace))
    question = relatives(family, case)
    question = {"kind": "identity", "evidence": question["evidence"]}
    answer = ask(family, question, *police(family, question, case)).answer
    assert [one["person"] for one in answer.records] == [f"#{family.people['twin of the trace'].ordinal}"]


def test_without_a_panel_nobody_can_be_compared(world: World):
    world.join("Noor")
    case = world.case()
    world.trace = genotypes(small_panel(), np.zeros(3000, dtype=np.uint8))
    question = relatives(world, case)
    with pytest.raises(QuestionRefused, match="No panel"):
        ask(world, question, *police(world, question, case))


def test_who_withdrew_since_the_clearance_is_not_even_opened(world: World, monkeypatch):
    crowd = world.crowd(5, says="Ada")
    clearance, use = research(world)
    records.withdraw(crowd[4], by="self", at=NOW)
    opened = names_opened(monkeypatch)
    asked = ask(world, world.carriers(), clearance, use)
    assert f"files/{crowd[4].genomic_files.get().id}/column" not in opened
    assert len(opened) == 4
    assert [one.ordinal for one in asked.clearance.permitted] == [one.ordinal for one in crowd[:4]]
    [out] = asked.clearance.left_out
    assert (out.ordinal, Reason.JOB_REVOKED_IN_FLIGHT in out.reasons) == (crowd[4].ordinal, True)


def test_a_request_that_lapsed_since_the_clearance_opens_nothing(world: World, monkeypatch):
    world.crowd(3, says="Ada")
    request = world.request()
    query = queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW)
    clearance = proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    opened = names_opened(monkeypatch)
    with pytest.raises(RequestLapsed):
        ask(world, world.carriers(), clearance, lambda: uses.of(query))
    assert opened == []


def test_evidence_that_is_gone_or_counts_along_another_build_is_compared_with_nobody(family: World):
    case = family.case()
    question = relatives(family, case)
    clearance, use = police(family, question, case)
    profile = EvidenceProfile.objects.get(id=question["evidence"])
    EvidenceProfile.objects.filter(id=profile.id).update(build="GRCh38")
    with pytest.raises(QuestionRefused, match="The evidence is in GRCh38"):
        ask(family, question, clearance, use)
    with pytest.raises(QuestionRefused, match="There is no evidence profile"):
        ask(family, question | {"evidence": str(uuid4())}, clearance, use)


def test_what_lies_in_a_slab_is_answered_from_it_alone_and_alike(world: World, monkeypatch):
    world.crowd(11, says="Ada")
    world.join("Cleo")  # carries it too, and said no
    clearance, use = research(world)
    before = ask(world, world.carriers(), clearance, use)
    assert len(list(upkeep.fill_slabs(at=NOW))) == 12
    opened = names_opened(monkeypatch)
    asked = ask(world, world.carriers(), clearance, use)
    assert asked.answer == before.answer
    assert asked.answer.as_json()["count"] == 11
    assert (len(before.opened), asked.opened) == (11, frozenset())
    assert opened
    assert {name.partition("/")[0] for name in opened} == {"slabs"}


def test_whoever_watches_is_told_of_every_batch_and_may_stop_it(world: World, monkeypatch):
    crowd = world.crowd(5, says="Ada")
    clearance, use = research(world)
    told: list[tuple[int, int]] = []
    ask(world, world.carriers(), clearance, use, on_batch=lambda *through: told.append(through))
    assert told == [(2, 5), (4, 5), (5, 5)]
    opened = names_opened(monkeypatch)

    def stop(_done: int, _total: int) -> None:
        raise RequestLapsed(())

    with pytest.raises(RequestLapsed):
        ask(world, world.carriers(), clearance, use, on_batch=stop)
    assert opened == [f"files/{one.genomic_files.get().id}/column" for one in crowd[:2]]
    whole, stopped = log.openings([events.VAULT_OPENED.tag]).values()
    assert (whole["fields"]["files"], stopped["fields"]["files"]) == (5, 2), "however it ends, it is told"


def test_where_rows_are_compared_more_people_are_read_between_two_looks_at_the_law(family: World):
    assert gate.at_once(parse(family.carriers()), 32) == 32
    assert gate.at_once(parse(relatives(family, family.case())), 32) == 256


def test_what_a_search_opened_stands_in_the_ledger(family: World):
    case = family.case()
    question = relatives(family, case)
    clearance, use = police(family, question, case)
    instants = iter(NOW + n * HOUR for n in range(1, 9))
    asked = ask(family, question, clearance, use, clock=lambda: next(instants))
    [said] = log.openings([events.VAULT_OPENED.tag]).values()
    counts = {"files": 5, "slabs": 0, "evidence": 1, "openings": 6, "rows": 5}
    counts |= {"remembered": 0, "sketches": 0, "beyond": 0}
    ids = sorted(file.bytes for file in asked.opened)
    assert said["fields"] == counts | {"files_sha256": sha256(b"".join(ids)).hexdigest()}
    assert (said["by"], said["subject"]) == ("gate", f"query:{clearance.use.id}")
    assert said["at"] == written(NOW + 4 * HOUR), "when all of three batches was read"
    allowed = [family.people[name] for name in family.people if name != "Ben"]
    assert asked.opened == {one.genomic_files.get().id for one in allowed}


def test_a_file_of_another_build_than_the_panels_is_not_compared(family: World):
    case = family.case()
    question = relatives(family, case)
    GenomicFile.objects.filter(participant=family.people["Noor"]).update(build="GRCh38")
    asked = ask(family, question, *police(family, question, case))
    assert asked.answer.records == ()
    assert family.people["Noor"].genomic_files.get().id not in asked.opened


def test_people_are_compared_at_the_sites_of_the_newest_panel(family: World):
    case = family.case()
    question = relatives(family, case)
    PanelVersion.objects.update(loaded_at=NOW)
    with_panel(small_panel(sites=20, seed=2))  # loaded before it, and written down after it
    answer = ask(family, question, *police(family, question, case)).answer
    assert [one["person"] for one in answer.records] == [f"#{family.people['Noor'].ordinal}"]


def test_while_the_database_is_behind_nothing_is_opened(world: World, monkeypatch):
    world.crowd(2, says="Ada")
    clearance, use = research(world)
    opened = names_opened(monkeypatch)
    monkeypatch.setattr(afterwards, "behind", lambda: "Something is missing")
    with pytest.raises(DatabaseBehind):
        ask(world, world.carriers(), clearance, use)
    assert opened == []
