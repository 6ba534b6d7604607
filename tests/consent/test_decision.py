"""The rule that joins the rules, and when to ask it again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent.decision import Decision, Outcome, decide, horizon, request_reasons
from consent.reasons import Reason
from consent.rules import families
from consent.terms import (
    AfterDeath,
    DataUse,
    Ethics,
    File,
    FileState,
    Freeze,
    Level,
    Modifier,
    Policy,
    Relations,
    Side,
    Statement,
    Subject,
)
from tests.cast import (
    ADULT_FORM,
    ANY_RESEARCH,
    GUARDIAN,
    HEALTH,
    NOW,
    POLICY,
    SIGNED,
    born,
    care,
    case,
    company,
    no,
    order,
    police,
    research,
    stop,
    yes,
)

DAY = timedelta(days=1)
FILE = File("GF1")
CHILD = born(datetime(2015, 4, 2, tzinfo=UTC).date())


def test_a_yes_is_true_and_a_no_is_false_and_both_say_what_they_rest_on():
    permitted = decide(born(), FILE, (yes("RESEARCH", ANY_RESEARCH),), research("R.GRU"), POLICY, NOW)
    denied = decide(born(), FILE, (no("RESEARCH"),), research("R.GRU"), POLICY, NOW)
    assert permitted == Decision(Outcome.PERMIT, (), (1,), "2026.1")
    assert denied == Decision(Outcome.DENY, (Reason.CONSENT_DENIED,), (), "2026.1")
    assert permitted
    assert not denied
    assert permitted.primary is None
    assert denied.primary is Reason.CONSENT_DENIED


def test_every_gate_that_fails_adds_its_reason_in_the_order_of_rank():
    frozen_and_unknown = born(identity_verified=False, freezes=(Freeze(SIGNED),))
    use = company("R.POA", "A.TRAIN")
    use = replace(use, project=replace(use.project, status="SUSPENDED"))
    said = (yes("RESEARCH", HEALTH, modifiers=(Modifier("NPU"),)), stop("AI"))
    decided = decide(frozen_and_unknown, File("GF1", FileState.QUARANTINED), said, use, POLICY, NOW)
    assert decided.reasons == (
        Reason.REQ_PROJECT_NOT_APPROVED,
        Reason.SUBJ_IDENTITY_UNVERIFIED,
        Reason.SUBJ_FROZEN,
        Reason.FILE_QUARANTINED,
        Reason.CONSENT_WITHDRAWN,
        Reason.PURPOSE_NOT_COVERED,
        Reason.COMMERCIAL_NOT_GRANTED,
        Reason.MOD_NPU,
    )
    assert decided.is_of_request
    assert not decide(born(), FILE, (), research("R.GRU"), POLICY, NOW).is_of_request


def test_an_unreadable_record_is_the_only_reason():
    decided = decide(born(erased_at=SIGNED), FILE, None, research(), POLICY, NOW)
    assert decided.reasons == (Reason.JOB_LEDGER_UNAVAILABLE,)


def test_a_use_for_nothing_finds_no_objection_and_is_refused():
    use = replace(research("R.GRU"), purposes=frozenset())
    assert decide(born(), FILE, (yes("RESEARCH", ANY_RESEARCH),), use, POLICY, NOW).reasons == (
        Reason.REQ_PURPOSE_UNKNOWN,
    )


def test_where_nobody_objects_and_nobody_said_yes_it_is_a_no(monkeypatch: pytest.MonkeyPatch):
    """Should a purpose ever be added that needs no family, it permits nothing."""
    monkeypatch.setattr(families, "needed", lambda _use: ())
    decided = decide(born(), FILE, (yes("RESEARCH", ANY_RESEARCH),), research("R.GRU"), POLICY, NOW)
    assert decided.reasons == (Reason.CONSENT_NONE,)


def test_a_decision_names_the_policy_it_was_made_under():
    old = POLICY.overlay({"policy_version": "2019.4"})
    assert decide(born(), FILE, (), research("R.GRU"), old, NOW).policy_version == "2019.4"


def test_the_request_can_be_asked_before_anybody_is():
    assert request_reasons(research("R.GRU"), POLICY, NOW) == ()
    assert request_reasons(research(), POLICY, NOW) == (Reason.REQ_PURPOSE_UNKNOWN,)


END, LATER = NOW + DAY, NOW + 300 * DAY
FAR = research("R.GRU", ethics=Ethics())
FAR = replace(FAR, project=replace(FAR.project, valid_to=None))  # a use without any date
PLAIN = yes("RESEARCH", ANY_RESEARCH)


def use_with(**changes: object) -> DataUse:
    return replace(FAR, **changes)


@pytest.mark.parametrize(
    ("what", "subject", "said", "use", "until"),
    [
        ("nothing will happen", born(), (PLAIN,), FAR, None),
        ("the past does not matter", born(freezes=(Freeze(SIGNED, NOW),)), (PLAIN,), FAR, None),
        ("this very instant is not after it", born(), (replace(PLAIN, valid_to=NOW),), FAR, None),
        ("it ends", born(), (replace(PLAIN, valid_to=END),), FAR, END),
        ("it begins", born(), (replace(PLAIN, effective_at=END),), FAR, END),
        ("it becomes known", born(), (PLAIN, stop("*", recorded_at=END)), FAR, END),
        (
            "re-consent is due",
            born(),
            (replace(PLAIN, form=replace(ADULT_FORM, reconsent_due=END)),),
            FAR,
            END,
        ),
        ("the first of several", born(freezes=(Freeze(END),)), (replace(PLAIN, valid_to=LATER),), FAR, END),
        ("a hold is lifted", born(freezes=(Freeze(SIGNED, END),)), (PLAIN,), FAR, END),
        ("a death is dated ahead", born(died_at=END), (PLAIN,), FAR, END),
        ("an erasure is dated ahead", born(erased_at=END), (PLAIN,), FAR, END),
        (
            "a child comes of age",
            CHILD,
            (replace(PLAIN, authority=GUARDIAN),),
            FAR,
            datetime(2033, 4, 2, tzinfo=UTC),
        ),
        (
            "and care ends some days later",
            born(datetime(2008, 6, 1, tzinfo=UTC).date()),
            (yes("CLINICAL", authority=GUARDIAN),),
            replace(care(), project=FAR.project, ethics=Ethics()),
            datetime(2026, 6, 1, tzinfo=UTC) + 180 * DAY,
        ),
        ("another family's end is no matter", born(), (PLAIN, yes("AI", seq=2, valid_to=END)), FAR, None),
        (
            "research matters to care",
            born(),
            (yes("RESEARCH", modifiers=(Modifier("CC"),), valid_to=END),),
            replace(care(), project=FAR.project, ethics=Ethics()),
            END,
        ),
        ("the project ends", born(), (PLAIN,), use_with(project=replace(FAR.project, valid_to=END)), END),
        ("the ethics approval ends", born(), (PLAIN,), use_with(ethics=Ethics(ref="R", valid_to=END)), END),
        (
            "the order ends",
            born(),
            (yes("LE.HOM"),),
            replace(
                police("L.HOM", le=case(judicial_authorisation=order("L.HOM", valid_to=END))),
                project=FAR.project,
                ethics=Ethics(),
            ),
            END,
        ),
        (
            "a term ends",
            born(),
            (replace(PLAIN, modifiers=(Modifier.of("TS", months=24),)),),
            use_with(project=replace(FAR.project, first_access_at=SIGNED)),
            datetime(2027, 1, 10, 9, tzinfo=UTC),
        ),
        (
            "a moratorium ends",
            born(),
            (replace(PLAIN, modifiers=(Modifier.of("MOR", until="2027-01-01T00:00:00Z"), Modifier("MOR"))),),
            FAR,
            datetime(2027, 1, 1, tzinfo=UTC),
        ),
        (
            "what was said after death counts too",
            born(died_at=SIGNED),
            (replace(PLAIN, after_death=AfterDeath.CONTINUE, valid_to=END),),
            FAR,
            END,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_horizon_is_the_next_instant_at_which_time_could_matter(
    what: str, subject: Subject, said: tuple[Statement, ...], use: DataUse, until: datetime | None
):
    assert horizon(subject, said, use, POLICY, NOW) == until, what


def test_the_horizon_of_a_match_looks_at_the_other_side_too():
    other = Side(born(), (yes("RELMATCH", valid_to=END),))
    use = replace(FAR, purposes=frozenset(("G.REL",)))
    said = (yes("RELMATCH"),)
    assert horizon(born(), said, use, POLICY, NOW) is None
    assert horizon(born(), said, use, POLICY, NOW, relations=Relations(requesting_participant=other)) == END


def test_a_leap_birthday_follows_the_policy():
    leap = born(datetime(2008, 2, 29, tzinfo=UTC).date())
    said = (yes("RESEARCH", ANY_RESEARCH, authority=GUARDIAN),)

    def permitted(policy: Policy, at: datetime) -> bool:
        return bool(decide(leap, FILE, said, research("R.GRU"), policy, at))

    last_second = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)
    assert permitted(POLICY, last_second)
    assert not permitted(POLICY, last_second + timedelta(seconds=1))
    assert not permitted(POLICY.overlay({"leap_birthday": "FEB28"}), last_second)


def test_a_no_to_one_file_is_of_that_file_and_no_other():
    said = (yes("RESEARCH", ANY_RESEARCH), no("RESEARCH", seq=2, level=Level.FILE, file="GF1"))
    asked = research("R.GRU"), POLICY, NOW
    assert decide(born(), File("GF1"), said, *asked).reasons == (Reason.CONSENT_DENIED,)
    assert decide(born(), File("GF2"), said, *asked).relied_on == (1,)


def test_a_yes_to_two_questions_rests_on_both_answers():
    said = (yes("AI", seq=7), yes("RESEARCH", ANY_RESEARCH, seq=3))
    assert decide(born(), File("GF1"), said, research("R.GRU", "A.TRAIN"), POLICY, NOW).relied_on == (3, 7)
