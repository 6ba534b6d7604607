"""Worked cases and timelines: what a file may say, and what is said of it."""

from datetime import timedelta
from typing import Any

import pytest

from consent import cases
from consent.canonical import plain
from tests.cast import ANY_RESEARCH as GRU
from tests.cast import NOW, POLICY, SIGNED, born, company, no, police, research, stop, yes

SNAPSHOT, BATCH, RELEASE, AFTER = (NOW + timedelta(minutes=m) for m in (0, 5, 10, 60))
YES = yes("RESEARCH", GRU)


def case(*said: Any, use: Any = None, job: dict | None = None, **more: Any) -> dict[str, Any]:
    """A timeline, or a decision if there is no job."""
    gates = {"snapshot_at": SNAPSHOT, "batch_at": BATCH, "release_at": RELEASE}
    return plain(
        {
            "id": "M-000",
            "kind": "decision" if job is None else "job_timeline",
            "now": NOW,
            "subject": born(),
            "file": {"id": "GF1", "state": "ACTIVE"},
            "statements": [one.as_json() for one in said],
            "request": (use or research("R.GRU")).as_json(),
            **({} if job is None else {"job": gates | job}),
            "expect": {},
        }
        | more
    )


def played(*said: Any, **more: Any) -> dict[str, Any]:
    more.setdefault("job", {})
    return cases.outcome(case(*said, **more), POLICY)


def ending(*said: Any, **more: Any) -> tuple[str, str, tuple[bool, bool, bool]]:
    found = played(*said, **more)
    gates = (found["in_snapshot"], found["read_in_batch"], found["in_release"])
    return found["job_state"], found["primary_reason"], gates


def withdrawn(at: Any) -> Any:
    return stop("RESEARCH", recorded_at=at)


def again(at: Any) -> Any:
    return yes("RESEARCH", GRU, seq=3, recorded_at=at)


MINUTE = timedelta(minutes=1)
NOTHING, ALL = (False, False, False), (True, True, True)


@pytest.mark.parametrize(
    ("said", "more", "expected"),
    [
        ((YES,), {}, ("RELEASED", "PERMITTED", ALL)),
        ((), {}, ("RELEASED", "CONSENT_NONE", NOTHING)),
        ((no("RESEARCH"),), {}, ("RELEASED", "CONSENT_DENIED", NOTHING)),
        ((YES, withdrawn(BATCH)), {}, ("RELEASED", "JOB_REVOKED_IN_FLIGHT", (True, False, False))),
        ((YES, withdrawn(RELEASE)), {}, ("RELEASED", "JOB_REVOKED_IN_FLIGHT", (True, True, False))),
        ((YES, withdrawn(RELEASE + MINUTE)), {}, ("RELEASED", "PERMITTED", ALL)),
        ((yes("RESEARCH", GRU, recorded_at=BATCH),), {}, ("RELEASED", "JOB_NOT_IN_SNAPSHOT", NOTHING)),
        (
            (YES, withdrawn(SNAPSHOT + MINUTE), again(SNAPSHOT + 2 * MINUTE)),
            {},
            ("RELEASED", "PERMITTED", ALL),
        ),
        (
            (YES, withdrawn(BATCH), again(BATCH + MINUTE)),
            {},
            ("RELEASED", "JOB_REVOKED_IN_FLIGHT", (True, False, False)),
        ),
        (
            (YES,),
            {
                "job": {
                    "file_changes": [
                        {"at": BATCH, "state": "QUARANTINED"},
                        {"at": RELEASE, "state": "ACTIVE"},
                    ]
                }
            },
            ("RELEASED", "JOB_REVOKED_IN_FLIGHT", (True, False, False)),
        ),
        (
            (YES,),
            {"job": {"project_changes": [{"at": BATCH, "status": "SUSPENDED"}]}},
            ("ABORTED", "REQ_PROJECT_NOT_APPROVED", (True, False, False)),
        ),
        (
            (YES,),
            {"job": {"project_changes": [{"at": RELEASE, "valid_to": RELEASE}]}},
            ("ABORTED", "REQ_PROJECT_EXPIRED", (True, True, False)),
        ),
        (
            (),
            {"job": {"project_changes": [{"at": SNAPSHOT, "approved_purposes": []}]}},
            ("REFUSED", "REQ_PURPOSE_EXCEEDS_APPROVAL", NOTHING),
        ),
        ((YES,), {"job": {"ledger_down_at": ["snapshot"]}}, ("PAUSED", "JOB_LEDGER_UNAVAILABLE", NOTHING)),
        (
            (YES,),
            {"job": {"ledger_down_at": ["batch", "release"]}},
            ("PAUSED", "JOB_LEDGER_UNAVAILABLE", (True, False, False)),
        ),
        (
            (YES,),
            {"job": {"ledger_down_at": ["snapshot"]}, "use": police("L.NVC")},
            ("PAUSED", "JOB_LEDGER_UNAVAILABLE", NOTHING),
        ),
        ((YES,), {"ledger_available": False}, ("PAUSED", "JOB_LEDGER_UNAVAILABLE", NOTHING)),
        ((YES,), {"use": police("L.NVC")}, ("REFUSED", "REQ_OFFENCE_NOT_OFFERED", NOTHING)),
        ((YES,), {"use": company("R.GRU")}, ("RELEASED", "COMMERCIAL_NOT_GRANTED", NOTHING)),
    ],
)
def test_a_job_is_asked_three_times(said: tuple, more: dict, expected: tuple):
    assert ending(*said, **more) == expected


