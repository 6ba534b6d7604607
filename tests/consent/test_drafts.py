"""What a consent form must say to be one: every fault is named with its place, and nothing is recorded."""

import json

import pytest

from consent import clauses, drafts
from consent.errors import FormRefused
from consent.rules.authority import GUARDIAN_CEILING, GUARDIAN_IDENTITY_CEILING
from tests.drafts import adult, guardian, small
from tests.world import NOW

HMB = {"id": "R-HMB", "family": "RESEARCH", "permission": {"code": "HMB"}}
QC = {"id": "QC", "family": "QC"}


def refused(draft) -> tuple[str, ...]:
    with pytest.raises(FormRefused, match="Nothing was recorded") as found:
        drafts.check(draft, at=NOW)
    return found.value.faults


def with_clause(**clause):
    return small(QC, {"id": "X", "family": "RESEARCH", **clause}, {**HMB, "id": "R"})


def test_a_whole_form_is_taken_as_it_is():
    draft = small(HMB, QC, {"id": "HOM", "family": "LE.HOM"})
    assert drafts.check(draft, at=NOW) is draft
    assert drafts.offers(draft) == ["LE.HOM", "QC", "RESEARCH"]


@pytest.mark.parametrize(
    ("clause", "fault"),
    [
        ({"permission": {"code": "ZZZ"}}, "'ZZZ' is not a permission"),
        ({"modifier": {"code": "ZZZ"}}, "'ZZZ' is not a condition"),
        ({"permission": {"code": "RUO"}}, "RUO is an obsolete DUO code"),
        ({"permission": {"code": "DUO:0000005"}}, "DUO:0000005 is an obsolete DUO code"),
        ({"modifier": {"code": "GRU-CC"}}, "GRU-CC is an obsolete DUO code"),
        ({"permission": {"code": "DS"}}, "DS needs its diseases"),
        ({"permission": {"code": "DS", "diseases": ["M:1"]}, "asks": "diseases"}, "states diseases and asks"),
        ({"permission": {"code": "GRU", "diseases": ["M:1"]}}, "GRU has no place for diseases"),
        ({"permission": {"code": "GRU"}, "asks": "diseases"}, "GRU cannot ask for 'diseases'"),
        ({"modifier": {"code": "GS"}}, "GS needs its regions"),
        ({"modifier": {"code": "GS", "regions": []}}, "GS needs its regions"),
        ({"modifier": {"code": "GS", "regions": ["UE"]}}, "names UE, a region that is not known"),
        ({"modifier": {"code": "TS"}}, "TS needs its months"),
        ({"modifier": {"code": "TS", "months": -1}}, "TS needs its months"),
        ({"modifier": {"code": "TS", "months": 10**30}}, "TS can name 1200 months at most"),
        ({"modifier": {"code": "MOR", "until": "soon"}}, "MOR needs its until"),
        ({"modifier": {"code": "NPU", "really": True}}, "NPU has no place for really"),
        ({"modifier": {"code": "US"}, "asks": "users"}, "US cannot ask for 'users'"),
        ({"modifier": {"code": "NPU"}, "permission": {"code": "GRU"}}, "not both"),
        ({}, "names the kind of research"),
        ({"family": "QC", "asks": "diseases"}, "has no code to put it in"),
        ({"family": "QC", "permission": {"code": "GRU"}}, "for RESEARCH only, not for QC"),
        ({"family": "CHESS"}, "speaks for CHESS, which nobody can decide about"),
        ({"family": "LE.NVC"}, "speaks for LE.NVC, which nobody can decide about"),
        ({"id": "QC", "family": "QC"}, "clause QC stands here twice"),
        ({"permission": {"code": "HMB"}}, "clauses X and R stand for the same"),
        ({"id": "x y", "permission": {"code": "GRU"}}, "must have an id such as R-HMB"),
    ],
)
def test_a_clause_that_cannot_mean_anything_is_named(clause, fault):
    assert [one for one in refused(with_clause(**clause)) if fault in one]


@pytest.mark.parametrize("code", ["DS", "GRU"])
@pytest.mark.parametrize("asks", [{}, {"asks": "diseases"}])
@pytest.mark.parametrize("diseases", ["MONDO:0004992", [], [3], [" "], {"MONDO:0004992": 1}, None, 7])
def test_diseases_that_are_no_list_of_names_are_named_and_not_dropped(code, asks, diseases):
    clause = {"permission": {"code": code, "diseases": diseases}, **asks}
    assert refused(with_clause(**clause)) == ("clauses[2].permission.diseases must be a list of names",)


@pytest.mark.parametrize(
    "modifier",
    [{"code": "TS", "months": 24}, {"code": "MOR", "until": "2030-01-01T00:00:00Z"}, {"code": "NMDS"}],
)
def test_a_condition_with_its_parameter_is_taken(modifier):
    drafts.check(with_clause(modifier=modifier), at=NOW)


def test_conditions_on_what_nobody_can_allow_are_refused():
    npu = {"id": "R-NPU", "family": "RESEARCH", "modifier": {"code": "NPU"}}
    assert "RESEARCH has conditions and no clause that allows it" in refused(small(QC, npu))


