"""A table of diseases on its way: what it would widen, the two who confirm it, and the no of one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from consent import disease_tables, diseases, policies
from consent.disease_tables import State, Table, widens
from consent.errors import DiseasesRefused
from consent.hierarchies import DISEASES, Hierarchy
from consent.ledger import log
from consent.models import DiseaseMove, DiseaseName, DiseaseProposal, LedgerEvent, PolicyVersion, Statement
from consent.terms import Permission, SignIn
from tests.cast import CANCER, DIABETES, MELANOMA, NOW
from tests.consent.ledger.build import unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import World

pytestmark = pytest.mark.django_db
STEN, SARA = "user:sten", "user:sara"
ROOT, TYPE_2, GONE = "MONDO:0000001", "MONDO:0005148", "MONDO:0000444"
WIDE = Table(
    Hierarchy.of({**DISEASES.as_json(), DIABETES: [CANCER], GONE: [DIABETES]}),
    {DIABETES: "diabetes mellitus"},
)
PROOF = SignIn("passkey", NOW)


def propose(table: Table = WIDE) -> DiseaseProposal:
    return disease_tables.propose(table, version="2026-01-01", sha256="00" * 32, by="operator", at=NOW)


def confirm(proposal: DiseaseProposal, by: str, sign_in: SignIn | None = PROOF) -> DiseaseMove.State:
    return disease_tables.confirm(proposal, sign_in=sign_in, by=by, at=NOW)


def cancer_covers_diabetes() -> bool:
    return CANCER in policies.in_force(at=NOW).disease_parents.upwards(DIABETES)


def said(kind: str) -> dict[str, Any]:
    return LedgerEvent.objects.get(kind=f"consent:diseases:{kind}").opening.said


def test_what_a_yes_would_newly_cover_is_told_for_all_that_a_yes_can_name():
    assert widens(DISEASES, DISEASES, ()) == {}
    assert widens(DISEASES, Hierarchy.of({ROOT: []}), ()) == {}, "what falls out only narrows"
    covered = widens(DISEASES, WIDE.hierarchy, ())
    assert set(covered[CANCER]) == {DIABETES, TYPE_2, GONE}
    assert covered[DIABETES] == [GONE], "a disease that was not known was covered by nothing"
    assert GONE not in covered, "nobody can have named it"
    assert MELANOMA not in covered


def test_a_disease_that_comes_back_covers_again_what_was_said_of_it():
    assert widens(DISEASES, WIDE.hierarchy, {GONE})[GONE] == [GONE]


def test_what_was_named_is_read_from_the_statements():
    world = World()
    assert disease_tables.named_in_consents() == frozenset()
    ada = world.join("Ada", says="Cleo")
    world.give(ada, "RESEARCH", Permission("DS", (MELANOMA, CANCER)))
    assert Statement.objects.count() > 1
    assert disease_tables.named_in_consents() == {MELANOMA, CANCER}


def test_a_proposal_changes_nothing_and_keeps_what_it_would_widen():
    proposal = propose()
    assert not cancer_covers_diabetes()
    assert not PolicyVersion.objects.exists()
    assert not DiseaseName.objects.exists()
    assert set(proposal.widens[CANCER]) == {DIABETES, TYPE_2, GONE}
    assert disease_tables.table_of(DiseaseProposal.objects.get()) == WIDE
    assert [move.state for move in disease_tables.standing()] == [State.PROPOSED]
    assert said("proposed")["fields"]["widens"] == len(proposal.widens)


def test_two_who_showed_who_they_are_bring_it_into_force():
    proposal = propose()
    assert confirm(proposal, STEN) is State.SEEN
    assert not cancer_covers_diabetes()
    assert confirm(proposal, SARA, SignIn("totp", NOW)) is State.LOADED
    assert cancer_covers_diabetes()
    assert diseases.name_of(DIABETES) == "Diabetes"
    assert DiseaseName.objects.get().name == "diabetes mellitus"
    first, second = said("seen"), said("loaded")
    assert (first["by"], first["fields"]["signed_in"]) == (STEN, "passkey")
    assert (second["by"], second["fields"]["seen_by"], second["fields"]["signed_in"]) == (SARA, STEN, "totp")
    assert second["fields"]["policy"] == policies.in_force(at=NOW).version
    assert second["fields"]["digest"] == proposal.digest == first["fields"]["digest"]


@pytest.mark.parametrize(
    "proof", [None, SignIn("password", NOW), SignIn("passkey", NOW - timedelta(hours=2))]
)
@pytest.mark.parametrize("seen", [False, True])
def test_without_a_fresh_proof_nothing_is_confirmed(proof: SignIn | None, seen: bool):
    proposal = propose()
    if seen:
        confirm(proposal, STEN)
    with pytest.raises(DiseasesRefused, match="takes a passkey"):
        confirm(proposal, SARA, proof)
    assert disease_tables.standing()[0].state == (State.SEEN if seen else State.PROPOSED)


@pytest.mark.parametrize("by", ["operator", STEN])
def test_nobody_is_two(by: str):
    proposal = propose()
    if by == STEN:
        confirm(proposal, STEN)
    with pytest.raises(DiseasesRefused, match="takes somebody else"):
        confirm(proposal, by)
    assert not cancer_covers_diabetes()


def test_one_no_ends_it():
    proposal = propose()
    confirm(proposal, STEN)
    disease_tables.reject(proposal, by=SARA, at=NOW)
    assert said("rejected")["by"] == SARA
    with pytest.raises(DiseasesRefused, match="is rejected already"):
        confirm(proposal, "user:third")
    with pytest.raises(DiseasesRefused, match="is rejected already"):
        disease_tables.reject(proposal, by=STEN, at=NOW)
    assert not cancer_covers_diabetes()


def test_what_is_in_force_is_not_rejected_any_more():
    proposal = propose()
    confirm(proposal, STEN)
    confirm(proposal, SARA)
    with pytest.raises(DiseasesRefused, match="is loaded already"):
        disease_tables.reject(proposal, by=SARA, at=NOW)


def test_what_was_read_is_what_comes_into_force():
    """Another table came first: against that one, this one widens something else than its page says."""
    proposal, apart = propose(), replace(policies.in_force(at=NOW), version="apart")
    confirm(proposal, STEN)
    flat = Hierarchy.of({code: [] for code in DISEASES.as_json()})
    policies.adopt(replace(apart, disease_parents=flat), by="x", at=NOW)
    with pytest.raises(DiseasesRefused, match="load the file again"):
        confirm(proposal, SARA)
    assert not cancer_covers_diabetes()


def test_the_same_table_with_other_names_makes_no_new_policy():
    proposal = propose(Table(DISEASES, {CANCER: "cancer"}))
    assert proposal.widens == {}
    confirm(proposal, STEN)
    confirm(proposal, SARA)
    assert not PolicyVersion.objects.filter(version__contains="diseases").exists()
    assert DiseaseName.objects.get().code == CANCER


def test_a_table_that_was_changed_in_the_database_is_not_taken():
    proposal = propose()
    with unsafe_without_triggers(connection):
        unsafe_rows(DiseaseProposal).update(body=proposal.body.replace("mellitus", "millitus"))
    proposal.refresh_from_db()
    with pytest.raises(DiseasesRefused, match="tell an auditor"):
        confirm(proposal, STEN)


def test_two_at_one_moment_are_told_so():
    proposal = propose()
    last = proposal.moves.get()
    confirm(proposal, STEN)
    with pytest.raises(DiseasesRefused, match="has just decided"):
        disease_tables._take(proposal, last, State.SEEN, by=SARA, at=NOW)


def test_nothing_comes_into_force_without_the_ledger(monkeypatch: pytest.MonkeyPatch):
    proposal = propose()
    confirm(proposal, STEN)

    def broken(*_args: object, **_fields: object) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(log, "append", broken)
    with pytest.raises(RuntimeError):
        confirm(proposal, SARA)
    assert not cancer_covers_diabetes()
    assert not DiseaseName.objects.exists()
    assert disease_tables.standing()[0].state == State.SEEN
