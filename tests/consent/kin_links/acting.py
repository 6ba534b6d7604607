"""Who acts for whom in these tests, and what was said."""

from datetime import datetime, timedelta
from typing import Any

from consent import forms, kin, records
from consent.models import KinLink, Participant, Statement
from consent.models.kin import Kind
from consent.policy import Policy
from consent.records import Wording
from consent.terms import (
    Authority,
    Capacity,
    Permission,
    SignIn,
    Verb,
)
from tests.world import NOW

POLICY = Policy.default()


SECOND = timedelta(seconds=1)


DAY = timedelta(days=1)


PROOF = SignIn("totp", NOW)


MONTHS = NOW + timedelta(days=90)


PROXY = Authority(Capacity.PROXY, True)


GUARDIAN = Authority(Capacity.GUARDIAN, True)


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


def next_of_kin_of(
    person: Participant, *, by: str = "widow", verified: bool = True, at: datetime = NOW
) -> KinLink:
    link = kin.claim_next_of_kin(by, person, kind=Kind.SPOUSE, papers="M-2", at=at)
    return kin.verify(link, by="steward", at=at) if verified else link


def heads_of(person: Participant) -> dict[str, Verb]:
    return {one.family: one.decision for one in records.of(person)}
