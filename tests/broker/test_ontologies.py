"""Reading a file of diseases: what is taken, what is left out, and what is refused whole."""

import io
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from broker import ontologies
from broker.errors import OntologyRefused
from broker.management.commands import load_diseases
from consent import disease_tables
from consent.errors import DiseasesRefused
from consent.models import DiseaseName, DiseaseProposal, PolicyVersion

HEAD = "format-version: 1.2\ndata-version: releases/2026-01-01\nontology: mondo\n"


def term(code: str, name: str, *lines: str) -> str:
    return "\n".join(("\n[Term]", f"id: {code}", f"name: {name}", *lines)) + "\n"


TREE = (
    HEAD
    + term("MONDO:0000001", "disease")
    + term("MONDO:0004992", "cancer", "is_a: MONDO:0000001 ! disease", 'xref: DOID:162 {source="MONDO:x"}')
    + term("MONDO:0005105", "melanoma", "is_a: MONDO:0004992 ! cancer", "relationship: part_of MONDO:0000001")
    + term("MONDO:0000099", "obsolete growth", "is_obsolete: true", "replaced_by: MONDO:0004992")
    + term("MONDO:0000098", "obsolete nothing", "is_obsolete: true")
    + term("HP:0000001", "a sign of disease", "is_a: HP:0000002")
    + "\n[Typedef]\nid: part_of\nname: part of\n"
)


def read(text: str) -> ontologies.Ontology:
    return ontologies.read(text.encode())


