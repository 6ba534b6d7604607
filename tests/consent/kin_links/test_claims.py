"""Links that cannot be, and steps that are taken once."""

import pytest
from django.db import IntegrityError, transaction

from consent import kin, powers
from consent.errors import KinRefused
from consent.ledger import log
from consent.models import KinLink, LedgerEvent
from consent.models.kin import TRANSITIONS, Kind, State, Why
from tests.consent.kin_links.acting import DAY, POLICY, next_of_kin_of, proxy_of
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


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
