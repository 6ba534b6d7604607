"""The verbs of a consent record: what they write, and what betrays a change."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from consent import events, fence, forms, records
from consent.errors import KeptForever, KinRefused, LedgerBroken, SealBroken, StatementRefused
from consent.ledger import audit, log
from consent.models import LedgerEvent, Statement
from consent.terms import Authority, Capacity, Modifier, Permission, SignIn, Verb
from tests.bereaved import bereave
from tests.consent.ledger.build import unsafe_rows
from tests.consent.record.saying import GRU, adult
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_a_statement_carries_sequence_salt_commitment_seal_and_key(ada):
    row = ada.statements.get()
    assert row.seq > 0
    assert (len(row.salt), len(row.commitment), len(row.seal)) == (32, 32, 32)
    assert row.seal_key
    event = LedgerEvent.objects.get(uid=row.event)
    assert event.kind == events.GIVEN.tag
    assert bytes(row.commitment).hex() in event.opening.body


def test_a_record_reads_back_as_what_was_said(ada):
    records.deny(ada, "LE.HOM", by="self", at=NOW)
    said = records.of(ada)
    assert [(s.decision, s.family) for s in said] == [(Verb.GRANT, "RESEARCH"), (Verb.DENY, "LE.HOM")]
    assert said[0].permissions == (GRU,)
    assert said[0].form.version == "1.0"


def test_the_position_only_grows_and_marks_whom_it_touched(world, ada):
    ben = world.join("Ben")
    before = fence.position()
    row = records.withdraw(ada, by="self", at=NOW)
    assert row.seq == fence.position() > before
    ada.refresh_from_db()
    epoch = ben.epoch
    ben.refresh_from_db()
    assert ada.epoch == row.seq
    assert ben.epoch >= epoch
    assert ben.epoch < row.seq


REFUSED = {
    "an unknown family": (("CHESS", records.Wording()), "no family called"),
    "a family of no form": (("LE.NVC", records.Wording()), "no family called"),
    "research without a kind": (("RESEARCH", records.Wording()), "names none"),
    "an obsolete DUO id": (
        ("RESEARCH", records.Wording(permissions=[Permission(code="DUO:0000005")])),
        "DUO code that was retired",
    ),
    "an unknown condition": (
        ("RESEARCH", records.Wording(permissions=[GRU], modifiers=[Modifier(code="NICE")])),
        "not a known condition",
    ),
    "an end before the beginning": (
        ("RESEARCH", records.Wording(permissions=[GRU], valid_to=NOW)),
        "end before it begins",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_yes_that_cannot_mean_anything_is_refused_and_nothing_recorded(ada, case):
    (family, wording), sentence = REFUSED[case]
    count, events_before = Statement.objects.count(), LedgerEvent.objects.count()
    with pytest.raises(StatementRefused, match=sentence):
        records.give(ada, family, form=adult(), by="self", at=NOW, wording=wording)
    assert (Statement.objects.count(), LedgerEvent.objects.count()) == (count, events_before)


def test_a_form_that_does_not_ask_cannot_have_been_answered(ada):
    guardian = forms.current("F-GUARDIAN")
    assert guardian is not None
    with pytest.raises(StatementRefused, match="does not ask"):
        records.give(ada, "LE.HOM", form=guardian, by="self", at=NOW)


def test_star_is_never_a_yes(ada):
    with pytest.raises(StatementRefused, match="no family"):
        records.give(ada, "*", form=adult(), by="self", at=NOW)


def test_without_its_ledger_line_nothing_is_recorded(ada, monkeypatch):
    def broken(*_args, **_facts):
        raise LedgerBroken("full disk")

    position = fence.position()
    monkeypatch.setattr(log, "append", broken)
    for verb in (
        lambda: records.withdraw(ada, by="self", at=NOW),
        lambda: records.give(ada, "QC", form=adult(), by="self", at=NOW, sign_in=SignIn("totp", NOW)),
        lambda: records.deny(ada, "QC", by="self", at=NOW),
    ):
        with pytest.raises(LedgerBroken):
            verb()
    assert ada.statements.count() == 1
    assert fence.position() == position


def test_rows_refuse_to_change(ada):
    row = ada.statements.get()
    with pytest.raises(KeptForever):
        row.delete()
    with pytest.raises(KeptForever):
        Statement.objects.update(family="LE.HOM")


TAMPERINGS = {
    "a no turned into a yes": "UPDATE consent_statement SET body = replace(body, 'withdraw', 'grant')",
    "a yes moved to somebody else": "UPDATE consent_statement SET participant_id = {other}",
    "an older seq": "UPDATE consent_statement SET seq = seq + 1000",
    "another salt": "UPDATE consent_statement SET salt = commitment",
    "another seal": "UPDATE consent_statement SET seal = commitment",
    "an unknown key": "UPDATE consent_statement SET seal_key = 'somebody'",
}


@pytest.mark.parametrize("change", TAMPERINGS)
def test_a_changed_statement_is_read_by_nobody_and_told_by_the_audit(world, change):
    cleo, other = world.join("Cleo"), world.join("Dov")
    where = f" WHERE participant_id = {cleo.ordinal} AND family = '*'"
    sql = TAMPERINGS[change].format(other=other.ordinal) + where
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount == 1
    reader = other if "moved" in change else cleo
    with pytest.raises(SealBroken, match="not as it was recorded"):
        records.of(reader)
    assert not audit.verify(also=[records.broken_seals]).ok


def test_a_deleted_withdrawal_is_told_by_the_audit(world):
    cleo = world.join("Cleo")
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM consent_statement WHERE participant_id = %s AND family = '*'", [cleo.ordinal]
        )
    problems = list(records.broken_seals())
    assert len(problems) == 1
    assert "gone from the record" in problems[0]


def test_a_statement_under_another_event_is_told_by_the_audit(ada):
    row, other = ada.statements.get(), LedgerEvent.objects.exclude(kind=events.GIVEN.tag)[0]
    with unsafe_without_triggers(connection):
        unsafe_rows(Statement).filter(pk=row.pk).update(event=other.uid)
    without, gone = records.broken_seals()
    assert without == f"Statement {row.seq} has no ledger event that carries its commitment."
    assert gone == f"The ledger records statement {row.seq}, and it is gone from the record."


def test_statements_that_changed_their_events_are_told_by_the_audit(ada):
    given, denied = ada.statements.get(), records.deny(ada, "QC", by="self", at=NOW)
    with unsafe_without_triggers(connection):
        for row, event in ((given, uuid4()), (denied, given.event), (given, denied.event)):
            unsafe_rows(Statement).filter(pk=row.pk).update(event=event)
    assert list(records.broken_seals()) == [
        f"Statement {row.seq} has no ledger event that carries its commitment." for row in (given, denied)
    ]


def test_an_untouched_record_gives_the_audit_nothing_to_say(world):
    for name in ("Ada", "Ben", "Cleo"):
        world.join(name)
    log.sequence(at=NOW)
    assert audit.verify(also=[records.broken_seals]).problems == ()


def test_next_of_kin_upholds_only_her_own_relatives_grant(world, ada):
    grant = ada.statements.get()
    bereave(ada, by="kin", at=NOW)
    kept = records.uphold(ada, grant, by="kin", at=NOW, sign_in=SignIn("totp", NOW))
    said = records.read(kept, ada.pseudonym)
    assert (said.decision, said.continues) == (Verb.CONTINUE, grant.seq)
    assert said.authority == Authority(capacity=Capacity.NEXT_OF_KIN, verified=True)
    with pytest.raises(StatementRefused, match="somebody else's"):
        records.uphold(world.join("Ben"), grant, by="kin", at=NOW, sign_in=SignIn("totp", NOW))


@pytest.mark.parametrize(
    ("by", "proof", "error"),
    [
        ("kin", None, StatementRefused),
        ("kin", SignIn("password", NOW), StatementRefused),
        ("kin", SignIn("totp", NOW - timedelta(hours=1)), StatementRefused),
        ("stranger", SignIn("totp", NOW), KinRefused),
    ],
)
def test_nobody_upholds_without_a_fresh_sign_in_and_a_verified_link(ada, by, proof, error):
    grant = ada.statements.get()
    bereave(ada, by="kin", at=NOW)
    before = LedgerEvent.objects.count()
    with pytest.raises(error):
        records.uphold(ada, grant, by=by, at=NOW, sign_in=proof)
    assert (ada.statements.count(), LedgerEvent.objects.count()) == (1, before)


def test_a_yes_may_begin_later_and_end(ada):
    wording = records.Wording(
        permissions=[GRU], effective_at=NOW + timedelta(days=1), valid_to=NOW + timedelta(days=30)
    )
    sign_in = SignIn("passkey", EARLIER)
    row = records.give(ada, "RESEARCH", form=adult(), by="self", at=EARLIER, wording=wording, sign_in=sign_in)
    said = records.read(row, ada.pseudonym)
    assert (said.recorded_at, said.effective_at, said.valid_to) == (
        EARLIER,
        wording.effective_at,
        wording.valid_to,
    )