def test_what_lies_inside_what_is_read_and_obsolete_terms_are_left_out():
    found = read(TREE)
    assert found.hierarchy.upwards("MONDO:0005105") == {"MONDO:0005105", "MONDO:0004992", "MONDO:0000001"}
    assert found.names["MONDO:0004992"] == "cancer"
    assert (found.version, found.obsolete) == ("releases/2026-01-01", 2)
    assert found.replaced == {"MONDO:0000099": "MONDO:0004992"}
    assert not found.hierarchy.knows("MONDO:0000099")
    assert not found.hierarchy.knows("HP:0000001"), "a sign is no disease"
    assert found.hierarchy.upwards("MONDO:0000099") == frozenset()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no such file\n", "no OBO file"),
        (HEAD + "\n[Term]\nid MONDO:0000001\n", "no OBO file"),
        ("\x00\x01", "no OBO file"),
        ("", "No term of MONDO or DOID"),
        (TREE + term("MONDO:0000007", "a\0growth"), "MONDO:0000007 holds a NUL"),
        (HEAD + term("HP:0000001", "sign"), "No term of MONDO or DOID"),
        (TREE + term("MONDO:0004992", "cancer again"), "MONDO:0004992 stands in the file twice"),
        (TREE + term("MONDO:0000099", "growth, revived"), "MONDO:0000099 stands in the file twice"),
        (TREE + term("MONDO:0000007", "orphan", "is_a: MONDO:0009999"), "parent is not in the file"),
        (TREE + term("MONDO:0000007", "orphan", "is_a: MONDO:0000099"), "or is obsolete: MONDO:0000099"),
        (TREE + term("DOID:162", "cancer"), "mixes DOID and MONDO"),
        (
            TREE + term("MONDO:0000007", "circle", "is_a: MONDO:0000007"),
            "lie inside themselves: MONDO:0000007",
        ),
        (
            TREE
            + term("MONDO:0000007", "hen", "is_a: MONDO:0000008")
            + term("MONDO:0000008", "egg", "is_a: MONDO:0000007")
            + term("MONDO:0000009", "chick", "is_a: MONDO:0000008"),
            "lie inside themselves: MONDO:0000007, MONDO:0000008.",
        ),
        (TREE.replace("data-version: releases/2026-01-01\n", ""), "does not say its data-version"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_whole(text: str, why: str):
    with pytest.raises(OntologyRefused, match="Nothing was loaded") as refused:
        read(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("data", [b"\xff\xfe\0abc", b"\x1f\x8b\x08\0rest", bytes(range(128, 256))])
def test_bytes_that_are_no_text_are_refused_in_plain_words(data: bytes):
    with pytest.raises(OntologyRefused, match="bytes that are no text"):
        ontologies.read(data)


@pytest.mark.parametrize("said", [("true", "true"), ("false", "true"), ("true", "false")])
def test_a_term_that_says_at_all_that_it_is_obsolete_is_left_out(said: tuple[str, ...]):
    found = read(TREE + term("MONDO:0000007", "growth", *(f"is_obsolete: {one}" for one in said)))
    assert not found.hierarchy.knows("MONDO:0000007")
    assert found.obsolete == 3


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ontologies, "MOST_BYTES", 10)
    with pytest.raises(OntologyRefused, match="larger than"):
        read(TREE)


def load(path: Path, *more: str) -> str:
    out = io.StringIO()
    call_command("load_diseases", str(path), *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree.obo"
    path.write_text(TREE)
    return path


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    path = tmp_path / "wide.obo"
    path.write_text(TREE + term("MONDO:0005015", "diabetes", "is_a: MONDO:0004992 ! cancer"))
    return path


@pytest.mark.django_db
def test_the_command_proposes_and_changes_nothing(wide: Path):
    told = load(wide)
    assert "4 diseases of releases/2026-01-01, SHA-256 " in told
    assert "2 obsolete terms were left out" in told
    assert "MONDO:0004992: MONDO:0005015" in told
    proposal = DiseaseProposal.objects.get()
    assert f"/steward/diseases/{proposal.pk}/" in told
    assert disease_tables.table_of(proposal).names["MONDO:0005015"] == "diabetes"
    assert proposal.widens["MONDO:0004992"] == ["MONDO:0005015"]
    assert not PolicyVersion.objects.exists()
    assert not DiseaseName.objects.exists()
    assert load_diseases.Command.allowed == "operator"


@pytest.mark.django_db
def test_an_operator_names_no_steward(tree: Path):
    with pytest.raises(CommandError, match="unrecognized arguments"):
        load(tree, "--by", "sten-steward", "--second", "sara-steward")
    load(tree)
    proposal = DiseaseProposal.objects.get()
    with pytest.raises(DiseasesRefused, match="passkey"):
        disease_tables.confirm(proposal, sign_in=None, by="user:sten", at=proposal.proposed_at)


@pytest.mark.django_db
def test_a_wrong_file_is_no_proposal(tree: Path, tmp_path: Path):
    tree.write_text(TREE + term("MONDO:0004992", "cancer again"))
    with pytest.raises(CommandError, match=r"twice. Nothing was loaded."):
        load(tree)
    with pytest.raises(CommandError, match=r"cannot be read: No such file .* Nothing was loaded."):
        load(tmp_path / "nowhere.obo")
    assert not DiseaseProposal.objects.exists()


@pytest.mark.django_db
def test_what_would_widen_is_told_without_a_proposal(wide: Path, monkeypatch: pytest.MonkeyPatch):
    told = load(wide, "--dry-run")
    assert "MONDO:0004992: MONDO:0005015" in told
    assert "Nothing was changed." in told
    assert not DiseaseProposal.objects.exists()
    monkeypatch.setattr(load_diseases, "SHOWN", 0)
    assert "A yes to 1 diseases would newly cover something." in load(wide, "--dry-run")


def test_thirty_thousand_terms_are_climbed_only_where_somebody_asks():
    text = HEAD + term("MONDO:0000001", "disease")
    text += "".join(
        term(f"MONDO:{n:07d}", f"disease {n}", f"is_a: MONDO:{n // 2:07d}", f"xref: OMIM:{n}")
        for n in range(2, 30_001)
    )
    hierarchy = read(text).hierarchy
    again = read(text).hierarchy
    assert len(hierarchy.upwards("MONDO:0030000")) == 15
    assert hierarchy == again
    assert hash(hierarchy) == hash(again)
    start = time.perf_counter()
    for _ in range(1000):
        assert hierarchy == again
        hash(hierarchy)
        hierarchy.upwards("MONDO:0030000")
    assert (time.perf_counter() - start) / 1000 < 0.001, "a decision must not pay for the size of the table"