def test_a_form_without_a_clause_is_refused():
    assert refused(small()) == ("the form has no clause",)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"form": "adult"}, "form 'adult' must be a name"),
        ({"version": "one"}, "version 'one' must be a number"),
        ({"audience": "cats"}, "audience 'cats' must be adult or guardian"),
        ({"le_notice": False}, "needs a police notice"),
        ({"reconsent_due": "2020-01-01T00:00:00Z"}, "has passed"),
        ({"reconsent_due": "2030-01-01T00:00:00"}, "no instant with a time zone"),
        ({"reconsent_due": "soon"}, "no instant with a time zone"),
        ({"texts": {}}, "texts.id is missing"),
        ({"texts": []}, "texts must be the words by language"),
        ({"clauses": {}}, "clauses must be a list of clauses"),
        ({"clauses": ["QC"]}, "clauses[1] must be an object"),
        ({"clauses": [{"family": "QC"}]}, "clauses[1] has no id"),
        ({"clauses": [{"id": 3, "family": "QC"}]}, "clauses[1].id must be text"),
        ({"clauses": [{**QC, "modifier": "NPU"}]}, "clauses[1].modifier must be an object"),
        ({"clauses": [{**QC, "modifier": {}}]}, "clauses[1].modifier names no code"),
        ({"clauses": [{**QC, "permission": {"code": "DS", "x": 1}}]}, "permission has no place for 'x'"),
        ({"clauses": [{**QC, "words": "x"}]}, "clauses[1] has no place for 'words'"),
        ({"offers": ["QC"]}, "the form has no place for 'offers'"),
        ({"le_notice": "yes"}, "le_notice must be true or false"),
        ({"version": 2}, "version must be a number such as 2.0"),
    ],
)
def test_a_part_that_is_wrong_is_named(changes, fault):
    assert [one for one in refused(adult(**changes)) if fault in one]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda texts: texts.pop("id"), "texts.id is missing"),
        (lambda texts: texts.update(fr=texts["en"]), "texts.fr is in a language that is not kept here"),
        (lambda texts: texts.update(en="words"), "texts.en must be an object"),
        (lambda texts: texts["id"]["clauses"].pop("QC"), "texts.id.clauses has no words for QC"),
        (lambda texts: texts["id"]["clauses"].update(XX="?"), "texts.id.clauses.XX belongs to no clause"),
        (lambda texts: texts["id"]["families"].update(CHESS="?"), "texts.id.families.CHESS belongs to no"),
        (lambda texts: texts["en"]["clauses"].update(QC=" "), "texts.en.clauses.QC is empty"),
        (lambda texts: texts["en"]["clauses"].update(QC=3), "texts.en.clauses.QC must be text"),
        (lambda texts: texts["en"].update(clauses=3), "texts.en.clauses must be an object"),
        (lambda texts: texts["en"].update(notice=""), "texts.en.notice is empty"),
        (lambda texts: texts["en"].pop("introduction"), "texts.en has no introduction"),
        (lambda texts: texts["en"].update(title="A\u202eB"), "texts.en.title holds a character that cannot"),
    ],
)
def test_words_that_are_missing_or_odd_are_named_with_their_place(change, fault):
    draft = adult()
    change(draft["texts"])
    assert [one for one in refused(draft) if fault in one]


def test_every_fault_is_told_at_once():
    assert len(refused(adult(form="x", version="y", le_notice=False))) == 3


@pytest.mark.parametrize("draft", [None, [], "form", 3])
def test_what_is_no_object_is_no_form(draft):
    assert refused(draft) == ("a form is a JSON object",)


def test_a_guardian_is_asked_for_nothing_that_guardians_cannot_grant():
    grantable = GUARDIAN_CEILING | GUARDIAN_IDENTITY_CEILING
    assert set(drafts.offers(guardian())) == grantable
    faults = refused(adult(audience="guardian"))
    for id in ("COM", "AI", "HOM", "EXON", "REL"):
        assert [one for one in faults if one.startswith(f"clause {id}: a guardian cannot allow")]
    assert "clause MIS: a guardian can allow LE.MIS with IDENTITY_ONLY alone" in faults
    strange = small({"id": "X", "family": "CHESS"}, audience="guardian")
    assert refused(strange) == ("clause X speaks for CHESS, which nobody can decide about",)


def test_a_condition_beside_a_guardians_bound_clause_leaves_it_bound():
    bound = {"id": "MIS", "family": "LE.MIS", "modifier": {"code": "IDENTITY_ONLY"}}
    (read,) = clauses.read([bound])
    assert read.allows
    drafts.check(small(bound, audience="guardian"), at=NOW)
    loose = small({"id": "MIS", "family": "LE.MIS"}, bound | {"id": "ID"}, audience="guardian")
    assert refused(loose) == ("clause MIS: a guardian can allow LE.MIS with IDENTITY_ONLY alone",)


# --- the file ---


def test_a_file_is_read_with_or_without_a_mark_in_front():
    data = json.dumps(adult()).encode()
    assert drafts.parse(data) == drafts.parse(b"\xef\xbb\xbf" + data) == adult()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"form": "F",\n "version" 1}', "line 2, column 12"),
        (b"\xff\xfe\x00", "no JSON in UTF-8"),
        (b"[" * 100_000, "no JSON in UTF-8"),
        (b'{"form": "F", "form": "G"}', "says form twice"),
        (b" " * (drafts.MOST_BYTES + 1), "larger than 256 kB"),
    ],
    ids=["broken", "bytes", "deep", "twice", "large"],
)
def test_a_file_that_is_no_form_is_refused_with_the_place(data, sentence):
    with pytest.raises(FormRefused, match=sentence):
        drafts.parse(data)


def test_what_is_said_of_a_family_is_its_own_words_or_those_of_its_clauses():
    npu = {"id": "R-NPU", "family": "RESEARCH", "modifier": {"code": "NPU"}}
    draft = small(HMB, {**HMB, "id": "R-POA", "permission": {"code": "POA"}}, npu, QC)
    read = clauses.read(draft["clauses"])
    text = draft["texts"]["en"]
    told = drafts.told_of(read, text)
    assert told == {"RESEARCH": "Words of R-HMB.\nWords of R-POA.", "QC": "Words of QC."}
    assert drafts.told_of(read, text | {"families": {"RESEARCH": "Above."}})["RESEARCH"] == "Above."
