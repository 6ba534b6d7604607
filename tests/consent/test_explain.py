"""Why a decision is as it is, and which change of the request would permit."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from consent import counterfactual, explain
from consent.canonical import canonical
from consent.explain import Verdict
from consent.reasons import SENTENCES, Reason
from consent.reasons_id import NOT_YOURS_ID, SENTENCES_ID
from consent.terms import Commitments, File, FileState, Level, Modifier, Project
from tests.cast import (
    ANY_RESEARCH,
    CANCER,
    CANCER_ONLY,
    CAST,
    NOW,
    POLICY,
    born,
    care,
    case,
    company,
    no,
    police,
    research,
    yes,
)
from tests.properties.worlds import worlds

FILE = File("00000000-0000-4000-8000-000000000001")
OTHER = File("00000000-0000-4000-8000-000000000002")


def why(*statements, use=None, files=(FILE,), subject=None, **more):
    return explain.explain(
        subject or born(), files, statements, use or research("R.HMB"), POLICY, NOW, **more
    )


def would(*statements, use):
    return why(*statements, use=use).counterfactual


def grant(*modifiers, **changes):
    return yes("RESEARCH", ANY_RESEARCH, modifiers=modifiers, **changes)


def test_the_machine_form_says_everything_that_the_model_asks_for():
    said = json.loads(why(grant(), position=7).to_bytes())
    assert said["decision"] == "PERMIT"
    assert (said["primary_reason"], said["reasons"], said["counterfactual"]) == (None, [], [])
    assert (said["statements_relied_on"], said["form_version"]) == ([1], ["F-ADULT 3.0"])
    assert (said["policy_version"], said["ledger_seq"], said["t"]) == (
        POLICY.version,
        7,
        "2026-06-01T12:00:00Z",
    )
    assert [one["family"] for one in said["families"]] == ["RESEARCH"]
    assert said["families"][0]["statements"][0]["form"] == "F-ADULT 3.0"


def test_every_family_says_which_statement_spoke_and_why_it_is_not_enough():
    said = why(grant(), no("AI", seq=2), use=research("R.HMB", "A.TRAIN"))
    assert [(one.family, [s.seq for s in one.statements], one.reasons) for one in said.spoke] == [
        ("AI", [2], (Reason.CONSENT_DENIED,)),
        ("RESEARCH", [1], ()),
    ]
    assert said.as_json()["primary_reason"] == "CONSENT_DENIED"
    assert said.as_json()["statements_relied_on"] == []


def test_care_that_rests_on_research_names_that_statement():
    said = why(*CAST["Cara"].statements, use=care())
    assert [s.family for s in said.spoke[0].statements] == ["RESEARCH"]
    assert said.spoke[0].reasons == ()


def test_files_that_may_be_read_are_named_and_of_the_refused_the_closest_is_explained():
    gone = replace(OTHER, state=FileState.ERASED)
    assert why(grant(), files=(gone, FILE)).verdict.files == (FILE.id,)
    assert why(grant(), files=(gone, FILE)).file == FILE.id
    frozen = replace(FILE, state=FileState.QUARANTINED)
    refused = why(no("RESEARCH"), files=(frozen, OTHER))
    assert (refused.file, refused.verdict.reasons) == (OTHER.id, (Reason.CONSENT_DENIED,))


def test_of_several_files_only_those_count_that_were_in_before():
    both = why(grant(), files=(FILE, OTHER))
    assert both.verdict.files == (FILE.id, OTHER.id)
    assert why(grant(), files=(FILE, OTHER), only={FILE.id}).verdict.files == (FILE.id,)
    none = explain.judge(born(), (OTHER,), (grant(),), research("R.HMB"), POLICY, NOW, only={FILE.id})
    assert (none.files, none.reasons) == ((), ())


def test_who_has_no_file_said_nothing_that_could_be_read():
    said = why(grant(), files=())
    assert (said.file, said.verdict.files) == (None, ())
    assert said.verdict.reasons == (Reason.CONSENT_NONE,)


def test_a_word_about_one_file_speaks_for_that_file():
    word = no("RESEARCH", seq=2, level=Level.FILE, file=FILE.id)
    said = why(grant(), word, files=(FILE,))
    assert [one.seq for one in said.spoke[0].statements] == [1, 2]


@given(world=worlds())
def test_it_is_the_decision_of_the_law_and_bytes_are_canonical(world):
    verdict = explain.judge(
        world.subject,
        (world.file,),
        world.statements,
        world.use,
        world.policy,
        world.at,
        relations=world.relations,
    )
    decided = world.decide()
    assert bool(verdict.files) == bool(decided)
    assert (verdict.reasons, verdict.relied_on) == (decided.reasons, decided.relied_on)
    said = {
        "decision": "PERMIT" if verdict.files else "DENY",
        "files": list(verdict.files),
        "policy_version": verdict.policy_version,
        "reasons": list(verdict.reasons),
        "statements_relied_on": list(verdict.relied_on),
    }
    assert verdict.to_bytes() == canonical(said)


@given(world=worlds())
def test_a_smallest_change_would_permit_and_is_none_for_who_permits(world):
    said = explain.explain(
        world.subject,
        (world.file,),
        world.statements,
        world.use,
        world.policy,
        world.at,
        relations=world.relations,
    )
    if world.decide():
        assert said.counterfactual == ()
    elif said.counterfactual is not None:
        named = {str(one): one for one in counterfactual.changes(world.use, world.statements, world.at)}
        changed = world.use
        for change in said.counterfactual:
            changed = named[change].edit(changed)
        assert world.decide(use=changed)


def test_a_version_with_odd_letters_is_written_canonically():
    odd = Verdict(files=(), relied_on=(), reasons=(Reason.CONSENT_NONE,), policy_version='2026 "é"')
    assert json.loads(odd.to_bytes())["policy_version"] == '2026 "é"'


SOON = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statements", "use", "expected"),
    [
        ((grant(),), research("R.HMB", "A.TRAIN"), ("without A.TRAIN",)),
        ((yes("RESEARCH", CANCER_ONLY),), research("R.DS", "R.POA"), ("without R.POA",)),
        ((grant(),), research("R.HMB", commercial_use=True), ("without commercial use",)),
        ((grant(),), company("R.HMB"), None),  # nobody stops being a company
        ((grant(Modifier("PUB")),), research("R.HMB"), ("with publication",)),
        (
            (grant(Modifier("PUB"), Modifier("RTN")),),
            research("R.HMB"),
            ("with publication", "with return data"),
        ),
        (
            (grant(Modifier.of("GS", regions=["GB"])),),
            research("R.HMB", regions=frozenset(("GB", "US"))),
            ("without region US",),
        ),
        ((grant(Modifier.of("GS", regions=["JP"])),), research("R.HMB"), None),
        ((grant(Modifier.of("TS", months=6)),), research("R.HMB"), ("for 6 months",)),
        ((grant(Modifier.of("TS", months=6)),), research("R.HMB", duration_months=None), ("for 6 months",)),
        (
            (grant(Modifier.of("TS", months=6)),),
            research(
                "R.HMB",
                project=replace(research("R.HMB").project, first_access_at=NOW - timedelta(days=400)),
            ),
            None,
        ),
        (
            (grant(Modifier.of("MOR", until="2027-01-01T00:00:00Z")),),
            research("R.HMB"),
            ("with publication from 2027-01-01T00:00:00Z",),
        ),
        (
            (grant(Modifier.of("MOR", until="2027-01-01T00:00:00Z"), Modifier("NPU")),),
            research("R.HMB", publish_not_before=SOON),
            (),
        ),
        (
            (grant(Modifier("RTN")),),
            research("R.HMB", commitments=Commitments(publication=True), match_mode="identity"),
            ("with return data",),
        ),
        ((grant(Modifier("GSO")),), research("R.HMB", study_type="survey"), ("as a genetic study",)),
        (
            (grant(Modifier("IRB")),),
            research("R.HMB", ethics=replace(research("R.HMB").ethics, valid_to=None)),
            ("with an ethics approval",),
        ),
        (
            (yes("LE.HOM", modifiers=(Modifier("IDENTITY_ONLY"),)),),
            police("L.HOM"),
            ("for identity only",),
        ),
        (
            (yes("LE.HOM"),),
            police("L.HOM", le=case("L.HOM", judicial_authorisation=None, leads_exhausted=False)),
            ("with a court's permission", "after other leads"),
        ),
        ((no("RESEARCH"),), research("R.HMB"), None),
        ((no("RESEARCH"),), research("R.HMB", "R.POA"), None),
        ((no("RESEARCH"),), research(), None),  # a request for nothing cannot be made smaller
    ],
)
def test_the_smallest_change_of_the_request(statements, use, expected):
    assert would(*statements, use=use) == expected


def test_what_nothing_about_the_request_can_change_is_not_searched_for():
    assert why(grant(), subject=born(identity_verified=False)).counterfactual is None


def test_the_search_is_bounded(monkeypatch):
    monkeypatch.setattr(counterfactual, "MOST_ASKED", 2)
    asked = []

    def never(use):
        asked.append(use)
        return (Reason.CONSENT_NONE,)

    use = research("R.HMB", "R.POA", "A.TRAIN")
    none = counterfactual.smallest(use, (Reason.CONSENT_NONE,), never, statements=(), at=NOW)
    assert none is None
    assert len(asked) == 2


def test_a_request_that_fails_its_gates_is_told_what_would_pass():
    use = research("R.HMB", "R.POA", project=replace(_approved(), approved_purposes=frozenset(("R.HMB",))))
    assert explain.of_request(use, POLICY, NOW) == ("without R.POA",)
    late = research("R.HMB", project=replace(_approved(), valid_to=NOW))
    assert explain.of_request(late, POLICY, NOW) is None
    assert explain.of_request(research("R.HMB"), POLICY, NOW) == ()


def _approved() -> Project:
    return research("R.HMB", disease=CANCER).project


def test_every_reason_has_its_sentence_in_indonesian_too():
    assert set(SENTENCES_ID) == set(Reason)
    hidden = {reason for reason, said in SENTENCES.items() if said == SENTENCES[Reason.SUBJ_FROZEN]}
    assert {reason for reason, said in SENTENCES_ID.items() if said == NOT_YOURS_ID} == hidden
    plain = [one for one in SENTENCES_ID.values() if len(one.split()) <= 15 and one.endswith(".")]
    assert len(plain) == len(SENTENCES_ID)
