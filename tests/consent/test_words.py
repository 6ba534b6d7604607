"""The tables of codes, purposes, families and reasons: complete, and in plain words."""

import json
import re
from itertools import pairwise

import pytest

from consent import duo, purposes, reasons
from consent.reasons import Reason, ranked
from consent.rules import modifiers

SENTENCE = re.compile(r"[A-Z].*[.?]$")


def test_every_purpose_has_a_kind_and_every_family_but_the_one_nobody_may_grant_is_offered():
    assert list(purposes.PURPOSES) == list(purposes.Purpose)
    families = {kind.family for kind in purposes.PURPOSES.values()}
    assert families - set(purposes.FAMILIES) == {"LE.NVC"}
    assert set(purposes.FAMILIES) - families == {"COMMERCIAL"}
    assert all(code.startswith(f"{kind.domain}.") for code, kind in purposes.PURPOSES.items())


def test_six_police_switches():
    assert purposes.POLICE_FAMILIES == ("LE.HOM", "LE.SEX", "LE.ABD", "LE.OVC", "LE.UHR", "LE.MIS")
    assert [family for family in purposes.FAMILIES if purposes.is_police(family)] == list(
        purposes.POLICE_FAMILIES
    )
    assert not purposes.is_police("EXON")


def test_operators_may_ask_for_nothing_and_nobody_for_two_things():
    domains = {role: "".join(sorted(may)) for role, may in purposes.ROLE_DOMAINS.items()}
    assert domains == {
        "researcher": "AR",
        "clinician": "C",
        "qc_staff": "Q",
        "law_enforcement": "L",
        "defence_counsel": "E",
        "participant": "G",
        "auditor": "",
        "administrator": "",
        "superuser": "",
    }


WORDS = [*purposes.FAMILIES.items(), *((code, kind.words) for code, kind in purposes.PURPOSES.items())]


@pytest.mark.parametrize(("code", "words"), WORDS, ids=[code for code, _ in WORDS])
def test_families_and_purposes_speak_plainly(code: str, words: purposes.Words):
    assert words.label
    assert code not in words.label
    assert words.who
    for sentence in (words.meaning, words.example):
        assert SENTENCE.match(sentence)
        assert all(len(part.split()) <= 20 for part in re.split(r"[.?]\s", sentence))


def test_no_two_families_and_no_two_purposes_are_called_alike():
    for labels in (
        [words.label for words in purposes.FAMILIES.values()],
        [kind.label for kind in purposes.PURPOSES.values()],
    ):
        assert len(labels) == len(set(labels))


def test_every_code_has_its_duo_id_and_a_rule():
    assert {code: term.id for code, term in duo.PERMISSIONS.items()} == {
        "NRES": "DUO:0000004",
        "GRU": "DUO:0000042",
        "HMB": "DUO:0000006",
        "DS": "DUO:0000007",
        "POA": "DUO:0000011",
    }
    assert len([term for term in duo.MODIFIERS.values() if term.is_duo]) == 18
    assert {code for code, term in duo.MODIFIERS.items() if not term.is_duo} == {"NCTRL", "IDENTITY_ONLY"}
    assert duo.MODIFIERS.keys() == modifiers.RULES.keys()
    assert duo.COVERS.keys() == duo.PERMISSIONS.keys()
    assert [code for code in duo.MODIFIERS if code in duo.WIDENING] == ["CC"]


def test_retired_ids_and_codes_are_in_no_table():
    honoured = {**duo.PERMISSIONS, **duo.MODIFIERS}
    assert not duo.RETIRED.keys() & {term.id for term in honoured.values()}
    assert not set(duo.RETIRED.values()) & honoured.keys()


def test_every_modifier_has_its_reason():
    assert {f"MOD_{code}" for code in duo.MODIFIERS if code != "CC"} | {"MOD_UNKNOWN"} == {
        reason for reason in Reason if reason.startswith("MOD_")
    }


def test_every_reason_has_a_sentence_and_no_two_but_the_silent_ones_are_alike():
    assert list(reasons.SENTENCES) == list(Reason)
    said = [reason.sentence for reason in Reason if reason.sentence != reasons.NOT_YOURS]
    assert len(said) == len(set(said))
    assert all(SENTENCE.match(sentence) for sentence in said)
    silent = {reason for reason in Reason if reason.sentence == reasons.NOT_YOURS}
    assert silent == {
        Reason.SUBJ_FROZEN,
        Reason.FILE_QUARANTINED,
        Reason.REL_MZ_TWIN_NOT_GRANTED,
        Reason.REL_MUTUAL_CONSENT_MISSING,
    }


def test_reasons_are_ranked_as_they_are_defined():
    assert ranked([Reason.MOD_GS, Reason.CONSENT_NONE, Reason.MOD_GS, Reason.REQ_PURPOSE_MIXED]) == (
        Reason.REQ_PURPOSE_MIXED,
        Reason.CONSENT_NONE,
        Reason.MOD_GS,
    )
    assert all(ranked([later, earlier]) == (earlier, later) for earlier, later in pairwise(Reason))


@pytest.mark.shared
def test_codes_and_ranks_are_those_of_the_page(shared):
    page = json.loads((shared / "consent" / "decision_cases.json").read_text("utf-8"))["enums"]
    assert [*Reason] == page["reason_rank"]
    assert {c: {"family": k.family, "domain": k.domain} for c, k in purposes.PURPOSES.items()} == page[
        "purposes"
    ]
    assert {role: sorted(may) for role, may in purposes.ROLE_DOMAINS.items()} == page["role_domains"]
    assert {c: t.id for c, t in duo.PERMISSIONS.items()} == page["permission_codes"]
    assert {c: t.id for c, t in duo.MODIFIERS.items() if t.is_duo} == {
        c: told for c, told in page["modifier_codes"].items() if told.startswith("DUO:")
    }
    assert duo.MODIFIERS.keys() == page["modifier_codes"].keys()
