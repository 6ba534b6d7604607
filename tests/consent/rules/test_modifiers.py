"""Each condition, met and not met, and written wrongly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent.duo import MODIFIERS
from consent.reasons import Reason
from consent.rules import modifiers
from consent.rules.modifiers import end_of_term
from consent.terms import Commitments, DataUse, Ethics, Modifier
from tests.cast import NOW, POLICY, company, police, research, yes

PLAIN = research("R.HMB")


def on(use: DataUse, **requester: object) -> DataUse:
    return replace(use, requester=replace(use.requester, **requester))


def under(use: DataUse, **project: object) -> DataUse:
    return replace(use, project=replace(use.project, **project))


def fails(modifier: Modifier, use: DataUse, at: datetime = NOW) -> list[Reason]:
    return list(modifiers.check(yes("RESEARCH", modifiers=(modifier,)), use, POLICY, at))


GS, TS, MOR = (
    Modifier.of("GS", regions=["EU"]),
    Modifier.of("TS", months=12),
    Modifier.of("MOR", until="2027-01-01T00:00:00Z"),
)
RS, US = Modifier.of("RS", topics=["ageing", "cancer"]), Modifier.of("US", users=["u1", "u2"])
PS, IS = Modifier.of("PS", projects=["PRJ1"]), Modifier.of("IS", institutions=["inst1"])
SECOND = timedelta(seconds=1)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
ALL_PROMISED = replace(PLAIN, commitments=Commitments(publication=True, collaboration=True, return_data=True))


def promised(**said: bool) -> DataUse:
    return replace(PLAIN, commitments=Commitments(**said))


def regions(*names: str) -> DataUse:
    return replace(PLAIN, regions=frozenset(names))


def topics(*names: str) -> DataUse:
    return replace(PLAIN, topics=frozenset(names))


@pytest.mark.parametrize(
    ("modifier", "met_by", "not_met_by"),
    [
        (Modifier("NMDS"), [PLAIN, police("L.HOM")], [research("R.MDS"), research("R.DS", "R.MDS")]),
        (Modifier("NPOA"), [PLAIN], [research("R.POA"), research("R.HMB", "R.POA")]),
        (
            Modifier("GSO"),
            [PLAIN, replace(PLAIN, study_type="genotype_phenotype")],
            [replace(PLAIN, study_type="phenotype"), replace(PLAIN, study_type=None)],
        ),
        (
            Modifier("NPU"),
            [on(PLAIN, org_type=kind) for kind in ("nonprofit", "academic", "government")],
            [on(PLAIN, org_type=kind) for kind in ("forprofit", "charity", None, "Academic")],
        ),
        (
            Modifier("NCU"),
            [PLAIN, on(PLAIN, org_type="forprofit")],
            [replace(PLAIN, commercial_use=True), replace(PLAIN, commercial_use=None)],
        ),
        (
            Modifier("NPUNCU"),
            [PLAIN],
            [on(PLAIN, org_type="forprofit"), replace(PLAIN, commercial_use=None), company("R.HMB")],
        ),
        (
            GS,
            [regions("DE"), regions("DE", "FI"), regions("EU")],
            [regions("DE", "GB"), regions(), regions("XX")],
        ),
        (
            TS,
            [
                PLAIN,
                replace(PLAIN, duration_months=1),
                under(PLAIN, first_access_at=datetime(2025, 6, 1, 12, 0, 1, tzinfo=UTC)),
            ],
            [
                replace(PLAIN, duration_months=13),
                replace(PLAIN, duration_months=None),
                replace(PLAIN, duration_months=0),
                under(PLAIN, first_access_at=datetime(2025, 6, 1, 12, tzinfo=UTC)),
            ],
        ),
        (Modifier("PUB"), [promised(publication=True)], [promised(collaboration=True, return_data=True)]),
        (Modifier("COL"), [promised(collaboration=True)], [promised(publication=True, return_data=True)]),
        (Modifier("RTN"), [promised(return_data=True)], [promised(publication=True, collaboration=True)]),
        (
            Modifier("IRB"),
            [PLAIN, replace(PLAIN, ethics=Ethics(ref="REC-1", valid_to=NOW + SECOND))],
            [
                replace(PLAIN, ethics=Ethics(ref="REC-1", valid_to=NOW)),
                replace(PLAIN, ethics=Ethics(ref="REC-1")),
                replace(PLAIN, ethics=Ethics(ref="", valid_to=NEW_YEAR)),
                replace(PLAIN, ethics=Ethics(ref=" ", valid_to=NEW_YEAR)),
                replace(PLAIN, ethics=Ethics(ref="\u200b", valid_to=NEW_YEAR)),
                replace(PLAIN, ethics=Ethics(ref="-", valid_to=NEW_YEAR)),
                replace(PLAIN, ethics=Ethics(ref=None, valid_to=NEW_YEAR)),
            ],
        ),
        (
            MOR,
            [replace(PLAIN, publish_not_before=NEW_YEAR)],
            [PLAIN, replace(PLAIN, publish_not_before=NEW_YEAR - SECOND)],
        ),
        (RS, [topics("ageing"), topics("ageing", "cancer")], [topics("ageing", "sleep"), topics()]),
        (US, [PLAIN, on(PLAIN, user="u2")], [on(PLAIN, user="u3"), on(PLAIN, user=None)]),
        (PS, [PLAIN], [under(PLAIN, id="PRJ2"), under(PLAIN, id=None)]),
        (IS, [PLAIN], [on(PLAIN, institution="inst2"), on(PLAIN, institution=None)]),
        (
            Modifier("NCTRL"),
            [PLAIN, research("R.CTRL", "R.DS")],
            [research("R.CTRL"), research("R.CTRL", "R.HMB")],
        ),
        (
            Modifier("IDENTITY_ONLY"),
            [police("L.MIS", match_mode="identity")],
            [police("L.MIS"), police("L.MIS", match_mode=None)],
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Modifier) else "",
)
def test_a_condition_is_met_or_not(modifier: Modifier, met_by: list[DataUse], not_met_by: list[DataUse]):
    for use in met_by:
        assert fails(modifier, use) == [], use
    for use in not_met_by:
        assert fails(modifier, use) == [Reason(f"MOD_{modifier.code}")], use


@pytest.mark.parametrize(
    ("code", "written_wrongly"),
    [
        (
            "GS",
            [
                {},
                {"regions": []},
                {"regions": "GB"},
                {"regions": ["GB", 7]},
                {"region": ["GB"]},
                {"regions": {"GB": 1}},
            ],
        ),
        ("TS", [{}, {"months": 0}, {"months": -3}, {"months": "12"}, {"months": True}, {"months": 12.0}]),
        ("MOR", [{}, {"until": "soon"}, {"until": "2020-01-01T00:00:00"}, {"until": 2020}, {"until": None}]),
        ("RS", [{}, {"topics": []}, {"topics": "ageing"}, {"topics": [None]}]),
        ("US", [{}, {"users": []}, {"users": "u1"}, {"users": [None]}]),
        ("PS", [{}, {"projects": []}, {"projects": "PRJ1"}]),
        ("IS", [{}, {"institutions": []}, {"institutions": "inst1"}]),
    ],
)
def test_a_condition_written_wrongly_is_met_by_nobody(code: str, written_wrongly: list[dict]):
    use = replace(topics("ageing"), publish_not_before=NEW_YEAR)
    for parameters in written_wrongly:
        assert fails(Modifier.of(code, **parameters), use) == [Reason(f"MOD_{code}")], parameters


WHOLE = [
    GS,
    TS,
    MOR,
    RS,
    US,
    PS,
    IS,
    *(Modifier(code) for code, rule in MODIFIERS.items() if not rule.parameter),
]


@pytest.mark.parametrize("modifier", WHOLE, ids=lambda one: one.code)
def test_a_condition_that_says_what_it_must_is_whole(modifier: Modifier):
    assert modifiers.is_whole(modifier) is True
    assert {one.code for one in WHOLE} == set(MODIFIERS)


@pytest.mark.parametrize(
    "modifier",
    [
        *(Modifier(code) for code, rule in MODIFIERS.items() if rule.parameter),
        Modifier.of("TS", months=0),
        Modifier.of("TS", until="2027-01-01T00:00:00Z"),
        Modifier.of("MOR", until="soon"),
        Modifier.of("MOR", months=12),
        Modifier.of("GS", regions=[]),
        Modifier.of("GS", topics=["ageing"]),
    ],
    ids=str,
)
def test_one_that_nobody_could_meet_is_not(modifier: Modifier):
    assert modifiers.is_whole(modifier) is False


def test_the_words_of_a_list_are_those_of_its_own_condition():
    assert modifiers.listed_of(RS) == {"ageing", "cancer"}
    assert modifiers.listed_of(US) == {"u1", "u2"}
    assert modifiers.listed_of(Modifier.of("GS", topics=["ageing"])) == frozenset()
    assert modifiers.listed_of(Modifier.of("NPU", regions=["GB"])) == frozenset()


@pytest.mark.parametrize("code", ["", "npu", "DUO:0000045", "GRU", "XYZ"])
def test_a_condition_nobody_knows_is_met_by_nobody(code: str):
    assert fails(Modifier(code), PLAIN) == [Reason.MOD_UNKNOWN]


def test_cc_narrows_nothing():
    assert fails(Modifier("CC"), PLAIN) == []


def test_every_condition_that_is_not_met_is_named():
    many = yes("RESEARCH", modifiers=tuple(Modifier(code) for code in MODIFIERS))
    use = replace(company("R.POA", "R.MDS", "R.CTRL"), study_type=None, ethics=Ethics())
    assert set(modifiers.check(many, use, POLICY, NOW)) == {
        Reason(f"MOD_{c}") for c in MODIFIERS if c != "CC"
    }


@pytest.mark.parametrize("left_out_first", [True, False])
def test_a_condition_that_is_left_out_hides_none_beside_it(left_out_first: bool):
    both = (Modifier("PUB"), Modifier("NPU"))
    grant = yes("RESEARCH", modifiers=both if left_out_first else both[::-1])
    found = modifiers.check(grant, company("R.HMB"), POLICY, NOW, leaving_out=frozenset({"PUB"}))
    assert list(found) == [Reason.MOD_NPU]


def test_a_moratorium_ends_at_its_date():
    assert fails(MOR, PLAIN, NEW_YEAR - SECOND) == [Reason.MOD_MOR]
    assert fails(MOR, PLAIN, NEW_YEAR) == []


@pytest.mark.parametrize(
    ("first", "months", "end"),
    [
        ((2025, 6, 1), 12, (2026, 6, 1)),
        ((2025, 1, 31), 1, (2025, 2, 28)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2025, 12, 31), 2, (2026, 2, 28)),
        ((2025, 11, 30), 1, (2025, 12, 30)),
        ((2025, 12, 1), 1, (2026, 1, 1)),
    ],
)
def test_a_term_ends_on_the_same_day_or_the_months_last(first: tuple, months: int, end: tuple):
    assert end_of_term(datetime(*first, 7, 30, tzinfo=UTC), months) == datetime(*end, 7, 30, tzinfo=UTC)


def test_a_term_may_end_in_the_last_year_there_is():
    assert end_of_term(datetime(9998, 3, 1, tzinfo=UTC), 12) == datetime(9999, 3, 1, tzinfo=UTC)
    assert end_of_term(datetime(9999, 3, 1, tzinfo=UTC), 12) == datetime.max.replace(tzinfo=UTC)


def test_a_term_without_a_foreseeable_end_does_not_end():
    use = under(PLAIN, first_access_at=datetime(2000, 1, 1, tzinfo=UTC))
    assert fails(Modifier.of("TS", months=10**9), use) == []
