"""Who may act for whom: from the claim to the end, and what each link gives meanwhile."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from consent import forms, holdings, kin, participants, policies, powers, records, twins
from consent.decision import decide
from consent.errors import KinRefused, SealBroken, StatementRefused
from consent.ledger import log
from consent.models import KinLink, LedgerEvent, Participant, Statement, TwinLink
from consent.models.kin import TRANSITIONS, Kind, State, Why
from consent.participants import of_age_at, subject_of
from consent.policy import Policy
from consent.records import Wording
from consent.terms import (
    AfterDeath,
    Authority,
    Capacity,
    DataUse,
    File,
    Permission,
    Project,
    Requester,
    SignIn,
    Verb,
)
from tests.world import EARLIER, NOW, WITHOUT_COOLING_OFF

pytestmark = pytest.mark.django_db

POLICY = Policy.default()
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
PROOF = SignIn("totp", NOW)
MONTHS = NOW + timedelta(days=90)
PROXY = Authority(Capacity.PROXY, True)
GUARDIAN = Authority(Capacity.GUARDIAN, True)


@pytest.fixture
def child() -> Participant:
    return participants.register(born_on=date(2015, 2, 28), by="mother", at=EARLIER)


@pytest.fixture
def adult() -> Participant:
    person = participants.register(born_on=date(1950, 1, 1), by="ada", at=EARLIER)
    participants.verify_identity(person, by="steward", at=EARLIER)
    return person


@pytest.fixture
def dead(adult: Participant) -> Participant:
    participants.record_death(adult, died_at=NOW - DAY, papers="D-1", by="steward", second="other", at=NOW)
    return adult


@pytest.fixture(autouse=True)
def _house() -> None:
    forms.publish_shipped(by="founding", at=EARLIER)
    policies.adopt(WITHOUT_COOLING_OFF, by="founding", at=EARLIER)


def yes(person: Participant, family: str, *, by: str = "self", at: datetime = NOW, **said: Any) -> Statement:
    form = forms.current("F-GUARDIAN" if said.get("authority") == GUARDIAN else "F-ADULT")
    assert form is not None
    if family == "RESEARCH":
        said.setdefault("permissions", (Permission(code="GRU"),))
    return records.give(
        person, family, form=form, by=by, at=at, wording=Wording(**said), sign_in=SignIn("totp", at)
    )


def proxy_of(person: Participant, *, by: str = "nephew", verified: bool = True, **said: Any) -> KinLink:
    facts = {"kind": Kind.COURT, "papers": "C-7", "valid_to": MONTHS, "at": NOW} | said
    link = kin.claim_proxy(by, person, **facts)
    if verified:
        link = kin.verify(kin.verify(link, by="one", at=NOW), by="two", at=NOW)
    return link


def next_of_kin_of(person: Participant, *, by: str = "widow", verified: bool = True) -> KinLink:
    link = kin.claim_next_of_kin(by, person, kind=Kind.SPOUSE, papers="M-2", at=NOW)
    return kin.verify(link, by="steward", at=NOW) if verified else link


def heads_of(person: Participant) -> dict[str, Verb]:
    return {one.family: one.decision for one in records.of(person)}


# --- guardians ---


def test_a_guardian_grants_from_verification_to_the_eighteenth_birthday_and_not_a_second_longer(child):
    link = kin.claim("mother", child, at=EARLIER)
    power = powers.may_act("mother", child, at=NOW, policy=POLICY)
    assert power == powers.Power(Authority(Capacity.GUARDIAN, False), frozenset(), of_age_at(child, POLICY))
    link = kin.verify(link, by="steward", at=NOW)
    birthday = datetime(2033, 2, 28, tzinfo=UTC)
    power = powers.may_act("mother", child, at=birthday - SECOND, policy=POLICY)
    assert power.grants == {"RESEARCH", "CLINICAL", "QC", "LE.MIS"}
    assert not power.upholds
    assert powers.may_act("mother", child, at=birthday, policy=POLICY) is None
    assert powers.may_act("stranger", child, at=NOW, policy=POLICY) is None


@pytest.mark.parametrize(
    ("born", "zone", "birthday"),
    [
        (date(2010, 6, 2), "Asia/Jayapura", datetime(2028, 6, 1, 15, tzinfo=UTC)),
        # In Cairo the clocks skip midnight on 30 April 2027: the day begins where they land.
        (date(2009, 4, 30), "Africa/Cairo", datetime(2027, 4, 29, 22, tzinfo=UTC)),
        (date(2008, 2, 29), "America/New_York", datetime(2026, 3, 1, 5, tzinfo=UTC)),
    ],
)
def test_the_birthday_begins_at_home(born, zone, birthday):
    child = participants.register(born_on=born, home_zone=zone, by="mother", at=EARLIER)
    early = datetime(2025, 1, 1, tzinfo=UTC)
    kin.verify(kin.claim("mother", child, at=early), by="steward", at=early)
    assert powers.may_act("mother", child, at=birthday - SECOND, policy=POLICY).grants
    assert powers.may_act("mother", child, at=birthday, policy=POLICY) is None


def test_an_interval_bounds_a_guardianship_at_both_ends(child):
    link = kin.claim("aunt", child, kind=Kind.FOSTER, valid_from=NOW, valid_to=MONTHS, at=EARLIER)
    kin.verify(link, by="steward", at=EARLIER)
    assert powers.may_act("aunt", child, at=NOW - SECOND, policy=POLICY) is None
    assert powers.may_act("aunt", child, at=NOW, policy=POLICY).ends_at == MONTHS
    assert powers.may_act("aunt", child, at=MONTHS, policy=POLICY) is None


def test_what_a_court_took_from_one_guardian_the_other_still_has(child):
    father = kin.claim("father", child, kind=Kind.COURT, limits=["RESEARCH"], at=EARLIER)
    kin.verify(father, by="steward", at=EARLIER)
    kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    assert "RESEARCH" not in powers.may_act("father", child, at=NOW, policy=POLICY).grants
    assert "RESEARCH" in powers.may_act("mother", child, at=NOW, policy=POLICY).grants
    kin.limit(father, ["QC", "CLINICAL"], by="steward", at=NOW)
    assert powers.may_act("father", child, at=NOW, policy=POLICY).grants == {"RESEARCH", "LE.MIS"}


def test_a_dead_childs_guardian_says_no_and_nothing_else(child):
    kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    participants.record_death(child, died_at=NOW, papers="D-2", by="a", second="b", at=NOW)
    assert powers.may_act("mother", child, at=NOW, policy=POLICY).grants == frozenset()


def test_a_verified_yes_outweighs_another_links_claim(adult):
    proxy_of(adult, verified=False)
    assert powers.may_act("nephew", adult, at=NOW, policy=POLICY) is None
    KinLink.objects.update(state=State.ENDED)
    proxy_of(adult)
    assert powers.may_act("nephew", adult, at=NOW, policy=POLICY).authority == PROXY


def test_everybody_for_whom_somebody_acts_is_found_the_oldest_claim_first(child, adult):
    proxy_of(adult, by="mother")
    kin.claim("mother", child, at=EARLIER)
    held = powers.held("mother", at=NOW, policy=POLICY)
    assert [link.person for link, _ in held] == [child, adult]


def test_nobody_acts_for_who_is_erased(child):
    kin.claim("mother", child, at=EARLIER)
    Participant.objects.update(erased_at=NOW)
    assert powers.may_act("mother", child, at=NOW - SECOND, policy=POLICY)
    assert powers.may_act("mother", child, at=NOW, policy=POLICY) is None


# --- proxies ---


def test_a_proxy_takes_two_grants_care_alone_and_ends_on_a_day(adult):
    link = kin.verify(proxy_of(adult, verified=False), by="one", at=NOW)
    assert (link.state, link.seen_by, link.verified_by) == (State.SEEN, "one", "")
    assert powers.of(link, at=NOW, policy=POLICY) is None
    with pytest.raises(KinRefused, match="takes two"):
        kin.verify(link, by="one", at=NOW)
    link = kin.verify(link, by="two", at=NOW)
    power = powers.of(link, at=MONTHS - SECOND, policy=POLICY)
    assert power == powers.Power(PROXY, frozenset({"CLINICAL"}), MONTHS)
    assert powers.of(link, at=MONTHS, policy=POLICY) is None


def test_a_proxys_power_ends_with_a_death(adult):
    link = proxy_of(adult)
    participants.record_death(adult, died_at=NOW + DAY, papers="D", by="a", second="b", at=NOW + 2 * DAY)
    link.refresh_from_db()
    link.person.refresh_from_db()
    assert powers.of(link, at=NOW, policy=POLICY)
    assert powers.of(link, at=NOW + DAY, policy=POLICY) is None


def test_a_yes_in_anothers_name_is_asked_for_its_power(adult, child):
    link = proxy_of(adult)
    said = {"capacity": Capacity.PROXY, "at": NOW, "policy": POLICY}
    powers.require("nephew", adult, "CLINICAL", until=MONTHS, **said)
    with pytest.raises(KinRefused, match="end before"):
        powers.require("nephew", adult, "CLINICAL", until=None, **said)
    with pytest.raises(KinRefused, match="end before"):
        powers.require("nephew", adult, "CLINICAL", until=MONTHS + SECOND, **said)
    with pytest.raises(KinRefused, match="cannot say yes to RESEARCH"):
        powers.require("nephew", adult, "RESEARCH", until=MONTHS, **said)
    with pytest.raises(KinRefused, match="do not act"):
        powers.require("stranger", adult, "CLINICAL", until=MONTHS, **said)
    kin.claim("mother", child, at=NOW)
    guardian = said | {"capacity": Capacity.GUARDIAN}
    with pytest.raises(KinRefused, match="seen your papers"):
        powers.require("mother", child, "RESEARCH", until=None, **guardian)
    kin.verify(child.kin_links.get(), by="steward", at=NOW)
    powers.require("mother", child, "RESEARCH", until=None, **guardian)
    assert link.is_over is False


def test_ending_a_proxy_takes_back_what_rests_on_it_alone(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    yes(adult, "RESEARCH")
    kin.end(link, why=Why.COURT, by="steward", at=NOW + DAY)
    assert heads_of(adult) == {"CLINICAL": Verb.WITHDRAW, "RESEARCH": Verb.GRANT}


def test_ending_a_proxy_takes_back_a_yes_for_one_file(adult):
    file = UUID("00000000-0000-0000-0000-000000000001")
    holdings.add(adult, file, by="ada", at=EARLIER)
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS, file=file)
    kin.end(link, why=Why.LAID_DOWN, by="nephew", at=NOW + DAY)
    last = records.of(adult)[-1]
    assert (last.decision, last.file) == (Verb.WITHDRAW, str(file))


def test_what_she_said_herself_after_the_proxy_stays(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    yes(adult, "CLINICAL", at=NOW + SECOND)
    kin.end(link, why=Why.RECOVERED, by="steward", at=NOW + DAY)
    assert [one.decision for one in records.of(adult)] == [Verb.GRANT, Verb.GRANT]


def test_a_yes_that_does_not_hold_yet_keeps_no_proxys_yes_alive(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    yes(adult, "CLINICAL", at=NOW + SECOND, effective_at=MONTHS)
    kin.end(link, by="steward", at=NOW + DAY)
    assert heads_of(adult)["CLINICAL"] is Verb.WITHDRAW


def test_a_proxys_yes_that_was_stopped_is_not_stopped_twice(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    records.withdraw(adult, by="self", at=NOW + SECOND)
    kin.end(link, by="steward", at=NOW + DAY)
    assert len(records.of(adult)) == 2


def test_a_guardians_yes_outlives_her_guardianship_unless_she_never_was_one(child):
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    yes(child, "RESEARCH", by="mother", authority=GUARDIAN)
    kin.end(link, why=Why.DEATH, by="steward", at=NOW)
    assert heads_of(child) == {"RESEARCH": Verb.GRANT}
    again = kin.verify(kin.claim("mother", child, at=NOW), by="steward", at=NOW)
    kin.end(again, why=Why.MISTAKE, by="steward", at=NOW)
    assert heads_of(child) == {"RESEARCH": Verb.WITHDRAW}


def test_nothing_ends_if_what_it_gave_cannot_be_taken_back(adult, monkeypatch):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)

    def broken(*_said: Any, **_facts: Any) -> None:
        raise SealBroken("The record is not as it was written.")

    monkeypatch.setattr(records, "withdraw", broken)
    with pytest.raises(SealBroken):
        kin.end(link, by="steward", at=NOW)
    link.refresh_from_db()
    assert link.state == State.VERIFIED


def test_nobody_says_yes_for_another_without_the_link_for_it(adult, child):
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused, match="do not act"):
        yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    with pytest.raises(KinRefused, match="do not act"):
        yes(child, "RESEARCH", by="mother", authority=GUARDIAN)
    assert LedgerEvent.objects.count() == before
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    kin.limit(link, ["RESEARCH"], by="steward", at=NOW)
    with pytest.raises(KinRefused, match="cannot say yes to RESEARCH"):
        yes(child, "RESEARCH", by="mother", authority=GUARDIAN)
    yes(child, "QC", by="mother", authority=GUARDIAN)
    assert heads_of(child) == {"QC": Verb.GRANT}


def test_a_proxys_yes_ends_with_the_proxy_in_the_record_too(adult):
    proxy_of(adult)
    with pytest.raises(StatementRefused, match="for somebody else"):  # a ceiling of the law: without an end
        yes(adult, "CLINICAL", by="nephew", authority=PROXY)
    with pytest.raises(KinRefused, match="end before"):
        yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS + SECOND)
    assert not records.of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    assert heads_of(adult) == {"CLINICAL": Verb.GRANT}


# --- next of kin ---


def test_a_next_of_kin_narrows_from_the_claim_and_upholds_once_verified(dead):
    link = next_of_kin_of(dead, verified=False)
    power = powers.of(link, at=NOW, policy=POLICY)
    assert (power.grants, power.upholds) == (frozenset(), False)
    assert powers.of(link, at=NOW - 2 * DAY, policy=POLICY) is None
    link = kin.verify(link, by="steward", at=NOW)
    assert powers.of(link, at=NOW, policy=POLICY).upholds


CARE = DataUse(
    id="r",
    purposes=frozenset(("R.HMB",)),
    requester=Requester(role="researcher", org_type="academic"),
    commercial_use=False,
    project=Project(
        id="p",
        status="APPROVED",
        valid_to=datetime(2100, 1, 1, tzinfo=UTC),
        approved_purposes=frozenset(("R.HMB",)),
    ),
)


def permitted(person: Participant, at: datetime = NOW) -> bool:
    person.refresh_from_db()
    return bool(decide(subject_of(person), File("f"), records.of(person), CARE, POLICY, at))


@pytest.mark.parametrize(
    ("choice", "goes_on"),
    [
        (AfterDeath.CONTINUE, True),
        (AfterDeath.STOP, False),
        (AfterDeath.UNSPECIFIED, False),
        (AfterDeath.NOK_DECIDES, False),
    ],
)
def test_her_own_choice_for_after_death_holds_from_the_yes_to_the_decision(adult, choice, goes_on):
    yes(adult, "RESEARCH", at=EARLIER, after_death=choice)
    assert permitted(adult)
    participants.record_death(adult, died_at=NOW, papers="D", by="a", second="b", at=NOW)
    assert permitted(adult, NOW - SECOND)
    assert permitted(adult) is goes_on


def test_what_was_left_to_her_next_of_kin_goes_on_when_they_say_so_and_stops_when_they_were_not_hers(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    link = next_of_kin_of(adult)
    assert kin.left_to_kin(adult, at=NOW) == (left,)
    kin.uphold(link, left, at=NOW, sign_in=PROOF)
    assert permitted(adult)
    other = next_of_kin_of(adult, by="son")
    kin.end(other, why=Why.MISTAKE, by="steward", at=NOW)
    assert permitted(adult)
    kin.end(link, why=Why.MISTAKE, by="steward", at=NOW)
    assert not permitted(adult)


def test_what_another_next_of_kin_upheld_too_goes_on(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    links = [next_of_kin_of(adult, by=name) for name in ("widow", "son")]
    for link in links:
        kin.uphold(link, left, at=NOW, sign_in=PROOF)
    kin.end(links[1], why=Why.MISTAKE, by="steward", at=NOW)
    assert permitted(adult)


def test_only_what_was_left_to_them_is_upheld_and_only_by_the_verified(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    stop = yes(adult, "QC", at=EARLIER)
    stranger = participants.register(born_on=date(1960, 1, 1), by="x", at=EARLIER)
    strangers = yes(stranger, "QC", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    link = next_of_kin_of(adult, verified=False)
    with pytest.raises(KinRefused, match="Only a verified"):
        kin.uphold(link, left, at=NOW, sign_in=PROOF)
    link = kin.verify(link, by="steward", at=NOW)
    for row in (stop, strangers):
        with pytest.raises(KinRefused, match="not left"):
            kin.uphold(link, row, at=NOW, sign_in=PROOF)
    kin.end(link, by="steward", at=NOW)
    with pytest.raises(KinRefused, match="Only a verified"):
        kin.uphold(link, left, at=NOW, sign_in=PROOF)
    assert not [one for one in records.of(adult) if one.decision is Verb.CONTINUE]


def test_what_a_kin_upholds_holds_when_the_cooling_off_is_over(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    policies.adopt(POLICY, by="founding", at=NOW - 2 * DAY)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    kin.uphold(next_of_kin_of(adult), left, at=NOW, sign_in=PROOF)
    over = NOW + POLICY.cooling_off("RESEARCH")
    assert over > NOW
    assert not permitted(adult)
    assert not permitted(adult, over - SECOND)
    assert permitted(adult, over)


# --- what cannot be ---


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        (lambda c, a: kin.claim("x", a, at=NOW), "is of age"),
        (lambda c, a: kin.claim("x", c, kind=Kind.SPOUSE, at=NOW), "does not make anybody GUARDIAN"),
        (lambda c, a: kin.claim("x", c, limits=["CHESS"], at=NOW), "no family called CHESS"),
        (lambda c, a: kin.claim("x", c, valid_to=NOW, at=NOW), "end before it begins"),
        (lambda c, a: proxy_of(c), "not of age"),
        (lambda c, a: proxy_of(a, valid_to=None), "last day"),
        (lambda c, a: proxy_of(a, valid_to=NOW - DAY), "end before it begins"),
        (lambda c, a: proxy_of(a, papers=" "), "papers"),
        (lambda c, a: proxy_of(a, kind=Kind.PARENT), "does not make anybody PROXY"),
        (lambda c, a: next_of_kin_of(a), "No death"),
    ],
)
def test_a_link_that_cannot_be_is_refused_whole(child, adult, claim, sentence):
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused, match=sentence):
        claim(child, adult)
    assert (KinLink.objects.count(), LedgerEvent.objects.count()) == (0, before)


def test_there_is_no_proxy_for_the_dead_and_no_next_of_kin_before_the_death(dead):
    with pytest.raises(KinRefused, match="has died"):
        proxy_of(dead)
    with pytest.raises(KinRefused, match="No death"):
        kin.claim_next_of_kin("widow", dead, kind=Kind.SPOUSE, papers="x", at=NOW - 2 * DAY)


def test_somebody_claims_once_at_a_time(child):
    link = kin.claim("mother", child, at=EARLIER)
    with pytest.raises(KinRefused, match="already"):
        kin.claim("mother", child, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        KinLink.objects.create(claimant="mother", person=child, valid_from=NOW, claimed_at=NOW)
    kin.reject(link, by="steward", at=NOW)
    assert kin.claim("mother", child, at=NOW).state == State.CLAIMED


def test_nobody_judges_her_own_claim(child):
    link = kin.claim("mother", child, at=EARLIER)
    for verb in (kin.verify, kin.reject):
        with pytest.raises(KinRefused, match="Nobody"):
            verb(link, by="mother", at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        KinLink.objects.update(state="VERIFIED", verified_at=NOW, verified_by="mother")


def test_the_database_wants_two_for_a_proxy(adult):
    proxy_of(adult, verified=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        KinLink.objects.update(state="VERIFIED", verified_at=NOW, verified_by="one")


@pytest.mark.parametrize("over", [State.ENDED, State.REJECTED])
def test_what_is_over_stays_over(child, over):
    link = kin.claim("mother", child, at=EARLIER)
    stale = KinLink.objects.get()
    (kin.end if over == State.ENDED else kin.reject)(link, by="steward", at=NOW)
    before = LedgerEvent.objects.count()
    for verb in (kin.verify, kin.reject, kin.end):
        with pytest.raises(KinRefused, match="settled"):
            verb(stale, by="other", at=NOW)
    with pytest.raises(KinRefused, match="over"):
        kin.limit(stale, ["QC"], by="other", at=NOW)
    assert LedgerEvent.objects.count() == before
    assert powers.may_act("mother", child, at=NOW, policy=POLICY) is None


def test_two_stewards_at_once_are_not_both_the_first_of_two(adult):
    link = proxy_of(adult, verified=False)
    stale = KinLink.objects.get()
    kin.verify(link, by="one", at=NOW)
    with pytest.raises(KinRefused, match="settled"):
        kin.verify(stale, by="two", at=NOW)


def test_only_a_guardian_is_limited(adult):
    with pytest.raises(KinRefused, match="Only a guardian"):
        kin.limit(proxy_of(adult), ["QC"], by="steward", at=NOW)


def test_every_step_has_its_place_in_the_table_and_its_line_in_the_ledger(child):
    assert set(TRANSITIONS) == set(State)
    before, epoch = LedgerEvent.objects.count(), child.epoch
    link = kin.claim("mother", child, at=NOW)
    kin.limit(kin.verify(link, by="steward", at=NOW), ["QC"], by="steward", at=NOW)
    kin.end(link, why=Why.MAJORITY, by="handover", at=NOW)
    kinds = list(LedgerEvent.objects.order_by("id").values_list("kind", flat=True))[before:]
    assert kinds == [f"consent:kin:{verb}" for verb in ("claimed", "verified", "limited", "ended")]
    said = list(log.openings(["consent:kin:ended"]).values())
    assert said[-1]["fields"]["why"] == "the child is of age"
    child.refresh_from_db()
    assert child.epoch == epoch + 4
    assert str(link) == f"mother for {child.pseudonym} as GUARDIAN"


# --- twins ---


@pytest.fixture
def pair() -> tuple[Participant, Participant]:
    first, second = (participants.register(born_on=date(1990, 5, 5), by="x", at=EARLIER) for _ in range(2))
    return first, second


def test_twins_stand_when_two_have_said_so_and_both_are_marked(pair):
    a, b = pair
    link = twins.propose(b, a, by="one", at=NOW)
    assert twins.twin_of([a.ordinal, b.ordinal]) == {}
    with pytest.raises(KinRefused, match="take two"):
        twins.confirm(link, by="one", at=NOW)
    twins.confirm(link, by="two", at=NOW)
    assert twins.twin_of([a.ordinal]) == {a.ordinal: b.ordinal}
    assert twins.twin_of([b.ordinal, a.ordinal]) == {a.ordinal: b.ordinal, b.ordinal: a.ordinal}
    epochs = set(Participant.objects.filter(pk__in=[a.pk, b.pk]).values_list("epoch", flat=True))
    assert len(epochs) == 1
    assert epochs.pop() > max(a.epoch, b.epoch)
    assert str(a) in str(link)


def test_twins_that_were_none_are_dissolved_and_can_be_registered_with_another(pair):
    a, b = pair
    link = twins.register(a, b, by="one", second="two", at=NOW)
    with pytest.raises(KinRefused, match="what shows"):
        twins.dissolve(link, why=" ", by="one", second="two", at=NOW)
    for second in ("one", ""):
        with pytest.raises(KinRefused, match="takes two"):
            twins.dissolve(link, why="their DNA", by="one", second=second, at=NOW)
    assert twins.twin_of([a.ordinal]) == {a.ordinal: b.ordinal}
    twins.dissolve(link, why="their DNA", by="one", second="two", at=NOW)
    assert twins.twin_of([a.ordinal, b.ordinal]) == {}
    with pytest.raises(KinRefused, match="settled"):
        twins.dissolve(link, why="again", by="one", second="two", at=NOW)
    twins.register(a, b, by="one", second="two", at=NOW)


def test_nobody_is_her_own_twin_nor_that_of_two(pair):
    a, b = pair
    c = participants.register(born_on=date(1990, 5, 5), by="x", at=EARLIER)
    with pytest.raises(KinRefused, match="her own twin"):
        twins.propose(a, a, by="one", at=NOW)
    twins.propose(a, b, by="one", at=NOW)
    for one, other in ((b, c), (c, a), (a, b)):
        with pytest.raises(KinRefused, match="waits for one"):
            twins.propose(one, other, by="one", at=NOW)
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused):
        twins.register(c, c, by="one", second="one", at=NOW)
    assert (TwinLink.objects.count(), LedgerEvent.objects.count()) == (1, before)


def test_one_who_confirms_alone_registers_nobody(pair):
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused, match="take two"):
        twins.register(*pair, by="one", second="one", at=NOW)
    assert (TwinLink.objects.count(), LedgerEvent.objects.count()) == (0, before)
