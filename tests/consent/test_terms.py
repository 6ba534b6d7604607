"""The values: frozen, hashable, and the same after a trip through JSON."""

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime

import pytest

from consent import terms
from consent.terms import (
    AfterDeath,
    DataUse,
    File,
    FileState,
    Freeze,
    Modifier,
    Paper,
    Side,
    Source,
    Statement,
    Subject,
)
from tests.cast import CANCER_ONLY, GUARDIAN, NOW, PEOPLE, SIGNED, born, counsel, police, research, stop, yes

FULL = replace(
    yes("RESEARCH", CANCER_ONLY, terms.Permission("POA")),
    level=terms.Level.FILE,
    file="GF1",
    valid_to=NOW,
    authority=GUARDIAN,
    source=Source.PAPER,
    paper=Paper("clerk1", "clerk2", True),
    modifiers=(Modifier.of("GS", regions=["EU"]), Modifier.of("TS", months=12)),
    after_death=AfterDeath.NOK_DECIDES,
    continues=7,
)


@pytest.mark.parametrize(
    "statement", [FULL, *(said for person in PEOPLE for said in person.statements)], ids=lambda s: s.family
)
def test_a_statement_comes_back_from_json_as_it_was(statement: Statement):
    back = Statement.from_json(json.loads(terms.canonical(statement)))
    assert back == statement
    assert hash(back) == hash(statement)
    assert terms.canonical(back) == terms.canonical(statement)


@pytest.mark.parametrize("use", [research("R.DS", "A.TRAIN"), police("L.HOM"), counsel()])
def test_a_use_comes_back_from_json_as_it_was(use: DataUse):
    back = DataUse.from_json(json.loads(terms.canonical(use)))
    assert back == use
    assert hash(back) == hash(use)


def test_a_subject_comes_back_from_json_as_it_was():
    subject = born(freezes=(Freeze(SIGNED, NOW), Freeze(NOW)), died_at=NOW, erased_at=NOW, minor_dissent=True)
    assert Subject.from_json(json.loads(terms.canonical(subject))) == subject
    assert Subject.from_json({"id": "P", "dob": "2008-02-29", "identity_verified": True}) == Subject(
        id="P", dob=date(2008, 2, 29), identity_verified=True
    )


def test_another_person_comes_back_from_json_with_what_she_said():
    side = Side(born(minor_dissent=True), (yes("LE.HOM"), stop("*", seq=2)))
    assert Side.from_json(json.loads(terms.canonical(side))) == side


def test_values_do_not_change():
    for value in (FULL, born(), research("R.GRU"), File("GF1"), terms.Policy.default(), terms.NONE):
        with pytest.raises((FrozenInstanceError, TypeError)):
            value.seq = 2


def test_what_a_request_leaves_out_is_read_as_the_answer_that_permits_nothing():
    bare = DataUse.from_json({"id": "Q1", "purposes": ["R.GRU"], "requester": {"role": "researcher"}})
    assert bare.commercial_use is None
    assert bare.regions == bare.topics == frozenset()
    assert bare.duration_months is bare.match_mode is bare.study_type is bare.le is None
    assert not bare.care_relationship
    assert bare.project == terms.Project()
    assert bare.ethics == terms.Ethics()
    assert bare.commitments == terms.Commitments()


@pytest.mark.parametrize(
    ("key", "said", "read"),
    [
        ("commercial_use", "false", None),
        ("commercial_use", 0, None),
        ("commercial_use", False, False),
        ("duration_months", True, None),
        ("duration_months", "12", None),
        ("duration_months", 12, 12),
        ("care_relationship", "yes", False),
        ("regions", "GB", frozenset()),
    ],
)
def test_malformed_evidence_is_no_evidence(key: str, said: object, read: object):
    use = {"id": "Q1", "purposes": ["R.GRU"], "requester": {"role": "researcher"}, key: said}
    assert getattr(DataUse.from_json(use), key) == read


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"decision": "allow"}, ValueError),
        ({"level": "everything"}, ValueError),
        ({"recorded_at": "2025-01-10T09:00:00"}, ValueError),
        ({"authority": {"capacity": "STAFF", "verified": True}}, ValueError),
        ({"after_death": "WHATEVER"}, ValueError),
    ],
)
def test_a_statement_that_makes_no_sense_is_not_read(change: dict, error: type[Exception]):
    with pytest.raises(error):
        Statement.from_json(FULL.as_json() | change)


@pytest.mark.parametrize(
    ("paper", "verified"),
    [
        (Paper("clerk1", "clerk2", True), True),
        (Paper("clerk1", "clerk1", True), False),
        (Paper("clerk1", "clerk2", False), False),
        (Paper("clerk1", "clerk2", None), False),
        (Paper("clerk1", None, True), False),
        (Paper(None, "clerk2", True), False),
        (Paper("", "clerk2", True), False),
        (Paper(), False),
    ],
)
def test_paper_is_verified_when_two_different_people_read_the_same(paper: Paper, verified: bool):
    assert paper.is_verified is verified


def test_a_modifier_keeps_its_parameters_as_they_were_written():
    gs = Modifier.from_json({"code": "GS", "regions": ["EU", "GB"]})
    assert gs == Modifier.of("GS", regions=("EU", "GB"))
    assert gs.get("regions") == ("EU", "GB")
    assert gs.get("months") is None
    assert gs.as_json() == {"code": "GS", "regions": ("EU", "GB")}


def test_a_file_has_a_state():
    assert File.from_json({"id": "GF1", "state": "QUARANTINED"}) == File("GF1", FileState.QUARANTINED)
    with pytest.raises(ValueError, match="GONE"):
        File.from_json({"id": "GF1", "state": "GONE"})


def test_instants_in_json_are_utc():
    said = FULL.as_json() | {"recorded_at": "2025-01-10T16:00:00+07:00"}
    assert Statement.from_json(said).recorded_at == datetime(2025, 1, 10, 9, tzinfo=UTC)


def test_nobody_comes_of_age_in_a_time_zone_that_is_none():
    with pytest.raises(ValueError, match="'Mars/Olympus' is no time zone"):
        replace(born(), zone="Mars/Olympus")
    for zone in ("UTC", "Asia/Jayapura", "America/New_York"):
        assert replace(born(), zone=zone).zone == zone
    assert not terms.is_zone("../../etc/passwd")
