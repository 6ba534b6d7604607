"""The verbs of a record against a small model of its own: in whatever order words are said and time passes,
the heads and who is permitted are as the model says.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from consent import forms, holdings, participants, policies, records
from consent.decision import decide
from consent.errors import KinRefused, StatementRefused
from consent.models import Participant
from consent.participants import subject_of
from consent.policy import Policy
from consent.rules.precedence import heads
from consent.terms import AfterDeath, Authority, Capacity, File, Modifier, Permission, SignIn
from tests.cast import police, quality, research
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
HOURS = {"RESEARCH": 24, "LE.HOM": 168, "QC": 0}
USES = {"RESEARCH": research("R.HMB"), "LE.HOM": police("L.HOM"), "QC": quality()}
FAMILIES = st.sampled_from([*HOURS])
KINDS = {"HMB": 1, "GRU": 2, "": 0}  # the wider, the larger
POLICY = Policy.default().overlay({"policy_version": "of the machine", "fresh_minutes": 5})


@dataclass
class Word:
    """The model's statement: a yes of some width from an instant on, to an end; or a no."""

    yes: bool
    seq: int
    width: int = 0
    bound: bool = False  # under a condition
    begins: datetime = NOW
    ends: datetime | None = None

    def no_wider_than(self, old: "Word | None") -> bool:
        return (
            old is not None
            and old.yes
            and self.width <= old.width
            and self.bound >= old.bound
            and (old.ends is None or (self.ends is not None and self.ends <= old.ends))
        )


class Record(RuleBasedStateMachine):
    """One adult with one file, who says yes and no to three uses while time passes."""

    person: Participant

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.said: dict[str, list[Word]] = {family: [] for family in HOURS}
        self.person = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
        participants.verify_identity(self.person, by="steward", at=EARLIER)
        self.file = holdings.add(self.person, uuid4(), by="x", at=EARLIER).file
        self.form = forms.current("F-ADULT")

    def head(self, family: str) -> Word | None:
        """The newest word that has begun."""
        spoken = [word for word in self.said[family] if not word.yes or word.begins <= self.now]
        return max(spoken, key=lambda word: word.seq, default=None)

    @rule(
        family=FAMILIES,
        kind=st.sampled_from(["HMB", "GRU"]),
        bound=st.booleans(),
        days=st.none() | st.integers(1, 20),
        proof=st.sampled_from(["passkey", "totp", "password", None]),
    )
    def give(self, family: str, kind: str, bound: bool, days: int | None, proof: str | None) -> None:
        kind = kind if family == "RESEARCH" else ""
        ends = None if days is None else self.now + timedelta(days=days)
        new = Word(True, 0, KINDS[kind], bound, ends=ends)
        old = self.head(family)
        narrower = new.no_wider_than(old)
        new.begins = old.begins if narrower and old else self.now + HOURS[family] * HOUR
        wording = records.Wording(
            permissions=[Permission(kind)] if kind else [],
            modifiers=[Modifier("NPU")] if bound else [],
            valid_to=ends,
            after_death=AfterDeath.STOP,
        )
        refused = not narrower and proof not in {"passkey", "totp"}
        refused |= ends is not None and ends <= max(new.begins, self.now)
        sign_in = SignIn(proof, self.now) if proof else None
        try:
            with transaction.atomic():
                row = records.give(
                    self.person,
                    family,
                    form=self.form,
                    by="self",
                    at=self.now,
                    wording=wording,
                    sign_in=sign_in,
                )
        except StatementRefused:
            assert refused
            return
        assert not refused
        new.seq = row.seq
        self.said[family].append(new)

    @rule(family=FAMILIES, verb=st.sampled_from([records.deny, records.withdraw]))
    def narrow(self, family: str, verb) -> None:
        row = verb(self.person, family, by="self", at=self.now)
        self.said[family].append(Word(False, row.seq))

    @rule(unverified=st.booleans())
    def withdraw_everything(self, unverified: bool) -> None:
        authority = Authority(Capacity.GUARDIAN if unverified else Capacity.SELF, not unverified)
        row = records.withdraw(
            self.person, by="self", at=self.now, wording=records.Wording(authority=authority)
        )
        for words in self.said.values():
            words.append(Word(False, row.seq))

    @rule()
    def uphold(self) -> None:
        """While she lives nobody is her next of kin, and it is refused."""
        grant = self.person.statements.exclude(form=None).first()
        if grant is not None:
            with pytest.raises(KinRefused), transaction.atomic():
                records.uphold(self.person, grant, by="kin", at=self.now, sign_in=SignIn("totp", self.now))

    @rule(hours=st.sampled_from([1, 24, 169, 500]))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @invariant()
    def heads_and_answers_are_as_the_model_says(self) -> None:
        if not hasattr(self, "said"):
            return
        said = records.of(self.person)
        for family, use in USES.items():
            head = self.head(family)
            spoken = heads(said, family, str(self.file), self.now).all
            assert [one.seq for one in spoken] == ([head.seq] if head else [])
            permitted = head is not None and head.yes and (head.ends is None or head.ends > self.now)
            file = File(str(self.file))
            assert bool(decide(subject_of(self.person), file, said, use, POLICY, self.now)) is permitted


def test_a_record_is_as_a_small_model_says():
    forms.publish_shipped(by="founding", at=EARLIER)
    policies.adopt(POLICY, by="founding", at=EARLIER)
    run_state_machine_as_test(
        Record,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