@pytest.mark.parametrize(
    ("said", "job", "told"),
    [
        ((YES,), {}, False),
        ((YES, withdrawn(AFTER)), {}, True),
        ((YES, withdrawn(AFTER + MINUTE)), {}, False),
        ((YES, withdrawn(RELEASE)), {}, False),
        ((YES,), {"project_changes": [{"at": AFTER, "status": "CLOSED"}]}, False),
        ((YES, withdrawn(AFTER)), {"project_changes": [{"at": AFTER, "status": "CLOSED"}]}, True),
        ((YES,), {"file_changes": [{"at": AFTER, "state": "ERASED"}]}, True),
    ],
)
def test_whoever_received_an_answer_is_told_when_it_no_longer_holds(said: tuple, job: dict, told: bool):
    assert played(*said, job={"check_after_release_at": AFTER, **job})["notify_recipient"] is told


def test_a_case_may_ask_as_of_an_earlier_day():
    said = (YES, stop("RESEARCH"))
    request = research("R.GRU").as_json()
    assert cases.outcome(case(*said), POLICY)["primary_reason"] == "CONSENT_WITHDRAWN"
    earlier = case(*said, request=request | {"as_of": plain(SIGNED)})
    assert cases.outcome(earlier, POLICY) == {
        "decision": "PERMIT",
        "primary_reason": "PERMITTED",
        "reasons": [],
        "statements_relied_on": [1],
    }


def test_every_difference_is_named():
    wrong = case(YES, expect={"decision": "DENY", "primary_reason": "PERMITTED", "reasons": ["CONSENT_NONE"]})
    found = cases.differences(wrong, POLICY)
    assert [str(one) for one in found] == [
        "M-000: decision should be 'DENY', and is 'PERMIT'",
        "M-000: reasons should be ['CONSENT_NONE'], and is []",
    ]
    assert cases.differences(case(YES, expect={"decision": "PERMIT"}), POLICY) == ()
    assert cases.differences(case(YES, expect={"in_release": True}), POLICY) != ()


@pytest.mark.parametrize(
    "broken",
    [
        {"subject": {}},
        {"statements": [{}]},
        {"now": "yesterday"},
        {"request": None},
        {"policy": {"override": True}},
    ],
)
def test_a_case_that_cannot_be_read_is_a_difference(broken: dict):
    (found,) = cases.differences(case(YES, **broken), POLICY)
    assert found.what == "the case"


def test_a_case_of_a_kind_that_nobody_knows_is_a_difference():
    (found,) = cases.differences({**case(YES), "kind": "prophecy"}, POLICY)
    assert "of kind decision or job_timeline, and not 'prophecy'" in str(found)


def test_a_case_may_turn_the_dials_of_the_policy():
    young = {**case(YES, subject=born(SIGNED.date().replace(year=2008))), "policy": {"majority_age": 16}}
    assert cases.outcome(young, POLICY)["decision"] == "PERMIT"
    assert cases.outcome({**young, "policy": {}}, POLICY)["primary_reason"] == "AUTH_MINOR_SELF"


def test_a_file_of_cases_brings_its_own_policy_and_hierarchies():
    policy = cases.policy_of(
        {"policy_defaults": {"policy_version": "9"}, "region_parents": {"GB": ["UK"]}, "disease_parents": {}}
    )
    assert policy.version == "9"
    assert policy.region_parents.upwards("GB") == {"GB", "UK"}
    assert not policy.disease_parents.knows("MONDO:0004992")
    assert cases.policy_of({}) == POLICY


@pytest.mark.parametrize(
    ("book", "why"),
    [
        ([1], "not an object with a list"),
        ({"cases": {"id": "A"}}, "not an object with a list"),
        ({"cases": []}, "holds no case"),
        ({"cases": [3]}, "case 1 is not an object"),
        ({"cases": [{"id": 3, "expect": {"decision": "DENY"}}]}, "case 1 is not an object"),
        ({"cases": [{"id": "A-1", "expect": {}}]}, "case A-1 says nothing"),
        ({"cases": [{"id": "A-1", "expect": "DENY"}]}, "case A-1 says nothing"),
    ],
)
def test_a_book_that_would_check_nothing_is_refused(book: object, why: str):
    with pytest.raises(ValueError, match=why):
        cases.cases_of(book)


def test_a_book_is_its_cases_under_its_own_policy():
    listed = [{"id": "A-1", "expect": {"decision": "DENY"}}]
    book = {"cases": listed, "policy_defaults": {"policy_version": "mine"}, "region_parents": {"ZZ": ["EU"]}}
    assert cases.cases_of(book) == listed
    policy = cases.policy_of(book)
    assert policy.version == "mine"
    assert "EU" in policy.region_parents.upwards("ZZ")


@pytest.mark.parametrize("stated", [{"speed": 3}, "fast", {"region_parents": {"ZZ": "EU"}}])
def test_a_policy_that_states_what_none_does_is_refused(stated: object):
    with pytest.raises(ValueError, match="its policy cannot be read"):
        cases.policy_of({"policy_defaults": stated})
